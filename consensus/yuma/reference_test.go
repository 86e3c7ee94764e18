package yuma

import (
	"maps"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"pgregory.net/rapid"
)

// This file is the epoch written a second time, straight from the specification: cells in a map,
// every step on its own, no speed. The vectors leave some rules of 2026 untouched (commit masks,
// partial penalties, presence of cells, the owner's small stake); here all are compared.

type cells map[[2]int]fixed.I32F32

// each visits the cells in the order of rows and columns.
func (c cells) each(visit func(i, j int, v fixed.I32F32)) {
	for _, k := range slices.SortedFunc(maps.Keys(c), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		visit(k[0], k[1], c[k])
	}
}

// over divides each cell by the total of its group: k[0] groups by row, k[1] by column.
func (c cells) over(group int) cells {
	totals := map[int]fixed.I32F32{}
	c.each(func(i, j int, v fixed.I32F32) { totals[[2]int{i, j}[group]] += v })
	out := cells{}
	c.each(func(i, j int, v fixed.I32F32) {
		if t := totals[[2]int{i, j}[group]]; t != 0 {
			v = v.Div(t)
		}
		out[[2]int{i, j}] = v
	})
	return out
}

type reference struct {
	active, permit, next                  []bool
	stake, voting, consensus, trust, rank vector
	incentive, dividends, share           vector
	server, validator, combined           []uint64
	weights, bonds                        cells
	stored                                []map[uint16]uint16
}

func normalized(v vector) vector {
	v = slices.Clone(v)
	normalize(v)
	return v
}

func judge(in Input) *reference {
	n, v26 := len(in.Stake), in.Variant == V2026
	r := &reference{stored: make([]map[uint16]uint16, n)}
	owner := func(i int) bool { return v26 && in.HasOwner && i == int(in.OwnerUID) }

	// §4.1 to §4.4
	total := fixed.I64F64{}
	amounts := make([]fixed.I64F64, n)
	for i, s := range in.Stake {
		if !v26 || s >= in.StakeThreshold || owner(i) {
			amounts[i] = fixed.I64F64FromUint64(s)
		}
		total = total.Add(amounts[i])
		r.active = append(r.active, in.LastUpdate[i]+in.ActivityCutoff >= in.Block)
		r.permit = append(r.permit, in.Permit[i] || owner(i))
	}
	for _, a := range amounts {
		r.stake = append(r.stake, a.Div(total).I32F32())
	}
	for i, s := range r.stake {
		better := 0 // how many beat uid i for a permit
		for j, other := range r.stake {
			if other > s || other == s && j > i {
				better++
			}
		}
		r.next = append(r.next, (better < int(in.MaxAllowedValidators) && (!v26 || s != 0)) || owner(i))
		if !r.active[i] || !r.permit[i] {
			s = 0
		}
		r.voting = append(r.voting, s)
	}
	r.voting = normalized(r.voting)

	// §4.5
	weighed := in.LastUpdate
	if in.WeighedAt != nil {
		weighed = in.WeighedAt
	}
	weights := cells{}
	for i := range n {
		for _, p := range in.Weights.Row(i) {
			j := int(p.UID)
			switch {
			case j >= n, !r.permit[i], i == j && !owner(i), weighed[i] <= in.RegisteredAt[j]:
			case v26 && in.CommitBlock != nil && in.CommitBlock[i] < in.RegisteredAt[j]:
			default:
				weights[[2]int{i, j}] = fixed.FromU16(p.Value)
			}
		}
	}
	r.weights = weights.over(0)

	// §4.7
	kappa := fixed.FromProportion(in.Kappa)
	again := normalized(r.voting)
	for j := range n {
		var stake, score vector
		for i, s := range again {
			if s > 0 {
				stake, score = append(stake, s), append(score, r.weights[[2]int{i, j}])
			}
		}
		r.consensus = append(r.consensus, recursiveMedian(stake, score, sum(stake)-kappa, sum(stake)))
	}
	clipped := cells{}
	r.weights.each(func(i, j int, v fixed.I32F32) {
		if c := r.consensus[j]; v <= c {
			clipped[[2]int{i, j}] = v
		} else if c != 0 {
			clipped[[2]int{i, j}] = c
		}
	})
	r.trust, r.rank = make(vector, n), make(vector, n)
	clipped.each(func(i, j int, v fixed.I32F32) {
		r.trust[i] += v
		r.rank[j] += r.voting[i].Mul(v)
	})
	r.incentive = normalized(r.rank)

	// §4.9
	old := cells{}
	lastTempo := in.LastMechanismStep + 1
	if in.LastMechanismStep == 0 {
		lastTempo = in.Block - min(in.Block, in.Tempo)
	}
	for i := range n {
		limit := lastTempo
		if !v26 {
			limit = weighed[i]
		}
		for _, p := range in.Bonds.Row(i) {
			if int(p.UID) < n && limit > in.RegisteredAt[p.UID] {
				old[[2]int{i, int(p.UID)}] = fixed.FromU16(p.Value)
			}
		}
	}
	bonding := clipped
	if v26 && in.BondsPenalty == 0 {
		bonding = r.weights
	} else if v26 && in.BondsPenalty != 65535 {
		bonding = cells{}
		r.weights.each(func(i, j int, v fixed.I32F32) {
			step := (clipped[[2]int{i, j}] - v).Mul(fixed.FromProportion(in.BondsPenalty))
			if v += step; v > 0 {
				bonding[[2]int{i, j}] = v
			}
		})
	}
	store := r.classic(in, bonding, old)
	if v26 && in.Yuma3 {
		store = r.yuma3(in, bonding, old)
	}
	for i := range n {
		r.stored[i] = map[uint16]uint16{}
		if !v26 && !r.next[i] && !r.permit[i] {
			for _, p := range in.Bonds.Row(i) {
				r.stored[i][p.UID] = p.Value
			}
		}
	}
	store.each(func(i, j int, v fixed.I32F32) {
		if r.next[i] {
			r.stored[i][uint16(j)] = v.Proportion()
		}
	})
	r.pay(in.Emission)
	return r
}

