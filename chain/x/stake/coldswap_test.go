package stake

import (
	"testing"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

func (f *fixture) schedule(coldkey, fresh []byte, maxCost uint64) error {
	return f.try(func(ctx sdk.Context) error {
		_, _, err := f.keeper.ScheduleColdkeySwap(ctx, coldkey, fresh, maxCost)
		return err
	})
}

func (f *fixture) execute(coldkey []byte) error {
	return f.try(func(ctx sdk.Context) error {
		_, err := f.keeper.ExecuteColdkeySwap(ctx, coldkey)
		return err
	})
}

func TestScheduleColdkeySwap(t *testing.T) {
	for name, c := range map[string]struct {
		coldkey, fresh []byte
		maxCost        uint64
		prepare        func(*fixture)
		want           *errorsmod.Error
	}{
		"owner":                 {owner, fresh, 0, nil, nil},
		"nominator, at price":   {nominator, fresh, tao, nil, nil},
		"to one with coins":     {owner, stranger, 0, nil, nil},
		"owns and backs none":   {stranger, fresh, 0, nil, types.ErrColdkeyNotFound},
		"to itself":             {owner, owner, 0, nil, types.ErrSameKey},
		"no key":                {owner, fresh[:20], 0, nil, types.ErrAccount},
		"to another coldkey":    {owner, nominator, 0, nil, types.ErrKeyInUse},
		"to a hotkey":           {owner, private, 0, nil, types.ErrKeyInUse},
		"announced already":     {owner, key(41), 0, announced(owner), types.ErrSwapPending},
		"target of another":     {nominator, fresh, 0, announced(owner), types.ErrSwapPending},
		"above max_cost":        {owner, fresh, tao - 1, nil, types.ErrMaxCost},
		"too poor":              {owner, fresh, 0, func(f *fixture) { f.spend(owner, tao+1) }, types.ErrSwapBalance},
		"too soon":              {owner, fresh, 0, func(f *fixture) { f.limits(); f.call(owner) }, types.ErrSwapRate},
		"rate before same key":  {owner, owner, 0, func(f *fixture) { f.limits(); f.call(owner) }, types.ErrSwapRate},
		"key in use before tao": {owner, private, 1, nil, types.ErrKeyInUse},
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			if c.prepare != nil {
				c.prepare(f)
			}
			free := f.free(c.coldkey)
			err := f.schedule(c.coldkey, c.fresh, c.maxCost)
			f.check()
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.Equal(t, free, f.free(c.coldkey))
				return
			}
			require.NoError(t, err)
			require.Equal(t, free-tao, f.free(c.coldkey))
			due, frozen, err := f.keeper.Frozen(f.ctx, c.coldkey)
			require.NoError(t, err)
			require.True(t, frozen)
			require.EqualValues(t, 21, due)
		})
	}
}

func announced(coldkey []byte) func(*fixture) {
	return func(f *fixture) { require.NoError(f.t, f.schedule(coldkey, fresh, 0)) }
}

func TestColdkeySwapMovesEverything(t *testing.T) {
	f := market(t)
	id, _, err := f.keeper.ColdkeyID(f.ctx, owner)
	require.NoError(t, err)
	require.NoError(t, f.schedule(owner, fresh, 0))
	f.fund(owner, 5) // what arrives meanwhile moves along
	f.fund(fresh, 11)
	f.at(20)
	require.ErrorIs(t, f.execute(owner), types.ErrSwapEarly)
	require.ErrorIs(t, f.execute(nominator), types.ErrNoSwap)
	f.at(21)
	require.NoError(t, f.execute(owner))
	f.check()
	require.Zero(t, f.free(owner))
	require.EqualValues(t, tao+5+11, f.free(fresh))
	after, known, err := f.keeper.ColdkeyID(f.ctx, fresh)
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, id, after)
	require.EqualValues(t, tao, f.staked(fresh, validator))
	require.ErrorIs(t, f.execute(owner), types.ErrNoSwap)
	require.NoError(t, f.remove(fresh, private, Want{All: true}))
	require.ErrorIs(t, f.remove(owner, validator, Want{All: true}), types.ErrNotEnoughStake, "the old key has nothing")
	require.True(t, f.account.HasAccount(f.ctx, fresh))
	_, frozen, err := f.keeper.Frozen(f.ctx, owner)
	require.NoError(t, err)
	require.False(t, frozen)
	f.fund(owner, tao)
	require.NoError(t, f.add(owner, validator, tao/2), "the old key may begin anew")
	f.check()
	events := f.ctx.EventManager().Events()
	require.Contains(t, events, sdk.NewEvent(types.EventSwapScheduled, sdk.NewAttribute("coldkey", addressOf(1)),
		sdk.NewAttribute("new", addressOf(40)), sdk.NewAttribute("due", "21"), sdk.NewAttribute("cost", "1000000000")))
	require.Contains(t, events, sdk.NewEvent(types.EventColdkeySwapped, sdk.NewAttribute("coldkey", addressOf(1)),
		sdk.NewAttribute("new", addressOf(40)), sdk.NewAttribute("amount", "1000000005")))
}

