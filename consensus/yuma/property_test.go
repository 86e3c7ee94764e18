package yuma

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"pgregory.net/rapid"
)

// drawInput draws a consistent subnet of either variant, with rows that name missing uids, clocks
// on both sides of every mask and any hyperparameter.
func drawInput(t *rapid.T) Input {
	n := rapid.IntRange(0, 12).Draw(t, "n")
	block := func(name string) uint64 { return rapid.Uint64Range(0, 30).Draw(t, name) }
	in := Input{
		Params: Params{
			Variant:              rapid.SampledFrom([]Variant{V2024, V2026}).Draw(t, "variant"),
			Kappa:                rapid.Uint16().Draw(t, "kappa"),
			BondsMovingAverage:   rapid.Uint64Range(0, BondsScale).Draw(t, "average"),
			MaxAllowedValidators: rapid.Uint16Range(0, 14).Draw(t, "validators"),
			ActivityCutoff:       block("cutoff"),
			StakeThreshold:       rapid.Uint64Range(0, 1000).Draw(t, "threshold"),
			BondsPenalty:         rapid.SampledFrom([]uint16{0, 1, 32767, 65534, 65535}).Draw(t, "penalty"),
			Yuma3:                rapid.Bool().Draw(t, "yuma3"),
			LiquidAlpha:          rapid.Bool().Draw(t, "liquid"),
			AlphaLow:             rapid.Uint16().Draw(t, "low"),
			AlphaHigh:            rapid.Uint16().Draw(t, "high"),
			AlphaSteepness:       rapid.Int16().Draw(t, "steepness"),
		},
		Block:             block("block"),
		Emission:          rapid.Uint64().Draw(t, "emission"),
		Tempo:             block("tempo"),
		LastMechanismStep: block("step"),
	}
	if n > 0 && rapid.Bool().Draw(t, "owned") {
		in.HasOwner, in.OwnerUID = true, uint16(rapid.IntRange(0, n-1).Draw(t, "owner"))
	}
	uids := rapid.Uint16Range(0, uint16(n+2))
	for range n {
		in.Stake = append(in.Stake, rapid.Uint64Range(0, math.MaxInt64/16).Draw(t, "stake")>>rapid.IntRange(0, 60).Draw(t, "shift"))
		in.LastUpdate = append(in.LastUpdate, block("update"))
		in.RegisteredAt = append(in.RegisteredAt, block("registered"))
		in.Permit = append(in.Permit, rapid.Bool().Draw(t, "permit"))
		for _, rows := range []*Rows{&in.Weights, &in.Bonds} {
			var row []Pair
			for _, uid := range rapid.SliceOfNDistinct(uids, 0, n, rapid.ID[uint16]).Draw(t, "uids") {
				row = append(row, Pair{uid, rapid.Uint16().Draw(t, "value")})
			}
			rows.Append(row...)
		}
	}
	if rapid.Bool().Draw(t, "commits") {
		in.CommitBlock = mapped(in.Stake, func(uint64) uint64 {
			return rapid.SampledFrom([]uint64{0, 5, 20, NoCommit}).Draw(t, "commit")
		})
	}
	if rapid.Bool().Draw(t, "revealed") {
		in.WeighedAt = mapped(in.LastUpdate, func(last uint64) uint64 { return min(last, block("weighed")) })
	}
	return in
}

func mustEpoch(t rapid.TB, in Input) Output {
	out, err := Epoch(in)
	if err != nil {
		t.Fatalf("epoch: %v", err)
	}
	return out
}

func TestEpochInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		out := mustEpoch(t, in)
		n := len(in.Stake)

		var split, combined uint64
		overflow := false
		add := func(total *uint64, v uint64) {
			*total += v
			overflow = overflow || *total < v
		}
		for i := range n {
			add(&split, out.Server[i])
			add(&split, out.Validator[i])
			add(&combined, out.Emission[i])
		}
		if overflow || split > in.Emission || combined > in.Emission {
			t.Fatalf("paid %d split and %d combined of %d", split, combined, in.Emission)
		}
		for name, v := range map[string][]fixed.I32F32{
			"stake": out.Raw.Stake, "active stake": out.Raw.ActiveStake, "incentive": out.Raw.Incentive,
			"dividends": out.Raw.Dividends, "emission": out.Raw.EmissionShare,
		} {
			if total := sum(v); len(v) != n || total < 0 || total > fixed.One || slices.Min(append(v, 0)) < 0 {
				t.Fatalf("%s shares %v", name, v)
			}
		}
		if permits := count(out.Permit); n > int(in.MaxAllowedValidators) && permits > int(in.MaxAllowedValidators)+1 {
			t.Fatalf("%d permits, at most %d and the owner", permits, in.MaxAllowedValidators)
		}
		for i := range n {
			if total := sum(mapped(out.Raw.Weights.Row(i), func(c Cell) fixed.I32F32 { return c.Value })); total > fixed.One {
				t.Fatalf("row %d sums to %d", i, total)
			}
			if !out.Permit[i] && len(out.Bonds.Row(i)) > 0 && (in.Variant == V2026 || in.Permit[i]) {
				t.Fatalf("uid %d has bonds without a permit", i)
			}
			for _, p := range out.Bonds.Row(i) {
				if int(p.UID) >= n && out.Permit[i] {
					t.Fatalf("bond towards missing uid %d", p.UID)
				}
			}
		}
		for j, c := range out.Raw.Consensus {
			if out.Raw.Incentive[j] > 0 && c == 0 {
				t.Fatalf("uid %d has incentive without consensus", j)
			}
		}
	})
}

