package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/ergon-network/ergon/media/child"
)

// Comparer measures a result against its reference, frame by frame. Errors: *Fault if the result is to blame; any
// other error is ours. Implementations are safe for concurrent use.
type Comparer interface {
	Compare(ctx context.Context, ref Info, dist string) (Frames, error)
}

// Frames holds one value per decoded frame, in order of showing. All slices have the same length ≥ 1.
type Frames struct {
	Dist Info // the result; Frames set

	VMAF   []float64 // vmaf_v0.6.1, 0..100
	NEG    []float64 // vmaf_v0.6.1neg, 0..100: does not reward enhancement
	PSNRY  []float64 // dB; libvmaf caps them at 60 for 8 bit
	PSNRCb []float64
	PSNRCr []float64
}

// Digest is the SHA-256, in hex, over all values as little-endian doubles, in the order of the fields: evidence that
// others can recompute from the files with the same build.
func (f Frames) Digest() string {
	h := sha256.New()
	for _, values := range [][]float64{f.VMAF, f.NEG, f.PSNRY, f.PSNRCb, f.PSNRCr} {
		var b [8]byte
		for _, v := range values {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
			h.Write(b[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Scorer compares results with references under limits. The zero FrameSlack demands equal frame counts.
type Scorer struct {
	Tool       *Tool
	Limits     Limits // of results
	FrameSlack int    // frames by which the counts may differ; the shorter one is then measured
}

var _ Comparer = Scorer{}

const (
	rateSlack   = 0.3  // frames per second by which a result may differ (video §6.3)
	logBytes    = 2048 // bytes of metric log per frame, at most
	scoreBudget = 4    // CPU of comparing over that of decoding
	vmafModels  = `version=vmaf_v0.6.1\:name=vmaf|version=vmaf_v0.6.1neg\:name=neg`
)

// Compare measures the file dist against ref, a video of ours with Frames set. One run of the program reads the header,
// counts packets, decodes and measures; nothing measured is used unless sizes, counts, rates and times agree, because
// the filters would repeat the last frame of a short file and so flatter it. Frames are paired by index.
func (s Scorer) Compare(ctx context.Context, ref Info, dist string) (Frames, error) {
	if ref.Frames == 0 || ref.Rate <= 0 {
		return Frames{}, fmt.Errorf("reference %s has no counted frames", ref.Path)
	}
	size, err := s.Limits.check(dist)
	if err != nil {
		return Frames{}, err
	}
	f, err := s.measure(ctx, ref, Info{Path: dist, Bytes: size})
	if err != nil {
		return f, err
	}
	if err := s.alike(ref, f.Dist); err != nil {
		return Frames{Dist: f.Dist}, err
	}
	if off := f.Dist.Frames - ref.Frames; off > s.FrameSlack || -off > s.FrameSlack {
		return Frames{Dist: f.Dist}, fault(GateFrames, "%d frames decode, the reference has %d", f.Dist.Frames, ref.Frames)
	}
	return f.first(ref.Frames), nil
}

// alike compares what can be known without decoding.
func (s Scorer) alike(ref, dist Info) error {
	period := 1 / ref.Rate
	switch off := dist.Packets - ref.Frames; {
	case dist.Width != ref.Width || dist.Height != ref.Height:
		return fault(GateDimensions, "%dx%d, the reference is %dx%d", dist.Width, dist.Height, ref.Width, ref.Height)
	case off > s.FrameSlack || -off > s.FrameSlack:
		return fault(GateFrames, "%d frames, the reference has %d", dist.Packets, ref.Frames)
	case math.Abs(dist.Rate-ref.Rate) > rateSlack:
		return fault(GateRate, "%.2f frames/s, the reference has %.2f", dist.Rate, ref.Rate)
	case dist.Jitter.Seconds() > period/2:
		return fault(GateTiming, "a frame is shown %v off its time, half a frame is %v", dist.Jitter, seconds(period/2))
	}
	return nil
}

// measure runs the comparison. When it fails, the header is looked at on its own; when it fails twice, the reference
// is compared with itself: if that works, then machine, program and reference are sound, and the result is to blame.
func (s Scorer) measure(ctx context.Context, ref, dist Info) (Frames, error) {
	frames := ref.Frames + s.FrameSlack + 1
	filter := fmt.Sprintf("trim=end_frame=%d,", frames)
	f, err := s.Tool.pass(ctx, ref, dist, s.Limits, frames, filter)
	var exit *child.ExitError
	if err == nil || !errors.As(err, &exit) {
		return f, err
	}
	info, probeErr := s.Tool.Probe(ctx, dist.Path, s.Limits)
	if probeErr != nil {
		return f, probeErr
	}
	if err := s.alike(ref, info); err != nil {
		return f, err
	}
	if exit.OverCPU {
		return f, fault(GateCost, "measuring it used up the CPU budget of a video of its size")
	}
	if f, again := s.Tool.pass(ctx, ref, dist, s.Limits, frames, filter); again == nil {
		return f, nil
	}
	if _, control := s.Tool.pass(ctx, ref, ref, s.Limits, frames, filter); control != nil {
		return f, fmt.Errorf("%w (and the reference does not compare with itself: %w)", err, control)
	}
	return f, fault(GateUnreadable, "%v", err)
}

// Baseline measures in, a smaller version of ref, as an upscale by the given kernel would score, without writing a
// file: what a validator can do itself at no cost.
func (s Scorer) Baseline(ctx context.Context, ref, in Info, k Kernel) (Frames, time.Duration, error) {
	began := time.Now()
	f, err := s.Tool.pass(ctx, ref, in, s.Limits, ref.Frames+1, string(Scale(ref.Width, ref.Height, k))+",")
	if err != nil {
		return Frames{}, 0, fmt.Errorf("measure the %s baseline: %w", k, err)
	}
	if len(f.NEG) != ref.Frames {
		return Frames{}, 0, fmt.Errorf("measure the %s baseline: %d frames, the reference has %d", k, len(f.NEG), ref.Frames)
	}
	return f, time.Since(began), nil
}

// pass reads the header and at most n packets of dist and runs both models and PSNR in one decode of both files. before
// is put in front of the result's pairing filter.
func (t *Tool) pass(ctx context.Context, ref, dist Info, l Limits, n int, before string) (Frames, error) {
	graph := "[0:v:0]" + before + "settb=AVTB,setpts=N[d];[1:v:0]settb=AVTB,setpts=N[r];" +
		"[d][r]libvmaf=model='" + vmafModels + "':feature='name=psnr':n_threads=1:log_fmt=json:log_path=/dev/stdout[m]"
	in, err := l.input(dist.Path)
	if err != nil {
		return Frames{}, err
	}
	refIn, err := l.input(ref.Path)
	if err != nil {
		return Frames{}, err
	}
	var log, packets bytes.Buffer
	res, err := t.run(ctx, job{
		level: "info", inputs: [][]string{in, refIn}, stdout: &log, aux: &packets, maxStdout: 1<<16 + int64(ref.Frames+64)*logBytes,
		cpu: scoreBudget * decodeBudget(ref.Width, ref.Height, ref.Frames),
		args: []string{"-xerror", "-filter_complex", graph,
			"-map", "0:v:0", "-c", "copy", "-copyts", "-frames:v", strconv.Itoa(n), "-f", "framecrc", "pipe:3",
			"-map", "[m]", "-f", "null", "-"},
	})
	if err != nil {
		return Frames{}, fmt.Errorf("compare %s with %s: %w", dist.Path, ref.Path, err)
	}
	info := Info{Path: dist.Path, Bytes: dist.Bytes}
	if err := errors.Join(parseDump(string(res.Stderr), 2, &info), parsePackets(packets.String(), &info)); err != nil {
		return Frames{}, err
	}
	if err := l.holds(info); err != nil {
		return Frames{}, err
	}
	f, err := parseMetrics(log.Bytes())
	info.Frames = len(f.NEG)
	f.Dist = info
	return f, err
}

type metricLog struct {
	Frames []struct {
		Num     int                `json:"frameNum"`
		Metrics map[string]float64 `json:"metrics"`
	} `json:"frames"`
}

// parseMetrics reads libvmaf's log. A second log after the first means that the picture changed its size or format on
// the way, so that the filters were set up anew: the file's fault.
func parseMetrics(log []byte) (Frames, error) {
	dec := json.NewDecoder(bytes.NewReader(log))
	var m metricLog
	if err := dec.Decode(&m); err != nil {
		return Frames{}, fmt.Errorf("read the metric log: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Frames{}, fault(GateDimensions, "size or format changes within the video")
	}
	if len(m.Frames) == 0 {
		return Frames{}, errors.New("the metric log has no frames")
	}
	var f Frames
	columns := []struct {
		name string
		to   *[]float64
	}{{"vmaf", &f.VMAF}, {"neg", &f.NEG}, {"psnr_y", &f.PSNRY}, {"psnr_cb", &f.PSNRCb}, {"psnr_cr", &f.PSNRCr}}
	for k, frame := range m.Frames {
		if frame.Num != k {
			return Frames{}, fmt.Errorf("the metric log has frame %d where %d belongs", frame.Num, k)
		}
		for _, c := range columns {
			v, ok := frame.Metrics[c.name]
			if !ok {
				return Frames{}, fmt.Errorf("the metric log lacks %s of frame %s", c.name, strconv.Itoa(k))
			}
			*c.to = append(*c.to, v)
		}
	}
	return f, nil
}

// first keeps at most n frames: beyond them the reference's last one was repeated.
func (f Frames) first(n int) Frames {
	for _, values := range []*[]float64{&f.VMAF, &f.NEG, &f.PSNRY, &f.PSNRCb, &f.PSNRCr} {
		*values = (*values)[:min(n, len(*values))]
	}
	return f
}
