package validator

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/ergon-network/ergon/neuron/metagraph"
)

// Market is what a subnet adds to the base loop.
type Market interface {
	// Round asks miners and judges their answers; it may take many blocks. An error means that the
	// round says nothing about anybody. It must return when ctx ends.
	Round(ctx context.Context, r Round) ([]Judgement, error)
}

// MarketFunc is a Market of one function.
type MarketFunc func(ctx context.Context, r Round) ([]Judgement, error)

// Round implements Market.
func (f MarketFunc) Round(ctx context.Context, r Round) ([]Judgement, error) { return f(ctx, r) }

// Round is the view a round is played in.
type Round struct {
	Step     uint64 // rounds played before, over restarts
	Block    uint64
	Self     uint16 // our uid
	Snapshot *metagraph.Snapshot
	Seed     [2]uint64  // what Rand was seeded with, for the record
	Rand     *rand.Rand // the round's only source of chance
}

// Judgement is one verdict about one miner.
type Judgement struct {
	Hotkey  string
	Verdict Verdict
}

// Verdict is a Score, a Fault or a Skip.
type Verdict interface{ verdict() }

// Score is what an answer earned: finite and not negative.
type Score float64

// Fault is the miner's fault: it counts as a score of zero.
type Fault struct{ Reason string }

// Skip is our own fault: the miner's score stays as it is.
type Skip struct{ Reason string }

func (Score) verdict() {}
func (Fault) verdict() {}
func (Skip) verdict()  {}

// value is the verdict as a number, and whether it counts. A score that is no number is a mistake of
// the reward function, so ours.
func value(v Verdict) (float64, bool) {
	switch x := v.(type) {
	case Score:
		f := float64(x)
		return f, f >= 0 && !math.IsInf(f, 0)
	case Fault:
		return 0, true
	}
	return 0, false
}

// Rule turns old scores and a round's judgements into new scores. It may change and return scores.
type Rule func(scores map[string]float64, judged []Judgement) map[string]float64

// DefaultAlpha is how much of a score the newest judgement is, unless a market says otherwise.
const DefaultAlpha = 0.1

// MovingAverage is the usual rule: score = alpha*new + (1-alpha)*old, alpha in (0, 1]. With
// decayUnsampled, hotkeys that were not judged in the round count as zero, as in the subnet template
// (wire §8.3); without, they keep their score. Skips always keep it.
func MovingAverage(alpha float64, decayUnsampled bool) Rule {
	return func(scores map[string]float64, judged []Judgement) map[string]float64 {
		touched := map[string]bool{}
		for _, j := range judged {
			touched[j.Hotkey] = true
			if v, counts := value(j.Verdict); counts {
				scores[j.Hotkey] = alpha*v + (1-alpha)*scores[j.Hotkey]
			}
		}
		if decayUnsampled {
			for hotkey := range scores {
				if !touched[hotkey] {
					scores[hotkey] *= 1 - alpha
				}
			}
		}
		return scores
	}
}
