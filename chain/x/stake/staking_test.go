package stake

import (
	"encoding/json"
	"math/big"
	"os"
	"testing"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

const tao = 1_000_000_000

// The cast of the message tests.
var (
	owner     = key(1)
	nominator = key(2)
	stranger  = key(3) // unknown to the ledger
	validator = key(10)
	private   = key(11) // no delegate
	unknown   = key(12)
)

// market has an owner with 1 TAO staked on each of a delegate and a private hotkey, and a
// nominator with 1 TAO on the delegate; each has 2 TAO free, the stranger too.
func market(t *testing.T) *fixture {
	f := newFixture(t)
	f.delegate(validator, owner, types.DefaultTake)
	f.own(private, owner)
	f.stake(owner, validator, tao)
	f.stake(owner, private, tao)
	f.stake(nominator, validator, tao)
	for _, account := range [][]byte{owner, nominator, stranger} {
		f.fund(account, 2*tao-f.free(account))
	}
	return f
}

func TestAddStake(t *testing.T) {
	for name, c := range map[string]struct {
		coldkey, hotkey []byte
		amount, staked  uint64
		want            *errorsmod.Error
		text            string
	}{
		"owner on own hotkey":           {owner, private, 5, 5, nil, ""},
		"owner below nominator minimum": {owner, validator, 1, 1, nil, ""},
		"nominator adds":                {nominator, validator, 1, 1, nil, ""},
		"stranger nominates":            {stranger, validator, tao / 10, tao / 10, nil, ""},
		"everything but the deposit":    {stranger, validator, 2 * tao, 2*tao - 500, nil, ""},
		"a little less than everything": {stranger, validator, 2*tao - 499, 2*tao - 500, nil, ""},
		"amount 0":                      {owner, private, 0, 0, types.ErrAmountZero, "at least 1 rao"},
		"too poor": {owner, private, 2*tao + 1, 0, types.ErrNotEnoughBalance,
			"balance 2000000000 rao cannot pay 2000000001 rao: fund the coldkey"},
		"unknown hotkey":      {owner, unknown, 5, 0, types.ErrHotkeyNotFound, "register it first"},
		"another's hotkey":    {stranger, private, tao, 0, types.ErrNotDelegate, "stake on a delegate"},
		"below the minimum":   {stranger, validator, tao/10 - 1, 0, types.ErrNominationTooSmall, "add more"},
		"poverty comes first": {stranger, unknown, 3 * tao, 0, types.ErrNotEnoughBalance, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			free, before := f.free(c.coldkey), f.staked(c.coldkey, c.hotkey)
			var staked uint64
			err := f.try(func(ctx sdk.Context) (err error) {
				staked, err = f.keeper.AddStake(ctx, c.coldkey, c.hotkey, c.amount)
				return err
			})
			f.check()
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				_, code, log := errorsmod.ABCIInfo(err, false)
				require.Equal(t, c.want.ABCICode(), code, "the code reaches the client")
				require.Contains(t, log, c.text)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.staked, staked)
			require.Equal(t, free-c.staked, f.free(c.coldkey))
			require.Equal(t, before+c.staked, f.staked(c.coldkey, c.hotkey))
		})
	}
}

func TestStakingAllKeepsTheExistentialDeposit(t *testing.T) {
	raw, err := os.ReadFile("testdata/chain.json")
	require.NoError(t, err)
	var file struct {
		Case struct{ Balance, Request, Staked uint64 } `json:"stake_all_keeps_existential_deposit"`
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.ExistentialDeposit = 1 })
	f.own(private, owner)
	f.fund(owner, file.Case.Balance)
	staked, err := f.keeper.AddStake(f.ctx, owner, private, file.Case.Request)
	require.NoError(t, err)
	require.Equal(t, file.Case.Staked, staked)
	_, err = f.keeper.AddStake(f.ctx, owner, private, 1)
	require.ErrorIs(t, err, types.ErrNotEnoughBalance, "the deposit itself cannot be staked")
}

func TestNominatorMinimumLooksAtTheAmountAsked(t *testing.T) {
	f := market(t)
	f.fund(unknown, types.DefaultNominatorMin)
	staked, err := f.keeper.AddStake(f.ctx, unknown, validator, types.DefaultNominatorMin)
	require.NoError(t, err)
	require.EqualValues(t, types.DefaultNominatorMin-500, staked)
}

