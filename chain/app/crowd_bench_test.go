package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/stake"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
)

// BenchmarkDelegateOf100000 follows one delegate with 100,000 nominators through everything that
// concerns them all at once: pay, a new hotkey, a raised minimum that looks at every nomination, and
// one that pays them all back. Each figure is the worst block of its kind less the median of the
// idle ones.
func BenchmarkDelegateOf100000(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		w := delegateOf(b, n)
		idle := slices.Sorted(slices.Values(w.blocks(30)))[15]
		owner, hot, fresh, root := testnode.Key("a"), testnode.Key("hot"), testnode.Key("new"), testnode.Key("root")
		ms := func(d time.Duration) float64 { return (d - idle).Seconds() * 1e3 }

		require.NoError(b, w.Weigh(hot, 1, []uint32{1}, []uint32{65535}))
		b.ReportMetric(ms(slices.Max(w.blocks(50))), "payout-ms")
		require.Greater(b, w.pool(), uint64(n*tao), "the nominators earned")

		start := time.Now()
		_, err := w.Must(owner, &staketypes.MsgSwapHotkey{Coldkey: owner.Address(), Old: hot.Address(), New: fresh.Address(), MaxCost: tao})
		require.NoError(b, err)
		b.ReportMetric(ms(time.Since(start)), "swap-ms")

		minimum := func(rao uint64, blocks int) float64 {
			params := staketypes.LocalnetParams()
			params.NominatorMin = rao
			start := time.Now()
			_, err := w.Must(root, &staketypes.MsgSetParams{Root: root.Address(), Params: params})
			require.NoError(b, err)
			worst := time.Since(start)
			return ms(max(worst, slices.Max(w.blocks(blocks))))
		}
		b.ReportMetric(minimum(tao/2, n/stake.SweepBatch+2), "sweep-ms")
		require.Greater(b, w.pool(), uint64(n*tao), "none was below the minimum")
		b.ReportMetric(minimum(2*tao, n/stake.ReleaseBatch+2), "repay-ms")
		require.Zero(b, w.pool(), "all were paid back")
	}
}

type crowdedWorld struct {
	*testnode.World
	b *testing.B
}

// delegateOf is a ledger on goleveldb with a subnet in which the crowded hotkey has uid 0 and a
// miner uid 1.
func delegateOf(b *testing.B, n int) *crowdedWorld {
	b.Helper()
	db, err := app.OpenDB(b.TempDir())
	require.NoError(b, err)
	a, err := app.New(log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID), baseapp.SetIAVLCacheSize(100_000))
	require.NoError(b, err)
	b.Cleanup(func() { _ = a.Close(); _ = db.Close() })
	node, err := testnode.Begin(a, crowdedGenesis(b, n, 0))
	require.NoError(b, err)
	w := &crowdedWorld{&testnode.World{Node: node, Owner: testnode.Key("a"), Root: testnode.Key("root")}, b}
	w.blocks(1)
	netuid, err := w.Subnet("crowded")
	require.NoError(b, err)
	for _, name := range []string{"hot", "miner"} {
		_, err := w.Register(w.Owner, testnode.Key(name), netuid)
		require.NoError(b, err)
	}
	return w
}

// blocks runs empty ones and says how long each took.
func (w *crowdedWorld) blocks(n int) []time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		_, err := w.Block()
		require.NoError(w.b, err)
		took[i] = time.Since(start)
	}
	return took
}

// pool is what the nominators of the delegate hold together.
func (w *crowdedWorld) pool() uint64 {
	ctx, err := w.Context()
	require.NoError(w.b, err)
	h, err := w.App.Stake.Hotkey(ctx, 1)
	require.NoError(w.b, err)
	return h.Pool
}
