package yumas

import (
	"fmt"
	"math"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

// Params are what the models read; all but Steepness are of 0 to 1.
type Params struct {
	Kappa        float64 // majority of stake that sets the consensus
	BondsAverage float64 // part of the old bonds that stays
	// BondsPenalty tells which weights earn bonds: 1 the clipped ones, 0 the submitted ones. The
	// publications of 2c and 3 take the submitted ones whatever it is; the ledger's 3 reads it.
	BondsPenalty float64
	AlphaLow     float64 // slowest bond speed of liquid alpha
	AlphaHigh    float64 // fastest
	Steepness    float64 // of the curve between them
}

// steepness is the default of a new subnet, which a scenario does not change (yuma §5).
const steepness = 10

// ParamsOf are the parameters of a subnet of the laboratory. What else it has, such as hidden weights, no
// model knows.
func ParamsOf(n lab.Subnet) Params {
	stored := func(x float64) float64 { return math.Floor(x*math.MaxUint16) / math.MaxUint16 }
	return Params{
		Kappa: stored(n.Kappa), BondsAverage: n.BondsAverage, BondsPenalty: stored(n.BondsPenalty),
		AlphaLow: stored(n.AlphaLow), AlphaHigh: stored(n.AlphaHigh), Steepness: steepness,
	}
}

// Model is one form of Yuma Consensus.
type Model struct {
	Name  string // as publications number it; the exact ones by year
	About string // what sets it apart
	Exact bool   // the integer code that the ledger runs

	epoch func(e *epoch) error
}

// State is what a model keeps between two epochs of a subnet. The zero State is that of a new subnet.
// A State belongs to the model that made it.
type State struct {
	bonds  [][]float64 // as the model stores them; a row that is nil holds none
	before [][]float64 // weights of the epoch before
}

// row is what uid i holds.
func (s *State) row(i int) []float64 {
	if i >= len(s.bonds) {
		return nil
	}
	return s.bonds[i]
}

// Result is what an epoch decides. Vectors are by uid, rows of Bonds by the uid that holds them, nil where
// it holds none.
type Result struct {
	Consensus []float64
	Incentive []float64 // shares of one, or zeros
	Dividends []float64 // shares of one, or zeros
	Bonds     [][]float64
}

// Models lists the forms: the floats in the order of their publication, then the exact ones.
func Models() []Model {
	return append(floats(), exacts()...)
}

// Named finds a model.
func Named(name string) (Model, error) {
	var names []string
	for _, m := range Models() {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Model{}, fmt.Errorf("there is no Yuma model %q: use one of %s", name, strings.Join(names, ", "))
}

// Epoch settles one epoch and moves the state. stake is in TAO by uid, at least one not 0; weights are by
// the uid that sets them, then by uid, of any scale, a row without entries setting none; a uid's weight for
// itself does not count. Nothing may be negative. It fails for lists whose lengths differ.
func (m Model) Epoch(stake []float64, weights [][]float64, s *State, p Params) (Result, error) {
	n := len(stake)
	if len(weights) > n {
		return Result{}, fmt.Errorf("there are weights of %d uids and stakes of %d: give a stake for each", len(weights), n)
	}
	e := epoch{n: n, p: p, tao: stake, stake: shares(stake), weights: make([][]float64, n), state: s}
	for i, row := range weights {
		switch len(row) {
		case 0:
		case n:
			e.weights[i] = append([]float64(nil), row...)
			e.weights[i][i] = 0
		default:
			return Result{}, fmt.Errorf("the row of uid %d has %d weights: give one for each of the %d uids, or none", i, len(row), n)
		}
	}
	if err := m.epoch(&e); err != nil {
		return Result{}, fmt.Errorf("yuma %s: %w", m.Name, err)
	}
	return e.out, nil
}

// epoch is one epoch under way.
type epoch struct {
	n       int
	p       Params
	tao     []float64
	stake   []float64 // shares
	weights [][]float64
	state   *State
	out     Result
}
