package stake

import (
	"testing"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

func TestTakeChanges(t *testing.T) {
	const start = 8000
	for name, c := range map[string]struct {
		raise           bool
		coldkey, hotkey []byte
		take            uint32
		want            *errorsmod.Error
	}{
		"lower":                         {false, owner, validator, start - 1, nil},
		"lower to the minimum":          {false, owner, validator, types.DefaultMinTake, nil},
		"lower below the minimum":       {false, owner, validator, types.DefaultMinTake - 1, types.ErrTakeTooLow},
		"lower to the same":             {false, owner, validator, start, types.ErrTakeTooLow},
		"lower upwards":                 {false, owner, validator, start + 1, types.ErrTakeTooLow},
		"lower: unknown hotkey":         {false, owner, unknown, start - 1, types.ErrHotkeyNotFound},
		"lower: not the owner":          {false, nominator, validator, start - 1, types.ErrNonAssociatedColdkey},
		"lower: no delegate":            {false, owner, private, 0, types.ErrNotDelegate},
		"raise":                         {true, owner, validator, start + 1, nil},
		"raise to the maximum":          {true, owner, validator, types.DefaultMaxTake, nil},
		"raise above the maximum":       {true, owner, validator, types.DefaultMaxTake + 1, types.ErrTakeTooHigh},
		"raise to the same":             {true, owner, validator, start, types.ErrTakeTooLow},
		"raise downwards":               {true, owner, validator, start - 1, types.ErrTakeTooLow},
		"raise: unknown hotkey":         {true, owner, unknown, start + 1, types.ErrHotkeyNotFound},
		"raise: not the owner":          {true, nominator, validator, start + 1, types.ErrNonAssociatedColdkey},
		"raise: no delegate":            {true, owner, private, start, types.ErrNotDelegate},
		"raise: far beyond what it may": {true, owner, validator, 1 << 31, types.ErrTakeTooHigh},
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			h, err := f.keeper.hotkeyByAccount(f.ctx, validator)
			require.NoError(t, err)
			h.Take = start
			require.NoError(t, f.keeper.setHotkey(f.ctx, h))
			change := f.keeper.DecreaseTake
			event := types.EventTakeDecreased
			if c.raise {
				change, event = f.keeper.IncreaseTake, types.EventTakeIncreased
			}
			err = f.try(func(ctx sdk.Context) error { return change(ctx, c.coldkey, c.hotkey, c.take) })
			f.check()
			after, readErr := f.keeper.Hotkey(f.ctx, h.Id)
			require.NoError(t, readErr)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.EqualValues(t, start, after.Take)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.take, after.Take)
			events := f.ctx.EventManager().Events()
			require.Equal(t, event, events[len(events)-1].Type)
			require.Equal(t, addressOf(1), events[len(events)-1].Attributes[0].Value)
		})
	}
}

// Becoming a delegate starts the clock of raises; it is one clock per coldkey; lowering has none.
func TestTakeClock(t *testing.T) {
	f := market(t)
	f.limits()
	f.at(10)
	require.NoError(t, f.keeper.BecomeDelegate(f.ctx, owner, private))
	lower := func(h []byte, take uint32) error {
		return f.try(func(ctx sdk.Context) error { return f.keeper.DecreaseTake(ctx, owner, h, take) })
	}
	raise := func(h []byte, take uint32) error {
		return f.try(func(ctx sdk.Context) error { return f.keeper.IncreaseTake(ctx, owner, h, take) })
	}
	require.NoError(t, lower(validator, 9000))
	require.NoError(t, lower(validator, 8000))
	require.NoError(t, lower(private, 8000))
	f.at(10 + types.DefaultTakeRateLimit)
	require.ErrorIs(t, raise(validator, 9000), types.ErrDelegateRate, "the limit has to have passed")
	require.ErrorIs(t, raise(validator, 20_000), types.ErrTakeTooHigh, "the rate comes last")
	f.at(11 + types.DefaultTakeRateLimit)
	require.NoError(t, raise(validator, 9000))
	require.ErrorIs(t, raise(private, 9000), types.ErrDelegateRate, "all hotkeys of a coldkey together")
	f.setParams(func(p *types.Params) { p.TakeRateLimit = 0 })
	require.NoError(t, raise(private, 9000))
	f.check()
}

