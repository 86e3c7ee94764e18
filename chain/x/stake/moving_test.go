package stake

import (
	"testing"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

var second = key(13) // another delegate, of the nominator's

// twoDelegates is the market with a second delegate, the nominator's own.
func twoDelegates(t *testing.T) *fixture {
	f := market(t)
	f.delegate(second, nominator, 0)
	return f
}

func TestMoveStake(t *testing.T) {
	all := Want{All: true}
	for name, c := range map[string]struct {
		coldkey, from, to []byte
		want              Want
		moved             uint64
		prepare           func(*fixture)
		err               *errorsmod.Error
	}{
		"nominator to own hotkey":      {nominator, validator, second, Want{Rao: tao / 2}, tao / 2, nil, nil},
		"nominator all":                {nominator, validator, second, all, tao, nil, nil},
		"nominator leaves too little":  {nominator, validator, second, Want{Rao: tao - 1}, tao, nil, nil},
		"owner to own":                 {owner, validator, private, Want{Rao: 1}, 1, nil, nil},
		"owner to a delegate":          {owner, private, second, Want{Rao: tao / 10}, tao / 10, nil, nil},
		"owner all":                    {owner, private, validator, all, tao, nil, nil},
		"to itself":                    {owner, private, private, all, 0, nil, types.ErrSameKey},
		"unknown source":               {owner, unknown, private, all, 0, nil, types.ErrHotkeyNotFound},
		"amount 0":                     {owner, private, validator, Want{}, 0, nil, types.ErrAmountZero},
		"amount and all":               {owner, private, validator, Want{1, true}, 0, nil, types.ErrAmountAndAll},
		"too much":                     {owner, private, validator, Want{Rao: tao + 1}, 0, nil, types.ErrNotEnoughStake},
		"nothing there":                {stranger, validator, second, all, 0, nil, types.ErrNotEnoughStake},
		"unknown target":               {owner, private, unknown, all, 0, nil, types.ErrHotkeyNotFound},
		"another's private hotkey":     {nominator, validator, private, all, 0, nil, types.ErrNotDelegate},
		"below the minimum":            {owner, private, second, Want{Rao: tao/10 - 1}, 0, nil, types.ErrNominationTooSmall},
		"target pays back":             {owner, private, second, all, 0, releaseSecond, types.ErrReleasing},
		"source used":                  {owner, private, validator, all, 0, used(owner, private), types.ErrUnstakeRate},
		"target used":                  {owner, private, validator, all, 0, used(owner, validator), types.ErrStakeRate},
		"source before target":         {owner, private, unknown, Want{Rao: 2 * tao}, 0, nil, types.ErrNotEnoughStake},
		"rate of source before target": {owner, private, unknown, all, 0, used(owner, private), types.ErrUnstakeRate},
	} {
		t.Run(name, func(t *testing.T) {
			f := twoDelegates(t)
			if c.prepare != nil {
				c.prepare(f)
			}
			free, from, to := f.free(c.coldkey), f.staked(c.coldkey, c.from), f.staked(c.coldkey, c.to)
			var moved uint64
			err := f.try(func(ctx sdk.Context) (err error) {
				moved, err = f.keeper.MoveStake(ctx, c.coldkey, c.from, c.to, c.want)
				return err
			})
			f.check()
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.moved, moved)
			require.Equal(t, free, f.free(c.coldkey), "the balance is not touched")
			if c.moved > 0 {
				require.Equal(t, from-moved, f.staked(c.coldkey, c.from))
				require.Equal(t, to+moved, f.staked(c.coldkey, c.to))
			}
		})
	}
}

func releaseSecond(f *fixture) {
	f.stake(key(1000), second, tao)
	id, _, err := f.keeper.HotkeyID(f.ctx, second)
	require.NoError(f.t, err)
	require.NoError(f.t, f.keeper.DropSlot(f.ctx, id))
}

// used uses up a coldkey's operation on a hotkey.
func used(coldkey, hotkey []byte) func(*fixture) {
	return func(f *fixture) {
		f.limits()
		require.NoError(f.t, f.add(coldkey, hotkey, 1))
	}
}

