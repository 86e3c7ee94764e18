package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ergon-network/ergon/media"
)

// The tests use the real program and fail with the remedy where it is missing.
var tool = sync.OnceValues(media.Find)

func find(t testing.TB) *media.Tool {
	t.Helper()
	found, err := tool()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const (
	width, height, rate, frames = 192, 144, 15, 15
)

// pictures are moving gradients with noise, so that frames differ.
func pictures(w, h, n int) *bytes.Buffer {
	p := rand.New(rand.NewPCG(1, 2))
	var out bytes.Buffer
	for k := range n {
		for y := range h {
			for x := range w {
				out.WriteByte(byte(40 + (x*2+y+k*7)%150 + p.IntN(8)))
			}
		}
		for i := range w * h / 2 {
			out.WriteByte(byte(100 + (i/7+k*3)%56))
		}
	}
	return &out
}

// clip writes a reference of n frames and returns its counted Info.
func clip(t testing.TB, dir, name string, w, h, fps, n int) media.Info {
	t.Helper()
	path := filepath.Join(dir, name)
	err := find(t).EncodeRaw(context.Background(), pictures(w, h, n), media.Raw{Width: w, Height: h, Rate: fps, Frames: n}, path,
		media.Encoding{Codec: media.X264, Quality: 16, Preset: "ultrafast", GOP: fps})
	if err != nil {
		t.Fatal(err)
	}
	return counted(t, path)
}

func counted(t testing.TB, path string) media.Info {
	t.Helper()
	info, err := find(t).Probe(context.Background(), path, media.ResultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if info, err = find(t).CountFrames(context.Background(), info, media.ResultLimits()); err != nil {
		t.Fatal(err)
	}
	return info
}

// ffmpeg runs the program by hand to make files that this package would not.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(find(t).Path(), append([]string{"-v", "error", "-nostdin", "-y"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func scorer(t testing.TB) media.Scorer {
	return media.Scorer{Tool: find(t), Limits: media.ResultLimits()}
}

func TestBuildNamesTheBinary(t *testing.T) {
	build := find(t).Build()
	if !strings.HasPrefix(build, "sha256:") || len(build) < 80 || !strings.Contains(build, "ffmpeg version") {
		t.Errorf("build %q", build)
	}
}

func TestFindWithoutBinaryNamesTheRemedy(t *testing.T) {
	t.Setenv(media.BinaryEnv, "/bin/true")
	if _, err := media.Find(); !errors.Is(err, media.ErrNoTool) || !strings.Contains(err.Error(), "libvmaf") {
		t.Errorf("a program without libvmaf: %v", err)
	}
	t.Setenv(media.BinaryEnv, "")
	t.Chdir(t.TempDir())
	if _, err := media.Find(); !errors.Is(err, media.ErrNoTool) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("no program: %v", err)
	}
}

func TestProbeReadsHeaderAndPackets(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	want := media.Info{Path: ref.Path, Bytes: ref.Bytes, Container: "mov,mp4,m4a,3gp,3g2,mj2", Codec: "h264", Profile: ref.Profile,
		PixelFormat: "yuv420p", Width: width, Height: height, SAR: "1/1", Rate: rate, Duration: ref.Duration, Packets: frames, Frames: frames}
	if math.Abs(ref.Rate-rate) > 1e-9 || math.Abs(ref.Duration.Seconds()-1) > 1e-6 || ref.Jitter > 1e6 || ref.Bytes == 0 {
		t.Errorf("%+v", ref)
	}
	ref.Rate, ref.Jitter = rate, 0
	if ref != want {
		t.Errorf("got  %+v\nwant %+v", ref, want)
	}
	for codec, family := range map[media.Codec]string{media.SVTAV1: "av1", media.X265: "hevc", media.X264: "h264"} {
		out := filepath.Join(dir, family+".mp4")
		if err := find(t).Encode(t.Context(), ref, media.ResultLimits(), out, media.Encoding{Codec: codec, Quality: 30}); err != nil {
			t.Fatal(err)
		}
		if i := counted(t, out); i.Codec != family || i.PixelFormat != "yuv420p" || i.Frames != frames || codec.Family() != family {
			t.Errorf("%s: %+v", codec, i)
		}
	}
}

