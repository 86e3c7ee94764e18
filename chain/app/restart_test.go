package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
)

func TestARestartedNodeTakesTransactionsBeforeItsFirstBlock(t *testing.T) {
	db := dbm.NewMemDB()
	w, err := testnode.NewWorld(db, 10, []string{"alice", "bob"})
	require.NoError(t, err)
	_, err = w.Block()
	require.NoError(t, err)
	tx, err := w.Sign(testnode.Key("bob"), &banktypes.MsgSend{
		FromAddress: testnode.Key("bob").Address(), ToAddress: testnode.Key("alice").Address(), Amount: sdk.NewCoins(sdk.NewCoin(app.Denom, math.OneInt())),
	})
	require.NoError(t, err)

	again, err := app.New(log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	res, err := again.CheckTx(&abci.RequestCheckTx{Tx: tx})
	require.NoError(t, err)
	require.Zero(t, res.Code, res.Log)
}
