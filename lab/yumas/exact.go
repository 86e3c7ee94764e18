package yumas

import (
	"math"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
)

func exacts() []Model {
	model := func(name, about string, set func(*yuma.Params)) Model {
		return Model{Name: name, About: about, Exact: true, epoch: func(e *epoch) error { return e.exact(set) }}
	}
	return []Model{
		model("2024", "The ledger's classic bonds, in integers: 2.", func(p *yuma.Params) { p.Variant = yuma.V2024 }),
		model("2026", "The ledger's form of today, in integers: 3 under the subnet's bonds penalty.", func(*yuma.Params) {}),
		model("2026-liquid", "The same with liquid alpha, in integers: 3-liquid under the subnet's bonds penalty.", func(p *yuma.Params) { p.LiquidAlpha = true }),
	}
}

// Blocks of the exact epoch: everybody registered long ago and set weights just now.
const (
	exactTempo = 360
	exactBlock = 10 * exactTempo
)

// exact settles with the code that the ledger runs. Everybody has a permit, as in the other models.
func (e *epoch) exact(set func(*yuma.Params)) error {
	in := yuma.Input{
		Params: e.params(), Block: exactBlock, Tempo: exactTempo, LastMechanismStep: exactBlock - exactTempo, Emission: issuance.TAO,
		Stake: make([]uint64, e.n), LastUpdate: make([]uint64, e.n), RegisteredAt: make([]uint64, e.n), Permit: make([]bool, e.n),
	}
	set(&in.Params)
	for i, tao := range e.tao {
		in.Stake[i] = uint64(tao * float64(issuance.TAO))
		in.LastUpdate[i], in.Permit[i] = exactBlock-1, true
		in.Weights.Append(sent(e.weights[i])...)
		in.Bonds.Append(stored(e.state.row(i))...)
	}
	out, err := yuma.Epoch(in)
	if err != nil {
		return err
	}
	e.out = Result{
		Consensus: decimals(out.Raw.Consensus), Incentive: decimals(out.Raw.Incentive), Dividends: decimals(out.Raw.Dividends),
		Bonds: make([][]float64, e.n),
	}
	e.state.bonds = make([][]float64, e.n)
	for i := range e.n {
		for _, c := range out.Raw.Bonds.Row(i) {
			e.out.Bonds[i] = put(e.out.Bonds[i], e.n, c.UID, decimal(c.Value))
		}
		for _, p := range out.Bonds.Row(i) {
			e.state.bonds[i] = put(e.state.bonds[i], e.n, p.UID, float64(p.Value)/math.MaxUint16)
		}
	}
	return nil
}

// params are the parameters in the ledger's units. Every uid may hold a permit.
func (e *epoch) params() yuma.Params {
	p := yuma.DefaultParams(yuma.V2026)
	u16 := func(x float64) uint16 { return uint16(math.Round(x * math.MaxUint16)) }
	p.Kappa, p.BondsPenalty, p.AlphaLow, p.AlphaHigh = u16(e.p.Kappa), u16(e.p.BondsPenalty), u16(e.p.AlphaLow), u16(e.p.AlphaHigh)
	p.BondsMovingAverage = uint64(math.Round(e.p.BondsAverage * yuma.BondsScale))
	p.AlphaSteepness = int16(math.Round(100 * e.p.Steepness))
	p.MaxAllowedValidators = uint16(min(e.n, math.MaxUint16))
	return p
}

// sent is a row as a validator sends it that names every uid, those of weight 0 too: the ledger then lets
// their bonds decay, as the other models do, where under liquid alpha it would drop them at once.
func sent(row []float64) []yuma.Pair {
	largest := 0.0
	for _, w := range row {
		largest = max(largest, w)
	}
	pairs := make([]yuma.Pair, len(row))
	for uid, w := range row {
		pairs[uid] = yuma.Pair{UID: uint16(uid), Value: uint16(math.Round(w / max(largest, math.SmallestNonzeroFloat64) * math.MaxUint16))}
	}
	return pairs
}

// stored turns a row of bonds back into what the ledger stores.
func stored(row []float64) []yuma.Pair {
	var pairs []yuma.Pair
	for uid, x := range row {
		if v := uint16(math.Round(x * math.MaxUint16)); v > 0 {
			pairs = append(pairs, yuma.Pair{UID: uint16(uid), Value: v})
		}
	}
	return pairs
}

// put sets an entry of a row, which it makes where there is none.
func put(row []float64, n int, uid uint16, x float64) []float64 {
	if row == nil {
		row = make([]float64, n)
	}
	row[uid] = x
	return row
}

func decimal(x fixed.I32F32) float64 { return math.Ldexp(float64(x), -32) }

func decimals(v []fixed.I32F32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = decimal(x)
	}
	return out
}
