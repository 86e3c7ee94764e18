package clips

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

var tool = sync.OnceValues(media.Find)

func find(t testing.TB) *media.Tool {
	t.Helper()
	found, err := tool()
	if err != nil {
		t.Fatal(err) // names the remedy
	}
	return found
}

var small = Format{Width: 192, Height: 144, Rate: 15, Frames: 15}

func drawn(t *testing.T, seed uint64, f Format) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := (Synthetic{}).Frames(t.Context(), seed, f, &out); err != nil {
		t.Fatal(err)
	}
	if want := f.canvas().FrameBytes() * f.Frames; out.Len() != want {
		t.Fatalf("%d bytes, want %d", out.Len(), want)
	}
	return out.Bytes()
}

// The frames of a seed are part of the evidence, so they may not change with machine or version. If this test fails
// because drawing was improved, bump the hash and say so in the release notes.
func TestASeedDrawsTheSameFramesEverywhere(t *testing.T) {
	f := Format{Width: 128, Height: 128, Rate: 15, Frames: 24}
	canvas := drawn(t, 42, f)
	out := make([]byte, f.Width*f.Height*3/2)
	v := NewVariation(7)
	h := sha256.New()
	for k := range f.Frames {
		n := f.canvas().FrameBytes()
		v.apply(k, canvas[k*n:(k+1)*n], out, f.Width, f.Height)
		h.Write(out)
	}
	const want = "da78fe92244476e2"
	if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != want {
		t.Errorf("frames of seed 42 hash to %s, want %s", got, want)
	}
}

// Moving, textured, coloured: not a test card.
func TestScenesAreHard(t *testing.T) {
	f := Format{Width: 192, Height: 144, Rate: 15, Frames: 30}
	raw := f.canvas()
	n := raw.FrameBytes()
	for seed := range uint64(8) {
		b := drawn(t, seed, f)
		cuts, still := 0, 0
		for k := 1; k < f.Frames; k++ {
			now, before := b[k*n:(k+1)*n], b[(k-1)*n:k*n]
			var diff, detail int
			for i := 1; i < raw.Width*raw.Height; i++ {
				diff += abs(int(now[i]) - int(before[i]))
				detail += abs(int(now[i]) - int(now[i-1]))
			}
			diff, detail = 100*diff/(raw.Width*raw.Height), 100*detail/(raw.Width*raw.Height)
			if diff > 2500 {
				cuts++
			}
			if diff < 50 {
				still++
			}
			if detail < 200 {
				t.Errorf("seed %d frame %d: neighbours differ by %d/100", seed, k, detail)
			}
		}
		if cuts == 0 || still > 3 {
			t.Errorf("seed %d: %d cuts, %d still frames", seed, cuts, still)
		}
		chroma := b[raw.Width*raw.Height : n]
		lo, hi := byte(255), byte(0)
		for _, c := range chroma {
			lo, hi = min(lo, c), max(hi, c)
		}
		if hi-lo < 60 {
			t.Errorf("seed %d: colours span %d", seed, hi-lo)
		}
	}
}

func abs(x int) int { return max(x, -x) }

func TestVariationsDiffer(t *testing.T) {
	f := Format{Width: 128, Height: 128, Rate: 15, Frames: 10}
	canvas := drawn(t, 1, f)[:f.canvas().FrameBytes()]
	seen := map[[32]byte]uint64{}
	for seed := range uint64(50) {
		out := make([]byte, f.Width*f.Height*3/2)
		v := NewVariation(seed)
		for _, k := range []int{0, 500} { // drift stays on the canvas, however long the clip
			v.apply(k, canvas, out, f.Width, f.Height)
		}
		sum := sha256.Sum256(out)
		if other, ok := seen[sum]; ok {
			t.Errorf("variations %d and %d are equal", seed, other)
		}
		seen[sum] = seed
	}
}

