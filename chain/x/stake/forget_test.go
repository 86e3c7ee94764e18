package stake

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// A uid that ended with its subnet takes nobody's stake along, and everybody can still withdraw.
func TestForgottenSlotLeavesTheStake(t *testing.T) {
	const n = 3
	f, id := crowd(t, n)
	require.NoError(t, f.keeper.ForgetSlot(f.ctx, id))
	h, err := f.keeper.Hotkey(f.ctx, id)
	require.NoError(t, err)
	require.Zero(t, h.Slots)
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.EqualValues(t, n, f.nominators(id), "nobody is paid back unasked")
	require.Equal(t, uint64(tao), f.staked(owner, validator))
	f.check()
	for _, who := range [][]byte{owner, key(1000)} {
		_, err := f.keeper.RemoveStake(f.ctx, who, validator, tao)
		require.NoError(t, err)
	}
	f.check()
	require.ErrorIs(t, f.try(func(ctx sdk.Context) error { return f.keeper.ForgetSlot(ctx, id) }), types.ErrNoSlot)
}
