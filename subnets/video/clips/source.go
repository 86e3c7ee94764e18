package clips

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/ergon-network/ergon/media"
)

// Format is the shape of a clip.
type Format struct {
	Width, Height int // pixels, multiples of 16
	Rate          int // frames per second
	Frames        int
}

// Formats in use. Demo clips stay small enough for a laptop that runs a whole network.
func DemoFormat() Format { return Format{Width: 384, Height: 288, Rate: 15, Frames: 30} }

// Bounds of every format.
const (
	minSide, maxSide = 128, 3840
	maxRate          = 60
	maxFrames        = 900
)

func (f Format) check() error {
	for _, side := range []int{f.Width, f.Height} {
		if side < minSide || side > maxSide || side%16 != 0 {
			return fmt.Errorf("clip of %dx%d: sides must be multiples of 16, %d..%d", f.Width, f.Height, minSide, maxSide)
		}
	}
	if f.Rate < 1 || f.Rate > maxRate || f.Frames < 10 || f.Frames > maxFrames {
		return fmt.Errorf("clip of %d frames at %d/s: use 10..%d frames at 1..%d/s", f.Frames, f.Rate, maxFrames, maxRate)
	}
	return nil
}

// Seconds is the playing time.
func (f Format) Seconds() float64 { return float64(f.Frames) / float64(f.Rate) }

// canvas is the oversized picture that variations crop from.
func (f Format) canvas() media.Raw {
	return media.Raw{Width: f.Width + 2*margin, Height: f.Height + 2*margin, Rate: f.Rate, Frames: f.Frames}
}

// Source writes the canvas frames of the clip that a seed chooses, yuv420p, one after another.
type Source interface {
	Frames(ctx context.Context, seed uint64, f Format, w io.Writer) error
}

// Synthetic draws scenes.
type Synthetic struct{}

// Frames implements Source.
func (Synthetic) Frames(ctx context.Context, seed uint64, f Format, w io.Writer) error {
	raw := f.canvas()
	s := newScene(seed, raw.Width, raw.Height, f.Frames)
	buf := make([]byte, raw.FrameBytes())
	for k := range f.Frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.frame(k, buf); err != nil {
			return err
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

const maxFiles = 1000 // of a folder that are looked at

// Folder cuts clips out of a user's own footage. Make it with OpenFolder.
type Folder struct {
	tool  *media.Tool
	files []media.Info
}

// OpenFolder probes the videos in dir, in order of name. Files that are no videos or shorter than the format are left
// out with a warning; it is an error if none remains.
func OpenFolder(ctx context.Context, tool *media.Tool, dir string, f Format) (*Folder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the clips folder: %w", err)
	}
	if len(entries) > maxFiles {
		slog.Warn("clips folder is large: the rest is ignored", "dir", dir, "files", len(entries), "used", maxFiles)
		entries = entries[:maxFiles]
	}
	out := &Folder{tool: tool}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		info, err := tool.Probe(ctx, filepath.Join(dir, e.Name()), media.SourceLimits())
		switch {
		case media.AsFault(err) != nil:
			slog.Warn("not used as footage", "file", e.Name(), "why", err)
		case err != nil:
			return nil, err
		case info.Duration.Seconds() < f.Seconds():
			slog.Warn("not used as footage: too short", "file", e.Name(), "seconds", info.Duration.Seconds(), "need", f.Seconds())
		default:
			out.files = append(out.files, info)
		}
	}
	if len(out.files) == 0 {
		return nil, fmt.Errorf("no video of at least %g s in %s: put some there or leave --clips out", f.Seconds(), dir)
	}
	return out, nil
}

// Frames implements Source: the seed chooses file and start.
func (d *Folder) Frames(ctx context.Context, seed uint64, f Format, w io.Writer) error {
	p := newPRNG(seed, streamFile)
	info := d.files[p.n(len(d.files))]
	// Stay a fifth of a second off the end, where a file may hold less than its header promises.
	spare := max(0, info.Duration-time.Duration((f.Seconds()+0.2)*float64(time.Second)))
	start := time.Duration(p.n(1000)) * spare / 1000
	n := &counter{w: w}
	if err := d.tool.Decode(ctx, info, media.SourceLimits(), start, f.canvas(), n); err != nil {
		return fmt.Errorf("cut a clip from %s at %v: %w", filepath.Base(info.Path), start, err)
	}
	if want := int64(f.canvas().FrameBytes()) * int64(f.Frames); n.n != want {
		return fmt.Errorf("cut a clip from %s at %v: %d of %d bytes decode", filepath.Base(info.Path), start, n.n, want)
	}
	return nil
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
