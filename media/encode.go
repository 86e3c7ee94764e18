package media

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Codec is an encoder of the program.
type Codec string

// The encoders used, and the family (Info.Codec) each one writes.
const (
	SVTAV1 Codec = "svtav1" // av1
	X265   Codec = "x265"   // hevc
	X264   Codec = "x264"   // h264
)

// Family is what Probe calls the output of c.
func (c Codec) Family() string { return map[Codec]string{SVTAV1: "av1", X265: "hevc", X264: "h264"}[c] }

// QualityRange gives the useful quality settings of c: low numbers mean better pictures and larger files.
func (c Codec) QualityRange() (best, worst int) {
	if c == SVTAV1 {
		return 8, 62
	}
	return 8, 50
}

// DefaultPreset is a speed that a laptop bears.
func (c Codec) DefaultPreset() string {
	return map[Codec]string{SVTAV1: "8", X265: "medium", X264: "medium"}[c]
}

// Encoding says how to write a file. The zero Preset and GOP take the codec's own.
type Encoding struct {
	Codec   Codec
	Quality int    // constant quality (CRF), see QualityRange
	Preset  string // the encoder's own name of a speed
	GOP     int    // frames between key frames
	Filters []Filter
	MaxFile int64 // bytes; 0: 512 MiB
}

func (e Encoding) args() ([]string, error) {
	best, worst := e.Codec.QualityRange()
	if e.Codec.Family() == "" {
		return nil, fmt.Errorf("codec %q: use %s, %s or %s", e.Codec, SVTAV1, X265, X264)
	}
	if e.Quality < 0 || e.Quality > worst+1 {
		return nil, fmt.Errorf("quality %d of %s: use %d (best) to %d", e.Quality, e.Codec, best, worst)
	}
	preset := e.Preset
	if preset == "" {
		preset = e.Codec.DefaultPreset()
	}
	var args []string
	if len(e.Filters) > 0 {
		args = append(args, "-vf", chain(e.Filters))
	}
	args = append(args, "-an", "-sn", "-dn", "-map_metadata", "-1", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p",
		"-threads", "1", "-preset", preset, "-crf", strconv.Itoa(e.Quality))
	switch e.Codec {
	case SVTAV1:
		args = append(args, "-c:v", "libsvtav1", "-svtav1-params", "lp=1")
	case X265:
		args = append(args, "-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", "log-level=error:pools=none:frame-threads=1:info=0")
	case X264:
		args = append(args, "-c:v", "libx264")
	}
	if e.GOP > 0 {
		args = append(args, "-g", strconv.Itoa(e.GOP))
	}
	return args, nil
}

// Filter is one step of a picture filter chain. Make it with the functions below, never from a stranger's text.
type Filter string

func chain(fs []Filter) string {
	parts := make([]string, len(fs))
	for i, f := range fs {
		parts[i] = string(f)
	}
	return strings.Join(parts, ",")
}

// Kernel is an interpolation method of Scale.
type Kernel string

// The kernels of Scale.
const (
	Lanczos Kernel = "lanczos"
	Spline  Kernel = "spline"
	Bicubic Kernel = "bicubic"
	Nearest Kernel = "neighbor"
	Area    Kernel = "area"
)

// Scale resizes to w×h. Its rounding is the same on every machine.
func Scale(w, h int, k Kernel) Filter {
	return Filter(fmt.Sprintf("scale=%d:%d:flags=%s+accurate_rnd+full_chroma_int+bitexact,setsar=1", w, h, k))
}

// Grey removes all colour.
func Grey() Filter { return "hue=s=0" }

// Sharpen is an unsharp mask over 5×5 luma pixels; 0 < amount ≤ 2.
func Sharpen(amount float64) Filter {
	return Filter(fmt.Sprintf("unsharp=5:5:%.3f:5:5:0", amount))
}

// Encode reads the video at in, within limits, and writes an MP4 at out. The caller's own codec settings are to blame
// for an error unless it is a *Fault of the input.
func (t *Tool) Encode(ctx context.Context, in Info, l Limits, out string, e Encoding) error {
	input, err := l.input(in.Path)
	if err != nil {
		return err
	}
	return t.encode(ctx, input, nil, out, e, decodeBudget(in.Width, in.Height, in.Packets))
}

