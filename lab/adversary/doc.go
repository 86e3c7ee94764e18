// Package adversary holds the plays of the laboratory, one file per attack, named by what it does. A
// play sees only what it could see in reality: public weights when they are public, its own scores and
// pay, the questions it gets. Importing the package makes them known:
//
//	import _ "github.com/ergon-network/ergon/lab/adversary"
package adversary

import (
	"slices"

	"github.com/ergon-network/ergon/lab"
)

// rival is the miner outside the team that earned most in the last epoch, the lowest uid of equals.
func rival(v *lab.MinerView) int {
	best := lab.Own
	for uid, mines := range v.World.Mines {
		if !mines || uid == v.UID || slices.Contains(v.Team, uid) {
			continue
		}
		if best == lab.Own || v.World.Incentive[uid] > v.World.Incentive[best] {
			best = uid
		}
	}
	return best
}

// own is honest work.
func own(v *lab.MinerView) lab.Deed {
	return lab.Deed{Quality: v.Skill, Claim: v.Skill, Of: lab.Own}
}

// favour gives part of a row, of sum 1, to the team's miners in equal shares.
func favour(row []float64, team []int, part float64) []float64 {
	out, sum := slices.Clone(row), 0.0
	for _, w := range out {
		sum += w
	}
	for i := range out {
		if sum > 0 {
			out[i] *= (1 - part) / sum
		}
	}
	for _, uid := range team {
		out[uid] += part / float64(len(team))
	}
	return out
}

// crowd is what the others say together, each row weighing as much as the stake behind it.
func crowd(rows [][]float64, stake []uint64, but int) []float64 {
	out := make([]float64, len(stake))
	for uid, row := range rows {
		if uid == but {
			continue
		}
		for i, w := range row {
			out[i] += w * float64(stake[uid])
		}
	}
	return out
}
