package yuma

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// vote is one validator's score of a server and the stake behind it.
type vote struct{ score, stake fixed.I32F32 }

// median computes the consensus: per column the stake-weighted median of the scores (yuma §3.4).
//
// The original partitions recursively around pivots; the result has a closed form, which is what
// is computed here: the largest score whose holders (score or more) own at least kappa of the
// stake, and the smallest score if no level has that much.
type median struct {
	stake vector
	start []int
	next  []int
	votes []vote
}

// columns returns the consensus of n columns of m under stake, with majority kappa.
func (s *median) columns(dst vector, m *Matrix, stake vector, kappa fixed.I32F32, n int) vector {
	dst = zeroed(dst, n)
	// Only rows with stake vote. Their stake is normalised once more; through truncation its sum
	// may be a few units below one, and a kappa above the sum is never reached.
	s.stake = append(s.stake[:0], stake...)
	normalize(s.stake)
	voters := 0
	for _, w := range s.stake {
		if w > 0 {
			voters++
		}
	}
	if voters == 0 {
		return dst
	}
	s.transpose(m, n)
	for j := range dst {
		votes := s.votes[s.start[j]:s.start[j+1]]
		var backing fixed.I32F32
		for _, v := range votes {
			backing += v.stake
		}
		// A voter without a positive score votes zero, so zero is a level of its own here and
		// wins whenever the positive scores together lack the majority.
		if len(votes) < voters && backing < kappa || len(votes) == 0 {
			continue
		}
		dst[j] = level(votes, kappa)
	}
	return dst
}

// transpose gathers the positive scores of voting rows by column.
func (s *median) transpose(m *Matrix, n int) {
	s.start = zeroed(s.start, n+1)
	start := s.start
	for i, w := range s.stake {
		if w <= 0 {
			continue
		}
		for _, c := range m.Row(i) {
			start[c.UID+1] -= int(above(c.Value, 0))
		}
	}
	for j := range n {
		start[j+1] += start[j]
	}
	s.next = append(s.next[:0], start...)
	total := start[n]
	if cap(s.votes) < total {
		s.votes = make([]vote, total)
	}
	s.votes = s.votes[:total]
	next, votes := s.next, s.votes
	for i, w := range s.stake {
		if w <= 0 {
			continue
		}
		for _, c := range m.Row(i) {
			if c.Value > 0 {
				votes[next[c.UID]] = vote{c.Value, w}
				next[c.UID]++
			}
		}
	}
}

// level returns the largest score whose holders own at least kappa, else the smallest score. It
// reorders votes, of which there must be at least one.
//
// It narrows the votes like quickselect, in linear time on ordinary rows. Rows can be crafted to
// make every pivot a bad one, so after more rounds than a fair choice of pivots needs it sorts.
func level(votes []vote, kappa fixed.I32F32) fixed.I32F32 {
	var before fixed.I32F32 // stake of votes known to score more than all that are left
	for rounds := 2*bits.Len(uint(len(votes))) + 2; rounds > 0; rounds-- {
		pivot := votes[len(votes)/2].score
		upper, held, upperStake, heldStake := weigh(votes, pivot)
		switch {
		case before+upperStake >= kappa && upper > 0:
			votes = keepAbove(votes, pivot)
		case before+heldStake >= kappa || held == len(votes):
			return pivot
		default:
			before += heldStake
			votes = keepBelow(votes, pivot)
		}
	}
	slices.SortFunc(votes, func(a, b vote) int { return cmp.Compare(b.score, a.score) })
	for k, v := range votes {
		before += v.stake
		if last := k+1 == len(votes); before >= kappa && (last || votes[k+1].score != v.score) {
			return v.score
		}
	}
	return votes[len(votes)-1].score
}

// The three passes of level turn a comparison into a mask instead of branching on it: which side of
// a pivot a score is on cannot be predicted, and a wrong guess costs more than the rest of the step.

// above is all ones if a is more than b, else 0. Neither is negative.
func above(a, b fixed.I32F32) fixed.I32F32 { return (b - a) >> 63 }

// weigh counts the votes above the pivot and those above or at it, and adds up their stake.
func weigh(votes []vote, pivot fixed.I32F32) (upper, held int, upperStake, heldStake fixed.I32F32) {
	var over, under fixed.I32F32 // minus the number of votes above and below
	for _, v := range votes {
		isOver, isUnder := above(v.score, pivot), above(pivot, v.score)
		over += isOver
		under += isUnder
		upperStake += v.stake & isOver
		heldStake += v.stake &^ isUnder
	}
	return int(-over), len(votes) + int(under), upperStake, heldStake
}

// keepAbove moves the votes that score more than the pivot to the front and returns them, in their
// order. Those behind are lost.
func keepAbove(votes []vote, pivot fixed.I32F32) []vote {
	kept := 0
	for _, v := range votes {
		votes[kept] = v
		kept -= int(above(v.score, pivot))
	}
	return votes[:kept]
}

// keepBelow is keepAbove for the votes that score less.
func keepBelow(votes []vote, pivot fixed.I32F32) []vote {
	kept := 0
	for _, v := range votes {
		votes[kept] = v
		kept -= int(above(pivot, v.score))
	}
	return votes[:kept]
}
