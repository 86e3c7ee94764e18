package stake

import (
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"os"
	"slices"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/chain/x/stake/pool"
	"github.com/ergon-network/ergon/chain/x/stake/types"
)

type distribution struct {
	Name      string            `json:"name"`
	Owner     string            `json:"owner"`
	Stakes    map[string]uint64 `json:"stakes"`
	Take      uint32            `json:"take_u16"`
	Delegate  *bool             `json:"is_delegate"`
	Server    uint64            `json:"server"`
	Validator uint64            `json:"validator"`
	Expected  map[string]uint64 `json:"expected"`
	Exact     map[string]uint64 `json:"expected_exact_floor"`
}

func earned(hotkeyID, miner, validator uint64) Credit {
	return Credit{HotkeyID: hotkeyID, Miner: miner, Validator: validator}
}

// pure is the rule of chain §1.6 to the letter: every coldkey gets floor(rest x stake / total), the
// owner all that is left.
func pure(stakes []uint64, owner int, take uint32, delegate bool, miner, validator uint64) []uint64 {
	out := append([]uint64(nil), stakes...)
	if !delegate {
		out[owner] += miner + validator
		return out
	}
	total := new(big.Int)
	for _, s := range stakes {
		total.Add(total, new(big.Int).SetUint64(s))
	}
	floor := func(a, b uint64, c *big.Int) uint64 {
		p := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		return p.Quo(p, c).Uint64()
	}
	rest := validator - floor(validator, uint64(take), big.NewInt(pool.TakeUnit))
	left := miner + validator
	for i, s := range stakes {
		if total.Sign() > 0 {
			part := floor(rest, s, total)
			out[i] += part
			left -= part
		}
	}
	out[owner] += left
	return out
}

// TestPayoutVectors pays the published cases: the pure rule hits them exactly, the ledger is at
// most 1 rao off for each nominator (design 10).
func TestPayoutVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/chain.json")
	require.NoError(t, err)
	var file struct {
		Cases []distribution `json:"delegate_distribution"`
		Exact struct {
			Cases []distribution `json:"cases"`
		} `json:"delegate_distribution_exact_multiples"`
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	for i := range file.Exact.Cases {
		file.Exact.Cases[i].Expected = file.Exact.Cases[i].Exact
	}
	cases := append(file.Cases, file.Exact.Cases...)
	require.Len(t, cases, 16, "the vectors changed: look at what is new")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { payVector(t, c) })
	}
}

func payVector(t *testing.T, c distribution) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.NominatorMin, p.ExistentialDeposit = 0, 0 })
	names, number := []string{c.Owner}, map[string]int{c.Owner: 1}
	for _, name := range slices.Sorted(maps.Keys(c.Stakes)) {
		if name != c.Owner {
			names = append(names, name)
			number[name] = len(names)
		}
	}
	hotkey := key(100)
	id := f.own(hotkey, key(1))
	delegate := c.Delegate == nil || *c.Delegate
	if delegate {
		id = f.delegate(hotkey, key(1), c.Take)
	}
	stakes := make([]uint64, len(names))
	for i, name := range names {
		if stakes[i] = c.Stakes[name]; stakes[i] > 0 {
			f.stake(key(number[name]), hotkey, stakes[i])
		}
	}
	for i, want := range pure(stakes, 0, c.Take, delegate, c.Server, c.Validator) {
		require.Equal(t, c.Expected[names[i]], want, "the pure rule gives %s", names[i])
	}
	require.NoError(t, f.keeper.Payout(f.ctx, []Credit{{HotkeyID: id, Miner: c.Server, Validator: c.Validator}}, 0, 0))
	nominators := float64(len(names) - 1)
	for _, name := range names {
		allowed := 1.0
		if name == c.Owner {
			allowed = nominators // what the nominators' roundings come to
		}
		require.InDelta(t, c.Expected[name], f.staked(key(number[name]), hotkey), allowed, "%s", name)
	}
	f.check()
}

