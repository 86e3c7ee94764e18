package app_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
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
