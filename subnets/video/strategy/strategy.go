// Package strategy holds what miners of the video market do, by name: honest encoders and upscalers, a hook for any
// program of the user's, and dishonest or weak ones that show what the reward rules catch.
//
//	s, err := strategy.Named("svtav1")
//	err = s.Run(ctx, env, job)    // reads job.Input, writes job.Output
//
// A strategy works on files only and knows nothing of the network, so anybody can try one against one clip.
package strategy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// ErrNoAnswer is returned by a strategy that keeps silent on purpose.
var ErrNoAnswer = errors.New("does not answer")

// Job is a task as the miner sees it.
type Job struct {
	ID        string      `json:"id"`
	Kind      reward.Kind `json:"kind"`
	Threshold float64     `json:"threshold"` // VMAF that a compressed clip must reach
	Codec     string      `json:"codec"`     // family demanded: av1, hevc, h264; "" for any
	Scale     int         `json:"scale"`     // upscaling: factor per side
	Deadline  time.Time   `json:"deadline"`
	Input     string      `json:"input"`  // path of the clip
	Output    string      `json:"output"` // path to write, an MP4
}

// Env is what strategies work with. Tool is required.
type Env struct {
	Tool    *media.Tool
	Command string                                           // of strategy "command", e.g. "./my.sh {in} {out} {task}"
	Peer    func(ctx context.Context, j Job) (string, error) // finds another miner's answer; for "copycat"
	Now     func() time.Time
	Sleep   func(ctx context.Context, d time.Duration) error // for "slow"
}

func (e Env) scorer() media.Scorer {
	return media.Scorer{Tool: e.Tool, Limits: media.SourceLimits()}
}

// Strategy is one way to answer.
type Strategy struct {
	Name   string
	About  string
	Honest bool          // does the work that the task asks for
	Kinds  []reward.Kind // tasks it knows; the first is the one it offers

	run func(ctx context.Context, e Env, j Job) error
}

// Does says whether the strategy knows a kind of task.
func (s Strategy) Does(k reward.Kind) bool { return slices.Contains(s.Kinds, k) }

// Run answers a job. Errors: ErrNoAnswer, or what went wrong; then job.Output is not there.
func (s Strategy) Run(ctx context.Context, e Env, j Job) error {
	if !s.Does(j.Kind) {
		return fmt.Errorf("strategy %s does %v, the task is %s: choose another with --strategy", s.Name, s.Kinds, j.Kind)
	}
	if err := s.run(ctx, e, j); err != nil {
		os.Remove(j.Output)
		return fmt.Errorf("strategy %s on task %s: %w", s.Name, j.ID, err)
	}
	return nil
}

// All lists the strategies, honest ones first.
func All() []Strategy {
	compression, upscaling := []reward.Kind{reward.Compression}, []reward.Kind{reward.Upscaling}
	both := []reward.Kind{reward.Compression, reward.Upscaling}
	return []Strategy{
		{"svtav1", "AV1 by SVT-AV1, as small as the threshold allows", true, compression, compressWith(media.SVTAV1)},
		{"x265", "HEVC by x265, as small as the threshold allows", true, compression, compressWith(media.X265)},
		{"x264", "H.264 by x264, as small as the threshold allows", true, compression, compressWith(media.X264)},
		{"lanczos", "resize with the Lanczos kernel", true, upscaling, upscaleWith(media.Lanczos)},
		{"spline", "resize with the spline kernel", true, upscaling, upscaleWith(media.Spline)},
		{"command", "any program of yours: --encoder './my.sh {in} {out} {task}'", true, both, command},
		{"nearest", "weak: repeats pixels instead of interpolating", false, upscaling, upscaleWith(media.Nearest)},
		{"original", "dishonest: sends the clip back as it came", false, compression, original},
		{"grey", "dishonest: drops all colour, which VMAF does not see", false, both, grey},
		{"sharpen", "dishonest: sharpens, which VMAF takes for quality", false, both, sharpen},
		{"copycat", "dishonest: sends a copy of another miner's answer", false, both, copycat},
		{"slow", "weak: honest work, handed in after the deadline", false, both, slow},
		{"offline", "weak: never answers", false, both, func(context.Context, Env, Job) error { return ErrNoAnswer }},
	}
}

// Named finds a strategy.
func Named(name string) (Strategy, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Strategy{}, fmt.Errorf("no strategy %q: use one of %s", name, strings.Join(names, ", "))
}
