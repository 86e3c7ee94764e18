package video

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Recheck is a score and what it is found to be by whoever measures again.
type Recheck struct {
	Score    scoredb.Score `json:"score"`
	Signed   bool          `json:"signed"`   // by the validator that the row names
	Answered bool          `json:"answered"` // the miner's signature under its answer was checked, too
	Measured bool          `json:"measured"` // from the files; false where no answer came to be measured
	Build    string        `json:"build"`    // that measured now; figures of two builds may differ
	Again    scoredb.Score `json:"again"`    // the same row, computed now
	Same     bool          `json:"same"`
	Differs  []string      `json:"differs,omitempty"` // what is not the same, in words
	Note     string        `json:"note,omitempty"`
}

// tolerance absorbs only rounding of the last bits; one build gives the same numbers.
const tolerance = 1e-9

// Verify measures a score again from its reference, its input and the miner's result, judges it anew
// under the same profile and compares. An error means that it could not be checked; a score found
// wrong is a Recheck with Same false.
func Verify(ctx context.Context, tool *media.Tool, from Source, id int64) (Recheck, error) {
	rep, err := from.Report(ctx, id)
	if err != nil {
		return Recheck{}, fmt.Errorf("verify score %d: %w", id, err)
	}
	c := &recheck{Recheck: Recheck{Score: rep.Score, Build: tool.Build()}}
	if err := rep.Score.Verify(); err != nil {
		c.differ("signature", "%v", err)
	} else {
		c.Signed = true
	}
	if rep.Evidence == nil {
		return c.Recheck, fmt.Errorf("verify score %d: no evidence: %s", id, rep.Note)
	}
	p, err := reward.Named(rep.Score.Profile)
	if err != nil {
		return c.Recheck, fmt.Errorf("verify score %d: %w", id, err)
	}
	dir, err := os.MkdirTemp("", "ergon-verify-*")
	if err != nil {
		return c.Recheck, fmt.Errorf("verify score %d: %w", id, err)
	}
	defer os.RemoveAll(dir)
	if err := c.again(ctx, tool, from, &p, rep, dir); err != nil {
		return c.Recheck, fmt.Errorf("verify score %d: %w", id, err)
	}
	c.Same = len(c.Differs) == 0
	return c.Recheck, nil
}

type recheck struct{ Recheck }

func (c *recheck) differ(what, format string, args ...any) {
	c.Differs = append(c.Differs, what+": "+fmt.Sprintf(format, args...))
}

// again does it all over.
func (c *recheck) again(ctx context.Context, tool *media.Tool, from Source, p *reward.Profile, rep Report, dir string) error {
	ev := rep.Evidence
	c.proof(ev)
	t := clips.Task{Kind: ev.Order.Kind, Threshold: ev.Order.Threshold}
	var frames *media.Frames
	fault := ev.Fault
	if ev.Reference != nil {
		if err := c.reference(ctx, tool, from, rep, dir, &t); err != nil {
			return err
		}
	}
	if rep.Score.ResultSHA256 != "" {
		var err error
		if frames, fault, err = c.result(ctx, tool, from, p, rep, dir, t); err != nil {
			return err
		}
	}
	v, err := p.Judge(judgeable(t, frames, fault))
	if err != nil {
		return err
	}
	if rep.Score.Gate == reward.GateDuplicate {
		c.Note = "zero as a copy of another answer of the round; its own measurements are compared"
		v = p.Fail(v, reward.GateDuplicate, rep.Score.Error)
	}
	c.Again = rep.Score
	c.Again.VMAF, c.Again.NEG, c.Again.PSNRCb, c.Again.PSNRCr, c.Again.FrameDigest, c.Again.Frames = nil, nil, nil, nil, "", 0
	fill(&c.Again, p, v, frames)
	c.Measured = frames != nil
	c.compare()
	return nil
}

// proof checks that the miner signed the answer that was scored.
func (c *recheck) proof(ev *Evidence) {
	if ev.Proof == nil {
		return
	}
	var said struct {
		SHA256 string `json:"result_sha256"`
		Bytes  int64  `json:"result_bytes"`
	}
	err := ev.Proof.Verify()
	if err == nil {
		err = json.Unmarshal(ev.Proof.Body, &said)
	}
	switch {
	case err != nil:
		c.differ("answer", "%v", err)
	case ev.Proof.Axon != c.Score.Hotkey || ev.Proof.Dendrite != c.Score.Validator:
		c.differ("answer", "signed by %s for %s", ev.Proof.Axon, ev.Proof.Dendrite)
	case c.Score.ResultSHA256 != "" && (said.SHA256 != c.Score.ResultSHA256 || said.Bytes != c.Score.ResultBytes):
		c.differ("answer", "the miner signed %s of %d bytes", said.SHA256, said.Bytes)
	default:
		c.Answered = true
	}
}