func TestRemoveStake(t *testing.T) {
	for name, c := range map[string]struct {
		coldkey, hotkey []byte
		amount, removed uint64
		want            *errorsmod.Error
	}{
		"owner":                          {owner, validator, 7, 7, nil},
		"owner leaves dust":              {owner, private, tao - 1, tao - 1, nil},
		"owner takes all":                {owner, private, tao, tao, nil},
		"nominator":                      {nominator, validator, tao / 2, tao / 2, nil},
		"nominator to the minimum":       {nominator, validator, tao - tao/10, tao - tao/10, nil},
		"nominator under the minimum":    {nominator, validator, tao - tao/10 + 1, tao, nil},
		"nominator takes all":            {nominator, validator, tao, tao, nil},
		"amount 0":                       {owner, private, 0, 0, types.ErrAmountZero},
		"unknown hotkey":                 {owner, unknown, 1, 0, types.ErrHotkeyNotFound},
		"owner asks too much":            {owner, private, tao + 1, 0, types.ErrNotEnoughStake},
		"nominator asks too much":        {nominator, validator, tao + 1, 0, types.ErrNotEnoughStake},
		"stranger has none":              {stranger, validator, 1, 0, types.ErrNotEnoughStake},
		"nominator has none here":        {nominator, private, 1, 0, types.ErrNotEnoughStake},
		"owner cannot take nominations":  {owner, validator, tao + 1, 0, types.ErrNotEnoughStake},
		"unknown coldkey on own hotkey?": {unknown, validator, 1, 0, types.ErrNotEnoughStake},
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			free, before := f.free(c.coldkey), f.staked(c.coldkey, c.hotkey)
			var removed uint64
			err := f.try(func(ctx sdk.Context) (err error) {
				removed, err = f.keeper.RemoveStake(ctx, c.coldkey, c.hotkey, Want{Rao: c.amount})
				return err
			})
			f.check()
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.removed, removed)
			require.Equal(t, free+c.removed, f.free(c.coldkey))
			require.Equal(t, before-c.removed, f.staked(c.coldkey, c.hotkey))
		})
	}
}

func TestStakeCanBeWithdrawnFromAHotkeyWithoutUid(t *testing.T) {
	f := market(t)
	id, _, err := f.keeper.HotkeyID(f.ctx, validator)
	require.NoError(t, err)
	require.NoError(t, f.keeper.DropSlot(f.ctx, id))
	_, err = f.keeper.RemoveStake(f.ctx, nominator, validator, Want{Rao: tao})
	require.NoError(t, err)
	f.check()
	require.NoError(t, f.keeper.BeginBlock(f.ctx), "the queue is empty again")
	require.Equal(t, uint64(3*tao), f.free(nominator))
}

// A reward of a pool of dust makes shares dear; a nomination that would lose more than 1 rao to
// rounding is refused instead of captured.
func TestNominationIsNeverCaptured(t *testing.T) {
	f := market(t)
	id, _, err := f.keeper.HotkeyID(f.ctx, validator)
	require.NoError(t, err)
	h, err := f.keeper.Hotkey(f.ctx, id)
	require.NoError(t, err)
	coldkeyID, _, err := f.keeper.ColdkeyID(f.ctx, nominator)
	require.NoError(t, err)
	held, err := f.keeper.holding(f.ctx, id, coldkeyID)
	require.NoError(t, err)
	require.NoError(t, f.keeper.setHolding(f.ctx, &h, coldkeyID, held, big.NewInt(3)))
	h.Shares = []byte{3}
	require.NoError(t, f.keeper.setHotkey(f.ctx, h))
	f.check()
	err = f.try(func(ctx sdk.Context) error {
		_, err := f.keeper.AddStake(ctx, stranger, validator, tao/5)
		return err
	})
	require.ErrorIs(t, err, types.ErrPoolCoarse)
	f.check()
}

func TestBecomeDelegate(t *testing.T) {
	for name, c := range map[string]struct {
		coldkey, hotkey []byte
		want            *errorsmod.Error
	}{
		"owner":          {owner, private, nil},
		"unknown hotkey": {owner, unknown, types.ErrHotkeyNotFound},
		"not the owner":  {nominator, private, types.ErrNonAssociatedColdkey},
		"a stranger":     {stranger, validator, types.ErrNonAssociatedColdkey},
		"twice":          {owner, validator, types.ErrAlreadyDelegate},
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			err := f.try(func(ctx sdk.Context) error { return f.keeper.BecomeDelegate(ctx, c.coldkey, c.hotkey) })
			f.check()
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				return
			}
			require.NoError(t, err)
			res, err := NewQueryServer(f.keeper).Hotkey(f.ctx, &types.QueryHotkeyRequest{Hotkey: addressOf(11)})
			require.NoError(t, err)
			require.True(t, res.Delegate)
			require.EqualValues(t, types.DefaultTake, res.Take)
		})
	}
}

