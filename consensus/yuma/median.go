package yuma

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// vote is one validator's score of a server and the stake behind it, both above zero and at most one. Each
// is kept less one unit, in half a word: what is moved around is half as much, and votes are moved a lot.
type vote uint64

func newVote(score, stake fixed.I32F32) vote { return vote(score-1)<<32 | vote(stake-1) }

func (v vote) score() fixed.I32F32 { return fixed.I32F32(v>>32) + 1 }
func (v vote) stake() fixed.I32F32 { return fixed.I32F32(uint32(v)) + 1 }

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
	spare []vote // as many as one column has
}

// columns returns the consensus of n columns of m, no cell of which is above one, under stake, with
// majority kappa.
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
			backing += v.stake()
		}
		// A voter without a positive score votes zero, so zero is a level of its own here and
		// wins whenever the positive scores together lack the majority.
		if len(votes) < voters && backing < kappa || len(votes) == 0 {
			continue
		}
		dst[j] = s.level(votes, kappa)
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
				votes[next[c.UID]] = newVote(c.Value, w)
				next[c.UID]++
			}
		}
	}
}

// level returns the largest score whose holders own at least kappa, else the smallest score. It
// uses up votes, of which there must be at least one.
//
// It narrows the votes like quickselect, in linear time on ordinary rows. Rows can be crafted to
// make every pivot a bad one, so after more rounds than a fair choice of pivots needs it sorts.
func (s *median) level(votes []vote, kappa fixed.I32F32) fixed.I32F32 {
	if len(s.spare) < len(votes) {
		s.spare = make([]vote, len(votes))
	}
	spare := s.spare
	var before fixed.I32F32 // stake of votes known to score more than all that are left
	for rounds := 2*bits.Len(uint(len(votes))) + 2; rounds > 0; rounds-- {
		pivot := pivotOf(votes)
		p := partition(votes, spare, pivot)
		switch {
		case before+p.upperStake >= kappa && p.upper > 0:
			votes = votes[:p.upper]
		case before+p.upperStake+p.pivotStake >= kappa || p.lower == 0:
			return pivot
		default:
			before += p.upperStake + p.pivotStake
			votes, spare = spare[:p.lower], votes
		}
	}
	slices.SortFunc(votes, func(a, b vote) int { return cmp.Compare(b.score(), a.score()) })
	for k, v := range votes {
		before += v.stake()
		if last := k+1 == len(votes); before >= kappa && (last || votes[k+1].score() != v.score()) {
			return v.score()
		}
	}
	return votes[len(votes)-1].score()
}

// pivotOf is the middle one of three scores: closer to the middle of all than any one of them.
func pivotOf(votes []vote) fixed.I32F32 {
	n := len(votes)
	a, b, c := votes[n/4].score(), votes[n/2].score(), votes[n-1-n/4].score()
	return max(min(a, b), min(max(a, b), c))
}

// parts are how many votes score more and less than a pivot, and the stake of those more and at it.
type parts struct {
	upper, lower           int
	upperStake, pivotStake fixed.I32F32
}

// partition moves the votes above the pivot to the front of votes and copies those below it to the front
// of lower, which is as long; both keep their order. What else it leaves in either is of no use.
//
// It turns comparisons into masks instead of branching on them: which side of a pivot a score is on cannot
// be predicted, and a wrong guess costs more than the rest of the step.
func partition(votes, lower []vote, pivot fixed.I32F32) (p parts) {
	lower = lower[:len(votes)]
	for _, v := range votes {
		score, stake := v.score(), v.stake()
		isUpper, isLower := above(score, pivot), above(pivot, score)
		votes[p.upper], lower[p.lower] = v, v
		p.upper -= int(isUpper)
		p.lower -= int(isLower)
		p.upperStake += stake & isUpper
		p.pivotStake += stake &^ (isUpper | isLower)
	}
	return p
}

// above is all ones if a is more than b, else 0. Neither is negative.
func above(a, b fixed.I32F32) fixed.I32F32 { return (b - a) >> 63 }
