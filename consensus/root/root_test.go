package root

import (
	"math/big"
	"testing"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
	"pgregory.net/rapid"
)

const chainFile = "../yuma/testdata/chain.json"

type rootCase struct {
	Name         string
	Rho, Kappa   uint16
	Block        uint64 `json:"block_emission"`
	Stakes       []uint64
	Sparse       [][][2]uint16 `json:"weights_sparse"`
	Netuids      []uint16
	Expected     []uint64
	Raw          []uint64 `json:"expected_without_row_normalisation_2023_11"`
	Prefix       []uint64 `json:"expected_prefix"`
	Each         uint64   `json:"expected_each"`
	ToleranceRao uint64   `json:"tolerance_rao"`
}

// rows are the case's weights; two cases tell theirs in words.
func (c *rootCase) rows(t *testing.T) [][]Weight {
	rows := make([][]Weight, len(c.Stakes))
	for i := range rows {
		switch c.Name {
		case "triangular_10x11":
			for j := range i {
				rows[i] = append(rows[i], Weight{uint16(j), 65535})
			}
		case "diagonal_10":
			rows[i] = []Weight{{uint16(i), 65535}}
		default:
			if len(c.Sparse) != len(c.Stakes) {
				t.Fatalf("%s has %d rows for %d stakes", c.Name, len(c.Sparse), len(c.Stakes))
			}
			for _, w := range c.Sparse[i] {
				rows[i] = append(rows[i], Weight{w[0], w[1]})
			}
		}
	}
	return rows
}

func TestRootEpochVectors(t *testing.T) {
	var cases []rootCase
	vectors.Must(t, chainFile, "root_epoch", &cases)
	if len(cases) != 7 {
		t.Errorf("%d cases, want 7", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			rows := c.rows(t)
			members := make([]Member, len(rows))
			for i, row := range rows {
				members[i] = Member{c.Stakes[i], row}
			}
			got := emission(t, Shares, &c, members)
			want := append(c.Expected, c.Prefix...)
			for range c.Netuids {
				if c.Each != 0 {
					want = append(want, c.Each)
				}
			}
			near(t, "normalised", got, want, c.ToleranceRao)
			near(t, "as in 2023", emission(t, SharesOf2023, &c, members), c.Raw, c.ToleranceRao)
		})
	}
}

func emission(t *testing.T, f func(Params, []Member, []uint16) ([]Share, bool), c *rootCase, members []Member) []uint64 {
	shares, ok := f(Params{c.Rho, c.Kappa}, members, c.Netuids)
	if !ok {
		t.Fatal("nothing decided")
	}
	out := make([]uint64, len(shares))
	for i, s := range shares {
		out[i] = s.Of(c.Block)
	}
	return out
}

func near(t *testing.T, what string, got, want []uint64, tolerance uint64) {
	t.Helper()
	for i, w := range want {
		if d := max(got[i], w) - min(got[i], w); d > tolerance {
			t.Errorf("%s, subnet %d: %d rao, want %d", what, i, got[i], w)
		}
	}
}

func TestNothingToDecideWith(t *testing.T) {
	voter := Member{Stake: 1, Weights: []Weight{{1, 1}}}
	for name, c := range map[string]struct {
		members []Member
		netuids []uint16
	}{
		"no member": {nil, []uint16{1}},
		"no stake":  {[]Member{{Weights: voter.Weights}}, []uint16{1}},
		"no subnet": {[]Member{voter}, nil},
	} {
		if s, ok := Shares(Params{10, 32767}, c.members, c.netuids); ok || s != nil {
			t.Errorf("%s: %v %v", name, s, ok)
		}
	}
	s, ok := Shares(Params{10, 32767}, []Member{voter}, []uint16{1})
	if whole, fraction := s[0].Raw(); !ok || whole != 1 || fraction != 0 || s[0].Of(^uint64(0)) != ^uint64(0) {
		t.Errorf("the only subnet gets %d + %d/2^64", whole, fraction)
	}
	if got := ShareFromRaw(0, 1<<63).Of(1_000_000_001); got != 500_000_000 {
		t.Errorf("half of it: %d", got)
	}
}

// Shares never exceed the emission together, whoever says what; a weight towards a netuid that is
// not asked for changes nothing.
func TestSharesOfAnyWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		netuids := rapid.SliceOfNDistinct(rapid.Uint16Range(0, 40), 1, 33, rapid.ID).Draw(t, "netuids")
		p := Params{rapid.Uint16().Draw(t, "rho"), rapid.Uint16().Draw(t, "kappa")}
		members := make([]Member, rapid.IntRange(1, MaxMembers).Draw(t, "members"))
		for i := range members {
			members[i].Stake = rapid.Uint64Range(0, 21e15/MaxMembers).Draw(t, "stake")
			for _, n := range rapid.SliceOfNDistinct(rapid.SampledFrom(netuids), 0, len(netuids), rapid.ID).Draw(t, "row") {
				members[i].Weights = append(members[i].Weights, Weight{n, rapid.Uint16().Draw(t, "value")})
			}
		}
		shares, ok := Shares(p, members, netuids)
		if !ok {
			return
		}
		amount := rapid.Uint64().Draw(t, "amount")
		var paid big.Int
		for _, s := range shares {
			paid.Add(&paid, new(big.Int).SetUint64(s.Of(amount)))
		}
		if paid.Cmp(new(big.Int).SetUint64(amount)) > 0 {
			t.Fatalf("shares of %d sum to %s", amount, &paid)
		}
		for i := range members {
			members[i].Weights = append(members[i].Weights, Weight{41, 65535})
		}
		again, _ := Shares(p, members, netuids)
		for j := range shares {
			if shares[j] != again[j] {
				t.Fatalf("subnet %d: %v became %v", netuids[j], shares[j], again[j])
			}
		}
	})
}
