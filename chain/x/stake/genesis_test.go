package stake

import (
	"math/big"
	"testing"

	"cosmossdk.io/collections"
	"github.com/stretchr/testify/require"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// lively is a ledger with something in every part of its state.
func lively(t *testing.T) *fixture {
	f, id := crowd(t, ReleaseBatch+3)
	other := f.delegate(private, nominator, 1000)
	f.stake(key(1001), private, 3*tao+1)
	f.stake(nominator, private, 12345)
	require.NoError(t, f.keeper.Payout(f.ctx, []Credit{earned(id, 3, 12347), earned(other, 0, 999999999)}, 1, 77))
	f.stake(key(1002), private, tao)
	f.fund(stranger, tao)
	require.NoError(t, f.keeper.Recycle(f.ctx, stranger, 1000))
	require.NoError(t, f.keeper.Lock(f.ctx, stranger, 2000))
	f.setParams(func(p *types.Params) { p.StakesPerInterval = 2 })
	f.at(7)
	f.stake(key(1002), private, 5)
	f.stake(nominator, private, 1000)
	f.fund(owner, 2*tao)
	require.NoError(t, f.schedule(owner, fresh, 0))
	require.NoError(t, f.keeper.DropSlot(f.ctx, id))
	require.NoError(t, f.keeper.BeginBlock(f.ctx))
	f.setParams(func(p *types.Params) { p.NominatorMin = tao + 1 })
	require.True(t, f.sweeping())
	f.check()
	return f
}

// reborn starts a new ledger from the exported states of bank and stake.
func (f *fixture) reborn(t *testing.T) (*fixture, *types.GenesisState) {
	g, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	n := bareFixture(t)
	n.bank.InitGenesis(n.ctx, f.bank.ExportGenesis(f.ctx))
	n.at(f.ctx.BlockHeight())
	return n, g
}

func TestGenesisRoundTrip(t *testing.T) {
	f := lively(t)
	raw := NewAppModule(f.keeper).ExportGenesis(f.ctx, f.cdc)
	require.NoError(t, AppModule{}.ValidateGenesis(f.cdc, nil, raw))
	n, _ := f.reborn(t)
	NewAppModule(n.keeper).InitGenesis(n.ctx, n.cdc, raw)
	n.check()
	require.Equal(t, string(raw), string(NewAppModule(n.keeper).ExportGenesis(n.ctx, n.cdc)))
	require.True(t, n.account.HasAccount(n.ctx, validator), "imported hotkeys can act")

	for _, x := range []*fixture{f, n} { // both go on alike
		require.NoError(t, x.keeper.BeginBlock(x.ctx))
		id, err := x.keeper.EnsureOwned(x.ctx, unknown, stranger)
		require.NoError(t, err)
		require.EqualValues(t, 3, id)
		x.check()
	}
	a, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	b, err := n.keeper.ExportGenesis(n.ctx)
	require.NoError(t, err)
	require.Equal(t, a, b)
}

func TestGenesisRefuses(t *testing.T) {
	f := lively(t)
	for name, spoil := range map[string]func(*types.GenesisState){
		"take":                   func(g *types.GenesisState) { g.Params.DefaultTake = 65536 },
		"hotkey's take":          func(g *types.GenesisState) { g.Hotkeys[0].Record.Take = 65536 },
		"total":                  func(g *types.GenesisState) { g.Totals.Staked++ },
		"hotkey id 0":            func(g *types.GenesisState) { g.Hotkeys[0].Record.Id = 0 },
		"hotkey id twice":        func(g *types.GenesisState) { g.Hotkeys[1].Record.Id = 1 },
		"hotkey account":         func(g *types.GenesisState) { g.Hotkeys[0].Record.Account = validator[:31] },
		"hotkey account twice":   func(g *types.GenesisState) { g.Hotkeys[1].Record.Account = validator },
		"unknown owner":          func(g *types.GenesisState) { g.Hotkeys[0].Record.Owner = 9999 },
		"coldkey id":             func(g *types.GenesisState) { g.Coldkeys[1].Id = 1 },
		"coldkey account":        func(g *types.GenesisState) { g.Coldkeys[1].Account = nil },
		"coldkey account twice":  func(g *types.GenesisState) { g.Coldkeys[1].Account = g.Coldkeys[0].Account },
		"nominators":             func(g *types.GenesisState) { g.Hotkeys[0].Record.Nominators++ },
		"pool without delegate":  func(g *types.GenesisState) { g.Hotkeys[0].Record.Delegate = false },
		"shares without pool":    func(g *types.GenesisState) { r := &g.Hotkeys[0].Record; r.Own, r.Pool = r.Pool, 0 },
		"shares with zeros":      func(g *types.GenesisState) { r := &g.Hotkeys[0].Record; r.Shares = append([]byte{0}, r.Shares...) },
		"too many shares":        func(g *types.GenesisState) { g.Hotkeys[0].Record.Shares = make14() },
		"shares too cheap":       cheap,
		"holding lost":           func(g *types.GenesisState) { g.Holdings = g.Holdings[1:] },
		"holding twice":          func(g *types.GenesisState) { g.Holdings[1] = g.Holdings[0] },
		"holding empty":          func(g *types.GenesisState) { g.Holdings[0].Shares = nil },
		"holding of the owner":   func(g *types.GenesisState) { g.Holdings[0].Coldkey = g.Hotkeys[0].Record.Owner },
		"holding of nobody":      func(g *types.GenesisState) { g.Holdings[len(g.Holdings)-1].Coldkey = 9999 },
		"holding on nothing":     func(g *types.GenesisState) { g.Holdings[len(g.Holdings)-1].Hotkey = 9999 },
		"holdings unsorted":      func(g *types.GenesisState) { h := g.Holdings; h[0], h[len(h)-1] = h[len(h)-1], h[0] },
		"rate of nobody":         func(g *types.GenesisState) { g.Rates[0].Coldkey = 9999 },
		"rate on nothing":        func(g *types.GenesisState) { g.Rates[0].Hotkey = 9999 },
		"rate twice":             func(g *types.GenesisState) { g.Rates[1] = g.Rates[0] },
		"rate of nothing":        func(g *types.GenesisState) { g.Rates[0].Rate.Count = 0 },
		"swap of nobody":         func(g *types.GenesisState) { g.Swaps[0].Old = unknown },
		"swap to a coldkey":      func(g *types.GenesisState) { g.Swaps[0].New = nominator },
		"swap to no key":         func(g *types.GenesisState) { g.Swaps[0].New = nil },
		"swap twice":             func(g *types.GenesisState) { g.Swaps = append(g.Swaps, g.Swaps[0]) },
		"releasing nothing":      func(g *types.GenesisState) { g.Releasing = []uint64{3} },
		"releasing twice":        func(g *types.GenesisState) { g.Releasing = []uint64{1, 1} },
		"releasing a registered": func(g *types.GenesisState) { g.Releasing = []uint64{2} },
	} {
		t.Run(name, func(t *testing.T) {
			n, g := f.reborn(t)
			spoil(g)
			require.ErrorIs(t, g.Validate(), types.ErrGenesis)
			require.ErrorIs(t, n.keeper.InitGenesis(n.ctx, g), types.ErrGenesis)
		})
	}
}

func make14() []byte { return append([]byte{1}, make([]byte, 13)...) }

// cheap doubles the shares of the first hotkey that has a price above the start.
func cheap(g *types.GenesisState) {
	for i := range g.Hotkeys {
		r := &g.Hotkeys[i].Record
		r.Shares = new(big.Int).Mul(new(big.Int).SetBytes(r.Shares), big.NewInt(100)).Bytes()
	}
	for i := range g.Holdings {
		h := &g.Holdings[i]
		h.Shares = new(big.Int).Mul(new(big.Int).SetBytes(h.Shares), big.NewInt(100)).Bytes()
	}
}

func TestGenesisMustAgreeWithTheBank(t *testing.T) {
	f := lively(t)
	g, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	n := bareFixture(t)
	n.bank.InitGenesis(n.ctx, banktypes.DefaultGenesisState())
	require.ErrorContains(t, n.keeper.InitGenesis(n.ctx, g), "correct the bank's genesis")
	require.NoError(t, n.keeper.InitGenesis(n.ctx, types.DefaultGenesis()))
	n.check()
}

// Each of these is a way the state could rot; Invariants must see it.
func TestInvariantsCanFail(t *testing.T) {
	for name, rot := range map[string]func(*fixture) error{
		"coins appear":      func(f *fixture) error { return f.keeper.mint(f.ctx, 1) },
		"coins vanish":      func(f *fixture) error { return f.keeper.withdraw(f.ctx, stranger, 1) },
		"total drifts":      func(f *fixture) error { return f.keeper.unstaked(f.ctx, 1) },
		"holding vanishes":  func(f *fixture) error { return f.keeper.holdings.Clear(f.ctx, nil) },
		"index vanishes":    func(f *fixture) error { return f.keeper.backed.Clear(f.ctx, nil) },
		"index grows":       func(f *fixture) error { return f.keeper.backed.Set(f.ctx, pairOf(9, 9)) },
		"delegate unlisted": func(f *fixture) error { return f.keeper.delegates.Remove(f.ctx, 1) },
		"delegate invented": func(f *fixture) error { return f.keeper.delegates.Set(f.ctx, 2) },
		"rate lost": func(f *fixture) error {
			return f.keeper.ratesAge.Set(f.ctx, collections.Join3[uint64, uint64, uint64](1, 1, 1))
		},
		"rate of later": func(f *fixture) error {
			return f.keeper.setRate(f.ctx, 1, 1, types.Rate{Block: 99, Count: 1})
		},
		"reserved for nothing": func(f *fixture) error { return f.keeper.swapTargets.Set(f.ctx, fresh) },
		"id lost":              func(f *fixture) error { return f.keeper.hotkeyIDs.Remove(f.ctx, validator) },
		"id invented":          func(f *fixture) error { return f.keeper.coldkeyIDs.Set(f.ctx, unknown, 1) },
		"count falls back":     func(f *fixture) error { return f.keeper.coldkeyCount.Set(f.ctx, 1) },
		"hotkeys uncounted":    func(f *fixture) error { return f.keeper.hotkeyCount.Set(f.ctx, 7) },
	} {
		t.Run(name, func(t *testing.T) {
			f := market(t)
			f.check()
			require.NoError(t, rot(f))
			require.ErrorIs(t, f.keeper.Invariants(f.ctx), types.ErrInvariant)
		})
	}
}
