package stake

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

func (f *fixture) sweeping() bool {
	under, err := f.keeper.sweep.Has(f.ctx)
	require.NoError(f.t, err)
	return under
}

// blocks begins n blocks, checking the invariants after each.
func (f *fixture) blocks(n int) {
	for range n {
		require.NoError(f.t, f.keeper.BeginBlock(f.ctx))
		f.check()
	}
}

func TestRaisingTheMinimumSweepsSmallNominations(t *testing.T) {
	f, id := crowd(t, 10)
	other := f.delegate(private, stranger, 0)
	f.stake(key(1000), private, 3*tao)
	f.stake(key(1001), private, tao/10)
	f.setParams(func(p *types.Params) { p.NominatorMin = 3 * tao })
	require.True(t, f.sweeping())
	require.EqualValues(t, 10, f.nominators(id), "nothing in the block itself")
	f.blocks(1)
	require.False(t, f.sweeping())
	require.Zero(t, f.nominators(id))
	require.EqualValues(t, 1, f.nominators(other), "what reaches the minimum stays")
	require.EqualValues(t, tao+500+500, f.free(key(1000)))
	require.EqualValues(t, tao+500+500+tao/10, f.free(key(1001)))
	require.EqualValues(t, tao, f.staked(owner, validator), "the owner's own stake has no minimum")
	want := sdk.NewEvent(types.EventStakeReleased, sdk.NewAttribute("hotkey", addressOf(10)), sdk.NewAttribute("coldkey", addressOf(1000)),
		sdk.NewAttribute("amount", "1000000000"))
	require.Contains(t, f.ctx.EventManager().Events(), want)
	*f.writes = 0
	f.blocks(1)
	require.Zero(t, *f.writes, "a sweep that ended writes nothing")
}

func TestLoweringTheMinimumSweepsNothing(t *testing.T) {
	f, id := crowd(t, 3)
	f.setParams(func(p *types.Params) { p.NominatorMin = 1 })
	require.False(t, f.sweeping())
	f.blocks(1)
	require.EqualValues(t, 3, f.nominators(id))
}

// A block pays back at most ReleaseBatch, releases and sweep together, and looks at SweepBatch.
func TestASweepIsBounded(t *testing.T) {
	const n = ReleaseBatch + 44
	f, id := crowd(t, n)
	other := f.delegate(private, owner, 0)
	f.stake(key(1000), private, tao)
	f.setParams(func(p *types.Params) { p.NominatorMin = 2 * tao })
	require.NoError(t, f.keeper.DropSlot(f.ctx, other))
	f.blocks(1)
	require.Zero(t, f.nominators(other), "releases come first")
	require.EqualValues(t, n-ReleaseBatch+1, f.nominators(id))
	f.blocks(1)
	require.Zero(t, f.nominators(id))
	require.False(t, f.sweeping())
}

func TestASweepLooksAtABoundedNumber(t *testing.T) {
	f := bareFixture(t)
	g, bank := crowded(SweepBatch + 10)
	f.bank.InitGenesis(f.ctx, bank)
	require.NoError(t, f.keeper.InitGenesis(f.ctx, g))
	f.setParams(func(p *types.Params) { p.NominatorMin = tao }) // all are large enough
	require.True(t, f.sweeping())
	*f.writes = 0
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	require.Equal(t, 1, *f.writes, "where it goes on")
	require.True(t, f.sweeping())
	f.blocks(1)
	require.False(t, f.sweeping())
	require.EqualValues(t, SweepBatch+10, f.nominators(1))
}

// A minimum that changes again on the way is the one that counts; if it rises, from the start.
func TestTheMinimumMayChangeDuringASweep(t *testing.T) {
	const n = ReleaseBatch + 10
	f, id := crowd(t, n)
	f.setParams(func(p *types.Params) { p.NominatorMin = 2 * tao })
	f.blocks(1)
	require.EqualValues(t, 10, f.nominators(id))
	f.setParams(func(p *types.Params) { p.NominatorMin = tao })
	f.blocks(1)
	require.EqualValues(t, 10, f.nominators(id), "they are large enough again")
	require.False(t, f.sweeping())
	f.setParams(func(p *types.Params) { p.NominatorMin = tao + 1 })
	f.blocks(1)
	require.Zero(t, f.nominators(id))
}