func TestCompareMeasuresEveryFrame(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	out := filepath.Join(dir, "out.mp4")
	var last float64 = 101
	for _, quality := range []int{20, 35, 48} {
		if err := find(t).Encode(t.Context(), ref, media.ResultLimits(), out, media.Encoding{Codec: media.X265, Quality: quality}); err != nil {
			t.Fatal(err)
		}
		f, err := scorer(t).Compare(t.Context(), ref, out)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range map[string][]float64{"VMAF": f.VMAF, "NEG": f.NEG, "Y": f.PSNRY, "Cb": f.PSNRCb, "Cr": f.PSNRCr} {
			if len(values) != frames {
				t.Errorf("%s: %d values", name, len(values))
			}
		}
		if f.NEG[7] >= last || f.Dist.Frames != frames || f.Dist.Codec != "hevc" {
			t.Errorf("quality %d: NEG %v after %v, %+v", quality, f.NEG[7], last, f.Dist)
		}
		last = f.NEG[7]
		again, err := scorer(t).Compare(t.Context(), ref, out)
		if err != nil || again.Digest() != f.Digest() {
			t.Errorf("measuring twice differs: %v", err)
		}
	}
}

func TestBaselineOfSmallInput(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	small := filepath.Join(dir, "small.mp4")
	err := find(t).Encode(t.Context(), ref, media.ResultLimits(), small, media.Encoding{Codec: media.X264, Quality: 12,
		Filters: []media.Filter{media.Scale(width/2, height/2, media.Bicubic)}})
	if err != nil {
		t.Fatal(err)
	}
	in := counted(t, small)
	if in.Width != width/2 || in.Height != height/2 {
		t.Fatalf("%+v", in)
	}
	f, _, err := scorer(t).Baseline(t.Context(), ref, in, media.Bicubic)
	if err != nil || len(f.NEG) != frames || f.NEG[3] <= 0 || f.NEG[3] >= 100 {
		t.Errorf("%v, %v", f.NEG, err)
	}
}

// Every way in which a result can be at fault is a *Fault with its gate; nothing of it is scored.
func TestFaultsOfAResult(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	whole, err := os.ReadFile(ref.Path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	made := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		ffmpeg(t, append(append([]string{"-i", ref.Path}, args...), path)...)
		return path
	}
	damaged := bytes.Clone(whole)
	at := bytes.LastIndex(damaged, []byte("mdat"))
	for i := at + 4000; i < at+4600 && i < len(damaged); i++ {
		damaged[i] ^= 0x5a
	}
	tests := []struct{ name, path, gate string }{
		{"half as long", made("half.mp4", "-frames:v", "7"), media.GateFrames},
		{"one frame short", made("short.mp4", "-frames:v", "14"), media.GateFrames},
		{"one frame more", clip(t, dir, "longer.mp4", width, height, rate, frames+1).Path, media.GateFrames},
		{"other size", clip(t, dir, "size.mp4", width+16, height, rate, frames).Path, media.GateDimensions},
		{"too small to measure", made("tiny.mp4", "-vf", "scale=32:32"), media.GateDimensions},
		{"other rate", clip(t, dir, "rate.mp4", width, height, rate+1, frames).Path, media.GateRate},
		{"uneven timing", made("uneven.mp4", "-vf", "setpts='if(eq(N,5),N+0.9,N)/15/TB'", "-fps_mode", "passthrough", "-enc_time_base", "1/15360"), media.GateTiming},
		{"two pictures", made("two.mp4", "-i", ref.Path, "-map", "0:v", "-map", "1:v", "-c", "copy"), media.GateStreams},
		{"matroska", made("other.mkv", "-c", "copy"), media.GateUnreadable},
		{"codec that is not decoded", made("mpeg4.mp4", "-c:v", "mpeg4"), media.GateUnreadable},
		{"cut off", write("cut.mp4", whole[:len(whole)/2]), media.GateFrames},
		{"damaged", write("damaged.mp4", damaged), media.GateUnreadable},
		{"empty", write("empty.mp4", nil), media.GateUnreadable},
		{"noise", write("noise.mp4", bytes.Repeat([]byte("noise!"), 1000)), media.GateUnreadable},
		{"playlist", write("list.mp4", []byte("#EXTM3U\n#EXTINF:1,\nfile:"+ref.Path+"\n")), media.GateUnreadable},
		{"file list", write("concat.mp4", []byte("ffconcat version 1.0\nfile "+ref.Path+"\n")), media.GateUnreadable},
		{"folder", dir, media.GateUnreadable},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			f, err := scorer(t).Compare(t.Context(), ref, c.path)
			fault := media.AsFault(err)
			if fault == nil || fault.Gate != c.gate {
				t.Errorf("got %v with %d frames, want a fault by gate %s", err, len(f.NEG), c.gate)
			}
		})
	}
}

