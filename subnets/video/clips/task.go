package clips

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Task is one miner's piece of work. Reference and Baseline stay with the validator.
type Task struct {
	ID        string // hex; the same for the same seed, kind and miner
	Kind      reward.Kind
	Seed      uint64 // of the clip
	Variation uint64 // of the miner's alteration
	Format    Format // of the reference
	Threshold float64
	Codec     string // demanded family: av1, hevc or h264; "" leaves the choice to the miner
	Scale     int    // factor from input to reference, 1 for compression

	Reference       media.Info // private
	ReferenceSHA256 string
	Input           media.Info // what the miner gets; for compression the same file
	InputSHA256     string

	Baseline []float64     // upscaling: per-frame VMAF-NEG of our own bicubic
	Cost     time.Duration // what the work cost us, see Maker
}

// DeadlineFactor times the validator's own cost is what a miner gets.
const DeadlineFactor = 10

// minDeadline keeps tiny tasks possible on a busy machine.
const minDeadline = 10 * time.Second

// Deadline is how long a miner may take.
func (t Task) Deadline() time.Duration { return max(minDeadline, DeadlineFactor*t.Cost) }

// Maker makes tasks in a folder of its own. Safe for concurrent use.
type Maker struct {
	Tool   *media.Tool
	Dir    string // holds references and inputs; the caller removes them after scoring
	Source Source // nil: Synthetic
	Format Format // zero: DemoFormat

	mu   sync.Mutex
	cost map[reward.Kind]time.Duration
}

// Order says which task to make.
type Order struct {
	Kind      reward.Kind
	Seed      uint64  // of the round's clip: the same for all miners of a round
	Miner     string  // hotkey; with the seed it decides the variation
	Threshold float64 // VMAF that a compressed clip must reach
	Codec     string
}

const (
	upscale = 2 // factor of upscaling tasks
	// The reference is what a camera would deliver: light compression, fast to make, a key frame each second.
	referenceQuality = 18
	referencePreset  = "ultrafast"
)

// id and variation follow from the order alone.
func (o Order) id() (string, uint64) {
	h := sha256.New()
	fmt.Fprintf(h, "ergon video task\n%s\n%s\n", o.Kind, o.Miner)
	_ = binary.Write(h, binary.LittleEndian, o.Seed)
	sum := h.Sum(nil)
	return hex.EncodeToString(sum[:12]), binary.LittleEndian.Uint64(sum[16:])
}

// Make draws, alters and encodes the clip, makes the input and, for upscaling, measures the baseline. Its errors are
// never a miner's fault.
func (m *Maker) Make(ctx context.Context, o Order) (Task, error) {
	f := m.Format
	if f == (Format{}) {
		f = DemoFormat()
	}
	if err := f.check(); err != nil {
		return Task{}, err
	}
	t := Task{Kind: o.Kind, Seed: o.Seed, Format: f, Threshold: o.Threshold, Codec: o.Codec, Scale: 1}
	t.ID, t.Variation = o.id()
	var err error
	path := filepath.Join(m.Dir, t.ID+"-reference.mp4")
	if t.Reference, err = m.reference(ctx, t, path); err != nil {
		return Task{}, fmt.Errorf("make task %s: %w", t.ID, err)
	}
	if t.ReferenceSHA256, err = fileSHA256(path); err != nil {
		return Task{}, fmt.Errorf("make task %s: %w", t.ID, err)
	}
	return m.finish(ctx, t)
}

// reference draws the canvas frames into a file, then pipes the altered ones into the encoder. Not both at once: cutting
// footage and encoding each take a slot, and a small machine has only one.
func (m *Maker) reference(ctx context.Context, t Task, path string) (media.Info, error) {
	source := m.Source
	if source == nil {
		source = Synthetic{}
	}
	f := t.Format
	spool, err := os.CreateTemp(m.Dir, ".frames-*")
	if err != nil {
		return media.Info{}, err
	}
	defer func() {
		spool.Close()
		os.Remove(spool.Name())
	}()
	if err := source.Frames(ctx, t.Seed, f, spool); err != nil {
		return media.Info{}, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return media.Info{}, err
	}
	r, w := io.Pipe()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		err := alter(spool, w, f, NewVariation(t.Variation))
		w.CloseWithError(err)
		return err
	})
	g.Go(func() error {
		raw := media.Raw{Width: f.Width, Height: f.Height, Rate: f.Rate, Frames: f.Frames}
		err := m.Tool.EncodeRaw(gctx, r, raw, path, media.Encoding{
			Codec: media.X264, Quality: referenceQuality, Preset: referencePreset, GOP: f.Rate,
		})
		r.CloseWithError(err)
		return err
	})
	if err := g.Wait(); err != nil {
		return media.Info{}, err
	}
	return m.own(ctx, path, f)
}

