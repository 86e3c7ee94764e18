package stake

import (
	"encoding/binary"
	"math/big"
	"testing"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/pool"
	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// fresh is a key that nobody has used.
var fresh = key(40)

func TestSwapHotkey(t *testing.T) {
	for name, c := range map[string]struct {
		coldkey, old, fresh []byte
		maxCost             uint64
		prepare             func(*fixture)
		want                *errorsmod.Error
	}{
		"delegate":           {owner, validator, fresh, 0, nil, nil},
		"private hotkey":     {owner, private, fresh, 0, nil, nil},
		"at the price":       {owner, validator, fresh, tao, nil, nil},
		"to a coldkey":       {owner, validator, nominator, 0, nil, nil},
		"unknown hotkey":     {owner, unknown, fresh, 0, nil, types.ErrHotkeyNotFound},
		"not the owner":      {nominator, validator, fresh, 0, nil, types.ErrNonAssociatedColdkey},
		"same key":           {owner, validator, validator, 0, nil, types.ErrSameKey},
		"no key":             {owner, validator, fresh[:20], 0, nil, types.ErrAccount},
		"new has a uid":      {owner, validator, private, 0, nil, types.ErrHotkeyRegistered},
		"new lost its uids":  {owner, validator, private, 0, dropPrivate, types.ErrKeyInUse},
		"above max_cost":     {owner, validator, fresh, tao - 1, nil, types.ErrMaxCost},
		"too poor":           {owner, validator, fresh, 0, func(f *fixture) { f.spend(owner, tao+1) }, types.ErrSwapBalance},
		"max_cost is first":  {owner, validator, fresh, 1, func(f *fixture) { f.spend(owner, tao+1) }, types.ErrMaxCost},
		"uid before cost":    {owner, validator, private, 1, nil, types.ErrHotkeyRegistered},
		"rate before key":    {owner, validator, validator, 0, func(f *fixture) { f.limits(); f.call(owner) }, types.ErrSwapRate},
		"owner before rate":  {nominator, validator, fresh, 0, func(f *fixture) { f.limits(); f.call(nominator) }, types.ErrNonAssociatedColdkey},
		"after the rate":     {owner, validator, fresh, 0, func(f *fixture) { f.limits(); f.call(owner); f.at(3) }, nil},
		"before it is after": {owner, validator, fresh, 0, func(f *fixture) { f.limits(); f.call(owner); f.at(2) }, types.ErrSwapRate},
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			if c.prepare != nil {
				c.prepare(f)
			}
			free := f.free(c.coldkey)
			id, _, err := f.keeper.HotkeyID(f.ctx, c.old)
			require.NoError(t, err)
			before, _ := f.keeper.Hotkey(f.ctx, id)
			var cost uint64
			err = f.try(func(ctx sdk.Context) (err error) {
				cost, err = f.keeper.SwapHotkey(ctx, c.coldkey, c.old, c.fresh, c.maxCost)
				return err
			})
			f.check()
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.Equal(t, free, f.free(c.coldkey))
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, tao, cost)
			require.Equal(t, free-tao, f.free(c.coldkey))
			after, err := f.keeper.Hotkey(f.ctx, id)
			require.NoError(t, err)
			before.Account = c.fresh
			require.Equal(t, before, after, "all but the key stays")
			_, known, err := f.keeper.HotkeyID(f.ctx, c.old)
			require.NoError(t, err)
			require.False(t, known)
			require.True(t, f.account.HasAccount(f.ctx, c.fresh), "the new hotkey can act")
		})
	}
}

func dropPrivate(f *fixture) {
	id, _, err := f.keeper.HotkeyID(f.ctx, private)
	require.NoError(f.t, err)
	require.NoError(f.t, f.keeper.DropSlot(f.ctx, id))
}

// spend takes rao out of a balance.
func (f *fixture) spend(account []byte, amount uint64) {
	require.NoError(f.t, f.keeper.Recycle(f.ctx, account, amount))
}

// call makes a coldkey's last call be in this block.
func (f *fixture) call(coldkey []byte) {
	id, err := f.keeper.EnsureColdkey(f.ctx, coldkey)
	require.NoError(f.t, err)
	require.NoError(f.t, f.keeper.called(f.ctx, id))
}

