// Package control holds markets with a known exploit each. A laboratory that calls them sound cannot
// see: control-equal pays everybody who answers the same, so one machine behind many uids profits;
// control-copies pays an answer whoever made it, so a relay does; control-claims pays what a miner says
// of itself, so a liar does.
package control

import (
	"math/rand/v2"

	"github.com/ergon-network/ergon/lab"
)

func init() {
	add("control-equal", "pays everybody who answers the same: a sybil must profit", func(lab.Answer) float64 { return 1 })
	add("control-copies", "pays an answer whoever made it: a relay must profit", func(a lab.Answer) float64 { return a.Quality })
	add("control-claims", "pays what a miner says of itself: a liar must profit", func(a lab.Answer) float64 { return a.Claim })
}

func add(name, summary string, worth func(lab.Answer) float64) {
	lab.AddMarket(lab.Market{Name: name, Summary: summary, New: func(_ string, n int) (lab.Judge, error) {
		return &judge{worth: worth, sum: make([]float64, n)}, nil
	}})
}

type judge struct {
	worth func(lab.Answer) float64
	sum   []float64
}

// Round implements lab.Judge.
func (j *judge) Round(_ *rand.Rand, answers []lab.Answer, _ func(float64) float64) error {
	for _, a := range answers {
		j.sum[a.UID] += j.worth(a)
	}
	return nil
}

// Scores implements lab.Judge.
func (j *judge) Scores() []float64 { return append([]float64(nil), j.sum...) }

// Forget implements lab.Judge.
func (j *judge) Forget(uid int) { j.sum[uid] = 0 }
