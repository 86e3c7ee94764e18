package reward

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Shape is what is compared of two videos besides their pictures. Zero and "" mean not known.
type Shape struct {
	Width, Height int
	Rate          float64 // frames per second
	Frames        int     // decoded
	Bytes         int64
	Codec         string // family: h264, hevc, av1
	Container     string // list of ffmpeg's names, e.g. "mov,mp4,m4a"
	PixelFormat   string
	SAR           string // sample aspect ratio, "1/1"
}

// Fault is what disqualifies an answer before it is measured: too late, not decodable, a duplicate and so on.
type Fault struct {
	Gate   string
	Detail string
}

// Evidence is all that a verdict follows from. A nil slice or pointer means "not measured", which is our fault, never
// the miner's: a gate that needs it fails closed by skipping.
type Evidence struct {
	Kind      Kind
	Threshold float64 // compression: VMAF to reach, 0..100
	Codec     string  // family that the task demands; "": any that the profile allows
	Scale     int     // upscaling: factor per side
	Seconds   float64 // requested length, for S_L

	Fault *Fault // decided before measuring

	Reference Shape
	Input     Shape // upscaling: what the miner got
	Result    Shape

	VMAF, NEG             []float64 // per frame, 0..100
	PSNRY, PSNRCb, PSNRCr []float64 // per frame, dB
	PieApp                []float64 // per sampled frame
	Baseline              []float64 // upscaling: per-frame VMAF-NEG of the validator's own bicubic
	SaturationRatio       *float64  // mean of (result / reference)², video §6.4
}

// Verdict is what an answer is worth. Gate names the rule that made it 0; it is empty for an honest score.
type Verdict struct {
	Kind    Kind
	Profile string
	Score   float64 // what enters the accumulated score
	Gate    string
	Detail  string

	Metric    string  // metric behind S_Q (upscaling) or V (compression)
	V         float64 // pooled quality, 0..100
	NEG       float64 // pooled VMAF-NEG
	Threshold float64
	Rate      float64 // C as stored
	SQ, SL    float64
	SPre, SF  float64
	BaseSF    float64 // S_F that our own bicubic earns and that is not paid
}

// Skip is returned as an error when no verdict is possible and the miner is not to blame. It leaves no row.
type Skip struct{ Reason string }

func (s *Skip) Error() string { return "skipped, not the miner's fault: " + s.Reason }

// AsSkip returns the Skip in err's chain, or nil.
func AsSkip(err error) *Skip {
	var s *Skip
	if errors.As(err, &s) {
		return s
	}
	return nil
}

// Judge turns evidence into a verdict. The gates are checked in the profile's order; the first that fails decides.
// Errors: *Skip only.
func (p *Profile) Judge(e Evidence) (Verdict, error) {
	v := Verdict{Kind: e.Kind, Profile: p.ID, Threshold: e.Threshold, Rate: Rate(e.Result.Bytes, e.Reference.Bytes)}
	if e.Kind != Compression && e.Kind != Upscaling {
		return v, &Skip{fmt.Sprintf("unknown kind of task %q", e.Kind)}
	}
	if e.Fault != nil {
		return p.fail(v, e.Fault.Gate, e.Fault.Detail, false), nil
	}
	if err := e.sane(); err != nil {
		return v, &Skip{err.Error()}
	}
	v.NEG = p.Pool(e.NEG)
	v.V, v.Metric = p.Pool(e.measured(p)), p.Measure.Of(e.Kind)
	if e.Kind == Upscaling {
		if err := p.quality(&v, e); err != nil {
			return v, err
		}
	}
	for _, name := range p.Gates.Of(e.Kind) {
		detail, err := p.check(name, &e, &v)
		switch {
		case err == nil && detail == "":
		case err == nil:
			return p.fail(v, name, detail, name == "threshold" || name == "neg-delta" || name == "rate"), nil
		case errors.Is(err, errNotMeasured) && slices.Contains(p.FailOpen, name):
		default:
			return v, &Skip{fmt.Sprintf("gate %s cannot be evaluated: %v", name, err)}
		}
	}
	if e.measured(p) == nil {
		return v, &Skip{"no " + p.Measure.Of(e.Kind) + " was measured"}
	}
	if e.Kind == Compression {
		v.SF = p.CompressionScore(v.V, v.Rate, e.Threshold)
		v.Score = v.SF
		return v, nil
	}
	v.Score = max(0, v.SF-v.BaseSF)
	return v, nil
}

// measured gives the per-frame values that are V under the profile.
func (e *Evidence) measured(p *Profile) []float64 { return e.metric(p.Measure.Of(e.Kind)) }

// metric gives the values of a metric by its id, nil where it was not measured.
func (e *Evidence) metric(id string) []float64 {
	switch id {
	case MetricPieApp:
		return e.PieApp
	case MetricVMAF:
		return e.VMAF
	case MetricNEG:
		return e.NEG
	}
	return nil
}

// sane finds values that no measurement gives; they are a defect of ours.
func (e *Evidence) sane() error {
	for _, m := range [...]struct {
		name   string
		values []float64
		least  float64
	}{
		{"VMAF", e.VMAF, 0}, {"VMAF-NEG", e.NEG, 0}, {"baseline", e.Baseline, 0}, {"PSNR of Y", e.PSNRY, 0}, {"PSNR of Cb", e.PSNRCb, 0},
		{"PSNR of Cr", e.PSNRCr, 0}, {"PIE-APP", e.PieApp, -math.MaxFloat64},
	} {
		for k, x := range m.values {
			if !(x >= m.least && x <= math.MaxFloat64) { // nor is NaN
				return fmt.Errorf("%s of frame %d is %v", m.name, k, x)
			}
		}
	}
	if e.VMAF != nil && e.NEG != nil && len(e.VMAF) != len(e.NEG) {
		return fmt.Errorf("%d frames have VMAF, %d have VMAF-NEG", len(e.VMAF), len(e.NEG))
	}
	return nil
}

// fail makes v a zero by the named gate. Most failures also store the profile's own rate (video §6.0).
func (p *Profile) fail(v Verdict, gate, detail string, trueRate bool) Verdict {
	v.Gate, v.Detail = gate, detail
	v.Score, v.SF, v.SPre, v.SQ, v.SL, v.BaseSF = 0, 0, 0, 0, 0, 0
	if p.FailureRate != nil && !trueRate && v.Kind == Compression {
		v.Rate = *p.FailureRate
	}
	return v
}

// Fail is the verdict on an answer that was disqualified by a rule over the whole round, such as copying.
func (p *Profile) Fail(v Verdict, gate, detail string) Verdict { return p.fail(v, gate, detail, false) }

// quality sets S_Q by the first metric of the profile that was measured, then S_L, S_pre and S_F (video §6.1).
func (p *Profile) quality(v *Verdict, e Evidence) error {
	i := slices.IndexFunc(p.Quality, func(m string) bool { return e.metric(m) != nil })
	if i < 0 {
		return &Skip{fmt.Sprintf("none of %v was measured", p.Quality)}
	}
	v.Metric = p.Quality[i]
	if v.Metric == MetricPieApp {
		v.SQ = QualityScore(PieApp(e.PieApp))
	} else {
		v.SQ = p.Pool(e.metric(v.Metric)) / 100
	}
	v.SL = LengthScore(e.Seconds)
	v.SPre = Preliminary(v.SQ, v.SL)
	v.SF = FinalScore(v.SPre)
	if p.OverBase && e.Baseline != nil {
		v.BaseSF = FinalScore(Preliminary(p.Pool(e.Baseline)/100, v.SL))
	}
	return nil
}
