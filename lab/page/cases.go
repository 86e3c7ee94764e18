package page

import (
	"math"

	"github.com/ergon-network/ergon/lab"
)

// known is a small world that shows one property of the consensus.
type known struct {
	name, title, about string
	stake              []float64 // of the validators, TAO
	miners             int
	turns              []turn
}

// turn is what the validators say from an epoch on: rows by validator, then by miner, of 100.
type turn struct {
	from int
	rows [][]float64
}

// Two miners, and validators that prefer one of them.
var (
	first  = []float64{100, 0}
	second = []float64{0, 100}
)

// moveAt is the epoch in which most validators move.
const moveAt = 20

var cases = []known{
	{
		"late", "A small validator moves late", "All move from one miner to another at epoch 20; the smallest does so four epochs later.",
		[]float64{500, 400, 100}, 2,
		[]turn{{0, rows(first, first, first)}, {moveAt, rows(second, second, first)}, {moveAt + 4, rows(second, second, second)}},
	},
	{
		"early", "A small validator moves early", "The smallest sees what the others see four epochs later.",
		[]float64{500, 400, 100}, 2,
		[]turn{{0, rows(first, first, first)}, {moveAt - 4, rows(first, first, second)}, {moveAt, rows(second, second, second)}},
	},
	{
		"late-large", "The largest validator moves late", "It has more than half of the stake: the consensus moves with it.",
		[]float64{600, 250, 150}, 2,
		[]turn{{0, rows(first, first, first)}, {moveAt, rows(first, second, second)}, {moveAt + 4, rows(second, second, second)}},
	},
	{
		"split", "A majority of 51 %", "Two sides that agree on nothing: drag the stake over the half and see who is paid.",
		[]float64{510, 490}, 2, []turn{{0, rows(first, second)}},
	},
	{
		"cabal", "A cabal of 40 %", "Validators with 40 % of the stake give all weight to a miner of their own, the last one.",
		[]float64{300, 300, 200, 200}, 4,
		[]turn{{0, rows([]float64{60, 80, 100, 0}, []float64{55, 85, 100, 0}, []float64{0, 0, 0, 100}, []float64{0, 0, 0, 100})}},
	},
	{
		"outlier", "One sees what nobody sees", "The last validator gives half of its weight to a miner that the others do not know; the consensus clips it.",
		[]float64{300, 300, 300, 100}, 3,
		[]turn{{0, rows([]float64{100, 80, 0}, []float64{100, 80, 0}, []float64{100, 80, 0}, []float64{50, 40, 90})}},
	},
	{
		"copier", "A copier, three epochs behind", "The last validator says what the others said three epochs ago, while the best miner changes every ten.",
		[]float64{400, 300, 300}, 3, copied(),
	},
	{
		"market", "Eight validators, sixteen miners", "Everybody measures the same miners with a little error.",
		[]float64{2000, 1500, 1200, 1000, 800, 600, 500, 400}, 16, []turn{{0, measured(8, 16)}},
	},
}

func rows(list ...[]float64) [][]float64 { return list }

// copied is two validators that follow the best miner of the time, and one that follows them.
func copied() []turn {
	best := func(k int) []float64 {
		row := []float64{30, 30, 30}
		row[k%3] = 100
		return row
	}
	turns := []turn{{0, rows(best(0), best(0), best(0))}}
	for k := 1; k < 5; k++ {
		turns = append(turns, turn{10 * k, rows(best(k), best(k), best(k-1))}, turn{10*k + 3, rows(best(k), best(k), best(k))})
	}
	return turns
}

// measured is miners of growing skill under measurements whose errors repeat.
func measured(validators, miners int) [][]float64 {
	out := make([][]float64, validators)
	for v := range out {
		for m := range miners {
			skill := 30 + 70*float64(m)/float64(miners-1)
			out[v] = append(out[v], math.Round(min(skill+float64((v*7+m*11)%13-6), 100)))
		}
	}
	return out
}

// archive has a frame for each epoch up to the last turn.
func (k *known) archive() *lab.Archive {
	n := len(k.stake) + k.miners
	a := &lab.Archive{Name: k.title, Subnet: lab.Defaults().Subnet, Epochs: shown}
	for i, t := range k.turns {
		until := t.from + 1
		if i+1 < len(k.turns) {
			until = k.turns[i+1].from
		}
		f := lab.Frame{Stake: make([]float64, n)}
		copy(f.Stake, k.stake)
		for _, row := range t.rows {
			f.Weights = append(f.Weights, append(make([]float64, len(k.stake)), row...))
		}
		for range until - t.from {
			a.Frames = append(a.Frames, f)
		}
	}
	return a
}
