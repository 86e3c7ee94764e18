package reward

import "math"

// FramesOK says whether a result's frame count is within slack of the reference's (video §6.1).
func FramesOK(reference, result, slack int) bool {
	off := result - reference
	return off <= slack && -off <= slack
}

// FPSOK says whether a frame rate is within 0.3 of the reference's (video §6.3).
func FPSOK(reference, result float64) bool { return math.Abs(result-reference) <= rateSlack+1e-9 }

// BitrateOK says whether a bitrate is at most 1.10 times the target; there is no lower bound (video §6.3).
func BitrateOK(target, actual float64) bool { return actual <= 1.10*target+1e-9 }

// MaxBitrate is 1.10 times the target in whole bits per second (video §10).
func MaxBitrate(target int64) int64 { return target/10*11 + target%10*11/10 }

// UpscaledSizeOK says whether an upscaled file is at most 8 times (factor 2) or 20 times (factor 4) its input
// (video §6.1). Sizes in bytes.
func UpscaledSizeOK(scale int, input, result int64) bool {
	factor := int64(8)
	if scale >= 4 {
		factor = 20
	}
	return result/factor < input || result == factor*input
}

// NegDeltaOK says whether VMAF exceeds VMAF-NEG by no more than encoding explains, or falls short of it (video §6.2).
func NegDeltaOK(neg, base float64) bool { return math.Abs(base-neg) <= maxNegDelta+1e-9 }

// ResolutionOK says whether a result is exactly scale times its input.
func ResolutionOK(scale, inWidth, inHeight, width, height int) bool {
	return width == scale*inWidth && height == scale*inHeight
}

// SaturationRatio compares a frame's mean saturation with the reference's: (result/reference)², ok from 0.7 on. A
// reference below 1 is skipped: known is false (video §6.4).
func SaturationRatio(reference, result float64) (ratio float64, known bool) {
	if reference < 1 {
		return 0, false
	}
	q := result / reference
	return q * q, true
}

// SaturationOK says whether a ratio passes.
func SaturationOK(ratio float64) bool { return ratio >= minSaturation }

// OrganicMark moves an accumulated score by the mark 0..3 of an organic upscaling; −1 is our fault (video §5).
func (p *Profile) OrganicMark(a float64, mark int) float64 {
	if mark < 0 || mark >= len(p.OrganicUpscaling) {
		return a
	}
	return a * p.OrganicUpscaling[mark]
}

// OrganicCompression moves an accumulated score by the score of an organic compression (video §5, §6.0).
func (p *Profile) OrganicCompression(a, score float64) float64 {
	o := p.OrganicCompress
	if o == nil || (o.SkipAbove != nil && score > *o.SkipAbove) {
		return a
	}
	return max(0, a*o.Decay+score*(1-o.Decay))
}

// Constants of the rate limit of 2025 and 2026 (video §3).
const (
	limitPool     = 64     // calls per window that all validators share
	limitMinStake = 25_000 // stake above which a caller counts
)

// CallLimit is how many calls a caller of the given stake has per window of 500 s and uid; one more is served.
func CallLimit(stake, total float64) int {
	if stake <= limitMinStake || total <= 0 {
		return 0
	}
	return int(limitPool * stake / total)
}