// reference fetches what the answer was measured against and, for upscaling, the input, from which
// our own bicubic is measured anew.
func (c *recheck) reference(ctx context.Context, tool *media.Tool, from Source, rep Report, dir string, t *clips.Task) error {
	ev := rep.Evidence
	t.Codec, t.Scale = ev.Order.Codec, ev.Scale
	path := filepath.Join(dir, "reference.mp4")
	if err := c.file(ctx, from, "reference", path, rep.Score.ReferenceSHA256); err != nil {
		return err
	}
	own := media.ResultLimits()
	var err error
	if t.Reference, err = counted(ctx, tool, path, own); err != nil {
		return err
	}
	t.Format = clips.Format{Width: t.Reference.Width, Height: t.Reference.Height, Frames: t.Reference.Frames, Rate: max(1, int(math.Round(t.Reference.Rate)))}
	t.Input = t.Reference
	if t.Kind != reward.Upscaling {
		return nil
	}
	input := filepath.Join(dir, "input.mp4")
	if err := from.File(ctx, rep.Score.ID, "input", input); err != nil {
		return err
	}
	if t.Input, err = counted(ctx, tool, input, own); err != nil {
		return err
	}
	base, _, err := media.Scorer{Tool: tool, Limits: own}.Baseline(ctx, t.Reference, t.Input, media.Bicubic)
	t.Baseline = base.NEG
	return err
}

func counted(ctx context.Context, tool *media.Tool, path string, l media.Limits) (media.Info, error) {
	info, err := tool.Probe(ctx, path, l)
	if err != nil {
		return info, err
	}
	return tool.CountFrames(ctx, info, l)
}

// file copies a file and compares its digest with the one under the validator's signature.
func (c *recheck) file(ctx context.Context, from Source, name, path, want string) error {
	if err := from.File(ctx, c.Score.ID, name, path); err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != want {
		c.differ(name, "its SHA-256 is %x, the row has %s", sum, want)
	}
	return nil
}

// result measures the miner's file.
func (c *recheck) result(ctx context.Context, tool *media.Tool, from Source, p *reward.Profile, rep Report, dir string, t clips.Task) (*media.Frames, *reward.Fault, error) {
	path := filepath.Join(dir, "result.mp4")
	if err := c.file(ctx, from, "result", path, rep.Score.ResultSHA256); err != nil {
		return nil, nil, err
	}
	f, err := media.Scorer{Tool: tool, Limits: media.ResultLimits(), FrameSlack: p.FrameSlack}.Compare(ctx, t.Reference, path)
	if fault := media.AsFault(err); fault != nil {
		return nil, &reward.Fault{Gate: fault.Gate, Detail: fault.Detail}, nil
	}
	return &f, nil, err
}

// compare lists what the new row has different from the stored one.
func (c *recheck) compare() {
	was, is := c.Score, c.Again
	if was.Gate != is.Gate {
		c.differ("gate", "%q, again %q", was.Gate, is.Gate)
	}
	if was.FrameDigest != is.FrameDigest && was.MetricBuild == c.Build {
		c.differ("frames", "digest %.16s…, again %.16s…", was.FrameDigest, is.FrameDigest)
	}
	pointer := func(p *float64) float64 {
		if p == nil {
			return math.NaN()
		}
		return *p
	}
	for _, n := range []struct {
		name    string
		was, is float64
	}{
		{"paid", was.Paid, is.Paid}, {"s_f", was.SF, is.SF}, {"base_s_f", was.BaseSF, is.BaseSF}, {"s_q", was.SQ, is.SQ}, {"s_l", was.SL, is.SL},
		{"rate", was.Rate, is.Rate}, {"vmaf", pointer(was.VMAF), pointer(is.VMAF)}, {"neg", pointer(was.NEG), pointer(is.NEG)},
		{"psnr_cb", pointer(was.PSNRCb), pointer(is.PSNRCb)}, {"psnr_cr", pointer(was.PSNRCr), pointer(is.PSNRCr)},
	} {
		both := math.IsNaN(n.was) && math.IsNaN(n.is)
		if !both && !(math.Abs(n.was-n.is) <= tolerance) {
			c.differ(n.name, "%v, again %v", n.was, n.is)
		}
	}
	if was.MetricBuild != c.Build && len(c.Differs) > 0 {
		c.Note = strings.TrimSpace(c.Note + " measured by another build of ffmpeg than the validator's: " + was.MetricBuild)
	}
}
