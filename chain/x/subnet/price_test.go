package subnet

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

const alpha97 = 17_893_341_751_498_265_066

func TestTestRulesFollowTheSpecification(t *testing.T) {
	for _, c := range []struct {
		current      uint64
		regs, target uint32
		alpha        uint64
		lo, hi, want uint64
	}{ // chain §3.3
		{1000, 2, 1, 58000, 0, 1e9, 1500},
		{1000, 2, 1, math.MaxInt64, 0, 1e9, 1250},
		{1e9, 2, 1, alpha97, 1, 1e11, 1015001296},
		{1e9, 0, 1, alpha97, 1, 1e11, 984998703},
		{9e10, 6, 2, 0, 1e9, 1e11, 1e11},
		{1e9, 0, 2, 0, 1e9, 1e11, 1e9},
	} {
		if got := adjustBurn(c.current, c.regs, c.target, c.alpha, c.lo, c.hi); got != c.want {
			t.Errorf("adjustBurn(%+v) = %d", c, got)
		}
	}
	for _, c := range []struct {
		last, min, interval, lastBlock, now uint64
		any                                 bool
		want                                uint64
	}{ // chain §3.6
		{1e12, 1e11, 100800, 0, 5, false, 999950396830},
		{1e12, 1e11, 100800, 1000, 1000, true, 2e12},
		{1e12, 1e11, 100800, 1000, 151000, true, 511904900000},
		{78e11, 1e11, 100800, 1000, 202600, true, 1e11},
	} {
		if got := lockCost(c.last, c.min, c.interval, c.lastBlock, c.now, c.any); got != c.want {
			t.Errorf("lockCost(%+v) = %d", c, got)
		}
	}
}

// stepper is the original's rule: it looks at every block.
type stepper struct {
	burn, difficulty, last uint64
	byBurn, byWork         uint32
}

func (s *stepper) block(b uint64, h *types.Hyperparameters) {
	if b-s.last < h.AdjustmentInterval {
		return
	}
	regs := s.byBurn + s.byWork
	burn, difficulty := false, false
	switch crowded := regs > h.TargetRegsPerInterval; { // chain §3.3
	case s.byWork == s.byBurn: // E, F
		burn, difficulty = true, true
	case s.byWork > s.byBurn: // A, C
		burn, difficulty = !crowded, crowded
	default: // B, D
		burn, difficulty = crowded, !crowded
	}
	if burn {
		s.burn = adjustBurn(s.burn, regs, h.TargetRegsPerInterval, h.AdjustmentAlpha, h.MinBurn, h.MaxBurn)
	}
	if difficulty {
		s.difficulty = adjustBurn(s.difficulty, regs, h.TargetRegsPerInterval, h.AdjustmentAlpha, h.MinDifficulty, h.MaxDifficulty)
	}
	s.last, s.byBurn, s.byWork = b, 0, 0
}

// The lazy terms equal those stepped block by block, over idle spans, sales, proofs of work and
// changes of every parameter that enters the rule, however often they are settled in between.
func TestLazyTermsEqualSteppedTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := types.Hyperparameters{}
		draw := func() {
			h.AdjustmentInterval = rapid.Uint64Range(1, 40).Draw(t, "interval")
			h.TargetRegsPerInterval = rapid.Uint32Range(1, 4).Draw(t, "target")
			h.AdjustmentAlpha = rapid.SampledFrom([]uint64{0, 58000, math.MaxInt64, alpha97, math.MaxUint64}).Draw(t, "alpha")
			h.MinBurn = rapid.SampledFrom([]uint64{0, 1, 1000, 1e9}).Draw(t, "min")
			h.MaxBurn = h.MinBurn + rapid.SampledFrom([]uint64{0, 5000, 1e11}).Draw(t, "span")
			h.MinDifficulty = rapid.SampledFrom([]uint64{1, 1000, 1e7}).Draw(t, "easiest")
			h.MaxDifficulty = rapid.SampledFrom([]uint64{1e7, 1e12, math.MaxUint64}).Draw(t, "hardest")
		}
		draw()
		start := rapid.Uint64Range(1, 200).Draw(t, "start")
		lazy := types.Terms{Burn: 1e9, Difficulty: 1e9}.Rebase(start, &h)
		want := stepper{burn: lazy.Burn, difficulty: lazy.Difficulty} // last adjustment 0, as the original begins
		b := start
		for range rapid.IntRange(1, 8).Draw(t, "spans") {
			for range rapid.OneOf(rapid.IntRange(1, 60), rapid.SampledFrom([]int{500, 3000})).Draw(t, "idle") {
				b++
				want.block(b, &h)
			}
			now := lazy.At(b, &h, adjustBurn)
			got := stepper{now.Burn, now.Difficulty, want.last, now.RegsInterval - now.PowRegsInterval, now.PowRegsInterval}
			if got != want {
				t.Fatalf("block %d: lazy %+v, stepped %+v", b, got, want)
			}
			switch rapid.IntRange(0, 4).Draw(t, "then") {
			case 0: // nobody looked
			case 1:
				lazy = now
			case 2, 3:
				lazy = now
				for range rapid.IntRange(0, 6).Draw(t, "sales") {
					lazy = lazy.Sell(b)
					want.byBurn++
				}
				for range rapid.IntRange(0, 6).Draw(t, "proofs") {
					lazy = lazy.Work(b)
					want.byWork++
				}
			case 4:
				draw()
				lazy = now.Rebase(b, &h)
				want.burn = min(max(want.burn, h.MinBurn), h.MaxBurn)
				want.difficulty = min(max(want.difficulty, h.MinDifficulty), h.MaxDifficulty)
			}
		}
	})
}