// TestPayoutsFollowTheRule pays a delegate many times. Each time, against the pure rule on exact
// (fractional) holdings: the pool as a whole gets its floor, no nominator is ever above its exact
// part, and none is more than 1 rao below.
func TestPayoutsFollowTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFixture(t)
		f.setParams(func(p *types.Params) { p.NominatorMin = 0 })
		hotkey, take := key(100), rapid.Uint32Range(0, 11796).Draw(t, "take")
		id := f.delegate(hotkey, key(0), take)
		amount := rapid.OneOf(rapid.Uint64Range(1, 1000), rapid.Uint64Range(1e9, 1e15))
		if rapid.Bool().Draw(t, "owner stakes") {
			f.stake(key(0), hotkey, amount.Draw(t, "own"))
		}
		nominators := rapid.IntRange(1, 6).Draw(t, "nominators")
		for n := 1; n <= nominators; n++ {
			f.stake(key(n), hotkey, amount.Draw(t, "nomination"))
		}
		for range rapid.IntRange(1, 12).Draw(t, "payouts") {
			miner, validator := rapid.Uint64Range(0, 1e12).Draw(t, "miner"), rapid.Uint64Range(0, 1e12).Draw(t, "validator")
			before, err := f.keeper.Hotkey(f.ctx, id)
			require.NoError(t, err)
			exact := f.exactHoldings(before, nominators)
			require.NoError(t, f.keeper.Payout(f.ctx, []Credit{{HotkeyID: id, Miner: miner, Validator: validator}}, 0, 0))
			after, err := f.keeper.Hotkey(f.ctx, id)
			require.NoError(t, err)

			two := pure([]uint64{before.Own, before.Pool}, 0, take, true, miner, validator)
			require.Equal(t, two, []uint64{after.Own, after.Pool}, "owner and pool follow the rule exactly")
			require.Equal(t, before.Stake()+miner+validator, after.Stake(), "nothing is lost or invented (chain §9.6)")
			rest := validator - validator*uint64(take)/pool.TakeUnit
			rate := big.NewRat(1, 1).SetFrac(new(big.Int).SetUint64(rest+before.Stake()), new(big.Int).SetUint64(before.Stake()))
			for n, held := range exact {
				due := new(big.Rat).Mul(held, rate)
				whole := new(big.Int).Quo(due.Num(), due.Denom()).Uint64()
				got := f.staked(key(n+1), hotkey)
				require.LessOrEqual(t, got, whole)
				require.GreaterOrEqual(t, got+1, whole)
			}
			f.check()
		}
	})
}

// exactHoldings are the nominators' parts of the pool as fractions.
func (f *fixture) exactHoldings(h types.Hotkey, nominators int) []*big.Rat {
	out := make([]*big.Rat, nominators)
	for i := range out {
		coldkeyID, _, err := f.keeper.ColdkeyID(f.ctx, key(i+1))
		require.NoError(f.t, err)
		held, err := f.keeper.holding(f.ctx, h.Id, coldkeyID)
		require.NoError(f.t, err)
		p := h.Nominations()
		out[i] = new(big.Rat).SetFrac(held.Mul(held, new(big.Int).SetUint64(p.Rao)), p.Shares)
	}
	return out
}

// On whole holdings, as the original has them, one payout differs from the pure rule by at most 1
// rao for each nominator, and what they miss or gain is the owner's.
func TestPayoutWithinOneRaoOfTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFixture(t)
		f.setParams(func(p *types.Params) { p.NominatorMin = 0 })
		take := rapid.Uint32Range(0, 11796).Draw(t, "take")
		id := f.delegate(key(100), key(0), take)
		stakes := rapid.SliceOfN(rapid.OneOf(rapid.Uint64Range(1, 100), rapid.Uint64Range(1, 1e15)), 2, 8).Draw(t, "stakes")
		for n, s := range stakes {
			f.stake(key(n), key(100), s)
		}
		miner, validator := rapid.Uint64Range(0, 1e12).Draw(t, "miner"), rapid.Uint64Range(0, 1e12).Draw(t, "validator")
		require.NoError(t, f.keeper.Payout(f.ctx, []Credit{{HotkeyID: id, Miner: miner, Validator: validator}}, 0, 0))
		for n, want := range pure(stakes, 0, take, true, miner, validator) {
			allowed := uint64(1)
			if n == 0 {
				allowed = uint64(len(stakes) - 1)
			}
			got := f.staked(key(n), key(100))
			require.LessOrEqual(t, max(got, want)-min(got, want), allowed, "coldkey %d: %d, the rule says %d", n, got, want)
		}
	})
}