// Nobody can make the announced key a coldkey of something else, which would bar the swap.
func TestTheAnnouncedKeyIsReserved(t *testing.T) {
	f := market(t)
	require.NoError(t, f.schedule(owner, fresh, 0))
	f.fund(fresh, 10*tao)
	require.ErrorIs(t, f.add(fresh, validator, tao), types.ErrSwapPending)
	_, err := f.keeper.EnsureOwned(f.ctx, unknown, fresh)
	require.ErrorIs(t, err, types.ErrSwapPending)
	f.at(21)
	require.NoError(t, f.execute(owner))
	require.NoError(t, f.add(fresh, validator, tao))
	f.check()
}

// Only root takes an announcement back: with the old key alone a thief could.
func TestOnlyRootCancels(t *testing.T) {
	f := market(t)
	server := NewMsgServer(f.keeper)
	cancel := func(who int) error {
		_, err := server.CancelColdkeySwap(f.ctx, &types.MsgCancelColdkeySwap{Root: addressOf(who), Coldkey: addressOf(1)})
		return err
	}
	require.ErrorIs(t, cancel(9), types.ErrNoSwap)
	require.NoError(t, f.schedule(owner, fresh, 0))
	require.ErrorIs(t, cancel(1), types.ErrNotRoot)
	require.NoError(t, cancel(9))
	f.at(30)
	require.ErrorIs(t, f.execute(owner), types.ErrNoSwap)
	f.fund(owner, tao)
	require.NoError(t, f.schedule(owner, fresh, 0), "and may be announced again")
	f.check()
}

func TestColdkeySwapQuery(t *testing.T) {
	f := market(t)
	ask := func() *types.QueryColdkeySwapResponse {
		res, err := NewQueryServer(f.keeper).ColdkeySwap(f.ctx, &types.QueryColdkeySwapRequest{Coldkey: addressOf(1)})
		require.NoError(t, err)
		return res
	}
	require.Equal(t, &types.QueryColdkeySwapResponse{}, ask())
	require.NoError(t, f.schedule(owner, fresh, 0))
	require.Equal(t, &types.QueryColdkeySwapResponse{Pending: true, New: addressOf(40), Due: 21, BlocksLeft: 19}, ask())
	f.at(20)
	require.Zero(t, ask().BlocksLeft, "the next block can execute it")
}

func TestSwapMessages(t *testing.T) {
	f := market(t)
	server := NewMsgServer(f.keeper)
	swapped, err := server.SwapHotkey(f.ctx, &types.MsgSwapHotkey{Coldkey: addressOf(1), Old: addressOf(10), New: addressOf(42), MaxCost: tao})
	require.NoError(t, err)
	require.EqualValues(t, tao, swapped.Cost)
	f.fund(owner, tao)
	scheduled, err := server.ScheduleColdkeySwap(f.ctx, &types.MsgScheduleColdkeySwap{Coldkey: addressOf(1), New: addressOf(40), MaxCost: tao})
	require.NoError(t, err)
	require.Equal(t, &types.MsgScheduleColdkeySwapResponse{Cost: tao, Due: 21}, scheduled)
	f.at(21)
	done, err := server.ExecuteColdkeySwap(f.ctx, &types.MsgExecuteColdkeySwap{Signer: addressOf(3), Coldkey: addressOf(1)})
	require.NoError(t, err, "anybody may")
	require.EqualValues(t, tao, done.Moved)
	f.check()
}
