package issuance

import (
	"errors"
	"maps"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
	"pgregory.net/rapid"
)

const chainFile = "../yuma/testdata/chain.json"

func TestBlockEmissionVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			Issuance uint64 `json:",string"`
			Expected uint64
		}
		Thresholds []struct {
			H        int
			From     uint64 `json:"from_issuance_rao"`
			Emission uint64 `json:"emission_rao"`
		}
		Convergence struct {
			Blocks   uint64 `json:"blocks_per_era"`
			Eras     int
			Expected uint64 `json:"expected_total"`
			End      uint64 `json:"block_by_block_end_rao"`
		}
	}
	vectors.Must(t, chainFile, "block_emission", &section)
	if len(section.Cases) != 43 || len(section.Thresholds) != 31 {
		t.Errorf("%d cases and %d thresholds, want 43 and 31", len(section.Cases), len(section.Thresholds))
	}
	for _, c := range section.Cases {
		if got := BlockEmission(c.Issuance); got != c.Expected {
			t.Errorf("emission at %d = %d, want %d", c.Issuance, got, c.Expected)
		}
	}
	for _, c := range section.Thresholds {
		if got := Threshold(c.H); got != c.From {
			t.Errorf("threshold %d = %d, want %d", c.H, got, c.From)
		}
		if got := BlockEmission(c.From); got != c.Emission {
			t.Errorf("emission at threshold %d = %d, want %d", c.H, got, c.Emission)
		}
		if c.H > 0 {
			if got := NextHalving(c.From - 1); got != c.From {
				t.Errorf("next halving before threshold %d = %d, want %d", c.H, got, c.From)
			}
			if BlockEmission(c.From-1) == c.Emission {
				t.Errorf("emission does not fall at threshold %d", c.H)
			}
		}
	}
	if last := section.Thresholds[Halvings]; last.Emission != 0 || last.From != section.Convergence.End {
		t.Errorf("issuance ends at %d, want %d", last.From, section.Convergence.End)
	}
	if got := NextHalving(section.Convergence.End); got != Cap {
		t.Errorf("next halving after the last = %d", got)
	}
	var total uint64
	for range section.Convergence.Eras {
		total += section.Convergence.Blocks * BlockEmission(total)
	}
	if total != section.Convergence.Expected {
		t.Errorf("eras converge to %d, want %d", total, section.Convergence.Expected)
	}
}

// The rule as chain §1.2 words it: h is the largest integer with (Cap - I)·2^h <= Cap.
func TestHalvingsAreTheLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left := rapid.Uint64Range(1, Cap).Draw(t, "left") >> rapid.IntRange(0, 54).Draw(t, "shift")
		left = max(left, 1)
		fits := func(h int) bool {
			v := new(big.Int).Lsh(new(big.Int).SetUint64(left), uint(h))
			return v.Cmp(new(big.Int).SetUint64(Cap)) <= 0
		}
		if h := halvings(Cap - left); !fits(h) || fits(h+1) {
			t.Fatalf("%d left: h = %d", left, h)
		}
	})
}

func TestOwnerCutVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			Emission             uint64
			Cut                  uint16 `json:"cut_u16"`
			Owner, Pending, Lost uint64
		}
	}
	vectors.Must(t, chainFile, "owner_cut", &section)
	for _, c := range section.Cases {
		owner, rest := OwnerCut(c.Emission, c.Cut)
		if owner != c.Owner || rest != c.Pending+c.Lost {
			t.Errorf("%+v: owner %d, rest %d", c, owner, rest)
		}
	}
}

// distribution is a case of the delegate vectors. Stakers are named; their order must not matter.
type distribution struct {
	Name      string
	Owner     string
	Stakes    map[string]uint64
	Take      uint16 `json:"take_u16"`
	Delegate  bool   `json:"is_delegate"`
	Server    uint64
	Validator uint64
	Expected  map[string]uint64
	Exact     map[string]uint64 `json:"expected_exact_floor"`
	Original  map[string]uint64 `json:"expected_original"`
}