func TestBecomeDelegateIsRateLimited(t *testing.T) {
	f := market(t)
	f.limits()
	f.at(100)
	become := func() error {
		return f.try(func(ctx sdk.Context) error { return f.keeper.BecomeDelegate(ctx, owner, private) })
	}
	require.NoError(t, f.add(owner, private, 1))
	require.ErrorIs(t, become(), types.ErrDelegateRate)
	f.at(101)
	require.ErrorIs(t, become(), types.ErrDelegateRate, "more than one block has to pass")
	f.at(102)
	require.NoError(t, become())
	require.ErrorIs(t, become(), types.ErrAlreadyDelegate, "the rate comes last")
}

// A seat on root makes a delegate and starts no clock.
func TestEnsureDelegate(t *testing.T) {
	f := market(t)
	f.limits()
	f.at(10)
	f.own(unknown, stranger)
	h, err := f.keeper.hotkeyByAccount(f.ctx, unknown)
	require.NoError(t, err)
	require.NoError(t, f.keeper.EnsureDelegate(f.ctx, h.Id))
	h, err = f.keeper.Hotkey(f.ctx, h.Id)
	require.NoError(t, err)
	require.True(t, h.Delegate)
	require.EqualValues(t, types.DefaultTake, h.Take)
	require.NoError(t, f.keeper.DecreaseTake(f.ctx, stranger, unknown, 8000))
	require.NoError(t, f.keeper.EnsureDelegate(f.ctx, h.Id), "nothing to do")
	require.NoError(t, f.keeper.IncreaseTake(f.ctx, stranger, unknown, 9000))
	require.ErrorIs(t, f.keeper.EnsureDelegate(f.ctx, 99), types.ErrHotkeyNotFound)
	f.check()
}

func TestDelegatesAndNominatorsArePaged(t *testing.T) {
	f := newFixture(t)
	for i := range 5 {
		f.delegate(key(50+i), key(100+i), 7)
		f.own(key(60+i), key(100+i))
	}
	for i := range 5 {
		f.stake(key(1000+i), key(52), tao+uint64(i))
	}
	q := NewQueryServer(f.keeper)
	var hotkeys []string
	for after := ""; ; {
		res, err := q.Delegates(f.ctx, &types.QueryDelegatesRequest{After: after, Limit: 2})
		require.NoError(t, err)
		for _, d := range res.Delegates {
			hotkeys = append(hotkeys, d.Hotkey)
		}
		if after = res.Next; after == "" {
			break
		}
	}
	require.Equal(t, []string{addressOf(50), addressOf(51), addressOf(52), addressOf(53), addressOf(54)}, hotkeys)
	res, err := q.Delegates(f.ctx, &types.QueryDelegatesRequest{After: addressOf(51), Limit: 1})
	require.NoError(t, err)
	require.Equal(t, types.Delegate{Hotkey: addressOf(52), Owner: addressOf(102), Take: 7, Pool: 5*tao + 10, Nominators: 5, Slots: 1}, res.Delegates[0])

	page, err := q.Nominators(f.ctx, &types.QueryNominatorsRequest{Hotkey: addressOf(52), Limit: 3})
	require.NoError(t, err)
	require.Equal(t, addressOf(1002), page.Next)
	page, err = q.Nominators(f.ctx, &types.QueryNominatorsRequest{Hotkey: addressOf(52), After: page.Next, Limit: 3})
	require.NoError(t, err)
	require.Equal(t, []types.Nominator{{Coldkey: addressOf(1003), Amount: tao + 3}, {Coldkey: addressOf(1004), Amount: tao + 4}}, page.Nominators)
	require.Empty(t, page.Next)
	_, err = q.Nominators(f.ctx, &types.QueryNominatorsRequest{Hotkey: addressOf(12)})
	require.ErrorIs(t, err, types.ErrHotkeyNotFound)
	_, err = q.Delegates(f.ctx, &types.QueryDelegatesRequest{After: "5nobody"})
	require.ErrorIs(t, err, types.ErrAccount)
}