// average is the moving average of §3.5.
func average(fresh, old cells, a fixed.I32F32) cells {
	out := cells{}
	for _, m := range []cells{fresh, old} {
		m.each(func(i, j int, _ fixed.I32F32) {
			k := [2]int{i, j}
			if v := a.Mul(fresh[k]) + (fixed.One - a).Mul(old[k]); v > 0 {
				out[k] = v
			}
		})
	}
	return out
}

func (r *reference) classic(in Input, bonding, old cells) cells {
	delta := cells{}
	bonding.each(func(i, j int, v fixed.I32F32) { delta[[2]int{i, j}] = r.voting[i].Mul(v) })
	r.bonds = average(delta.over(1), old.over(1), bondsAlpha(in.BondsMovingAverage)).over(1)
	r.dividends = make(vector, len(in.Stake))
	top := map[int]fixed.I32F32{}
	r.bonds.each(func(i, j int, v fixed.I32F32) {
		r.dividends[i] += r.incentive[j].Mul(v)
		top[j] = max(top[j], v)
	})
	normalize(r.dividends)
	store := cells{}
	r.bonds.each(func(i, j int, v fixed.I32F32) {
		if top[j] != 0 {
			v = v.Div(top[j])
		}
		store[[2]int{i, j}] = v
	})
	return store
}

