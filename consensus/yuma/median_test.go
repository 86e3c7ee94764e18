package yuma

import (
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"pgregory.net/rapid"
)

// recursiveMedian is the search of yuma §3.4 as the specification words it.
func recursiveMedian(stake, score vector, minority, total fixed.I32F32) fixed.I32F32 {
	var idx []int
	for i := range score {
		idx = append(idx, i)
	}
	lo, hi := fixed.I32F32(0), total
	for {
		if len(idx) == 0 {
			return 0
		}
		if len(idx) == 1 {
			return score[idx[0]]
		}
		pivot := score[idx[len(idx)/2]]
		var lower, upper []int
		var ls, hs fixed.I32F32
		for _, i := range idx {
			switch {
			case score[i] < pivot:
				lower, ls = append(lower, i), ls+stake[i]
			case score[i] > pivot:
				upper, hs = append(upper, i), hs+stake[i]
			}
		}
		switch {
		case minority < lo+ls && len(lower) > 0:
			idx, hi = lower, lo+ls
		case hi-hs <= minority && len(upper) > 0:
			idx, lo = upper, hi-hs
		default:
			return pivot
		}
	}
}

func TestMedianIsTheRecursiveSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 40).Draw(t, "rows")
		levels := rapid.Int64Range(1, 8).Draw(t, "levels")
		stake, score := make(vector, rows), make(vector, rows)
		m := new(Matrix)
		for i := range rows {
			stake[i] = fixed.I32F32(rapid.Int64Range(0, 1<<rapid.IntRange(0, 32).Draw(t, "bits")).Draw(t, "stake"))
			score[i] = fixed.I32F32(rapid.Int64Range(0, levels).Draw(t, "score")) * (fixed.One / 8)
			if score[i] != 0 || rapid.Bool().Draw(t, "present") {
				m.add(Cell{0, score[i]})
			}
			m.close()
		}
		kappa := fixed.FromProportion(rapid.Uint16().Draw(t, "kappa"))
		var s median
		got := s.columns(nil, m, stake, kappa, 1)[0]

		normalize(stake)
		var voting, scores vector
		for i, w := range stake {
			if w > 0 {
				voting, scores = append(voting, w), append(scores, score[i])
			}
		}
		total := sum(voting)
		if want := recursiveMedian(voting, scores, total-kappa, total); got != want {
			t.Fatalf("median = %d, want %d", got, want)
		}
	})
}

// A row crafted against the choice of pivots must still be judged, and rightly: the search gives
// up narrowing and sorts.
func TestMedianSurvivesBadPivots(t *testing.T) {
	const n = 2000
	votes := killer(n)
	want := slices.Clone(votes)
	slices.SortFunc(want, func(a, b vote) int { return int(b.score() - a.score()) })
	for _, kappa := range []fixed.I32F32{0, 1, 2, n / 2, n - 1, n, n + 1} {
		at := min(max(int(kappa), 1), n) - 1
		if got := new(median).level(slices.Clone(votes), kappa); got != want[at].score() {
			t.Errorf("kappa %d: level %d, want %d", kappa, got, want[at].score())
		}
	}
}

// killer makes votes of stake 1 and distinct scores of which the pivot is always the least but one: it
// plays partition backwards, putting the next two smallest scores where the pivot will be looked for.
func killer(n int) []vote {
	position := make([]int, n) // position[i] is where the original i-th vote stands now
	for i := range position {
		position[i] = i
	}
	votes := make([]vote, n)
	next := fixed.I32F32(0)
	put := func(i int) {
		next++
		votes[position[i]] = newVote(next, 1)
		position = slices.Delete(position, i, i+1) // partition keeps the order of the rest
	}
	for len(position) > 0 {
		length := len(position)
		put(length / 2)
		if length > 3 { // of fewer, the three are not apart
			put(length / 4)
		}
	}
	return votes
}

func BenchmarkMedianBadPivots(b *testing.B) {
	votes := killer(4096)
	scratch := make([]vote, len(votes))
	var s median
	for b.Loop() {
		copy(scratch, votes)
		s.level(scratch, 1)
	}
}
