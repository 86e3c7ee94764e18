package stake

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

func (f *fixture) add(coldkey, hotkey []byte, amount uint64) error {
	return f.try(func(ctx sdk.Context) error {
		_, err := f.keeper.AddStake(ctx, coldkey, hotkey, amount)
		return err
	})
}

func (f *fixture) remove(coldkey, hotkey []byte, want Want) error {
	return f.try(func(ctx sdk.Context) error {
		_, err := f.keeper.RemoveStake(ctx, coldkey, hotkey, want)
		return err
	})
}

// With the default of 1, an operation at block b forbids both directions until b + 360 (chain §2.3).
func TestOneStakeOperationIn360Blocks(t *testing.T) {
	f := market(t)
	f.limits()
	f.at(100)
	require.NoError(t, f.add(owner, validator, 1))
	require.ErrorIs(t, f.add(owner, validator, 1), types.ErrStakeRate)
	require.ErrorIs(t, f.remove(owner, validator, Want{Rao: 1}), types.ErrUnstakeRate)
	require.NoError(t, f.add(owner, private, 1), "every hotkey has its own counter")
	require.NoError(t, f.add(nominator, validator, 1), "and every coldkey")
	f.at(459)
	require.ErrorIs(t, f.add(owner, validator, 1), types.ErrStakeRate)
	require.ErrorContains(t, f.remove(owner, validator, Want{All: true}), "wait 1 blocks")
	f.at(460)
	require.NoError(t, f.remove(owner, validator, Want{All: true}))
	require.ErrorIs(t, f.add(owner, validator, 1), types.ErrStakeRate, "one counter for both")
	f.check()
}

// Each operation renews the block of those before it, so the window slides.
func TestTheWindowSlides(t *testing.T) {
	f := market(t)
	f.setParams(func(p *types.Params) { p.StakesPerInterval = 3 })
	for _, height := range []int64{100, 300, 659} { // each within 360 blocks of the one before
		f.at(height)
		require.NoError(t, f.add(owner, validator, 1))
	}
	f.at(1018)
	require.ErrorIs(t, f.add(owner, validator, 1), types.ErrStakeRate, "the first was 918 blocks ago, and still counts")
	f.at(1019)
	require.NoError(t, f.add(owner, validator, 1), "360 after the last, none does")
	f.check()
}

func TestRateQuery(t *testing.T) {
	f := market(t)
	f.limits()
	f.at(100)
	ask := func() *types.QueryRateResponse {
		res, err := NewQueryServer(f.keeper).Rate(f.ctx, &types.QueryRateRequest{Coldkey: addressOf(2), Hotkey: addressOf(10)})
		require.NoError(t, err)
		return res
	}
	require.Equal(t, &types.QueryRateResponse{Limit: 1, Interval: 360}, ask())
	require.NoError(t, f.add(nominator, validator, 1))
	require.Equal(t, &types.QueryRateResponse{Used: 1, Limit: 1, Interval: 360, BlocksLeft: 359}, ask())
	f.at(459)
	require.Equal(t, &types.QueryRateResponse{Used: 1, Limit: 1, Interval: 360}, ask(), "the next block is 460")
}

// The order of the checks (chain §2.3): the rate comes before the nominator minimum when staking,
// and last when unstaking.
func TestRateComesInItsOrder(t *testing.T) {
	f := market(t)
	f.limits()
	require.NoError(t, f.add(nominator, validator, 1))
	require.NoError(t, f.add(stranger, validator, tao))
	require.ErrorIs(t, f.add(stranger, unknown, 1), types.ErrHotkeyNotFound)
	require.ErrorIs(t, f.add(stranger, private, 1), types.ErrNotDelegate)
	f.setParams(func(p *types.Params) { p.NominatorMin = 5 * tao })
	require.ErrorIs(t, f.add(nominator, validator, 1), types.ErrStakeRate)
	require.ErrorIs(t, f.remove(nominator, validator, Want{}), types.ErrAmountZero)
	require.ErrorIs(t, f.remove(nominator, validator, Want{Rao: 3 * tao}), types.ErrNotEnoughStake)
	require.ErrorIs(t, f.remove(nominator, validator, Want{Rao: 1}), types.ErrUnstakeRate)
}

// Counters that no longer count are cleared away by later operations, two by each.
func TestCountersDoNotPileUp(t *testing.T) {
	f := market(t)
	f.limits()
	count := func() (n int) {
		require.NoError(t, f.keeper.rates.Walk(f.ctx, nil, func(pair, types.Rate) (bool, error) { n++; return false, nil }))
		return n
	}
	const busy = 20
	for i := range busy {
		f.stake(key(1000+i), validator, tao)
	}
	require.Equal(t, busy, count())
	for i := range busy {
		f.at(int64(1000 * (i + 1)))
		require.NoError(t, f.remove(key(1000+i), validator, Want{All: true}))
		f.check()
		require.LessOrEqual(t, count(), busy-i, "two go for each that comes")
	}
	require.Equal(t, 1, count())
}

func TestWithoutALimitNothingIsCounted(t *testing.T) {
	f := market(t)
	require.NoError(t, f.add(owner, validator, 1))
	require.NoError(t, f.keeper.rates.Walk(f.ctx, nil, func(pair, types.Rate) (bool, error) { t.Fatal("counted"); return true, nil }))
}

func TestCountersMoveWithTheKeys(t *testing.T) {
	f := market(t)
	f.limits()
	f.at(50)
	require.NoError(t, f.add(nominator, validator, 1))
	require.NoError(t, f.try(func(ctx sdk.Context) error {
		_, err := f.keeper.SwapHotkey(ctx, owner, validator, fresh, 0)
		return err
	}))
	require.ErrorIs(t, f.add(nominator, fresh, 1), types.ErrStakeRate)
}
