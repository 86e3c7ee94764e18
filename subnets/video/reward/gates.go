package reward

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// errNotMeasured says that a gate lacks what it judges.
var errNotMeasured = errors.New("not measured")

// Constants of the gates.
const (
	minReferenceFrames = 10   // video §6.1
	rateSlack          = 0.3  // frames per second, video §6.3
	maxRate            = 0.80 // compression below a fifth is no work, video §11 #5
	minUpscaleVMAF     = 50.0 // video §6.1
	maxNegDelta        = 3.0  // VMAF − VMAF-NEG beyond it is enhancement, not quality; video §6.2
	minChromaPSNR      = 30.0 // dB; honest encoders keep 35 and more, grey video falls to 20
	minSaturation      = 0.7  // video §6.4
	// A frame in a hundred may be bad, but none destroyed: half of the bar that the whole clip is held against.
	floorPercentile = 1.0
	floorShare      = 0.5
)

// errUnknownGate says that a name is no gate's.
var errUnknownGate = errors.New("unknown gate")

// check puts an answer through the gate of a name: detail "" passes, anything else says why the answer earns nothing;
// an error means that the rule could not be evaluated. Calls by name instead of through a table keep evidence and
// verdict on the stack.
func (p *Profile) check(name string, e *Evidence, v *Verdict) (detail string, err error) {
	switch name {
	case "reference":
		return referenceGate(p, e, v)
	case "resolution":
		return resolutionGate(p, e, v)
	case "frames":
		return framesGate(p, e, v)
	case "fps":
		return fpsGate(p, e, v)
	case "container":
		return containerGate(p, e, v)
	case "codec":
		return codecGate(p, e, v)
	case "format":
		return formatGate(p, e, v)
	case "bytes":
		return bytesGate(p, e, v)
	case "rate":
		return rateGate(p, e, v)
	case "floor":
		return floorGate(p, e, v)
	case "threshold":
		return thresholdGate(p, e, v)
	case "vmaf":
		return vmafGate(p, e, v)
	case "neg-delta":
		return negDeltaGate(p, e, v)
	case "chroma":
		return chromaGate(p, e, v)
	case "saturation":
		return saturationGate(p, e, v)
	case "baseline":
		return baselineGate(p, e, v)
	}
	return "", fmt.Errorf("%w %q", errUnknownGate, name)
}

func referenceGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Reference.Frames < minReferenceFrames {
		return "", fmt.Errorf("our reference has %d frames, at least %d are needed", e.Reference.Frames, minReferenceFrames)
	}
	return "", nil
}

func resolutionGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	w, h := e.Reference.Width, e.Reference.Height
	if e.Kind == Upscaling && e.Input.Width > 0 {
		w, h = e.Input.Width*e.Scale, e.Input.Height*e.Scale
	}
	if w == 0 || e.Result.Width == 0 {
		return "", errNotMeasured
	}
	if e.Result.Width != w || e.Result.Height != h {
		return fmt.Sprintf("%dx%d instead of %dx%d", e.Result.Width, e.Result.Height, w, h), nil
	}
	return "", nil
}

func framesGate(p *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Result.Frames == 0 || e.Reference.Frames == 0 {
		return "", errNotMeasured
	}
	if !FramesOK(e.Reference.Frames, e.Result.Frames, p.FrameSlack) {
		return fmt.Sprintf("%d frames, the reference has %d", e.Result.Frames, e.Reference.Frames), nil
	}
	return "", nil
}

func fpsGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Result.Rate == 0 || e.Reference.Rate == 0 {
		return "", errNotMeasured
	}
	if !FPSOK(e.Reference.Rate, e.Result.Rate) {
		return fmt.Sprintf("%.3f frames/s, the reference has %.3f", e.Result.Rate, e.Reference.Rate), nil
	}
	return "", nil
}

func containerGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Result.Container == "" {
		return "", errNotMeasured
	}
	for name := range strings.SplitSeq(e.Result.Container, ",") {
		if name == "mp4" {
			return "", nil
		}
	}
	return fmt.Sprintf("container %q is not of the MP4 family", e.Result.Container), nil
}

func codecGate(p *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Result.Codec == "" {
		return "", errNotMeasured
	}
	if e.Codec != "" && e.Kind == Compression {
		if e.Result.Codec != e.Codec {
			return fmt.Sprintf("codec %s, the task wants %s", e.Result.Codec, e.Codec), nil
		}
		return "", nil
	}
	allowed := p.Codecs.Of(e.Kind)
	if len(allowed) > 0 && !slices.Contains(allowed, e.Result.Codec) {
		return fmt.Sprintf("codec %s, allowed are %v", e.Result.Codec, allowed), nil
	}
	return "", nil
}