func (d *distribution) run(t *testing.T) map[string]uint64 {
	names := slices.Sorted(maps.Keys(d.Stakes))
	var stakes []uint64
	for _, name := range names {
		stakes = append(stakes, d.Stakes[name])
	}
	reward := Reward{Server: d.Server, Validator: d.Validator, Take: d.Take, Delegate: d.Delegate}
	paid, err := Distribute(nil, reward, slices.Index(names, d.Owner), stakes)
	if err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	after := map[string]uint64{}
	for i, name := range names {
		after[name] = d.Stakes[name] + paid[i]
	}
	return after
}

func TestDelegateDistributionVectors(t *testing.T) {
	var cases []distribution
	vectors.Must(t, chainFile, "delegate_distribution", &cases)
	if len(cases) != 14 {
		t.Errorf("%d cases, want 14", len(cases))
	}
	for _, c := range cases {
		if got := c.run(t); !maps.Equal(got, c.Expected) {
			t.Errorf("%s: %v, want %v", c.Name, got, c.Expected)
		}
	}
}

// Where a share is a whole number the original pays one rao less; the exact floor is ours.
func TestDelegateDistributionOfExactMultiples(t *testing.T) {
	var section struct{ Cases []distribution }
	vectors.Must(t, chainFile, "delegate_distribution_exact_multiples", &section)
	for _, c := range section.Cases {
		got := c.run(t)
		if !maps.Equal(got, c.Exact) {
			t.Errorf("%s: %v, want %v", c.Name, got, c.Exact)
		}
		for name, original := range c.Original {
			if d := int64(got[name] - original); d < -1 || d > 1 {
				t.Errorf("%s: %s gets %d, the original %d: more than a rao apart", c.Name, name, got[name], original)
			}
		}
	}
}

func TestDistributeConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stakes := rapid.SliceOfN(rapid.Uint64Range(0, math.MaxUint64/8), 1, 8).Draw(t, "stakes")
		owner := rapid.IntRange(0, len(stakes)-1).Draw(t, "owner")
		reward := Reward{
			Server:    rapid.Uint64Range(0, math.MaxUint64/2).Draw(t, "server"),
			Validator: rapid.Uint64Range(0, math.MaxUint64/2).Draw(t, "validator"),
			Take:      rapid.Uint16().Draw(t, "take"),
			Delegate:  rapid.Bool().Draw(t, "delegate"),
		}
		paid, err := Distribute([]uint64{7}, reward, owner, stakes)
		if err != nil {
			t.Fatal(err)
		}
		if len(paid) != len(stakes)+1 || paid[0] != 7 {
			t.Fatalf("payouts %v are not appended", paid)
		}
		paid = paid[1:]
		var total uint64
		for _, p := range paid {
			total += p
		}
		if total != reward.Server+reward.Validator {
			t.Fatalf("paid %d of %d", total, reward.Server+reward.Validator)
		}
		if take, _ := Take(reward.Validator, reward.Take); paid[owner] < reward.Server+take {
			t.Fatalf("owner got %d, less than server and take", paid[owner])
		}
		for i, a := range stakes {
			for j, b := range stakes {
				if i != owner && j != owner && a <= b && paid[i] > paid[j] {
					t.Fatalf("stake %d got %d, stake %d got %d", a, paid[i], b, paid[j])
				}
			}
		}
	})
}

func TestDistributeRefuses(t *testing.T) {
	for name, run := range map[string]func() ([]uint64, error){
		"owner":  func() ([]uint64, error) { return Distribute(nil, Reward{}, 1, []uint64{1}) },
		"nobody": func() ([]uint64, error) { return Distribute(nil, Reward{}, 0, nil) },
		"reward": func() ([]uint64, error) {
			return Distribute(nil, Reward{Server: 1, Validator: math.MaxUint64}, 0, []uint64{1})
		},
		"stakes": func() ([]uint64, error) { return Distribute(nil, Reward{}, 0, []uint64{1, math.MaxUint64}) },
	} {
		if paid, err := run(); !errors.Is(err, ErrDistribute) || paid != nil {
			t.Errorf("%s: %v, %v", name, paid, err)
		}
	}
}
