package validator

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const maxU16 = 65535

// Process turns scores of uids into the weights to emit (wire §8.4): zeros and the lowest quantile
// go, no weight exceeds maxLimit (0..1) of the sum where that is possible, and at least minAllowed
// uids of the n get one. quantile is of 65535. uids ascend, scores are finite and not negative.
//
// Quirks are the original's, as weights must be comparable between validators: without a positive
// score everybody gets the same, and limiting a single hot score among zeros gives everybody the
// same too. Arithmetic is in the original's precision.
func Process(uids []uint16, scores []float32, n, minAllowed int, maxLimit float64, quantile uint16) ([]uint16, []float64, error) {
	if len(uids) != len(scores) {
		return nil, nil, fmt.Errorf("%d uids but %d scores", len(uids), len(scores))
	}
	var at []int // of positive scores
	for i, s := range scores {
		if !(s >= 0) || math.IsInf(float64(s), 0) {
			return nil, nil, fmt.Errorf("score %v of uid %d: scores are finite and not negative", s, uids[i])
		}
		if s > 0 {
			at = append(at, i)
		}
	}
	switch {
	case len(at) == 0 || n < minAllowed:
		weights := make([]float64, n)
		for i := range weights {
			weights[i] = 1 / float64(n)
		}
		return allUIDs(n), weights, nil
	case len(at) < minAllowed:
		return floorEverybody(at, scores, n, maxLimit)
	}
	keptUIDs, kept := exclude(uids, scores, at, minAllowed, quantile)
	normalised := normaliseMax(kept, maxLimit)
	weights := make([]float64, len(kept))
	for i, w := range normalised {
		weights[i] = float64(w)
	}
	return keptUIDs, weights, nil
}

func allUIDs(n int) []uint16 {
	uids := make([]uint16, n)
	for i := range uids {
		uids[i] = uint16(i)
	}
	return uids
}

// floorEverybody gives every uid 1e-5 and adds the scores by position, as the original does.
func floorEverybody(at []int, scores []float32, n int, maxLimit float64) ([]uint16, []float64, error) {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1e-5
	}
	for _, i := range at {
		if i >= n {
			return nil, nil, fmt.Errorf("score at position %d of a subnet with %d neurons", i, n)
		}
		weights[i] += float64(scores[i])
	}
	return allUIDs(n), normaliseMax(weights, maxLimit), nil
}

// exclude drops the positive scores below the quantile, but keeps at least minAllowed of them.
func exclude(uids []uint16, scores []float32, at []int, minAllowed int, quantile uint16) ([]uint16, []float32) {
	positive := make([]float32, len(at))
	for k, i := range at {
		positive[k] = scores[i]
	}
	count := len(positive)
	share := min(float64(quantile)/maxU16, float64(max(0, count-minAllowed))/float64(count))
	lowest := quantileOf(positive, share)
	var keptUIDs []uint16
	var kept []float32
	for k, i := range at {
		if lowest <= float64(positive[k]) {
			keptUIDs = append(keptUIDs, uids[i])
			kept = append(kept, positive[k])
		}
	}
	return keptUIDs, kept
}

// quantileOf interpolates linearly between order statistics, in float32 from the nearer end.
func quantileOf(values []float32, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	position := q * float64(len(sorted)-1)
	below := int(position)
	above := min(below+1, len(sorted)-1)
	t := position - float64(below)
	a, b := sorted[below], sorted[above]
	step := b - a
	if t >= 0.5 {
		return float64(b - step*float32(1-t))
	}
	return float64(a + step*float32(t))
}

// normaliseMax scales x to sum 1 with no share above limit; see wire §8.4. T is the precision the
// original uses for that path.
func normaliseMax[T float32 | float64](x []T, limit float64) []T {
	out := slices.Clone(x)
	total := pairwiseSum(x)
	if total == 0 || float64(len(x))*limit <= 1 {
		for i := range out {
			out[i] = 1 / T(len(x))
		}
		return out
	}
	sorted := slices.Sorted(slices.Values(x))
	sortedTotal := pairwiseSum(sorted)
	shares := make([]T, len(x))
	for i, v := range sorted {
		shares[i] = v / sortedTotal
	}
	if shares[len(shares)-1] > T(limit) {
		clip := T(cutoff(shares, limit) * float64(sortedTotal))
		for i := range out {
			out[i] = min(out[i], clip)
		}
		total = pairwiseSum(out)
	}
	for i := range out {
		out[i] /= total
	}
	return out
}

// cutoff is the share above which ascending shares are clipped so that, renormalised, the largest is
// limit.
func cutoff[T float32 | float64](shares []T, limit float64) float64 {
	const epsilon = 1e-7
	below, running := 0, T(0)
	cumulative := make([]T, len(shares))
	for i, p := range shares {
		running += p
		cumulative[i] = running
		tail := float64(T(len(shares)-i-1) * p)
		if float64(p)/(tail+float64(running)+epsilon) < limit {
			below++
		}
	}
	runningBelow := cumulative[len(cumulative)-1] // the original's index -1
	if below > 0 {
		runningBelow = cumulative[below-1]
	}
	return (limit*float64(runningBelow) - epsilon) / (1 - limit*float64(len(shares)-below))
}

// pairwiseSum adds in the order numpy does, so that float32 results agree to the last digit.
func pairwiseSum[T float32 | float64](x []T) T {
	switch n := len(x); {
	case n < 8:
		var sum T
		for _, v := range x {
			sum += v
		}
		return sum
	case n <= 128:
		var r [8]T
		copy(r[:], x)
		i := 8
		for ; i+8 <= n; i += 8 {
			for k := range r {
				r[k] += x[i+k]
			}
		}
		sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
		for ; i < n; i++ {
			sum += x[i]
		}
		return sum
	default:
		half := n / 2
		half -= half % 8
		return pairwiseSum(x[:half]) + pairwiseSum(x[half:])
	}
}

// Emit scales weights so that the largest is 65535, rounds half to even and drops zeros: the form
// the ledger takes (wire §8.4). Without a positive weight both lists are empty.
func Emit(uids []uint16, weights []float64) ([]uint16, []uint16, error) {
	if len(uids) != len(weights) {
		return nil, nil, fmt.Errorf("%d uids but %d weights", len(uids), len(weights))
	}
	if i := slices.IndexFunc(weights, func(w float64) bool { return !(w >= 0) || math.IsInf(w, 0) }); i >= 0 {
		return nil, nil, fmt.Errorf("weight %v of uid %d: weights are finite and not negative", weights[i], uids[i])
	}
	outUIDs, out := []uint16{}, []uint16{}
	if len(weights) == 0 {
		return outUIDs, out, nil
	}
	largest := slices.MaxFunc(weights, cmp.Compare)
	if largest == 0 {
		return outUIDs, out, nil
	}
	for i, w := range weights {
		if v := uint16(math.RoundToEven(w / largest * maxU16)); v != 0 {
			outUIDs, out = append(outUIDs, uids[i]), append(out, v)
		}
	}
	return outUIDs, out, nil
}
