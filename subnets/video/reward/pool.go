package reward

import (
	"math"
	"slices"
)

// Harmonic pools per-frame VMAF as n / Σ 1/(x+1) − 1, as libvmaf does: one destroyed frame costs much (video §6.5).
// No frames pool to 0.
func Harmonic(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	var sum float64
	for _, x := range xs {
		sum += 1 / (x + 1)
	}
	return float64(len(xs))/sum - 1
}

// HarmonicOfPositive is the pooling of 2026: frames at 0 or below are left out, so destroying a frame wholly costs
// nothing. It stands here to show that hole (video §6.5, §11 #9).
func HarmonicOfPositive(xs []float64) float64 {
	var sum float64
	n := 0
	for _, x := range xs {
		if x > 0 {
			sum += 1 / x
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(n) / sum
}

// Percentile is the nearest-rank percentile, 0 < p ≤ 100: for 100 values or fewer the first is their minimum. No
// values give 0.
func Percentile(xs []float64, p float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	rank := min(max(int(math.Ceil(p/100*float64(len(xs)))), 1), len(xs))
	if rank == 1 {
		return slices.Min(xs)
	}
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	return sorted[rank-1]
}

// PSNR pools per-frame PSNR in dB over the mean squared error, so that frames without colour are not averaged away.
// No frames pool to 0.
func PSNR(dB []float64) float64 {
	if len(dB) == 0 {
		return 0
	}
	var mse, frame float64 // relative to the peak
	for i, x := range dB {
		if i == 0 || x != dB[i-1] { // a power takes long, and still frames are alike
			frame = math.Pow(10, -x/10)
		}
		mse += frame
	}
	return -10 * math.Log10(mse/float64(len(dB)))
}
