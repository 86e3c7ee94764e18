package price

import (
	"math"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
	"pgregory.net/rapid"
)

const chainFile = "../yuma/testdata/chain.json"

func TestRegistrationTermVectors(t *testing.T) {
	var section struct {
		Which []struct {
			Case    string
			Regs    uint32
			Target  uint32
			Pow     uint32
			Burn    uint32
			Adjusts []string
		} `json:"which_term_moves"`
		Cases []struct {
			Name          string
			Current       uint64
			Registrations uint32
			Target        uint32
			Alpha         uint64 `json:"alpha_u64,string"`
			Min           uint64 `json:",string"`
			Max           uint64 `json:",string"`
			Expected      uint64
		}
	}
	vectors.Must(t, chainFile, "registration_terms", &section)
	if len(section.Which) != 7 || len(section.Cases) != 27 {
		t.Errorf("%d and %d cases, want 7 and 27", len(section.Which), len(section.Cases))
	}
	for _, c := range section.Which {
		burn, difficulty := Interval{c.Regs, c.Pow, c.Burn, c.Target}.Moves()
		if burn != slices.Contains(c.Adjusts, "burn") || difficulty != slices.Contains(c.Adjusts, "difficulty") {
			t.Errorf("case %s: burn %v, difficulty %v, want %v", c.Case, burn, difficulty, c.Adjusts)
		}
	}
	for _, c := range section.Cases {
		term := Term{Current: c.Current, Alpha: c.Alpha, Min: c.Min, Max: c.Max}
		if got := term.Next(c.Registrations, c.Target); got != c.Expected {
			t.Errorf("%s: %d, want %d", c.Name, got, c.Expected)
		}
	}
}

func TestTermStaysInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		term := Term{Current: rapid.Uint64().Draw(t, "current"), Alpha: rapid.Uint64().Draw(t, "alpha")}
		term.Min = rapid.Uint64().Draw(t, "min")
		term.Max = rapid.Uint64Range(term.Min, math.MaxUint64).Draw(t, "max")
		regs, target := rapid.Uint32Range(0, 1<<18).Draw(t, "regs"), rapid.Uint32Range(0, 1<<18).Draw(t, "target")
		next := term.Next(regs, target)
		if next < term.Min || next > term.Max {
			t.Fatalf("next %d outside [%d, %d]", next, term.Min, term.Max)
		}
		free := term
		free.Min, free.Max = 0, math.MaxUint64
		switch next := free.Next(regs, target); {
		case (regs == target || target == 0) && term.Current-next > 1: // truncation may cost one
			t.Fatalf("term moved from %d to %d at its target", term.Current, next)
		case regs < target && next > term.Current:
			t.Fatalf("term rose from %d to %d below its target", term.Current, next)
		}
	})
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		block, last, interval uint64
		due                   bool
	}{{360, 0, 360, true}, {359, 0, 360, false}, {5, 5, 0, true}, {4, 5, 0, false}} {
		if got := Due(c.block, c.last, c.interval); got != c.due {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestLockCostVectors(t *testing.T) {
	var section struct {
		Sequence struct {
			Min      uint64 `json:"min_lock"`
			Last     uint64 `json:"initial_last_lock"`
			Interval uint64
			Steps    []struct {
				Op       string
				Block    uint64
				Paid     uint64
				Expected uint64
			}
		}
		Mainnet []struct {
			Last      uint64 `json:"last_lock"`
			LastBlock uint64 `json:"last_lock_block"`
			Block     uint64
			Min       uint64 `json:"min_lock"`
			Interval  uint64
			Expected  uint64
		} `json:"mainnet_like"`
	}
	vectors.Must(t, chainFile, "lock_cost", &section)
	s := section.Sequence
	lock := Lock{Last: s.Last, Min: s.Min, Interval: s.Interval}
	for k, step := range s.Steps {
		switch step.Op {
		case "register":
			if got := lock.Cost(step.Block); got != step.Paid {
				t.Errorf("step %d: registration at block %d costs %d, want %d", k, step.Block, got, step.Paid)
			}
			lock.Last, lock.LastBlock = step.Paid, step.Block
		case "cost":
			if got := lock.Cost(step.Block); got != step.Expected {
				t.Errorf("step %d: cost at block %d = %d, want %d", k, step.Block, got, step.Expected)
			}
		case "step":
		default:
			t.Fatalf("step %d: unknown op %q", k, step.Op)
		}
	}
	for _, c := range section.Mainnet {
		lock := Lock{Last: c.Last, LastBlock: c.LastBlock, Min: c.Min, Interval: c.Interval}
		if got := lock.Cost(c.Block); got != c.Expected {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestLockFallsToItsMinimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lock := Lock{
			Last: rapid.Uint64().Draw(t, "last"), LastBlock: rapid.Uint64Range(0, 1<<40).Draw(t, "last block"),
			Min: rapid.Uint64().Draw(t, "min"), Interval: rapid.Uint64Range(0, 1<<20).Draw(t, "interval"),
		}
		previous := uint64(math.MaxUint64)
		for block := uint64(0); block < 60; block++ {
			cost := lock.Cost(1 << block)
			if cost < lock.Min || cost > previous {
				t.Fatalf("cost %d at block %d after %d", cost, uint64(1)<<block, previous)
			}
			previous = cost
		}
	})
}
