package strategy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Strengths at which sharpening pays most under rules that look at plain VMAF.
const (
	sharpenCompressed = 0.8
	sharpenUpscaled   = 0.6
)

// original sends the input back: perfect quality, no work (video §11 #5).
func original(_ context.Context, _ Env, j Job) error { return copyFile(j.Input, j.Output) }

// grey saves the bytes of colour, which luma metrics do not miss (video §11 #8).
func grey(ctx context.Context, e Env, j Job) error {
	if j.Kind == reward.Upscaling {
		return upscale(ctx, e, j, media.Lanczos, media.Grey())
	}
	return search(ctx, e, j, encoderFor(j, media.SVTAV1), []media.Filter{media.Grey()},
		func(f media.Frames) float64 { return reward.Harmonic(f.NEG) })
}

// sharpen raises VMAF beyond what the pictures deserve and spends the gain on a smaller file (video §11 #7).
func sharpen(ctx context.Context, e Env, j Job) error {
	if j.Kind == reward.Upscaling {
		return upscale(ctx, e, j, media.Spline, media.Sharpen(sharpenUpscaled))
	}
	return search(ctx, e, j, encoderFor(j, media.SVTAV1), []media.Filter{media.Sharpen(sharpenCompressed)},
		func(f media.Frames) float64 { return reward.Harmonic(f.VMAF) })
}

// copycat hands in what another miner did (video §11 #1).
func copycat(ctx context.Context, e Env, j Job) error {
	if e.Peer == nil {
		return fmt.Errorf("nobody to copy from: %w", ErrNoAnswer)
	}
	path, err := e.Peer(ctx, j)
	if err != nil {
		return fmt.Errorf("find an answer to copy: %w", err)
	}
	return copyFile(path, j.Output)
}

// slow does honest work and hands it in a second late.
func slow(ctx context.Context, e Env, j Job) error {
	if e.Now == nil || e.Sleep == nil {
		return errors.New("needs a clock")
	}
	work := compressWith(media.SVTAV1)
	if j.Kind == reward.Upscaling {
		work = upscaleWith(media.Lanczos)
	}
	if err := work(ctx, e, j); err != nil {
		return err
	}
	return e.Sleep(ctx, max(0, j.Deadline.Sub(e.Now()))+time.Second)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
