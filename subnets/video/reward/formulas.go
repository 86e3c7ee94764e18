package reward

import "math"

// PieAppCap bounds the mean PIE-APP distance of a clip (video §6.1).
const PieAppCap = 2.0

// PieApp pools per-frame PIE-APP values: absolute value, mean, at most PieAppCap. No frames count as worst (video §6.1).
func PieApp(perFrame []float64) float64 {
	if len(perFrame) == 0 {
		return PieAppCap
	}
	var sum float64
	for _, v := range perFrame {
		sum += math.Abs(v)
	}
	return min(sum/float64(len(perFrame)), PieAppCap)
}

// QualityScore is S_Q, 0..1, of a pooled PIE-APP distance 0 (equal) to PieAppCap (video §6.1).
func QualityScore(pieApp float64) float64 {
	g := func(x float64) float64 {
		sigmoid := 1 / (1 + math.Exp(-x))
		return math.Pow(1-math.Log10(1+sigmoid)/math.Log10(3.5), 2.5)
	}
	return 1 - (g(pieApp)-g(0))/(g(PieAppCap)-g(0))
}

// fullLength is the content length, in seconds, that scores S_L = 1 (video §6.1).
const fullLength = 320

// LengthScore is S_L, 0..1, of a requested length in seconds (video §6.1).
func LengthScore(seconds float64) float64 { return math.Log(1+seconds) / math.Log(1+fullLength) }

// Preliminary is S_pre: quality and length weigh the same (video §6.1).
func Preliminary(sq, sl float64) float64 { return 0.5*sq + 0.5*sl }

// FinalScore is S_F of S_pre, an exponential: 0.1 at S_pre = 0.5 (video §6.1).
func FinalScore(sPre float64) float64 { return 0.1 * math.Exp(6.979*(sPre-0.5)) }

// Rate is C, the size of a result over the size of its reference, at most 1 (video §6.2). Sizes in bytes; an unknown
// reference gives 1, the worst.
func Rate(result, reference int64) float64 {
	if reference <= 0 || result >= reference {
		return 1
	}
	return float64(result) / float64(reference)
}

// headroom is how far quality v lies above threshold t, as a share of what is possible. At t = 100 there is nothing
// above, so reaching it is all.
func headroom(v, t float64) float64 {
	if t >= 100 {
		return 1
	}
	return (v - t) / (100 - t)
}

// CompressionV1 is the seed's score: size weighs 0.8 and quality above the threshold 0.2; below it 0 (video §6.2).
// v and t are VMAF values 0..100, c is a Rate.
func CompressionV1(v, c, t float64) float64 {
	if v < t {
		return 0
	}
	return 0.8*(1-math.Pow(c, 1.5)) + 0.2*headroom(v, t)
}

// Constants of the formula of 2026 (video §6.2).
const (
	headHardRate   = 0.80 // nothing is paid for less compression
	headSoftMargin = 5.0  // VMAF points below the threshold that still earn something
	headKnee       = 20.0 // compression ratio from which gains are logarithmic
	headNorm       = 1.12
)

// CompressionHead is the score of 2026 with its soft zone below the threshold. It jumps at v = t (video §6.2).
func CompressionHead(v, c, t float64) float64 {
	if c >= headHardRate || v < t-headSoftMargin {
		return 0
	}
	ratio := math.Inf(1)
	if c > 0 {
		ratio = 1 / c
	}
	if v < t {
		q := 0.7 * math.Pow((v-t+headSoftMargin)/headSoftMargin, 2)
		gain := math.Pow((ratio-1)/19, 1.5)
		if ratio > headKnee {
			gain = 1 + 0.3*math.Log(ratio/headKnee)
		}
		return min(1, q*gain/headNorm)
	}
	q := 0.7 + 0.3*min(1, headroom(v, t))
	gain := math.Pow((ratio-1.25)/18.75, 0.9)
	if ratio > headKnee {
		gain = 1 + 0.1*math.Log(ratio/headKnee)
	}
	return min(1, (0.7*gain+0.3*q)/headNorm)
}
