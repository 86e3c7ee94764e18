package reward

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// The competition of 2026 scores code instead of answers (video §10). Only its arithmetic is here.

// LengthWeight is how much a clip of t seconds counts beside the longest, max: (ln(1+t)/ln(1+max))^exponent.
func LengthWeight(seconds, longest, exponent float64) float64 {
	return math.Pow(math.Log(1+seconds)/math.Log(1+longest), exponent)
}

// CompetitionWeights weigh the parts of a contender's result; the manifest sets them.
type CompetitionWeights struct{ Media, Cost, Coverage float64 }

// CompetitionScore is the weighted sum, to 8 decimals.
func CompetitionScore(media, cost, coverage float64, w CompetitionWeights) float64 {
	return math.Round((w.Media*media+w.Cost*cost+w.Coverage*coverage)*1e8) / 1e8
}

// gpuPrice and corePrice are in USD per second.
var gpuPrice = map[string]float64{"L4": 0.000222, "L40S": 0.000542, "RTX-PRO-6000": 0.000842}

const corePrice = 0.00003942

// CostUSD is the price of running gpus cards of a model and cores for the given seconds.
func CostUSD(model string, gpus, cores int, seconds float64) (float64, error) {
	price, ok := gpuPrice[model]
	if !ok {
		return 0, fmt.Errorf("no price for GPU model %q", model)
	}
	return seconds * (price*float64(gpus) + corePrice*float64(cores)), nil
}

// CostEfficiency is the cheapest valid cost over one's own, both at least floor.
func CostEfficiency(own, cheapest, floor float64) float64 {
	return max(cheapest, floor) / max(own, floor)
}

// CompetitionClip is a clip of a batch.
type CompetitionClip struct{ Width, Height, Seconds float64 }

// BatchTimeout is the deadline of a batch in seconds: clips, longest first, on parallel lanes, plus grace, and not
// less than the manifest's. The code has 5 lanes and 60 s, its documents 4 and 120 s.
func BatchTimeout(clips []CompetitionClip, lanes int, grace, manifest float64) float64 {
	const uhd = 3840 * 2160
	times := make([]float64, len(clips))
	for i, c := range clips {
		times[i] = max(120, math.Ceil(c.Seconds/600)*120*c.Width*c.Height/uhd)
	}
	slices.SortFunc(times, func(a, b float64) int { return cmp.Compare(b, a) })
	load := make([]float64, max(1, lanes))
	for _, t := range times {
		i := slices.Index(load, slices.Min(load))
		load[i] += t
	}
	return max(manifest, slices.Max(load)+grace)
}

// ScoringTimeout is the scorer's deadline in seconds: 200 frames a second, scaled, plus grace.
func ScoringTimeout(frames []int, scale, grace float64) float64 {
	var total float64
	for _, n := range frames {
		total += float64(n) / 200 * scale
	}
	return total + grace
}
