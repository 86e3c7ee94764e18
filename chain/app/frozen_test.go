package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// While its swap is announced a coldkey signs nothing, its hotkeys go on, and the new key then has
// everything: balance, stake, hotkeys and subnets.
func TestAColdkeyIsFrozenUntilItIsSwapped(t *testing.T) {
	w, err := testnode.NewWorld(nil, 10, []string{"a"})
	require.NoError(t, err)
	owner, heir, hot := w.Owner, testnode.Key("heir"), testnode.Key("hot")
	netuid, err := w.Subnet("market")
	require.NoError(t, err)
	_, err = w.Register(owner, hot, netuid)
	require.NoError(t, err)
	require.NoError(t, w.Stake(owner, hot, 5*tao))
	refused := func(code uint32, msg sdk.Msg) {
		t.Helper()
		res, err := w.Deliver(owner, msg)
		require.NoError(t, err)
		require.Equal(t, code, res.Code, res.Log)
	}
	_, err = w.Must(owner, &staketypes.MsgScheduleColdkeySwap{Coldkey: owner.Address(), New: heir.Address()})
	require.NoError(t, err)
	frozen := staketypes.ErrSwapPending.ABCICode()
	refused(frozen, &banktypes.MsgSend{FromAddress: owner.Address(), ToAddress: hot.Address(), Amount: sdk.NewCoins(sdk.NewInt64Coin(app.Denom, 1))})
	refused(frozen, &staketypes.MsgRemoveStake{Coldkey: owner.Address(), Hotkey: hot.Address(), All: true})
	refused(frozen, &subnettypes.MsgSetHyperparameter{Coldkey: owner.Address(), Netuid: netuid, Name: "min_burn", Value: "1"})
	execute := &staketypes.MsgExecuteColdkeySwap{Signer: owner.Address(), Coldkey: owner.Address()}
	refused(staketypes.ErrSwapEarly.ABCICode(), execute)
	require.NoError(t, w.Weigh(hot, netuid, []uint32{0}, []uint32{1}), "the hotkey goes on")
	require.NoError(t, w.Until(w.Height+20))
	_, err = w.Must(owner, execute)
	require.NoError(t, err, "the old key may ask for the execution, as anybody")
	require.NoError(t, w.Check())

	_, err = w.Must(heir, &subnettypes.MsgSetHyperparameter{Coldkey: heir.Address(), Netuid: netuid, Name: "min_burn", Value: "7"},
		&staketypes.MsgRemoveStake{Coldkey: heir.Address(), Hotkey: hot.Address(), All: true})
	require.NoError(t, err)
	require.NoError(t, w.Check())
}
