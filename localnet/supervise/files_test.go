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

func TestPortsAreRememberedWhileFree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ports.json")
	get := func(name string) int {
		t.Helper()
		p, err := OpenPorts(path)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		port, err := p.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	rpc, grpc := get("rpc"), get("grpc")
	if rpc == grpc || rpc < portFirst || rpc >= portFirst+portCount {
		t.Fatalf("ports %d and %d", rpc, grpc)
	}
	if got := get("rpc"); got != rpc {
		t.Errorf("rpc moved from %d to %d", rpc, got)
	}
	release := occupy(t, rpc)
	moved := get("rpc")
	release()
	if moved == rpc || moved == grpc {
		t.Errorf("rpc is %d although that port is taken", moved)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPorts(path); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Errorf("broken file: %v, want a remedy", err)
	}
}

// TestTwoDirectoriesNeverShareAPort asks for all ports of two directories whose search begins at the same place, before anything
// listens on them.
func TestTwoDirectoriesNeverShareAPort(t *testing.T) {
	t.Parallel()
	leases := t.TempDir()
	open := func(dir string, remembered string) *Ports {
		t.Helper()
		path := filepath.Join(dir, "ports.json")
		if err := os.WriteFile(path, []byte(remembered), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := openPorts(path, leases)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a, b := open(t.TempDir(), `{"rpc":20210}`), open(t.TempDir(), `{"rpc":20210}`)
	defer b.Close()
	used := make(map[int]bool)
	for i := range 100 {
		for _, p := range []*Ports{a, b} {
			port, err := p.Get("p" + strings.Repeat("x", i))
			if err != nil {
				t.Fatal(err)
			}
			if used[port] {
				t.Fatalf("port %d was given out twice", port)
			}
			used[port] = true
		}
	}
	if port, err := b.Get("rpc"); err != nil || port == 20210 {
		t.Errorf("the port of another's block was handed out: %d, %v", port, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	c := open(t.TempDir(), `{"rpc":20210}`)
	defer c.Close()
	if port, err := c.Get("rpc"); err != nil || port != 20210 {
		t.Errorf("after the lease ended: %d, %v", port, err)
	}
}
