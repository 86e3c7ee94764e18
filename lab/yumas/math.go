package yumas

import (
	"cmp"
	"math"
	"slices"
)

// share divides v by its sum unless that is 0.
func share(v []float64) {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	if sum == 0 {
		return
	}
	for i := range v {
		v[i] /= sum
	}
}

func shares(v []float64) []float64 {
	out := slices.Clone(v)
	share(out)
	return out
}

// cell is an entry of a matrix whose rows may be missing.
func cell(m [][]float64, i, j int) float64 {
	if i >= len(m) || m[i] == nil {
		return 0
	}
	return m[i][j]
}

// each makes a matrix with the rows of m, cell by cell.
func each(m [][]float64, f func(i, j int) float64) [][]float64 {
	out := make([][]float64, len(m))
	for i, row := range m {
		if row == nil {
			continue
		}
		out[i] = make([]float64, len(row))
		for j := range row {
			out[i][j] = f(i, j)
		}
	}
	return out
}

// move makes the new bonds, cell by cell, of everybody who has weights or old bonds.
func (e *epoch) move(f func(i, j int) float64) [][]float64 {
	rows := slices.Clone(e.weights)
	for i, old := range e.state.bonds {
		if rows[i] == nil {
			rows[i] = old
		}
	}
	return each(rows, f)
}

// columnShares divides each column of m by its sum unless that is 0.
func columnShares(n int, m [][]float64) [][]float64 {
	sums := make([]float64, n)
	for _, row := range m {
		for j, x := range row {
			sums[j] += x
		}
	}
	return each(m, func(i, j int) float64 {
		if sums[j] == 0 {
			return 0
		}
		return m[i][j] / sums[j]
	})
}

// products are Σ_j m_ij·v_j.
func products(n int, m [][]float64, v []float64) []float64 {
	out := make([]float64, n)
	for i, row := range m {
		for j, x := range row {
			out[i] += x * v[j]
		}
	}
	return out
}

// consensus is the weight of each column that at least kappa of the stake gives or exceeds, and the lowest
// where no weight has so much behind it (yuma §3.4).
func consensus(weights [][]float64, stake []float64, kappa float64) []float64 {
	out := make([]float64, len(stake))
	type vote struct{ weight, stake float64 }
	for j := range out {
		var votes []vote
		for i, s := range stake {
			if s > 0 {
				votes = append(votes, vote{cell(weights, i, j), s})
			}
		}
		slices.SortFunc(votes, func(a, b vote) int { return cmp.Compare(b.weight, a.weight) })
		behind := 0.0
		for _, v := range votes {
			out[j] = v.weight
			if behind += v.stake; behind >= kappa {
				break
			}
		}
	}
	return out
}

// speed of a bond under liquid alpha (yuma §5): an S-shaped curve over how far the weight stands above the
// consensus, or the bond above the weight.
func (p Params) speed(consensus, weight, bond float64) float64 {
	distance := weight - consensus
	if weight < bond {
		distance = bond - weight
	}
	distance = min(max(distance, 0), 1)
	curve := 1 / (1 + math.Exp(-p.Steepness*(distance-0.5)))
	return min(max(p.AlphaLow+curve*(p.AlphaHigh-p.AlphaLow), p.AlphaLow), p.AlphaHigh)
}