func (r *reference) yuma3(in Input, bonding, old cells) cells {
	bonds := cells{}
	old.each(func(i, j int, v fixed.I32F32) { bonds[[2]int{i, j}] = v.Div(fixed.FromU16(65535)) })
	r.bonds = average(bonding, bonds, bondsAlpha(in.BondsMovingAverage))
	if in.LiquidAlpha && slices.Max(append(r.consensus, 0)) != 0 {
		r.bonds = cells{}
		bonding.each(func(i, j int, w fixed.I32F32) {
			b := bonds[[2]int{i, j}]
			diff := max(0, min(fixed.One, w-r.consensus[j]))
			if w < b {
				diff = max(0, min(fixed.One, b-w))
			}
			lo, hi := fixed.FromProportion(in.AlphaLow), fixed.FromProportion(in.AlphaHigh)
			slope := fixed.FromInt(int64(in.AlphaSteepness)).Div(fixed.FromInt(-100))
			sigma := fixed.One.Div(fixed.One + fixed.Exp(slope.Mul(diff-fixed.Half)))
			alpha := max(min(lo+sigma.Mul(hi-lo), hi), lo)
			v := min((fixed.One-alpha).Mul(b)+max(alpha.Mul(w), 0), fixed.One)
			if v > 0 {
				r.bonds[[2]int{i, j}] = v
			}
		})
	}
	r.dividends = make(vector, len(in.Stake))
	r.bonds.over(1).each(func(i, j int, v fixed.I32F32) { r.dividends[i] += r.incentive[j].Mul(v) })
	for i := range r.dividends {
		r.dividends[i] = r.dividends[i].Mul(r.voting[i])
	}
	normalize(r.dividends)
	return r.bonds
}

func (r *reference) pay(emission uint64) {
	amount := func(share fixed.I32F32) uint64 {
		return fixed.I96F32FromI32F32(share).Mul(fixed.I96F32FromUint64(emission)).Uint64()
	}
	both := make(vector, len(r.stake))
	for i := range both {
		both[i] = r.incentive[i] + r.dividends[i]
	}
	total := sum(both)
	servers, validators := r.incentive, r.dividends
	switch {
	case total != 0:
		r.share = normalized(both)
		servers = mapped(servers, func(v fixed.I32F32) fixed.I32F32 { return v.Div(total) })
		validators = mapped(validators, func(v fixed.I32F32) fixed.I32F32 { return v.Div(total) })
	case sum(r.voting) != 0:
		r.share, validators = r.voting, r.voting
	default:
		r.share, validators = r.stake, r.stake
	}
	r.server, r.validator, r.combined = mapped(servers, amount), mapped(validators, amount), mapped(r.share, amount)
}

func matrixCells(m *Matrix) cells {
	out := cells{}
	for i := range m.Len() {
		for _, c := range m.Row(i) {
			out[[2]int{i, int(c.UID)}] = c.Value
		}
	}
	return out
}

func TestEpochIsTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		out, want := mustEpoch(t, in), judge(in)
		raw := &out.Raw
		for name, pair := range map[string][2]vector{
			"stake": {raw.Stake, want.stake}, "active stake": {raw.ActiveStake, want.voting},
			"consensus": {raw.Consensus, want.consensus}, "validator trust": {raw.ValidatorTrust, want.trust},
			"rank": {raw.Rank, want.rank}, "incentive": {raw.Incentive, want.incentive},
			"dividends": {raw.Dividends, want.dividends}, "share": {raw.EmissionShare, want.share},
		} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Fatalf("%s = %v, want %v", name, pair[0], pair[1])
			}
		}
		for name, pair := range map[string][2][]uint64{
			"server": {out.Server, want.server}, "validator": {out.Validator, want.validator},
			"combined": {out.Emission, want.combined},
		} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Fatalf("%s emission = %v, want %v", name, pair[0], pair[1])
			}
		}
		if !slices.Equal(out.Active, want.active) || !slices.Equal(out.Permit, want.next) {
			t.Fatalf("active %v permit %v, want %v and %v", out.Active, out.Permit, want.active, want.next)
		}
		if !maps.Equal(matrixCells(&raw.Weights), want.weights) || !maps.Equal(matrixCells(&raw.Bonds), want.bonds) {
			t.Fatalf("weights %v bonds %v, want %v and %v", raw.Weights, raw.Bonds, want.weights, want.bonds)
		}
		for i, row := range want.stored {
			got := map[uint16]uint16{}
			for _, p := range out.Bonds.Row(i) {
				got[p.UID] = p.Value
			}
			if !maps.Equal(got, row) {
				t.Fatalf("bonds of uid %d = %v, want %v", i, got, row)
			}
		}
	})
}
