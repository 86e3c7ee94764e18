package strategy

import (
	"context"
	"fmt"
	"os"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

const (
	upscaleQuality = 12 // near-lossless, so that the kernel decides and not the encoder
	qualityStep    = 6  // x265: half the size, about
)

// upscaleWith resizes with a kernel.
func upscaleWith(k media.Kernel) func(context.Context, Env, Job) error {
	return func(ctx context.Context, e Env, j Job) error { return upscale(ctx, e, j, k) }
}

// upscale resizes, filters and encodes, at a lower quality until the file is within the size rule (video §6.1).
func upscale(ctx context.Context, e Env, j Job, k media.Kernel, more ...media.Filter) error {
	in, err := input(ctx, e, j)
	if err != nil {
		return err
	}
	if j.Scale != 2 && j.Scale != 4 {
		return fmt.Errorf("the task asks for a factor of %d, known are 2 and 4", j.Scale)
	}
	filters := append([]media.Filter{media.Scale(in.Width*j.Scale, in.Height*j.Scale, k)}, more...)
	codec := encoderFor(j, media.X265)
	_, worst := codec.QualityRange()
	for q := upscaleQuality; q <= worst; q += qualityStep {
		if err := e.Tool.Encode(ctx, in, media.SourceLimits(), j.Output, media.Encoding{Codec: codec, Quality: q, Filters: filters}); err != nil {
			return err
		}
		st, err := os.Stat(j.Output)
		if err != nil {
			return err
		}
		if reward.UpscaledSizeOK(j.Scale, in.Bytes, st.Size()) {
			return nil
		}
	}
	return fmt.Errorf("no quality setting keeps the file within the size rule for an input of %d bytes", in.Bytes)
}