func TestMakeIsReproducibleAndPerMiner(t *testing.T) {
	make := func(o Order) Task {
		t.Helper()
		m := &Maker{Tool: find(t), Dir: t.TempDir(), Format: small}
		task, err := m.Make(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return task
	}
	order := Order{Kind: reward.Upscaling, Seed: 9, Miner: "a"}
	one, again := make(order), make(order)
	if one.ID != again.ID || one.ReferenceSHA256 != again.ReferenceSHA256 || one.InputSHA256 != again.InputSHA256 {
		t.Error("the same order made another task")
	}
	other := order
	other.Miner = "b"
	if two := make(other); two.ID == one.ID || two.ReferenceSHA256 == one.ReferenceSHA256 || two.InputSHA256 == one.InputSHA256 {
		t.Error("two miners got the same task")
	}
	if one.Reference.Width != small.Width || one.Input.Width != small.Width/2 || one.Scale != 2 || len(one.Baseline) != small.Frames || one.Cost <= 0 {
		t.Errorf("%+v", one)
	}
	if one.Deadline() < DeadlineFactor*one.Cost || one.Deadline() < minDeadline {
		t.Errorf("deadline %v for a cost of %v", one.Deadline(), one.Cost)
	}
	compression := make(Order{Kind: reward.Compression, Seed: 9, Miner: "a", Threshold: 89, Codec: "hevc"})
	if compression.InputSHA256 != compression.ReferenceSHA256 || compression.Threshold != 89 || compression.Codec != "hevc" || compression.ID == one.ID {
		t.Errorf("%+v", compression)
	}
}

func TestMakeLeavesOnlyTheTasksFiles(t *testing.T) {
	m := &Maker{Tool: find(t), Dir: t.TempDir(), Format: small}
	for _, k := range []reward.Kind{reward.Compression, reward.Upscaling} {
		if _, err := m.Make(t.Context(), Order{Kind: k, Seed: 3, Miner: "x", Threshold: 89}); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(m.Dir)
	if err != nil || len(entries) != 3 { // two references, one input
		t.Errorf("%v, %v", entries, err)
	}
	for _, bad := range []Order{{Kind: "transcoding"}, {}} {
		if _, err := m.Make(t.Context(), bad); err == nil {
			t.Errorf("%+v made a task", bad)
		}
	}
	for _, f := range []Format{{100, 144, 15, 15}, {192, 144, 0, 15}, {192, 144, 15, 9}, {192, 144, 15, 9000}, {1 << 20, 144, 15, 15}} {
		bad := &Maker{Tool: find(t), Dir: t.TempDir(), Format: f}
		if _, err := bad.Make(t.Context(), Order{Kind: reward.Compression}); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
}

// A user's folder: footage is used, the rest is left out.
func TestFolderCutsClips(t *testing.T) {
	dir := t.TempDir()
	m := &Maker{Tool: find(t), Dir: dir, Format: Format{Width: 192, Height: 144, Rate: 10, Frames: 30}}
	task, err := m.Make(t.Context(), Order{Kind: reward.Compression, Seed: 3, Miner: "x", Threshold: 89})
	if err != nil {
		t.Fatal(err)
	}
	footage := t.TempDir()
	long, err := os.ReadFile(task.Reference.Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"street.mp4": long, "notes.txt": []byte("not a video"), "broken.mp4": long[:2000]} {
		if err := os.WriteFile(filepath.Join(footage, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source, err := OpenFolder(t.Context(), find(t), footage, small)
	if err != nil {
		t.Fatal(err)
	}
	cutter := &Maker{Tool: find(t), Dir: dir, Source: source, Format: small}
	first, err := cutter.Make(t.Context(), Order{Kind: reward.Compression, Seed: 1, Miner: "x", Threshold: 89})
	if err != nil {
		t.Fatal(err)
	}
	second, err := cutter.Make(t.Context(), Order{Kind: reward.Compression, Seed: 2, Miner: "x", Threshold: 89})
	if err != nil {
		t.Fatal(err)
	}
	if first.Reference.Frames != small.Frames || first.ReferenceSHA256 == second.ReferenceSHA256 {
		t.Errorf("%+v", first)
	}
	if _, err := OpenFolder(t.Context(), find(t), t.TempDir(), small); err == nil || !strings.Contains(err.Error(), "--clips") {
		t.Errorf("an empty folder: %v", err)
	}
	long4 := small
	long4.Frames = 100
	if _, err := OpenFolder(t.Context(), find(t), footage, long4); err == nil {
		t.Error("footage shorter than the clip was accepted")
	}
}

// BenchmarkScoreClip scores one demo clip, from the file to the verdict, and compares that with a bare run of the
// program that computes the same models and features over the same files: ratio is the former over the latter.
func BenchmarkScoreClip(b *testing.B) {
	m := &Maker{Tool: find(b), Dir: b.TempDir()}
	task, err := m.Make(b.Context(), Order{Kind: reward.Compression, Seed: 1, Miner: "bench", Threshold: 89})
	if err != nil {
		b.Fatal(err)
	}
	result := filepath.Join(m.Dir, "result.mp4")
	if err := m.Tool.Encode(b.Context(), task.Reference, media.SourceLimits(), result, media.Encoding{Codec: media.X265, Quality: 28}); err != nil {
		b.Fatal(err)
	}
	profile, err := reward.Named(reward.Default)
	if err != nil {
		b.Fatal(err)
	}
	bare := []string{"-v", "error", "-nostdin", "-threads", "1", "-i", result, "-threads", "1", "-i", task.Reference.Path,
		"-filter_threads", "1", "-filter_complex_threads", "1", "-filter_complex",
		`[0:v][1:v]libvmaf=model='version=vmaf_v0.6.1\:name=vmaf|version=vmaf_v0.6.1neg\:name=neg':feature='name=psnr':n_threads=1:log_fmt=json:log_path=/dev/stdout`,
		"-f", "null", "-"}
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		f, err := m.scorer().Compare(b.Context(), task.Reference, result)
		if err != nil {
			b.Fatal(err)
		}
		_, err = profile.Judge(reward.Evidence{Kind: reward.Compression, Threshold: 89, VMAF: f.VMAF, NEG: f.NEG, PSNRCb: f.PSNRCb, PSNRCr: f.PSNRCr,
			Reference: reward.Shape{Width: 384, Height: 288, Rate: 15, Frames: 30, Bytes: task.Reference.Bytes},
			Result:    reward.Shape{Width: 384, Height: 288, Rate: 15, Frames: 30, Bytes: f.Dist.Bytes, Codec: "hevc", Container: "mp4", PixelFormat: "yuv420p"}})
		if err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)

		began = time.Now()
		cmd := exec.Command(m.Tool.Path(), bare...)
		cmd.Stdout = io.Discard
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(began)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/clip")
}
