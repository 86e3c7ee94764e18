package randomops

import (
	"testing"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
)

// TestRandomLedgerGoesOnFromItsExport exports a ledger on which everything has happened at several
// heights. What starts from the export holds the same entries, exports the same bytes, and does the
// same in the blocks that follow. The failure names store, prefix and key.
func TestRandomLedgerGoesOnFromItsExport(t *testing.T) {
	s := newScene(t, 7)
	all := urls(t)
	for _, grow := range []int{60, 61, 62} { // some heights have an epoch loaded, some not
		for range grow {
			s.block(all)
		}
		doc, err := s.w.App.Export()
		require.NoError(t, err)
		again, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), baseapp.SetChainID(testnode.ChainID))
		require.NoError(t, err)
		twin, err := testnode.Begin(again, doc)
		require.NoError(t, err)
		begun := again.GetContextForFinalizeBlock(nil)
		require.NoError(t, s.w.App.Difference(s.ctx(), again, begun), "the genesis.go of that store's module forgets it or makes it up")
		state, err := again.ExportState(begun)
		require.NoError(t, err)
		require.Equal(t, string(doc.AppState), string(state))
		for range 25 {
			txs, want := s.block(all)
			got, err := twin.Block(txs...)
			require.NoError(t, err)
			require.Equal(t, want.TxResults, got.TxResults, "block %d", twin.Height)
			require.Equal(t, want.Events, got.Events, "block %d", twin.Height)
			ctx, err := twin.Context()
			require.NoError(t, err)
			require.NoError(t, s.w.App.Difference(s.ctx(), again, ctx), "block %d", twin.Height)
		}
	}
}
