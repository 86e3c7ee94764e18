package e2e

import (
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/explorer"
)

// TestThreeOfFourProducersGoOn stops one of four block producers, then kills it. The others make
// blocks all the time; the fourth comes back, catches up and votes again.
func TestThreeOfFourProducersGoOn(t *testing.T) {
	long(t)
	t.Parallel()
	m := run(t, filepath.Join(t.TempDir(), "net"), "--subnet", "template", "--producers", "4", "--validators", "1", "--block-time", "300ms", "--tempo", "20",
		"--tempos", "1000", "--json")
	state := m.ready()
	c := follow(t, m.port("producer-1-rpc"))
	was := running(state, "producer-4")

	kill(t, was.PID, syscall.SIGSTOP) // hangs: no vote, no answer
	stopped := c.head()
	c.until("blocks go on without the fourth", awhile, func() bool { return c.ledger.Height() > stopped+10 })
	kill(t, was.PID, syscall.SIGKILL)
	m.await("producer-4 runs again", soon, func(s explorer.State) bool {
		now := running(s, "producer-4")
		return now.State == "running" && now.PID != was.PID
	})

	fourth := follow(t, m.port("producer-4-rpc"))
	now := c.head()
	fourth.until("the fourth catches up", awhile, func() bool { return fourth.ledger.Height() >= now })
	status, err := fourth.Status(t.Context())
	require.NoError(t, err)
	own := status.ValidatorInfo.Address
	rpc, err := rpchttp.New("http://"+m.port("producer-1-rpc"), "/websocket")
	require.NoError(t, err)
	c.until("the fourth votes again", awhile, func() bool {
		h := int64(c.ledger.Height())
		commit, err := rpc.Commit(t.Context(), &h)
		if err != nil {
			return false
		}
		return slices.ContainsFunc(commit.Commit.Signatures, func(s cmttypes.CommitSig) bool {
			return s.BlockIDFlag == cmttypes.BlockIDFlagCommit && slices.Equal(s.ValidatorAddress, own)
		})
	})
	same := min(c.ledger.Height(), fourth.head())
	agreeOnBeacon(t, c, fourth, same)
	owner := []string{m.coldkey("owner").Address()}
	require.Equal(t, remember(t, c, m.port("producer-1-rpc"), same, owner), remember(t, fourth, m.port("producer-4-rpc"), same, owner))
	auditAt(t, m.port("producer-4-rpc"), same)
	m.interrupt(130) // before what was asked for
	failure := one[struct {
		Error struct{ Code, Message string }
	}](t, m.out.String())
	require.Equal(t, "interrupted", failure.Error.Code)
}

// agreeOnBeacon: two nodes have the same randomness at a height, and all four producers' values
// were in it.
func agreeOnBeacon(t *testing.T, a, b *chain, height uint64) {
	t.Helper()
	at := client.At(t.Context(), height)
	first, err := a.Beacon(at)
	require.NoError(t, err)
	second, err := b.Beacon(at)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Len(t, first.Producers, 4)
	for _, p := range first.Producers {
		require.Positive(t, p.Height, "%s", p.Name)
		require.Less(t, p.Withheld, height, "%s", p.Name)
	}
}
