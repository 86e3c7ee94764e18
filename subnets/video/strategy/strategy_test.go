package strategy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// small keeps the tests quick: one second of 192×144.
var small = clips.Format{Width: 192, Height: 144, Rate: 15, Frames: 15}

// bench is a validator's workbench: real clips, the real program, no network.
type bench struct {
	maker  *clips.Maker
	scorer media.Scorer
	env    Env
	dir    string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	tool, err := media.Find()
	if err != nil {
		t.Fatal(err) // names the remedy
	}
	dir := t.TempDir()
	return &bench{
		maker:  &clips.Maker{Tool: tool, Dir: dir, Format: small},
		scorer: media.Scorer{Tool: tool, Limits: media.ResultLimits()},
		env:    Env{Tool: tool},
		dir:    dir,
	}
}

func (b *bench) task(t *testing.T, k reward.Kind, seed uint64, miner string) clips.Task {
	t.Helper()
	task, err := b.maker.Make(t.Context(), clips.Order{Kind: k, Seed: seed, Miner: miner, Threshold: 89})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func (b *bench) job(task clips.Task, name string) Job {
	return Job{ID: task.ID, Kind: task.Kind, Threshold: task.Threshold, Codec: task.Codec, Scale: task.Scale,
		Input: task.Input.Path, Output: filepath.Join(b.dir, task.ID+"-"+name+".mp4")}
}

// answer runs a strategy and returns its evidence.
func (b *bench) answer(t *testing.T, task clips.Task, name string) reward.Evidence {
	t.Helper()
	s, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	job := b.job(task, name)
	if err := s.Run(t.Context(), b.env, job); err != nil {
		t.Fatal(err)
	}
	return b.evidence(t, task, job.Output)
}

func shape(i media.Info) reward.Shape {
	return reward.Shape{Width: i.Width, Height: i.Height, Rate: i.Rate, Frames: i.Frames, Bytes: i.Bytes, Codec: i.Codec,
		Container: i.Container, PixelFormat: i.PixelFormat, SAR: i.SAR}
}

func (b *bench) evidence(t *testing.T, task clips.Task, path string) reward.Evidence {
	t.Helper()
	e := reward.Evidence{
		Kind: task.Kind, Threshold: task.Threshold, Codec: task.Codec, Scale: task.Scale, Seconds: task.Format.Seconds(),
		Reference: shape(task.Reference), Input: shape(task.Input), Baseline: task.Baseline,
	}
	f, err := b.scorer.Compare(t.Context(), task.Reference, path)
	if fault := media.AsFault(err); fault != nil {
		e.Fault = &reward.Fault{Gate: fault.Gate, Detail: fault.Detail}
		return e
	}
	if err != nil {
		t.Fatal(err)
	}
	e.Result, e.VMAF, e.NEG = shape(f.Dist), f.VMAF, f.NEG
	e.PSNRY, e.PSNRCb, e.PSNRCr = f.PSNRY, f.PSNRCb, f.PSNRCr
	return e
}

// The heart of the matter: on real clips, measured by the real program, honest work pays under the default profile and
// cheating does not, although the seed's rules would have paid for most of it.
func TestHonestWorkPaysAndCheatingDoesNot(t *testing.T) {
	b := newBench(t)
	ergon, err := reward.Named(reward.Default)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := reward.Named("seed")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		kind     reward.Kind
		gate     string // under ergon; "" is paid
		seedPays bool
	}{
		{"svtav1", reward.Compression, "", true},
		{"x265", reward.Compression, "", true},
		{"x264", reward.Compression, "", true},
		{"original", reward.Compression, "rate", true},
		{"grey", reward.Compression, "chroma", true},
		{"sharpen", reward.Compression, "threshold", true},
		{"lanczos", reward.Upscaling, "", true},
		{"spline", reward.Upscaling, "", true},
		{"nearest", reward.Upscaling, "baseline", true},
		{"sharpen", reward.Upscaling, "neg-delta", true},
		{"grey", reward.Upscaling, "chroma", true},
	}
	for _, clipSeed := range []uint64{1, 3} {
		tasks := map[reward.Kind]clips.Task{
			reward.Compression: b.task(t, reward.Compression, clipSeed, "miner"),
			reward.Upscaling:   b.task(t, reward.Upscaling, clipSeed, "miner"),
		}
		for _, c := range tests {
			t.Run(fmt.Sprintf("clip %d/%s/%s", clipSeed, c.kind, c.name), func(t *testing.T) {
				e := b.answer(t, tasks[c.kind], c.name)
				v, err := ergon.Judge(e)
				if err != nil {
					t.Fatal(err)
				}
				was, err := seed.Judge(e)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("ergon %.4f (%s %s), the seed's rules %.4f; V %.2f, C %.3f", v.Score, v.Gate, v.Detail, was.Score, v.V, v.Rate)
				if v.Gate != c.gate || (v.Score > 0) != (c.gate == "") {
					t.Errorf("ergon: score %v by gate %q (%s), want gate %q", v.Score, v.Gate, v.Detail, c.gate)
				}
				if (was.Score > 0) != c.seedPays {
					t.Errorf("seed: score %v by gate %q", was.Score, was.Gate)
				}
			})
		}
	}
}

