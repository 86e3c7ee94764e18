package randomops

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// run drives blocks of random calls and returns the app hash of each.
func (s *scene) run(blocks int, restarts bool) (hashes []string) {
	all := urls(s.t)
	for range blocks {
		s.block(all)
		require.NoError(s.t, s.w.Check(), "after block %d", s.w.Height)
		hashes = append(hashes, fmt.Sprintf("%x", s.w.App.LastCommitID().Hash))
		if s.chance(10) { // drawn in both runs, so that both see the same numbers
			if restarts {
				s.restart()
			}
			_, err := s.w.Block() // a node that was started again answers from its first block on
			require.NoError(s.t, err)
		}
	}
	return hashes
}

// block makes one block of up to a dozen calls, at most one per signer.
func (s *scene) block(all []string) {
	var txs [][]byte
	var kinds []string
	signed := map[string]bool{}
	for range s.r.IntN(13) {
		url := pick(s, all)
		c, ok := generators[url](s)
		if !ok || signed[c.signer.Address()] {
			continue
		}
		if s.chance(4) {
			spoil(s, c.msg, c.signer.Address())
		}
		tx, err := s.w.Sign(c.signer, c.msg)
		s.w.Forget(c.signer)
		if err != nil {
			continue // the signer has no account yet
		}
		signed[c.signer.Address()] = true
		txs, kinds = append(txs, tx), append(kinds, url)
	}
	res, err := s.w.Block(txs...)
	require.NoError(s.t, err)
	for i, r := range res.TxResults {
		n := s.count[kinds[i]]
		if n == nil {
			n = &tally{}
			s.count[kinds[i]] = n
		}
		if r.Code == 0 {
			n.accepted++
		} else {
			n.refused++
			if os.Getenv("ERGON_VERBOSE") != "" {
				s.t.Logf("block %d %s: %s", s.w.Height, kinds[i], r.Log)
			}
			require.NotContains(s.t, r.Log, "panic", "%s", kinds[i])
		}
	}
}

// TestRandomOperations is the short form. ERGON_SOAK=SEEDS runs the long one: as many ledgers of a
// thousand blocks, in which together every message is accepted and refused a hundred times at least.
func TestRandomOperations(t *testing.T) {
	blocks, seeds, least := 300, uint64(1), 1
	if text := os.Getenv("ERGON_SOAK"); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		require.NoError(t, err, "ERGON_SOAK is a number of seeds")
		blocks, seeds, least = 1000, n, 100
	}
	all := map[string]*tally{}
	for seed := range seeds {
		first := newScene(t, seed)
		hashes := first.run(blocks, false)
		for url, n := range first.count {
			if all[url] == nil {
				all[url] = &tally{}
			}
			all[url].accepted += n.accepted
			all[url].refused += n.refused
		}
		second := newScene(t, seed)
		require.Equal(t, hashes, second.run(blocks, true), "the same seed gives the same ledger, restarts or not")
	}
	report(t, all, least)
}

// report prints the tallies and asks for at least so many of each kind.
func report(t *testing.T, all map[string]*tally, least int) {
	t.Helper()
	for _, url := range urls(t) {
		n := all[url]
		if n == nil {
			n = &tally{}
		}
		t.Logf("%-45s %5d accepted %5d refused", url, n.accepted, n.refused)
		if _, never := onlyRefused[url]; never {
			require.Zero(t, n.accepted, "%s is listed as never accepted", url)
		} else {
			require.GreaterOrEqual(t, n.accepted, least, "%s accepted", url)
		}
		require.GreaterOrEqual(t, n.refused, least, "%s refused", url)
	}
}

// TestSpoilReachesEveryKindOfField guards the test's own tool.
func TestSpoilReachesEveryKindOfField(t *testing.T) {
	s := newScene(t, 1)
	for _, url := range urls(t) {
		changed := slices.ContainsFunc(make([]int, 50), func(int) bool {
			c, ok := generators[url](s)
			if !ok {
				return false
			}
			before := sdk.MsgTypeURL(c.msg) + fmt.Sprint(c.msg)
			spoil(s, c.msg, c.signer.Address())
			return before != sdk.MsgTypeURL(c.msg)+fmt.Sprint(c.msg)
		})
		require.True(t, changed, "%s", url)
	}
}