func TestSwappedHotkeyKeepsItsStakeAndIsPaid(t *testing.T) {
	f := market(t)
	id, _, err := f.keeper.HotkeyID(f.ctx, validator)
	require.NoError(t, err)
	_, err = f.keeper.SwapHotkey(f.ctx, owner, validator, fresh, 0)
	require.NoError(t, err)
	require.NoError(t, f.keeper.Payout(f.ctx, []Credit{earned(id, 10, 0)}, 0, 0))
	require.EqualValues(t, tao+10, f.staked(owner, fresh))
	_, err = f.keeper.RemoveStake(f.ctx, nominator, fresh, Want{All: true})
	require.NoError(t, err, "nominators find their stake under the new key")
	_, err = f.keeper.AddStake(f.ctx, owner, validator, 1)
	require.ErrorIs(t, err, types.ErrHotkeyNotFound)
	again, err := f.keeper.EnsureOwned(f.ctx, validator, stranger)
	require.NoError(t, err, "the old key is like any unknown one")
	require.NotEqual(t, id, again)
	f.check()
	want := sdk.NewEvent(types.EventHotkeySwapped, sdk.NewAttribute("coldkey", addressOf(1)), sdk.NewAttribute("old", addressOf(10)),
		sdk.NewAttribute("new", addressOf(40)), sdk.NewAttribute("cost", "1000000000"))
	require.Contains(t, f.ctx.EventManager().Events(), want)
}

// crowded is a genesis in which a delegate of owner's has n nominators of 1 TAO, and owner 2 TAO
// free. Coldkey 1 is the owner.
func crowded(n int) (*types.GenesisState, *banktypes.GenesisState) {
	share := new(big.Int).Mul(big.NewInt(tao), big.NewInt(pool.Unit))
	h := types.Hotkey{Id: 1, Account: validator, Owner: 1, Delegate: true, Pool: uint64(n) * tao, Slots: 1, Nominators: uint64(n),
		Shares: new(big.Int).Mul(share, big.NewInt(int64(n))).Bytes()}
	g := &types.GenesisState{Params: types.LocalnetParams(), Totals: types.Totals{Staked: uint64(n) * tao},
		Coldkeys: []types.Coldkey{{Id: 1, Account: owner}}, Hotkeys: []types.GenesisHotkey{{Record: h}}}
	for i := range n {
		account := make([]byte, 32)
		binary.BigEndian.PutUint32(account, uint32(i+1))
		g.Coldkeys = append(g.Coldkeys, types.Coldkey{Id: uint64(i + 2), Account: account})
		g.Holdings = append(g.Holdings, types.GenesisHolding{Hotkey: 1, Coldkey: uint64(i + 2), Shares: share.Bytes()})
	}
	bank := banktypes.DefaultGenesisState()
	bank.Balances = []banktypes.Balance{
		{Address: sdk.AccAddress(owner).String(), Coins: coins(2 * tao)},
		{Address: stakeAddress(), Coins: coins(uint64(n) * tao)},
	}
	return g, bank
}

func TestHotkeySwapOf100000NominatorsWritesFiveKeys(t *testing.T) {
	const n = 100_000
	f := bareFixture(t)
	f.ctx, _ = f.ctx.CacheContext() // the tree below it would only cost time
	g, bank := crowded(n)
	f.bank.InitGenesis(f.ctx, bank)
	require.NoError(t, f.keeper.InitGenesis(f.ctx, g))
	*f.writes = 0
	_, err := f.keeper.SwapHotkey(f.ctx, owner, validator, fresh, tao)
	require.NoError(t, err)
	require.LessOrEqual(t, *f.writes, 5, "record, two of the index, total, coldkey; what bank and auth write does not depend on n")
	h, err := f.keeper.hotkeyByAccount(f.ctx, fresh)
	require.NoError(t, err)
	require.EqualValues(t, n, h.Nominators)
	require.EqualValues(t, tao, f.staked(g.Coldkeys[n].Account, fresh))
}

func stakeAddress() string { return authtypes.NewModuleAddress(types.ModuleName).String() }