func TestAFailingPaymentDoesNotStopTheSweep(t *testing.T) {
	for _, panics := range []bool{false, true} {
		f, id := crowd(t, 3)
		f.setParams(func(p *types.Params) { p.NominatorMin = 2 * tao })
		good := f.keeper.bank
		f.keeper.bank = brokenBank{good, key(1001), panics}
		f.blocks(1)
		require.EqualValues(t, 1, f.nominators(id), "the others are paid")
		require.False(t, f.sweeping())
		f.keeper.bank = good
		require.NoError(t, f.remove(key(1001), validator, Want{All: true}))
		f.check()
	}
}

func TestOnlyRootSetsParameters(t *testing.T) {
	f := market(t)
	server := NewMsgServer(f.keeper)
	p := types.DefaultParams()
	p.NominatorMin, p.MaxTake = 7, 20_000
	_, err := server.SetParams(f.ctx, &types.MsgSetParams{Root: addressOf(1), Params: p})
	require.ErrorIs(t, err, types.ErrNotRoot)
	bad := p
	bad.MinTake = 12_000
	_, err = server.SetParams(f.ctx, &types.MsgSetParams{Root: addressOf(1), Params: bad})
	require.ErrorIs(t, err, types.ErrNotRoot, "who asks comes first")
	_, err = server.SetParams(f.ctx, &types.MsgSetParams{Root: addressOf(9), Params: bad})
	require.ErrorIs(t, err, types.ErrParams)
	_, err = server.SetParams(f.ctx, &types.MsgSetParams{Root: addressOf(9), Params: p})
	require.NoError(t, err)
	res, err := NewQueryServer(f.keeper).Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, p, res.Params)
	events := f.ctx.EventManager().Events()
	require.Contains(t, events, sdk.NewEvent(types.EventParamSet, sdk.NewAttribute("name", "nominator_min"),
		sdk.NewAttribute("old", "100000000"), sdk.NewAttribute("new", "7")))
	require.Contains(t, events, sdk.NewEvent(types.EventParamSet, sdk.NewAttribute("name", "tx_rate_limit"),
		sdk.NewAttribute("old", "0"), sdk.NewAttribute("new", "1")))
	f.check()
}

func TestParamsAreBounded(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	require.NoError(t, types.LocalnetParams().Validate())
	for name, spoil := range map[string]func(*types.Params){
		"nominator_min":       func(p *types.Params) { p.NominatorMin = 21_000_000*tao + 1 },
		"default_take":        func(p *types.Params) { p.DefaultTake = p.MaxTake + 1 },
		"existential_deposit": func(p *types.Params) { p.ExistentialDeposit = 1 << 63 },
		"min_take":            func(p *types.Params) { p.MinTake = p.DefaultTake + 1 },
		"max_take":            func(p *types.Params) { p.MaxTake = 65536 },
		"take_rate_limit":     func(p *types.Params) { p.TakeRateLimit = 1<<32 + 1 },
		"tx_rate_limit":       func(p *types.Params) { p.TxRateLimit = 1<<32 + 1 },
		"swap_cost":           func(p *types.Params) { p.SwapCost = 1 << 63 },
		"coldkey_swap_delay":  func(p *types.Params) { p.ColdkeySwapDelay = 1 << 63 },
	} {
		p := types.DefaultParams()
		spoil(&p)
		err := p.Validate()
		require.ErrorIs(t, err, types.ErrParams, name)
		require.ErrorContains(t, err, name)
	}
	require.Len(t, types.ParamTable(), 10, "a new parameter needs a row")
}
