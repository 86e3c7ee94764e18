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
	for i, w := range s.stake {
		if w <= 0 {
			continue
		}
		for _, c := range m.Row(i) {
			if c.Value > 0 {
				s.start[c.UID+1]++
			}
		}
	}
	for j := range n {
		s.start[j+1] += s.start[j]
	}
	s.next = append(s.next[:0], s.start...)
	total := s.start[n]
	if cap(s.votes) < total {
		s.votes = make([]vote, total)
	}
	s.votes = s.votes[:total]
	for i, w := range s.stake {
		if w <= 0 {
			continue
		}
		for _, c := range m.Row(i) {
			if c.Value > 0 {
				s.votes[s.next[c.UID]] = vote{c.Value, w}
				s.next[c.UID]++
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
	var above fixed.I32F32 // stake of votes known to score more than all that are left
	for rounds := 2*bits.Len(uint(len(votes))) + 2; rounds > 0; rounds-- {
		pivot := votes[len(votes)/2].score
		upper, lower, upperStake, pivotStake := partition(votes, pivot)
		switch {
		case above+upperStake >= kappa && upper > 0:
			votes = votes[:upper]
		case above+upperStake+pivotStake >= kappa || lower == len(votes):
			return pivot
		default:
			above += upperStake + pivotStake
			votes = votes[lower:]
		}
	}
	slices.SortFunc(votes, func(a, b vote) int { return cmp.Compare(b.score, a.score) })
	for k, v := range votes {
		above += v.stake
		if last := k+1 == len(votes); above >= kappa && (last || votes[k+1].score != v.score) {
			return v.score
		}
	}
	return votes[len(votes)-1].score
}

// partition orders votes into scores above, at and below pivot. It returns where the second and
// third part begin and the stake of the first two.
func partition(votes []vote, pivot fixed.I32F32) (upper, lower int, upperStake, pivotStake fixed.I32F32) {
	lower = len(votes)
	for k := 0; k < lower; {
		switch v := votes[k]; {
		case v.score > pivot:
			votes[k], votes[upper] = votes[upper], v
			upperStake += v.stake
			upper++
			k++
		case v.score < pivot:
			lower--
			votes[k], votes[lower] = votes[lower], v
		default:
			pivotStake += v.stake
			k++
		}
	}
	return upper, lower, upperStake, pivotStake
}
