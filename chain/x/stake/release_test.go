package stake

import (
	"bytes"
	"context"
	"errors"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// crowd is a delegate with an owner's stake and n nominators (keys 1000 up) of 1 TAO each.
func crowd(t *testing.T, n int) (*fixture, uint64) {
	f := newFixture(t)
	id := f.delegate(validator, owner, types.DefaultTake)
	f.stake(owner, validator, tao)
	for i := range n {
		f.stake(key(1000+i), validator, tao)
	}
	return f, id
}

func (f *fixture) nominators(id uint64) uint64 {
	h, err := f.keeper.Hotkey(f.ctx, id)
	require.NoError(f.t, err)
	return h.Nominators
}

func TestLosingTheLastSlotUnstakesEveryone(t *testing.T) {
	const n = ReleaseBatch + 44
	f, id := crowd(t, n)
	require.NoError(t, f.keeper.AddSlot(f.ctx, id))
	require.NoError(t, f.keeper.DropSlot(f.ctx, id))
	require.Equal(t, uint64(tao), f.staked(owner, validator), "one of two slots is not the last")

	require.NoError(t, f.keeper.DropSlot(f.ctx, id))
	require.Zero(t, f.staked(owner, validator))
	require.Equal(t, uint64(tao+500), f.free(owner), "the owner is paid at once")
	require.EqualValues(t, n, f.nominators(id))
	f.check()

	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.EqualValues(t, n-ReleaseBatch, f.nominators(id), "a block pays a bounded number")
	f.check()
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.Zero(t, f.nominators(id))
	f.check()
	for i := range n {
		require.Equal(t, uint64(tao+500), f.free(key(1000+i)))
	}
	require.ErrorIs(t, f.try(func(ctx sdk.Context) error { return f.keeper.DropSlot(ctx, id) }), types.ErrNoSlot)
}

func TestRegisteringAgainStopsTheRelease(t *testing.T) {
	f, id := crowd(t, ReleaseBatch+10)
	require.NoError(t, f.keeper.DropSlot(f.ctx, id))
	f.fund(nominator, tao)
	err := f.try(func(ctx sdk.Context) error {
		_, err := f.keeper.AddStake(ctx, nominator, validator, tao)
		return err
	})
	require.ErrorIs(t, err, types.ErrReleasing, "no nominations into a queue that empties")
	_, err = f.keeper.AddStake(f.ctx, owner, validator, 1)
	require.NoError(t, err, "the owner is not in the queue")
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.NoError(t, f.keeper.AddSlot(f.ctx, id))
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.EqualValues(t, 10, f.nominators(id), "who was not paid back yet stays")
	_, err = f.keeper.AddStake(f.ctx, nominator, validator, tao)
	require.NoError(t, err)
	f.check()
}

func TestReleaseIncludesRewardsThatCameLate(t *testing.T) {
	f, id := crowd(t, 1)
	require.NoError(t, f.keeper.DropSlot(f.ctx, id))
	require.NoError(t, f.keeper.Payout(f.ctx, []Credit{earned(id, 5, 1000)}, 0, 0))
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.Equal(t, uint64(tao+500+821), f.free(key(1000)), "1000 less 18 %")
	require.Equal(t, uint64(5+179), f.staked(owner, validator), "a late reward is stake, as any")
	f.check()
}

func TestSeveralHotkeysShareABlock(t *testing.T) {
	f, first := crowd(t, 3)
	second := f.delegate(private, owner, 0)
	for i := range ReleaseBatch {
		f.stake(key(1000+i), private, tao)
	}
	require.NoError(t, f.keeper.DropSlot(f.ctx, second))
	require.NoError(t, f.keeper.DropSlot(f.ctx, first))
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.Zero(t, f.nominators(first))
	require.EqualValues(t, 3, f.nominators(second))
	f.check()
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.Zero(t, f.nominators(second))
	f.check()
}

func TestAnEmptyQueueWritesNothing(t *testing.T) {
	f, _ := crowd(t, 2)
	*f.writes = 0
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.Zero(t, *f.writes)
}

// brokenBank refuses or panics on payments to one account.
type brokenBank struct {
	BankKeeper
	victim []byte
	panics bool
}

func (b brokenBank) SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, amt sdk.Coins) error {
	if !bytes.Equal(to, b.victim) {
		return b.BankKeeper.SendCoinsFromModuleToAccount(ctx, module, to, amt)
	}
	if b.panics {
		panic("broken bank")
	}
	return errors.New("broken bank")
}

func TestAFailingReleaseDoesNotStopTheChain(t *testing.T) {
	for _, panics := range []bool{false, true} {
		f, id := crowd(t, 3)
		second := f.delegate(private, owner, 0)
		f.stake(nominator, private, tao)
		require.NoError(t, f.keeper.DropSlot(f.ctx, id))
		require.NoError(t, f.keeper.DropSlot(f.ctx, second))
		good := f.keeper.bank
		f.keeper.bank = brokenBank{good, key(1001), panics}
		require.NoError(t, f.keeper.BeginBlock(f.ctx))
		f.check()
		require.EqualValues(t, 3, f.nominators(id), "all of the hotkey's batch is undone")
		require.Zero(t, f.nominators(second), "the others are paid")
		f.keeper.bank = good
		require.NoError(t, f.keeper.BeginBlock(f.ctx))
		require.EqualValues(t, 3, f.nominators(id), "it has left the queue")
		_, err := f.keeper.RemoveStake(f.ctx, key(1001), validator, Want{Rao: tao})
		require.NoError(t, err, "and can be withdrawn by hand")
		f.check()
	}
}

func BenchmarkReleaseBlock(b *testing.B) {
	f := newFixture(b)
	id := f.delegate(validator, owner, 0)
	for i := range ReleaseBatch {
		f.stake(key(1000+i), validator, tao)
	}
	require.NoError(b, f.keeper.DropSlot(f.ctx, id))
	for b.Loop() {
		ctx, _ := f.ctx.CacheContext()
		require.NoError(b, f.keeper.BeginBlock(ctx))
	}
}