func count(v []bool) (n int) {
	for _, set := range v {
		if set {
			n++
		}
	}
	return n
}

// A workspace that has seen other subnets, with and without a trace, decides like a fresh one.
func TestEpochDoesNotRemember(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		used := Workspace{Trace: new(Trace)}
		for range 3 {
			in := drawInput(t)
			got, err := used.Epoch(&in)
			if err != nil {
				t.Fatal(err)
			}
			if want := mustEpoch(t, in); !sameOutput(got, &want) {
				t.Fatalf("a used workspace decides otherwise:\n%+v\nwant\n%+v", got, want)
			}
		}
	})
}

// sameOutput compares results; empty and nil are the same.
func sameOutput(a, b *Output) bool {
	rows := func(o *Output) (rows [][]Pair) {
		for i := range o.Bonds.Len() {
			rows = append(rows, append([]Pair{}, o.Bonds.Row(i)...))
		}
		return rows
	}
	cells := func(m *Matrix) (rows [][]Cell) {
		for i := range m.Len() {
			rows = append(rows, append([]Cell{}, m.Row(i)...))
		}
		return rows
	}
	ra, rb := outputRaw(a), outputRaw(b)
	ua, ub := outputU16(a), outputU16(b)
	for name := range ra {
		if !slices.Equal(ra[name], rb[name]) {
			return false
		}
	}
	for name := range ua {
		if !slices.Equal(ua[name], ub[name]) {
			return false
		}
	}
	return slices.Equal(a.Emission, b.Emission) && slices.Equal(a.Server, b.Server) &&
		slices.Equal(a.Validator, b.Validator) && slices.Equal(a.Active, b.Active) &&
		slices.Equal(a.Permit, b.Permit) && reflect.DeepEqual(rows(a), rows(b)) &&
		reflect.DeepEqual(cells(&a.Raw.Weights), cells(&b.Raw.Weights)) &&
		reflect.DeepEqual(cells(&a.Raw.Bonds), cells(&b.Raw.Bonds))
}

// The order of entries inside a row carries no meaning: all sums are of integers.
func TestEpochIgnoresTheOrderOfEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		want := mustEpoch(t, in)
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		other := in
		other.Weights, other.Bonds = Rows{}, Rows{}
		for i := range len(in.Stake) {
			for _, pair := range []struct{ from, to *Rows }{{&in.Weights, &other.Weights}, {&in.Bonds, &other.Bonds}} {
				row := slices.Clone(pair.from.Row(i))
				shuffle.Shuffle(len(row), func(a, b int) { row[a], row[b] = row[b], row[a] })
				pair.to.Append(row...)
			}
		}
		got := mustEpoch(t, other)
		for name, v := range outputRaw(&got) {
			if !slices.Equal(v, outputRaw(&want)[name]) {
				t.Fatalf("%s depends on the order of entries", name)
			}
		}
		for i := range len(in.Stake) {
			if in.Variant == V2024 && !want.Permit[i] && !in.Permit[i] {
				continue // the stored row stays as it was
			}
			a, b := slices.Clone(got.Bonds.Row(i)), slices.Clone(want.Bonds.Row(i))
			for _, row := range [][]Pair{a, b} {
				slices.SortFunc(row, func(x, y Pair) int { return int(x.UID) - int(y.UID) })
			}
			if !slices.Equal(a, b) {
				t.Fatalf("bonds of uid %d depend on the order of entries", i)
			}
		}
	})
}

// Renaming uids renames the results, as long as no tie for a permit is broken by uid.
func TestEpochIsTheSameUnderRenaming(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		n := len(in.Stake)
		in.MaxAllowedValidators = uint16(n)
		want := mustEpoch(t, in)
		to := rapid.Permutation(seq(n)).Draw(t, "names")
		other := in
		other.Stake, other.LastUpdate = permute(in.Stake, to), permute(in.LastUpdate, to)
		other.RegisteredAt, other.Permit = permute(in.RegisteredAt, to), permute(in.Permit, to)
		if in.CommitBlock != nil {
			other.CommitBlock = permute(in.CommitBlock, to)
		}
		if in.WeighedAt != nil {
			other.WeighedAt = permute(in.WeighedAt, to)
		}
		if in.HasOwner {
			other.OwnerUID = uint16(to[in.OwnerUID])
		}
		rename := func(rows Rows) (out Rows) {
			from := make([]int, n)
			for i, j := range to {
				from[j] = i
			}
			for j := range n {
				row := slices.Clone(rows.Row(from[j]))
				for k := range row {
					if int(row[k].UID) < n {
						row[k].UID = uint16(to[row[k].UID])
					}
				}
				out.Append(row...)
			}
			return out
		}
		other.Weights, other.Bonds = rename(in.Weights), rename(in.Bonds)
		got := mustEpoch(t, other)
		for name, v := range outputRaw(&want) {
			if len(v) == n && !slices.Equal(outputRaw(&got)[name], permute(v, to)) {
				t.Fatalf("%s depends on the names of uids", name)
			}
		}
	})
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func permute[T any](v []T, to []int) []T {
	out := make([]T, len(v))
	for i, j := range to {
		out[j] = v[i]
	}
	return out
}

