package strategy

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

const (
	// margin is how far above the threshold the search aims, in VMAF points: the validator's build of the metric may
	// round differently.
	margin = 0.25
	// closeEnough ends the search early: half a point is worth less than another encode.
	closeEnough = 0.75
	stride      = 8 // first steps of a search
	maxSteps    = 8 // encodes of a search
)

// compressWith encodes with c, or with the encoder of the family that the task demands.
func compressWith(c media.Codec) func(context.Context, Env, Job) error {
	return func(ctx context.Context, e Env, j Job) error {
		return search(ctx, e, j, encoderFor(j, c), nil, func(f media.Frames) float64 { return reward.Harmonic(f.NEG) })
	}
}

func encoderFor(j Job, own media.Codec) media.Codec {
	for _, c := range []media.Codec{media.SVTAV1, media.X265, media.X264} {
		if j.Codec != "" && c.Family() == j.Codec {
			return c
		}
	}
	return own
}

// search finds the smallest file whose quality, as measured by the given function, clears the threshold.
func search(ctx context.Context, e Env, j Job, c media.Codec, filters []media.Filter, quality func(media.Frames) float64) error {
	in, err := input(ctx, e, j)
	if err != nil {
		return err
	}
	trial := j.Output + ".trial"
	defer os.Remove(trial)
	found := false
	try := func(q int) (float64, error) {
		err := e.Tool.Encode(ctx, in, media.SourceLimits(), trial, media.Encoding{Codec: c, Quality: q, Filters: filters})
		if err != nil {
			return 0, err
		}
		f, err := e.scorer().Compare(ctx, in, trial)
		if err != nil {
			return 0, fmt.Errorf("measure quality %d: %w", q, err)
		}
		return quality(f), nil
	}
	keep := func() error {
		found = true
		return os.Rename(trial, j.Output)
	}
	best, worst := c.QualityRange()
	if err := bisect(best, worst, (best+worst)/2, j.Threshold+margin, try, keep); err != nil {
		return err
	}
	if !found { // not even the best setting reaches it: send that
		if _, err := try(best); err != nil {
			return err
		}
		return keep()
	}
	return nil
}

// tried is a quality setting and what it measured.
type tried struct {
	at    int
	value float64
}

// bisect looks for the highest setting in [best, worst] whose measured quality is at least target, calling keep after
// each try that is the highest so far to pass. Quality falls with the setting. From guess it walks in strides until
// one result lies on either side, then tries where the line between the two meets the target: four tries or so.
func bisect(best, worst, guess int, target float64, try func(int) (float64, error), keep func() error) error {
	var pass, fail *tried
	for range maxSteps {
		at := guess
		switch {
		case pass != nil && fail != nil:
			share := (pass.value - target) / (pass.value - fail.value)
			at = pass.at + int(math.Round(share*float64(fail.at-pass.at)))
			at = min(max(at, pass.at+1), fail.at-1)
		case pass != nil:
			at = min(pass.at+stride, worst)
		case fail != nil:
			at = max(fail.at-stride, best)
		}
		if (pass != nil && at <= pass.at) || (fail != nil && at >= fail.at) {
			return nil
		}
		value, err := try(at)
		if err != nil {
			return err
		}
		if value < target {
			fail = &tried{at, value}
			continue
		}
		pass = &tried{at, value}
		if err := keep(); err != nil {
			return err
		}
		if value < target+closeEnough {
			return nil
		}
	}
	return nil
}

// input probes and counts the clip of a job.
func input(ctx context.Context, e Env, j Job) (media.Info, error) {
	in, err := e.Tool.Probe(ctx, j.Input, media.SourceLimits())
	if err != nil {
		return in, fmt.Errorf("read the task's clip: %w", err)
	}
	if in, err = e.Tool.CountFrames(ctx, in, media.SourceLimits()); err != nil {
		return in, fmt.Errorf("read the task's clip: %w", err)
	}
	return in, nil
}