func TestMoveCountsOnBothHotkeys(t *testing.T) {
	f := twoDelegates(t)
	f.limits()
	_, err := f.keeper.MoveStake(f.ctx, owner, private, validator, Want{Rao: 1})
	require.NoError(t, err)
	require.ErrorIs(t, f.remove(owner, private, Want{All: true}), types.ErrUnstakeRate)
	require.ErrorIs(t, f.remove(owner, validator, Want{All: true}), types.ErrUnstakeRate)
	want := sdk.NewEvent(types.EventStakeMoved, sdk.NewAttribute("coldkey", addressOf(1)), sdk.NewAttribute("from", addressOf(11)),
		sdk.NewAttribute("to", addressOf(10)), sdk.NewAttribute("amount", "1"))
	require.Contains(t, f.ctx.EventManager().Events(), want)
}

func TestRemoveStakeAll(t *testing.T) {
	f := market(t)
	require.NoError(t, f.keeper.Payout(f.ctx, []Credit{earned(1, 0, 1_000_003)}, 0, 0))
	has := f.staked(nominator, validator)
	free := f.free(nominator)
	require.ErrorIs(t, f.remove(nominator, validator, Want{Rao: 1, All: true}), types.ErrAmountAndAll)
	require.NoError(t, f.remove(nominator, validator, Want{All: true}))
	require.Equal(t, free+has, f.free(nominator))
	require.ErrorIs(t, f.remove(nominator, validator, Want{All: true}), types.ErrNotEnoughStake)
	require.NoError(t, f.remove(owner, validator, Want{All: true}))
	require.Zero(t, f.staked(owner, validator))
	f.check()
}

// What a rate limit forbids is skipped and reported; the others are paid.
func TestRemoveAllStakeSkipsAndReports(t *testing.T) {
	f := twoDelegates(t)
	f.limits()
	f.at(400)
	require.NoError(t, f.add(owner, private, 1))
	f.at(500)
	free := f.free(owner)
	server := NewMsgServer(f.keeper)
	res, err := server.RemoveAllStake(f.ctx, &types.MsgRemoveAllStake{Coldkey: addressOf(1)})
	require.NoError(t, err)
	require.Equal(t, &types.MsgRemoveAllStakeResponse{Hotkeys: []types.Unstaked{
		{Hotkey: addressOf(10), Amount: tao},
		{Hotkey: addressOf(11), Amount: tao + 1, Code: types.ErrUnstakeRate.ABCICode(), BlocksLeft: 260},
	}}, res)
	require.EqualValues(t, free+tao, f.free(owner))
	f.at(1000)
	res, err = server.RemoveAllStake(f.ctx, &types.MsgRemoveAllStake{Coldkey: addressOf(1)})
	require.NoError(t, err)
	require.Equal(t, []types.Unstaked{{Hotkey: addressOf(11), Amount: tao + 1}}, res.Hotkeys)
	for _, who := range []int{1, 3} { // has none left; never had any
		_, err = server.RemoveAllStake(f.ctx, &types.MsgRemoveAllStake{Coldkey: addressOf(who)})
		require.ErrorIs(t, err, types.ErrNotEnoughStake)
	}
	_, err = server.RemoveAllStake(f.ctx, &types.MsgRemoveAllStake{Coldkey: addressOf(1), After: addressOf(12)})
	require.ErrorIs(t, err, types.ErrHotkeyNotFound)
	f.check()
}

// A call looks at a bounded number of hotkeys and says where to go on.
func TestRemoveAllStakeIsBounded(t *testing.T) {
	f := newFixture(t)
	const n = RemoveAllBatch + 10
	for i := range n {
		f.own(key(2000+i), owner)
		if i%2 == 0 { // every other one is empty
			f.stake(owner, key(2000+i), 7)
		}
	}
	out, next, err := f.keeper.RemoveAllStake(f.ctx, owner, nil)
	require.NoError(t, err)
	require.Len(t, out, RemoveAllBatch/2)
	require.Equal(t, key(2000+RemoveAllBatch-1), next)
	f.check()
	out, next, err = f.keeper.RemoveAllStake(f.ctx, owner, next)
	require.NoError(t, err)
	require.Len(t, out, 5)
	require.Nil(t, next)
	f.check()
	totals, err := f.keeper.Totals(f.ctx)
	require.NoError(t, err)
	require.Zero(t, totals.Staked)
}
