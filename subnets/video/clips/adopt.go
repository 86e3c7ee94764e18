package clips

import (
	"context"
	"fmt"
	"math"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Footage says how much of a user's own clip is taken and how large.
type Footage struct {
	MaxSide int     // pixels; larger clips are made smaller
	Rate    int     // frames per second; faster ones are thinned
	Seconds float64 // the rest is cut off
}

// adoptQuality is near-lossless: the user's clip, not our copy of it, is to be the hard part.
const adoptQuality = 14

// Adopt copies a stranger's clip, probed under the given limits, to out in the form that tasks have: even spacing,
// square pixels, 8 bit, sides that are multiples of four. Errors: *media.Fault if the clip is to blame.
func Adopt(ctx context.Context, tool *media.Tool, in media.Info, l media.Limits, out string, f Footage) (media.Info, error) {
	rate := min(f.Rate, max(1, int(math.Round(in.Rate))))
	frames := int(f.Seconds * float64(rate))
	// iw and ih are the sides after the turn that a phone's clip may ask for.
	side := fmt.Sprintf("4*trunc(i%%s*min(1,%d/max(iw,ih))/4)", f.MaxSide)
	filters := []media.Filter{
		media.Filter(fmt.Sprintf("fps=%d,trim=end_frame=%d", rate, frames)),
		media.Filter(fmt.Sprintf("scale=w='%s':h='%s':flags=bicubic+accurate_rnd+bitexact,setsar=1", fmt.Sprintf(side, "w"), fmt.Sprintf(side, "h"))),
	}
	err := tool.Encode(ctx, in, l, out, media.Encoding{Codec: media.X264, Quality: adoptQuality, Preset: referencePreset, GOP: rate, Filters: filters})
	if err != nil {
		return media.Info{}, fmt.Errorf("take over the clip: %w", err)
	}
	own := media.ResultLimits()
	info, err := tool.Probe(ctx, out, own)
	if err != nil {
		return info, fmt.Errorf("take over the clip: %w", err)
	}
	if info.Width < minSide || info.Height < minSide {
		return info, &media.Fault{Gate: media.GateDimensions, Detail: fmt.Sprintf("%dx%d after fitting, at least %d a side are needed", info.Width, info.Height, minSide)}
	}
	if info, err = tool.CountFrames(ctx, info, own); err != nil {
		return info, fmt.Errorf("take over the clip: %w", err)
	}
	if info.Frames < 10 {
		return info, &media.Fault{Gate: media.GateFrames, Detail: fmt.Sprintf("%d frames, at least 10 are needed", info.Frames)}
	}
	return info, nil
}

// Take makes a task of a reference that exists already: an adopted clip. All miners get the same input, since a
// user's clip is not altered. A Maker that takes clips serves one of them, because it remembers what the work cost.
func (m *Maker) Take(ctx context.Context, o Order, reference media.Info) (Task, error) {
	t := Task{Kind: o.Kind, Seed: o.Seed, Threshold: o.Threshold, Codec: o.Codec, Scale: 1, Reference: reference, Format: Format{
		Width: reference.Width, Height: reference.Height, Rate: max(1, int(math.Round(reference.Rate))), Frames: reference.Frames,
	}}
	t.ID, t.Variation = o.id()
	var err error
	if t.ReferenceSHA256, err = fileSHA256(reference.Path); err != nil {
		return Task{}, fmt.Errorf("take clip %s: %w", t.ID, err)
	}
	return m.finish(ctx, t)
}

// finish makes the input and measures what the work costs.
func (m *Maker) finish(ctx context.Context, t Task) (Task, error) {
	var err error
	switch t.Kind {
	case reward.Compression:
		t.Input, t.InputSHA256 = t.Reference, t.ReferenceSHA256
		t.Cost, err = m.measuredCost(ctx, t)
	case reward.Upscaling:
		t.Scale = upscale
		err = m.addInput(ctx, &t)
	default:
		err = fmt.Errorf("unknown kind %q", t.Kind)
	}
	if err != nil {
		return Task{}, fmt.Errorf("make task %s: %w", t.ID, err)
	}
	return t, nil
}

// ID is the id of the task that the order gives.
func (o Order) ID() string {
	id, _ := o.id()
	return id
}