func TestEnsureOwned(t *testing.T) {
	f := newFixture(t)
	id, err := f.keeper.EnsureOwned(f.ctx, validator, owner)
	require.NoError(t, err)
	require.EqualValues(t, 1, id)
	require.True(t, f.account.HasAccount(f.ctx, validator), "a hotkey without coins can act")
	again, err := f.keeper.EnsureOwned(f.ctx, validator, owner)
	require.NoError(t, err)
	require.Equal(t, id, again)
	_, err = f.keeper.EnsureOwned(f.ctx, validator, stranger)
	require.ErrorIs(t, err, types.ErrNonAssociatedColdkey)
	second, err := f.keeper.EnsureOwned(f.ctx, private, owner)
	require.NoError(t, err)
	require.EqualValues(t, 2, second)
	_, err = f.keeper.EnsureOwned(f.ctx, validator[:20], owner)
	require.ErrorIs(t, err, types.ErrAccount)
	_, err = f.keeper.EnsureOwned(f.ctx, unknown, owner[:31])
	require.ErrorIs(t, err, types.ErrAccount)
	own, err := f.keeper.EnsureOwned(f.ctx, owner, owner)
	require.NoError(t, err, "one key may be both; the id spaces are apart")
	require.EqualValues(t, 3, own)
	h, err := f.keeper.Hotkey(f.ctx, own)
	require.NoError(t, err)
	require.EqualValues(t, 1, h.Owner)
	f.check()
}

func TestRecycleAndLockKeepTheExistentialDeposit(t *testing.T) {
	f := newFixture(t)
	f.fund(owner, 1500)
	for name, op := range map[string]func(sdk.Context, []byte, uint64) error{
		"recycle": func(ctx sdk.Context, a []byte, n uint64) error { return f.keeper.Recycle(ctx, a, n) },
		"lock":    func(ctx sdk.Context, a []byte, n uint64) error { return f.keeper.Lock(ctx, a, n) },
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, f.try(func(ctx sdk.Context) error { return op(ctx, owner, 1001) }), types.ErrNotEnoughBalance)
			require.ErrorIs(t, f.try(func(ctx sdk.Context) error { return op(ctx, stranger, 1) }), types.ErrNotEnoughBalance)
			require.NoError(t, op(f.ctx, stranger, 0))
		})
	}
	require.NoError(t, f.keeper.Lock(f.ctx, owner, 600))
	require.NoError(t, f.keeper.Recycle(f.ctx, owner, 400))
	require.Equal(t, uint64(500), f.free(owner))
	issuance, err := f.keeper.Issuance(f.ctx)
	require.NoError(t, err)
	require.Equal(t, uint64(1100), issuance, "recycled rao are gone, locked ones are not")
	require.NoError(t, f.keeper.Unlock(f.ctx, owner, 600))
	require.Equal(t, uint64(1100), f.free(owner))
	require.Error(t, f.try(func(ctx sdk.Context) error { return f.keeper.Unlock(ctx, owner, 1) }), "nothing is locked any more")
	totals, err := f.keeper.Totals(f.ctx)
	require.NoError(t, err)
	require.Equal(t, types.Totals{Recycled: 400}, totals)
	f.check()
}

func TestMessages(t *testing.T) {
	f := market(t)
	server := NewMsgServer(f.keeper)
	bech := sdk.AccAddress(nominator).String()
	added, err := server.AddStake(f.ctx, &types.MsgAddStake{Coldkey: bech, Hotkey: addressOf(10), Amount: tao})
	require.NoError(t, err, "either form of an address is read")
	require.Equal(t, uint64(tao), added.Staked)
	removed, err := server.RemoveStake(f.ctx, &types.MsgRemoveStake{Coldkey: addressOf(2), Hotkey: addressOf(10), Amount: 2*tao - 1})
	require.NoError(t, err)
	require.Equal(t, uint64(2*tao), removed.Removed)
	_, err = server.BecomeDelegate(f.ctx, &types.MsgBecomeDelegate{Coldkey: addressOf(1), Hotkey: addressOf(11)})
	require.NoError(t, err)
	_, err = server.AddStake(f.ctx, &types.MsgAddStake{Coldkey: bech, Hotkey: "5Nonsense", Amount: 1})
	require.ErrorIs(t, err, types.ErrAccount)
	module := sdk.AccAddress(authtypes.NewModuleAddress(types.ModuleName)).String()
	_, err = server.AddStake(f.ctx, &types.MsgAddStake{Coldkey: bech, Hotkey: module, Amount: 1})
	require.ErrorIs(t, err, types.ErrAccount, "a module is no hotkey")
	f.check()

	want := sdk.NewEvent(types.EventStakeAdded, sdk.NewAttribute("hotkey", addressOf(10)), sdk.NewAttribute("coldkey", addressOf(2)),
		sdk.NewAttribute("amount", "1000000000"))
	require.Contains(t, f.ctx.EventManager().Events(), want)
	want = sdk.NewEvent(types.EventDelegateAdded, sdk.NewAttribute("coldkey", addressOf(1)), sdk.NewAttribute("hotkey", addressOf(11)),
		sdk.NewAttribute("take", "11796"))
	require.Contains(t, f.ctx.EventManager().Events(), want)
}