func TestPayoutMintsOnceAndCounts(t *testing.T) {
	f := newFixture(t)
	a, b := f.own(key(10), key(1)), f.own(key(11), key(2))
	owner, err := f.keeper.EnsureColdkey(f.ctx, key(3))
	require.NoError(t, err)
	require.NoError(t, f.keeper.Payout(f.ctx, []Credit{earned(a, 5, 7), earned(b, 0, 11), earned(b, 0, 0)}, owner, 13))
	issuance, err := f.keeper.Issuance(f.ctx)
	require.NoError(t, err)
	require.Equal(t, uint64(36), issuance)
	totals, err := f.keeper.Totals(f.ctx)
	require.NoError(t, err)
	require.Equal(t, types.Totals{Staked: 23, Miners: 5, Validators: 18, Owners: 13}, totals)
	require.Equal(t, uint64(13), f.free(key(3)), "the owner cut is free balance, not stake")
	require.Equal(t, uint64(12), f.staked(key(1), key(10)))
	stake, err := f.keeper.StakeOf(f.ctx, b)
	require.NoError(t, err)
	require.Equal(t, uint64(11), stake)
	mints := 0
	for _, e := range f.ctx.EventManager().Events() {
		if e.Type == "coinbase" {
			mints++
		}
	}
	require.Equal(t, 1, mints)
	f.check()
}

func TestPayoutRefuses(t *testing.T) {
	f := newFixture(t)
	id := f.own(key(10), key(1))
	for name, c := range map[string]struct {
		credits []Credit
		owner   uint64
		cut     uint64
		want    error
	}{
		"unknown hotkey":    {[]Credit{earned(id, 1, 1), earned(id+1, 1, 1)}, 0, 0, types.ErrHotkeyNotFound},
		"unknown owner":     {nil, 99, 1, types.ErrColdkeyNotFound},
		"nobody as owner":   {nil, 0, 1, types.ErrColdkeyNotFound},
		"miners overflow":   {[]Credit{earned(id, math.MaxUint64, 0), earned(id, 1, 0)}, 0, 0, types.ErrOverflow},
		"stake overflow":    {[]Credit{earned(id, math.MaxUint64, 1)}, 0, 0, types.ErrOverflow},
		"minting overflows": {[]Credit{earned(id, math.MaxUint64, 0)}, 1, 1, types.ErrOverflow},
	} {
		t.Run(name, func(t *testing.T) {
			err := f.try(func(ctx sdk.Context) error { return f.keeper.Payout(ctx, c.credits, c.owner, c.cut) })
			require.ErrorIs(t, err, c.want)
			issuance, err := f.keeper.Issuance(f.ctx)
			require.NoError(t, err)
			require.Zero(t, issuance)
			f.check()
		})
	}
	require.NoError(t, f.keeper.Payout(f.ctx, nil, 0, 0), "nothing to pay is no error")
}

// A payout writes the hotkey's record and the totals, whatever the number of nominators.
func TestPayoutCostsTheSameForAnyNumberOfNominators(t *testing.T) {
	f := newFixture(t)
	id := f.delegate(key(5000), key(0), types.DefaultTake)
	nominators := 0
	for _, target := range []int{1, 1000} {
		for ; nominators < target; nominators++ {
			f.stake(key(nominators+1), key(5000), types.DefaultNominatorMin)
		}
		*f.writes = 0
		require.NoError(t, f.keeper.Payout(f.ctx, []Credit{earned(id, 1e9, 1e9)}, 0, 0))
		require.Equal(t, 2, *f.writes, "with %d nominators", target)
	}
	f.check()
}

func BenchmarkPayout(b *testing.B) {
	for _, c := range []struct {
		name       string
		nominators int
	}{{"1 nominator", 1}, {"10000 nominators", 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			f := newFixture(b)
			id := f.delegate(key(20_000), key(0), types.DefaultTake)
			for n := range c.nominators {
				f.stake(key(n+1), key(20_000), types.DefaultNominatorMin)
			}
			credits := []Credit{earned(id, 1e6, 1e6)}
			for b.Loop() {
				ctx := f.ctx.WithEventManager(sdk.NewEventManager())
				require.NoError(b, f.keeper.Payout(ctx, credits, 0, 0))
			}
		})
	}
}

// BenchmarkPayoutSubnet pays a full subnet: 256 hotkeys and an owner cut.
func BenchmarkPayoutSubnet(b *testing.B) {
	f := newFixture(b)
	var credits []Credit
	for n := range 256 {
		credits = append(credits, earned(f.own(key(1000+n), key(n)), 1e6, 1e6))
	}
	for b.Loop() {
		ctx := f.ctx.WithEventManager(sdk.NewEventManager())
		require.NoError(b, f.keeper.Payout(ctx, credits, 1, 1e6))
	}
}