// Raw describes frames in yuv420p, planes Y, Cb, Cr one after another, without gaps. Width and Height are even.
type Raw struct {
	Width, Height int
	Rate          int // frames per second
	Frames        int
}

// FrameBytes is the size of one frame.
func (r Raw) FrameBytes() int { return r.Width * r.Height * 3 / 2 }

func (r Raw) check() error {
	if r.Width < 2 || r.Height < 2 || r.Width%2 != 0 || r.Height%2 != 0 || r.Width > 8192 || r.Height > 8192 || r.Rate < 1 || r.Rate > 240 || r.Frames < 1 {
		return fmt.Errorf("raw video of %d frames of %dx%d at %d/s: sizes must be even, 2..8192, the rate 1..240", r.Frames, r.Width, r.Height, r.Rate)
	}
	return nil
}

// EncodeRaw writes an MP4 at out from raw frames read from frames.
func (t *Tool) EncodeRaw(ctx context.Context, frames io.Reader, r Raw, out string, e Encoding) error {
	if err := r.check(); err != nil {
		return err
	}
	input := []string{"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", r.Width, r.Height),
		"-r", strconv.Itoa(r.Rate), "-i", "pipe:0"}
	e.Filters = append(e.Filters, "setsar=1")
	return t.encode(ctx, input, frames, out, e, decodeBudget(r.Width, r.Height, r.Frames))
}

// encode writes to a temporary name first, so that out is either whole or not there.
func (t *Tool) encode(ctx context.Context, input []string, stdin io.Reader, out string, e Encoding, budget time.Duration) error {
	args, err := e.args()
	if err != nil {
		return err
	}
	dir, name := filepath.Split(out)
	tmp, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return fmt.Errorf("encode to %s: %w", out, err)
	}
	tmp.Close()
	defer os.Remove(tmp.Name())
	maxFile := e.MaxFile
	if maxFile == 0 {
		maxFile = 512 << 20
	}
	abs, err := filepath.Abs(tmp.Name())
	if err != nil {
		return fmt.Errorf("resolve %q: %w", out, err)
	}
	args = append(args, "-map", "0:v:0", "-movflags", "+faststart", "-f", "mp4", "file:"+abs)
	j := job{level: "error", inputs: [][]string{input}, stdin: stdin, args: args, maxFile: maxFile, cpu: 20 * budget}
	if _, err := t.run(ctx, j); err != nil {
		return fmt.Errorf("encode %s with %s quality %d: %w", name, e.Codec, e.Quality, err)
	}
	if err := os.Rename(tmp.Name(), out); err != nil {
		return fmt.Errorf("encode to %s: %w", out, err)
	}
	return nil
}

// Decode writes r.Frames raw frames of the video at in to w, from start on, filtered, resized to r and at r's rate.
func (t *Tool) Decode(ctx context.Context, in Info, l Limits, start time.Duration, r Raw, w io.Writer, filters ...Filter) error {
	if err := r.check(); err != nil {
		return err
	}
	input, err := l.input(in.Path)
	if err != nil {
		return err
	}
	if start > 0 {
		input = append([]string{"-ss", strconv.FormatFloat(start.Seconds(), 'f', 3, 64)}, input...)
	}
	filters = append([]Filter{Filter(fmt.Sprintf("fps=%d", r.Rate))}, filters...)
	filters = append(filters, Scale(r.Width, r.Height, Area))
	_, err = t.run(ctx, job{
		level: "error", inputs: [][]string{input}, stdout: w, maxStdout: int64(r.FrameBytes()) * int64(r.Frames),
		cpu: 20 * decodeBudget(in.Width, in.Height, r.Frames),
		args: []string{"-map", "0:v:0", "-vf", chain(filters), "-frames:v", strconv.Itoa(r.Frames), "-pix_fmt", "yuv420p",
			"-c:v", "rawvideo", "-f", "rawvideo", "pipe:1"},
	})
	if err != nil {
		return blame(fmt.Errorf("decode %s: %w", in.Path, err))
	}
	return nil
}