// A copy fails against one's own variation; and it is caught by content before anything is measured.
func TestCopyingFails(t *testing.T) {
	b := newBench(t)
	own, other := b.task(t, reward.Compression, 5, "copier"), b.task(t, reward.Compression, 5, "victim")
	if own.InputSHA256 == other.InputSHA256 || own.ID == other.ID {
		t.Fatal("two miners got the same task")
	}
	work, err := Named("x264")
	if err != nil {
		t.Fatal(err)
	}
	victim := b.job(other, "x264")
	if err := work.Run(t.Context(), b.env, victim); err != nil {
		t.Fatal(err)
	}
	b.env.Peer = func(context.Context, Job) (string, error) { return victim.Output, nil }
	e := b.answer(t, own, "copycat")
	ergon, err := reward.Named("")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := ergon.Judge(e); err != nil || v.Score != 0 || v.Gate == "" {
		t.Errorf("%+v, %v", v, err)
	}
	hash := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x", sha256.Sum256(text))
	}
	round := []reward.Commit{{UID: 1, Order: 7, SHA256: hash(b.job(own, "copycat").Output)}, {UID: 9, Order: 2, SHA256: hash(victim.Output)}}
	if got := reward.Duplicates(round); got[1] != 9 || len(got) != 1 {
		t.Errorf("duplicates %v", got)
	}
}

func TestSearchIsShortAndExact(t *testing.T) {
	for target := 40.0; target < 99.5; target += 3.7 {
		curve := func(q int) float64 { return 100 - float64((q-8)*(q-8))/30 } // concave, as VMAF is
		tries, kept := 0, 0
		last := 0
		err := bisect(8, 50, 29, target, func(q int) (float64, error) {
			if q < 8 || q > 50 {
				t.Fatalf("tried %d", q)
			}
			tries++
			last = q
			return curve(q), nil
		}, func() error { kept = last; return nil })
		if err != nil || tries > maxSteps || kept == 0 {
			t.Fatalf("target %v: %d tries, kept %d, %v", target, tries, kept, err)
		}
		if v := curve(kept); v < target || (v >= target+closeEnough && kept < 50 && curve(kept+1) >= target) {
			t.Errorf("target %v: kept %d with %v", target, kept, v)
		}
	}
}

func TestUnreachableThresholdStillAnswers(t *testing.T) {
	b := newBench(t)
	task := b.task(t, reward.Compression, 2, "m")
	task.Threshold = 99.9
	if e := b.answer(t, task, "x264"); e.Fault != nil || len(e.NEG) != small.Frames {
		t.Errorf("%+v", e.Fault)
	}
}

func TestCommandRunsTheUsersProgram(t *testing.T) {
	b := newBench(t)
	task := b.task(t, reward.Compression, 2, "m")
	script := filepath.Join(b.dir, "my encoder.sh")
	text := "#!/bin/sh\ngrep -q '\"kind\": \"compression\"' \"$3\" && [ -n \"$" + media.SlotHeldEnv + "\" ] && cp \"$1\" \"$2\"\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	b.env.Command = "'" + script + "' {in} {out} {task}"
	if e := b.answer(t, task, "command"); e.Result.Bytes != task.Input.Bytes {
		t.Errorf("%+v", e.Result)
	}
	s, err := Named("command")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "'/bin/true", "/bin/true", "/bin/false {out}", "/nonexistent {in}"} {
		b.env.Command = bad
		job := b.job(task, "bad")
		if err := s.Run(t.Context(), b.env, job); err == nil {
			t.Errorf("%q gave an answer", bad)
		}
	}
}

func TestSlowWaitsBeyondTheDeadline(t *testing.T) {
	b := newBench(t)
	task := b.task(t, reward.Upscaling, 2, "m")
	now := time.Unix(1000, 0)
	var slept time.Duration
	b.env.Now = func() time.Time { return now }
	b.env.Sleep = func(_ context.Context, d time.Duration) error { slept = d; return nil }
	s, err := Named("slow")
	if err != nil {
		t.Fatal(err)
	}
	job := b.job(task, "slow")
	job.Deadline = now.Add(9 * time.Second)
	if err := s.Run(t.Context(), b.env, job); err != nil || slept != 10*time.Second {
		t.Errorf("slept %v, %v", slept, err)
	}
}

func TestRegistry(t *testing.T) {
	var names []string
	for _, s := range All() {
		if s.About == "" || len(s.Kinds) == 0 || slices.Contains(names, s.Name) {
			t.Errorf("%+v", s)
		}
		names = append(names, s.Name)
	}
	for _, want := range []string{"svtav1", "x265", "x264", "lanczos", "spline", "command", "original", "grey", "sharpen", "copycat", "nearest", "slow", "offline"} {
		if !slices.Contains(names, want) {
			t.Errorf("no strategy %s", want)
		}
	}
	if _, err := Named("magic"); err == nil {
		t.Error("found a strategy that is not there")
	}
	offline, err := Named("offline")
	if err != nil {
		t.Fatal(err)
	}
	if err := offline.Run(t.Context(), Env{}, Job{Kind: reward.Upscaling}); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got %v", err)
	}
	lanczos, err := Named("lanczos")
	if err != nil {
		t.Fatal(err)
	}
	if err := lanczos.Run(t.Context(), Env{}, Job{Kind: reward.Compression}); err == nil {
		t.Error("an upscaler compressed")
	}
}