// formatGate wants plain 8-bit pictures with square samples; "0/1" is a file that does not say.
func formatGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Result.PixelFormat == "" {
		return "", errNotMeasured
	}
	if e.Result.PixelFormat != "yuv420p" {
		return "pixel format " + e.Result.PixelFormat + " instead of yuv420p", nil
	}
	square := e.Result.SAR == "1/1" || e.Result.SAR == "0/1" || e.Result.SAR == ""
	if !square {
		return fmt.Sprintf("samples of aspect %s instead of 1/1", e.Result.SAR), nil
	}
	return "", nil
}

func bytesGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.Input.Bytes == 0 || e.Result.Bytes == 0 {
		return "", errNotMeasured
	}
	if !UpscaledSizeOK(e.Scale, e.Input.Bytes, e.Result.Bytes) {
		return fmt.Sprintf("%d bytes for an input of %d", e.Result.Bytes, e.Input.Bytes), nil
	}
	return "", nil
}

func rateGate(_ *Profile, e *Evidence, v *Verdict) (string, error) {
	if e.Result.Bytes == 0 || e.Reference.Bytes == 0 {
		return "", errNotMeasured
	}
	if v.Rate >= maxRate {
		return fmt.Sprintf("%.3f of the reference's size, below %.2f is required", v.Rate, maxRate), nil
	}
	return "", nil
}

// bar is what the clip as a whole is held against.
func bar(p *Profile, e *Evidence) float64 {
	if e.Kind == Compression {
		return e.Threshold
	}
	return p.Pool(e.Baseline)
}

func floorGate(p *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.NEG == nil || (e.Kind == Upscaling && e.Baseline == nil) {
		return "", errNotMeasured
	}
	worst, limit := Percentile(e.NEG, floorPercentile), floorShare*bar(p, e)
	if worst < limit {
		return fmt.Sprintf("destroyed frames: the worst hundredth has VMAF-NEG %.1f, at least %.1f is required", worst, limit), nil
	}
	return "", nil
}

func thresholdGate(p *Profile, e *Evidence, v *Verdict) (string, error) {
	if e.measured(p) == nil {
		return "", errNotMeasured
	}
	limit := e.Threshold
	if p.Formula == "head" {
		limit -= headSoftMargin
	}
	if v.V < limit {
		return fmt.Sprintf("VMAF %.2f, the task wants %.2f", v.V, limit), nil
	}
	return "", nil
}

func vmafGate(p *Profile, e *Evidence, v *Verdict) (string, error) {
	if e.measured(p) == nil {
		return "", errNotMeasured
	}
	if v.V < minUpscaleVMAF {
		return fmt.Sprintf("VMAF %.2f, at least %.0f is required", v.V, minUpscaleVMAF), nil
	}
	return "", nil
}

func negDeltaGate(p *Profile, e *Evidence, v *Verdict) (string, error) {
	if e.VMAF == nil || e.NEG == nil {
		return "", errNotMeasured
	}
	base := p.Pool(e.VMAF)
	if !NegDeltaOK(v.NEG, base) {
		return fmt.Sprintf("VMAF %.2f, but %.2f without the gain of enhancement", base, v.NEG), nil
	}
	return "", nil
}

func chromaGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.PSNRCb == nil || e.PSNRCr == nil {
		return "", errNotMeasured
	}
	cb, cr := PSNR(e.PSNRCb), PSNR(e.PSNRCr)
	if min(cb, cr) < minChromaPSNR {
		return fmt.Sprintf("colour is lost: PSNR %.1f dB of Cb, %.1f dB of Cr, at least %.0f is required", cb, cr, minChromaPSNR), nil
	}
	return "", nil
}

func saturationGate(_ *Profile, e *Evidence, _ *Verdict) (string, error) {
	if e.SaturationRatio == nil {
		return "", errNotMeasured
	}
	if *e.SaturationRatio < minSaturation {
		return fmt.Sprintf("saturation %.3f of the reference's", *e.SaturationRatio), nil
	}
	return "", nil
}

func baselineGate(p *Profile, e *Evidence, v *Verdict) (string, error) {
	if e.Baseline == nil || e.NEG == nil {
		return "", errNotMeasured
	}
	if len(e.Baseline) != e.Reference.Frames {
		return "", fmt.Errorf("the baseline has %d frames, the reference %d", len(e.Baseline), e.Reference.Frames)
	}
	base := p.Pool(e.Baseline)
	if v.NEG <= base+p.BaseMargin || math.IsNaN(base) {
		return fmt.Sprintf("VMAF-NEG %.2f, our own bicubic reaches %.2f and %.2f more is asked", v.NEG, base, p.BaseMargin), nil
	}
	return "", nil
}