// A stream that changes its size on the way makes the filters start anew, which would hide the frames before.
func TestSizeChangeWithinAVideoIsAFault(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, 30)
	parts := make([]byte, 0, 1<<20)
	for i, size := range []string{"192x144", "96x80"} {
		part := filepath.Join(dir, fmt.Sprintf("part%d.h264", i))
		ffmpeg(t, "-i", ref.Path, "-frames:v", "15", "-s", size, "-c:v", "libx264", "-bsf:v", "dump_extra=freq=keyframe", "-f", "h264", part)
		text, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, text...)
	}
	joined, mixed := filepath.Join(dir, "joined.h264"), filepath.Join(dir, "mixed.mp4")
	if err := os.WriteFile(joined, parts, 0o600); err != nil {
		t.Fatal(err)
	}
	ffmpeg(t, "-r", "15", "-f", "h264", "-i", joined, "-c", "copy", mixed)
	_, err := scorer(t).Compare(t.Context(), ref, mixed)
	if media.AsFault(err) == nil {
		t.Errorf("got %v", err)
	}
}

// A metadata key may hold line breaks, so a file can write lines into the program's description of it.
func TestForgedHeaderLinesAreAFault(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	key := "x\n  Stream #0:0: Video: h264 (Main) (avc1 / 0x31637661), yuv420p, 192x144, 15 fps\ny"
	forged := filepath.Join(dir, "forged.mp4")
	ffmpeg(t, "-i", ref.Path, "-map", "0", "-c", "copy", "-movflags", "use_metadata_tags", "-metadata", key+"=1", forged)
	_, err := find(t).Probe(t.Context(), forged, media.ResultLimits())
	if f := media.AsFault(err); f == nil || f.Gate != media.GateStreams {
		t.Errorf("got %v", err)
	}
}

func TestLimitsHoldBeforeDecoding(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	tests := map[string]struct {
		tighten func(*media.Limits)
		gate    string
	}{
		"bytes":    {func(l *media.Limits) { l.Bytes = ref.Bytes - 1 }, media.GateBytes},
		"frames":   {func(l *media.Limits) { l.Frames = frames - 1 }, media.GateFrames},
		"side":     {func(l *media.Limits) { l.MaxSide = width - 1 }, media.GateDimensions},
		"pixels":   {func(l *media.Limits) { l.MaxPixels = width*height - 1 }, media.GateDimensions},
		"duration": {func(l *media.Limits) { l.Duration = 1e8 }, media.GateDuration},
	}
	for name, c := range tests {
		l := media.ResultLimits()
		c.tighten(&l)
		if _, err := find(t).Probe(t.Context(), ref.Path, l); media.AsFault(err) == nil || media.AsFault(err).Gate != c.gate {
			// A picture beyond max_pixels is refused by the program itself, before this package sees its size.
			if name != "pixels" || media.AsFault(err) == nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

// What is not the file's doing must never cost a miner its score.
func TestOurOwnTroubleIsNoFault(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	check := func(name string, err error) {
		t.Helper()
		if err == nil || media.AsFault(err) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := scorer(t).Compare(t.Context(), ref, filepath.Join(dir, "missing.mp4"))
	check("file that we lost", err)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = scorer(t).Compare(cancelled, ref, ref.Path)
	check("cancelled", err)
	uncounted := ref
	uncounted.Frames = 0
	_, err = scorer(t).Compare(t.Context(), uncounted, ref.Path)
	check("reference without a count", err)

	good := clip(t, dir, "good.mp4", width, height, rate, frames)
	lost := ref
	lost.Path = filepath.Join(dir, "lost.mp4")
	_, err = scorer(t).Compare(t.Context(), lost, good.Path)
	check("reference that we lost", err)
}

func TestEncodingsAreChecked(t *testing.T) {
	dir := t.TempDir()
	ref := clip(t, dir, "ref.mp4", width, height, rate, frames)
	for _, e := range []media.Encoding{{Codec: "vvc", Quality: 30}, {Codec: media.X264, Quality: 99}, {Codec: media.X264, Quality: -1}} {
		out := filepath.Join(dir, "bad.mp4")
		if err := find(t).Encode(t.Context(), ref, media.ResultLimits(), out, e); err == nil {
			t.Errorf("%+v was accepted", e)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%+v left a file", e)
		}
	}
	out := filepath.Join(dir, "capped.mp4")
	if err := find(t).Encode(t.Context(), ref, media.ResultLimits(), out, media.Encoding{Codec: media.X264, Quality: 10, MaxFile: 1000}); err == nil {
		t.Error("a file beyond its cap was written")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestDecodeGivesRawFrames(t *testing.T) {
	ref := clip(t, t.TempDir(), "ref.mp4", width, height, rate, frames)
	var out bytes.Buffer
	raw := media.Raw{Width: 96, Height: 64, Rate: 10, Frames: 5}
	if err := find(t).Decode(t.Context(), ref, media.SourceLimits(), 0, raw, &out); err != nil || out.Len() != 5*raw.FrameBytes() {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}
