package scoredb

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashEnv) != "" {
		crashChild()
	}
	os.Exit(m.Run())
}

// clock is a clock that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 678_000, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, path string, clk *clock) *sqliteStore {
	t.Helper()
	s, err := Open(t.Context(), "sqlite:"+path, Options{Clock: clk.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*sqliteStore)
}

func fresh(t testing.TB) (*sqliteStore, *clock) {
	t.Helper()
	clk := newClock()
	return open(t, filepath.Join(t.TempDir(), "scores.db"), clk), clk
}

// pair is the key of a name, always the same.
func pair(name string) *keys.Pair {
	seed := sha256.Sum256([]byte(name))
	p, err := keys.FromSeed(seed[:])
	if err != nil {
		panic(err)
	}
	return p
}

var validator = pair("validator")

func hotkey(uid int) string { return pair(fmt.Sprint("miner ", uid)).Address() }

func number(f float64) *float64 { return &f }

// sample is a signed score of a miner.
func sample(t testing.TB, round int64, uid int, task string, sf float64, change ...func(*Score)) Score {
	t.Helper()
	sum := sha256.Sum256([]byte(task))
	s := Score{
		Round: round, UID: uid, Hotkey: hotkey(uid), Task: task, Kind: "compression", ContentType: "synthetic",
		ContentLength: 10, TaskSeed: "seed of " + task,
		ReferenceSHA256: hex.EncodeToString(sum[:]), ReferenceBytes: 1000, ResultSHA256: hex.EncodeToString(sum[:]), ResultBytes: 250,
		Metric: "vmaf_v0.6.1neg", MetricBuild: "ffmpeg n7.0", Frames: 300, FrameDigest: hex.EncodeToString(sum[:]),
		VMAF: number(93.25), NEG: number(91.5), PSNRCb: number(42), Rate: .25, Threshold: 90, SF: sf,
		Bonus: sf > .74, LowScore: sf < .4, Profile: "ergon",
		IssuedAt: time.Unix(1_700_000_000, 123456789), ScoredAt: time.Unix(1_700_000_060, 0), Deadline: time.Unix(1_700_000_100, 0),
	}
	for _, f := range change {
		f(&s)
	}
	if err := s.Sign(validator); err != nil {
		t.Fatal(err)
	}
	return s
}

func openRoundNamed(t testing.TB, s Store, label string) Round {
	t.Helper()
	r, err := s.OpenRound(t.Context(), Round{Label: label, Profile: "ergon", Seed: "s", Block: 7})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func record(t testing.TB, s Store, score Score) int64 {
	t.Helper()
	id, err := s.Record(t.Context(), score)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func closeRound(t testing.TB, s Store, seq int64, compute Compute) []MinerState {
	t.Helper()
	states, err := s.CloseRound(t.Context(), seq, compute)
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
}

// sum is the simplest reward: everything ever scored, added up.
func sum(h History) ([]MinerState, error) {
	var out []MinerState
	for _, m := range h.Miners {
		state := MinerState{UID: m.UID, Hotkey: m.Hotkey, Kind: "compression", TotalMultiplier: 1, Tier: "New Miner", Weight: 1}
		if m.Previous != nil {
			state = *m.Previous
		}
		for _, r := range m.New {
			state.Kind = r.Kind
			state.Accumulated += r.SF
			state.Responses++
			if r.SF > 0 {
				state.Successes++
			}
		}
		if len(m.New) > 0 {
			state.Rounds++
		}
		out = append(out, state)
	}
	return out, nil
}
