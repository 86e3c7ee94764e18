package main

import (
	"math"
	"math/rand/v2"

	"github.com/ergon-network/ergon/consensus/yuma"
)

// raceCase is one subnet in both forms: its first uids validate and agree on all servers up to noise.
type raceCase struct {
	in      yuma.Input
	weights [][]float64 // by validator, as sent
}

// block is the height of every epoch of a race; everybody registered long before.
const block = 1000

func newCase(n int, liquid bool) *raceCase {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	p := yuma.DefaultParams(yuma.V2026)
	p.MaxAllowedValidators, p.BondsPenalty, p.LiquidAlpha = validators, 0, liquid
	c := &raceCase{in: yuma.Input{
		Params: p, Block: block, Tempo: 1, LastMechanismStep: block - 1, Emission: 1e9,
		Stake: make([]uint64, n), LastUpdate: make([]uint64, n), RegisteredAt: make([]uint64, n), Permit: make([]bool, n),
	}}
	quality := make([]int, n)
	for j := range quality {
		quality[j] = 1000 + r.IntN(50000)
	}
	for i := range n {
		if i >= validators {
			c.in.Weights.Append()
			continue
		}
		c.in.Stake[i], c.in.LastUpdate[i], c.in.Permit[i] = 1e12+r.Uint64N(9e12), block-1, true
		row, values := make([]yuma.Pair, 0, n), make([]float64, n)
		for j := range n {
			if j != i {
				value := quality[j] + r.IntN(10000)
				row, values[j] = append(row, yuma.Pair{UID: uint16(j), Value: uint16(value)}), float64(value)
			}
		}
		c.in.Weights.Append(row...)
		c.weights = append(c.weights, values)
	}
	return c
}

// question is what epoch.py reads.
type question struct {
	Stake        []float64   `json:"stake"`
	Weights      [][]float64 `json:"weights"`
	Kappa        float64     `json:"kappa"`
	BondsAverage float64     `json:"bonds_average"`
	Liquid       bool        `json:"liquid"`
	AlphaLow     float64     `json:"alpha_low"`
	AlphaHigh    float64     `json:"alpha_high"`
	Steepness    float64     `json:"steepness"`
	Consensus    string      `json:"consensus"`
	Epochs       int         `json:"epochs"`
}

func (c *raceCase) question(l lane, epochs int) question {
	p := &c.in.Params
	q := question{
		Weights: c.weights, Kappa: float64(p.Kappa) / math.MaxUint16, BondsAverage: float64(p.BondsMovingAverage) / yuma.BondsScale, Liquid: p.LiquidAlpha,
		AlphaLow: float64(p.AlphaLow) / math.MaxUint16, AlphaHigh: float64(p.AlphaHigh) / math.MaxUint16, Steepness: float64(p.AlphaSteepness) / 100,
		Consensus: l.consensus, Epochs: epochs,
	}
	rows := validators
	if l.square {
		rows = len(c.in.Stake)
	}
	for i := range rows {
		q.Stake = append(q.Stake, float64(c.in.Stake[i]))
		if i >= validators {
			q.Weights = append(q.Weights, make([]float64, rows))
		}
	}
	return q
}
