package app_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// writeCounter counts the keys each block commits.
type writeCounter struct{ last int }

func (*writeCounter) ListenFinalizeBlock(context.Context, abci.RequestFinalizeBlock, abci.ResponseFinalizeBlock) error {
	return nil
}

func (w *writeCounter) ListenCommit(_ context.Context, _ abci.ResponseCommit, changes []*storetypes.StoreKVPair) error {
	w.last = len(changes)
	return nil
}

func TestEmptyBlockWritesTheSameWhateverTheNumberOfSubnets(t *testing.T) {
	written := map[int]int{}
	for _, subnets := range []int{1, 128} {
		counter := &writeCounter{}
		o := genesis.Options{Tempo: 10_000, Tune: func(p *subnettypes.Params) { p.SubnetLimit, p.LockReductionInterval = 128, 1 }}
		w, err := testnode.NewTunedWorld(nil, o, []string{"a"}, func(b *baseapp.BaseApp) {
			b.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{counter}, StopNodeOnErr: true})
		})
		require.NoError(t, err)
		w.App.CommitMultiStore().AddListeners(w.App.StoreKeys())
		for i := range subnets {
			_, err := w.Subnet(fmt.Sprintf("market-%d", i))
			require.NoError(t, err)
		}
		_, err = w.Block()
		require.NoError(t, err)
		_, err = w.Block()
		require.NoError(t, err)
		written[subnets] = counter.last
	}
	require.Equal(t, written[1], written[128])
	require.Less(t, written[1], 8)
}

// TestRootEpochWritesWhatChanged: its own decision, and one record for each subnet whose rate is
// another than before.
func TestRootEpochWritesWhatChanged(t *testing.T) {
	const subnets = 40
	counter := &writeCounter{}
	o := genesis.Options{
		Tempo: 10_000, TuneIncentive: func(p *incentivetypes.Params) { p.RootTempo, p.RootWeightsRateLimit = 99, 0 },
		Tune: func(p *subnettypes.Params) { p.SubnetLimit, p.LockReductionInterval = subnets, 1 },
	}
	w, err := testnode.NewTunedWorld(nil, o, []string{"r"}, func(b *baseapp.BaseApp) {
		b.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{counter}, StopNodeOnErr: true})
	})
	require.NoError(t, err)
	w.App.CommitMultiStore().AddListeners(w.App.StoreKeys())
	for i := range subnets {
		_, err := w.Subnet(fmt.Sprintf("market-%d", i))
		require.NoError(t, err)
	}
	cold, hot := testnode.Key("r"), testnode.Key("r-hot")
	_, err = w.Must(cold, &subnettypes.MsgRootRegister{Coldkey: cold.Address(), Hotkey: hot.Address()})
	require.NoError(t, err)
	require.NoError(t, w.Stake(cold, hot, testnode.TAO))
	// writes is how many keys the next root epoch writes; of nothing said, an ordinary block.
	writes := func(netuids ...uint32) int {
		values := make([]uint32, len(netuids))
		for i := range values {
			values[i] = 1
		}
		_, err := w.Must(cold, rootRow(cold, hot, netuids, values))
		require.NoError(t, err)
		require.NoError(t, w.Until((w.Height+1)/100*100+96))
		_, err = w.Block()
		require.NoError(t, err)
		ordinary := counter.last
		res, err := w.Block()
		require.NoError(t, err)
		require.Equal(t, "true", client.Attribute(res.Events, incentivetypes.EventRootEpoch, "decided"))
		if len(netuids) == 0 {
			return ordinary
		}
		return counter.last
	}
	empty := writes()
	require.LessOrEqual(t, writes(1, 2), empty+2+2, "the decision, the emission, two subnets")
	require.LessOrEqual(t, writes(1, 2), empty+2, "the same again")
	require.LessOrEqual(t, writes(1, 2, 3), empty+2+3, "three share what two did")
}