// Whatever is passed, Epoch answers or refuses; it does not panic.
func TestEpochRefusesWhatDoesNotFit(t *testing.T) {
	fits := func() Input {
		var in Input
		in.Params = DefaultParams(V2026)
		for range 3 {
			in.Stake, in.LastUpdate = append(in.Stake, 1), append(in.LastUpdate, 1)
			in.RegisteredAt, in.Permit = append(in.RegisteredAt, 0), append(in.Permit, true)
			in.Weights.Append(Pair{0, 1}, Pair{1, 2}, Pair{9, 3}, Pair{9, 4})
			in.Bonds.Append()
		}
		return in
	}
	if _, err := Epoch(fits()); err != nil {
		t.Fatalf("an input that fits: %v", err)
	}
	for name, spoil := range map[string]func(*Input){
		"no variant":       func(in *Input) { in.Variant = 0 },
		"last update":      func(in *Input) { in.LastUpdate = in.LastUpdate[1:] },
		"registered":       func(in *Input) { in.RegisteredAt = nil },
		"permit":           func(in *Input) { in.Permit = append(in.Permit, true) },
		"weights":          func(in *Input) { in.Weights.Append() },
		"bonds":            func(in *Input) { in.Bonds = Rows{} },
		"weighed":          func(in *Input) { in.WeighedAt = []uint64{1} },
		"commits":          func(in *Input) { in.CommitBlock = []uint64{1} },
		"average":          func(in *Input) { in.BondsMovingAverage = BondsScale + 1 },
		"owner":            func(in *Input) { in.HasOwner, in.OwnerUID = true, 3 },
		"stake":            func(in *Input) { in.Stake[2] = 1 << 63 },
		"stake sum":        func(in *Input) { in.Stake[1], in.Stake[2] = 1<<62, 1<<62 },
		"duplicate weight": func(in *Input) { repeat(&in.Weights) },
		"duplicate bond":   func(in *Input) { repeat(&in.Bonds) },
		"too many uids": func(in *Input) {
			in.Stake = make([]uint64, MaxNeurons+1)
		},
	} {
		in := fits()
		spoil(&in)
		if _, err := Epoch(in); !errors.Is(err, ErrInput) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// repeat rebuilds three rows, the last one naming uid 1 twice.
func repeat(r *Rows) {
	*r = Rows{}
	r.Append()
	r.Append()
	r.Append(Pair{1, 1}, Pair{1, 2})
}

// The largest values everywhere must not overflow.
func TestEpochAtTheLimits(t *testing.T) {
	const n = 300
	for _, variant := range []Variant{V2024, V2026} {
		for _, yuma3 := range []bool{false, true} {
			p := DefaultParams(variant)
			p.Yuma3, p.LiquidAlpha = yuma3, yuma3
			p.MaxAllowedValidators = n
			s := newSubnet(p, n)
			s.in.Emission = math.MaxUint64
			s.in.Block = math.MaxUint64
			for i := range n {
				s.in.Stake[i] = (math.MaxInt64 - n) / n
				s.in.LastUpdate[i] = math.MaxUint64
				s.in.Permit[i] = true
				for j := range n {
					s.weights[i] = append(s.weights[i], Pair{uint16(j), 65535})
					s.bonds[i] = append(s.bonds[i], Pair{uint16(j), 65535})
				}
			}
			out := s.epoch(t)
			if total := sum(out.Raw.Incentive); total > fixed.One || total < fixed.One-n {
				t.Errorf("%s yuma3 %v: incentive sums to %d", variant, yuma3, total)
			}
			if total := sum(out.Raw.Dividends); total > fixed.One || total < fixed.One-2*n {
				t.Errorf("%s yuma3 %v: dividends sum to %d", variant, yuma3, total)
			}
		}
	}
}

func FuzzDecodePairs(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 255, 255})
	f.Add([]byte{1, 0, 255, 255, 7})
	f.Fuzz(func(t *testing.T, packed []byte) {
		var rows Rows
		rows.Append(Pair{1, 2})
		err := rows.AppendPacked(packed)
		if fits := len(packed)%4 == 0 && len(packed) <= 4*MaxPairs; fits != (err == nil) {
			t.Fatalf("%d bytes: error %v", len(packed), err)
		}
		if err != nil {
			if rows.Len() != 1 || rows.Pairs() != 1 {
				t.Fatal("a failed row left something behind")
			}
			return
		}
		if again := AppendPairs(nil, rows.Row(1)); string(again) != string(packed) {
			t.Fatalf("packed again: %x, want %x", again, packed)
		}
	})
}