func TestSettlingStopsWhereThePriceStands(t *testing.T) {
	h := types.DefaultHyperparameters(types.Variant2024)
	steps := 0
	count := func(current uint64, regs, target uint32, alpha, lo, hi uint64) uint64 {
		steps++
		return adjustBurn(current, regs, target, alpha, lo, hi)
	}
	const block = 1 << 40 // 400,000 years of idling
	got := types.Terms{Burn: 100 * types.TAO}.At(block, &h, count)
	if got.Burn != h.MinBurn {
		t.Errorf("price after an age is %d, want %d", got.Burn, h.MinBurn)
	}
	if block-got.LastAdjustment >= h.AdjustmentInterval || got.LastAdjustment%h.AdjustmentInterval != 0 {
		t.Errorf("last adjustment %d is not the last multiple of %d", got.LastAdjustment, h.AdjustmentInterval)
	}
	if steps > 4000 { // two terms: ln(1e11) / 0.015 and the last few by 1
		t.Errorf("%d steps", steps)
	}
}

func TestFreshSubnetAdjustsAsTheOriginal(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	for _, c := range []struct {
		created, block, burn, next uint64
	}{
		{100, 101, types.TAO, 360},    // the first interval of the chain is not over
		{100, 360, 984998703, 720},    //
		{5000, 5001, 984998703, 5361}, // chain §3.3: falls in the very next block
		{5000, 5361, 970222444, 5721},
	} {
		w.at(c.created)
		w.edit1(c.created)
		w.at(c.block - 1)
		info, err := w.k.Info(w.ctx, w.subnet(1))
		if err != nil {
			t.Fatal(err)
		}
		if info.Burn != c.burn || info.NextAdjustment != c.next {
			t.Errorf("created in %d: in block %d the price is %d until %d, want %d until %d", c.created, c.block, info.Burn, info.NextAdjustment, c.burn, c.next)
		}
	}
}

// edit1 makes subnet 1 as if created in this block.
func (w *world) edit1(block uint64) {
	if _, err := w.k.Get(w.ctx, 1); err != nil {
		w.create("owner")
	}
	w.edit(1, func(s *types.Subnet) {
		s.Terms = types.Terms{Burn: types.TAO}.Rebase(block, &s.Hyper)
	})
}

func TestQuotedPriceIsPaidInTheNextBlock(t *testing.T) {
	params := types.DefaultParams()
	params.Defaults.AdjustmentInterval = 7
	params.Defaults.MaxRegsPerBlock = 3
	w := newWorld(t, params)
	netuid := w.create("owner")
	for i := range 60 {
		block := uint64(2 + 3*i)
		w.at(block - 1)
		info, err := w.query.Subnet(w.ctx, &types.QuerySubnetRequest{Netuid: 1})
		if err != nil {
			t.Fatal(err)
		}
		w.at(block)
		w.rich("cold")
		_, burned, err := w.k.Register(w.ctx, netuid, who(string(rune('a'+i))), who("cold"), info.Subnet.Burn)
		if err != nil && !isErr(err, types.ErrTooManyRegistrationsThisInterval) {
			t.Fatal(err)
		}
		if err == nil && burned != info.Subnet.Burn {
			t.Fatalf("block %d: quoted %d, burned %d", block, info.Subnet.Burn, burned)
		}
	}
	if got := w.subnet(1).Terms.Recycled; got != w.stake.recycled {
		t.Errorf("subnet counts %d rao recycled, the ledger %d", got, w.stake.recycled)
	}
	w.sound()
}

func TestSettleTermsWritesOnlyChanges(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.at(400)
	w.create("owner")
	before := w.subnet(1).Terms
	if err := w.k.SettleTerms(w.ctx, 1); err != nil {
		t.Fatal(err)
	}
	if got := w.subnet(1).Terms; got != before {
		t.Errorf("settled in its own block: %+v", got)
	}
	w.at(10_000)
	if err := w.k.SettleTerms(w.ctx, 1); err != nil {
		t.Fatal(err)
	}
	got := w.subnet(1).Terms
	if got.Burn >= before.Burn || 10_000-got.LastAdjustment >= 360 {
		t.Errorf("after 26 intervals: %+v", got)
	}
	if err := w.k.SettleTerms(w.ctx, 9); !isErr(err, types.ErrSubnetDoesNotExist) {
		t.Errorf("subnet 9: %v", err)
	}
}