func alter(r io.Reader, w io.Writer, f Format, v Variation) error {
	canvas := make([]byte, f.canvas().FrameBytes())
	out := make([]byte, f.Width*f.Height*3/2)
	for k := range f.Frames {
		if _, err := io.ReadFull(r, canvas); err != nil {
			return fmt.Errorf("read frame %d: %w", k, err)
		}
		v.apply(k, canvas, out, f.Width, f.Height)
		if _, err := w.Write(out); err != nil {
			return fmt.Errorf("write frame %d: %w", k, err)
		}
	}
	return nil
}

// own probes and counts a file that we made ourselves.
func (m *Maker) own(ctx context.Context, path string, f Format) (media.Info, error) {
	l := media.SourceLimits()
	info, err := m.Tool.Probe(ctx, path, l)
	if err != nil {
		return info, fmt.Errorf("own clip %s: %w", path, err)
	}
	if info, err = m.Tool.CountFrames(ctx, info, l); err != nil {
		return info, fmt.Errorf("own clip %s: %w", path, err)
	}
	if info.Frames != f.Frames {
		return info, fmt.Errorf("own clip %s has %d frames, drew %d", path, info.Frames, f.Frames)
	}
	return info, nil
}

// addInput makes the small input of an upscaling task and measures our own bicubic on it.
func (m *Maker) addInput(ctx context.Context, t *Task) error {
	small := t.Format
	small.Width, small.Height = small.Width/t.Scale, small.Height/t.Scale
	path := filepath.Join(m.Dir, t.ID+"-input.mp4")
	began := time.Now()
	err := m.Tool.Encode(ctx, t.Reference, media.SourceLimits(), path, media.Encoding{
		Codec: media.X264, Quality: referenceQuality - 6, Preset: referencePreset, GOP: t.Format.Rate,
		Filters: []media.Filter{media.Scale(small.Width, small.Height, media.Bicubic)},
	})
	if err != nil {
		return err
	}
	if t.Input, err = m.own(ctx, path, small); err != nil {
		return err
	}
	if t.InputSHA256, err = fileSHA256(path); err != nil {
		return err
	}
	base, _, err := m.scorer().Baseline(ctx, t.Reference, t.Input, media.Bicubic)
	if err != nil {
		return err
	}
	t.Baseline = base.NEG
	t.Cost = m.once(t.Kind, time.Since(began))
	return nil
}

func (m *Maker) scorer() media.Scorer {
	return media.Scorer{Tool: m.Tool, Limits: media.ResultLimits()}
}

// measuredCost is what one step of honest compression costs here: a middling encode and a comparison. It is measured
// once per maker, since its clips have one format.
func (m *Maker) measuredCost(ctx context.Context, t Task) (time.Duration, error) {
	m.mu.Lock()
	known := m.cost[t.Kind]
	m.mu.Unlock()
	if known > 0 {
		return known, nil
	}
	trial := filepath.Join(m.Dir, t.ID+"-trial.mp4")
	defer os.Remove(trial)
	began := time.Now()
	err := m.Tool.Encode(ctx, t.Reference, media.SourceLimits(), trial, media.Encoding{Codec: media.SVTAV1, Quality: 35})
	if err != nil {
		return 0, fmt.Errorf("measure the cost: %w", err)
	}
	if _, err := m.scorer().Compare(ctx, t.Reference, trial); err != nil {
		return 0, fmt.Errorf("measure the cost: %w", err)
	}
	return m.once(t.Kind, time.Since(began)), nil
}

// once keeps the first cost measured for a kind.
func (m *Maker) once(k reward.Kind, cost time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cost == nil {
		m.cost = map[reward.Kind]time.Duration{}
	}
	if m.cost[k] == 0 {
		m.cost[k] = cost
	}
	return m.cost[k]
}

func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("hash %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
