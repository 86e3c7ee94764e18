package randomops

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

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

// block makes one block of up to two dozen calls, at most one per signer, and returns what was in it
// and what became of it.
func (s *scene) block(all []string) (txs [][]byte, res *abci.ResponseFinalizeBlock) {
	var kinds []string
	signed := map[string]bool{}
	for range s.r.IntN(25) {
		url := pick(s, all)
		c, ok := generators[url](s)
		if !ok || signed[c.signer.Address()] {
			continue
		}
		if s.chance(4) {
			spoil(s, c.msg, c.signer.Address())
		}
		tx, err := s.w.Sign(c.signer, c.msg)
		require.NoError(s.t, err)
		s.w.Forget(c.signer)
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
	return txs, res
}

// mostSeeds bounds the short form: how many ledgers it takes until every message was seen both ways
// changes with every message that is added.
const mostSeeds = 5

// TestRandomOperations is the short form: ledgers of 300 blocks until every message was accepted and
// refused. ERGON_SOAK=SEEDS runs the long one: as many ledgers of a thousand blocks, in which together
// every message is accepted and refused a hundred times at least.
func TestRandomOperations(t *testing.T) {
	blocks, seeds, least := 300, uint64(1), 1
	if text := os.Getenv("ERGON_SOAK"); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		require.NoError(t, err, "ERGON_SOAK is a number of seeds")
		blocks, seeds, least = 1000, n, 100
	}
	all := map[string]*tally{}
	for _, url := range urls(t) {
		all[url] = &tally{}
	}
	for seed := uint64(0); seed < seeds || least == 1 && seed < mostSeeds && len(rare(all, least)) > 0; seed++ {
		first := newScene(t, seed)
		hashes := first.run(blocks, false)
		for url, n := range first.count {
			all[url].accepted += n.accepted
			all[url].refused += n.refused
		}
		second := newScene(t, seed)
		require.Equal(t, hashes, second.run(blocks, true), "the same seed gives the same ledger, restarts or not")
	}
	for _, url := range urls(t) {
		t.Logf("%-45s %5d accepted %5d refused", url, all[url].accepted, all[url].refused)
	}
	for url := range onlyRefused {
		require.Zero(t, all[url].accepted, "%s is listed as never accepted", url)
	}
	require.Empty(t, rare(all, least), "messages that were accepted or refused less than %d times", least)
}

// rare lists the messages that were accepted or refused less often than asked.
func rare(all map[string]*tally, least int) (missing []string) {
	for url, n := range all {
		if _, never := onlyRefused[url]; n.refused < least || n.accepted < least && !never {
			missing = append(missing, url)
		}
	}
	slices.Sort(missing)
	return missing
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
