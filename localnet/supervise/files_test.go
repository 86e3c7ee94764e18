package supervise

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRestartPolicy(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ago := func(seconds ...int) (at []time.Time) {
		for _, s := range seconds {
			at = append(at, now.Add(-time.Duration(s)*time.Second))
		}
		return at
	}
	for _, c := range []struct {
		name   string
		policy Restart
		recent []time.Time
		delay  time.Duration
		ok     bool
	}{
		{"never", Restart{}, nil, 0, false},
		{"first", DefaultRestart, nil, 100 * time.Millisecond, true},
		{"doubles", DefaultRestart, ago(2, 1), 400 * time.Millisecond, true},
		{"gives up", DefaultRestart, ago(50, 40, 30, 20, 10), 0, false},
		{"forgets", DefaultRestart, ago(90, 80, 70, 60, 10), 200 * time.Millisecond, true},
		{"bounded", Restart{Max: 100}, ago(9, 8, 7, 6, 5, 4, 3), 5 * time.Second, true},
		{"own numbers", Restart{Max: 3, Window: 10 * time.Second, First: time.Second, Longest: 90 * time.Second}, ago(11, 9), 2 * time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept, delay, ok := c.policy.next(slices.Clone(c.recent), now)
			if delay != c.delay || ok != c.ok {
				t.Errorf("next = %v, %v; want %v, %v", delay, ok, c.delay, c.ok)
			}
			if len(kept) > len(c.recent) {
				t.Errorf("kept %d of %d restarts", len(kept), len(c.recent))
			}
		})
	}
}

func TestLogsAreCapped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	child, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	const limit = 100
	size := func(p string) int64 {
		info, err := os.Stat(p)
		if err != nil {
			return -1
		}
		return info.Size()
	}
	for round := range 5 {
		child.WriteString(strings.Repeat("x", 60) + "\n")
		if err := rotate(path, limit); err != nil {
			t.Fatal(err)
		}
		if got := size(path); got > limit {
			t.Errorf("round %d: log of %d bytes, limit %d", round, got, limit)
		}
	}
	if got := size(path + ".1"); got != 122 {
		t.Errorf("second file has %d bytes, want the two lines that passed the limit", got)
	}
	child.WriteString(strings.Repeat("y", 1000))
	if err := rotate(path, limit); err != nil {
		t.Fatal(err)
	}
	if got := size(path + ".1"); got > 2*limit {
		t.Errorf("a burst left %d bytes", got)
	}
	if err := rotate(filepath.Join(t.TempDir(), "none"), limit); err != nil {
		t.Errorf("missing log: %v", err)
	}
}
