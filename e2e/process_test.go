package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/media"
)

// output is what a process says, readable while it speaks.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is one that the test started. It is killed with the test.
type process struct {
	t        testing.TB
	cmd      *exec.Cmd
	out, err output
	done     chan struct{}
}

// environment is the tester's, without what would lead the program elsewhere.
func environment(extra ...string) []string {
	own := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "ERGON_") && !strings.HasPrefix(v, media.BinaryEnv+"=")
	})
	path := "PATH=" + filepath.Dir(ergon) + string(os.PathListSeparator) + os.Getenv("PATH")
	return append(append(own, path), extra...)
}

// start runs a program in the background.
func start(t testing.TB, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = environment(env...), &p.out, &p.err
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		if p.running() {
			_ = p.cmd.Process.Signal(os.Interrupt)
			select {
			case <-p.done:
			case <-time.After(gone):
				_ = p.cmd.Process.Kill()
				<-p.done
			}
		}
		if t.Failed() {
			t.Logf("%s\n--- stdout\n%s--- stderr\n%s", p.cmd, ending(p.out.String()), ending(p.err.String()))
		}
	})
	return p
}

func ending(text string) string { return text[max(0, len(text)-4000):] }

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
}

// exit waits for the end and returns the exit code.
func (p *process) exit(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.t.Fatalf("%s does not end within %v", p.cmd, within)
	}
	return p.cmd.ProcessState.ExitCode()
}

// tell runs the program to its end and returns what it printed on standard output.
func tell(t *testing.T, env []string, code int, args ...string) string {
	t.Helper()
	p := start(t, env, ergon, args...)
	require.Equal(t, code, p.exit(awhile), "%s\n%s%s", p.cmd, &p.out, &p.err)
	require.NotContains(t, p.out.String()+p.err.String(), bech32)
	return p.out.String()
}

// one reads exactly one JSON document, of exactly the given shape.
func one[T any](t *testing.T, text string) (v T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), text)
	require.False(t, d.More(), "more than one document: %s", text)
	return v
}

// eventually waits for a condition outside the ledger.
func eventually(t testing.TB, within time.Duration, what string, is func() bool) {
	t.Helper()
	deadline, tick := time.After(within), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %v", what, within)
		case <-tick.C:
		}
	}
}

// living is a process by more than its pid, which may be given away again.
type living struct {
	pid   int
	since string // clock ticks since boot
	name  string
}

func (l living) lives() bool {
	since, _, ok := stat(l.pid)
	return ok && since == l.since
}

// stat reads start time and parent of a process that is neither dead nor a zombie.
func stat(pid int) (since string, parent int, ok bool) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0, false
	}
	text := string(raw)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return fields[19], parent, err == nil
}

// below lists all descendants of a process.
func below(t testing.TB, pid int) (all []living) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		since, parent, ok := stat(child)
		if !ok || parent != pid {
			continue
		}
		line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		all = append(all, living{child, since, strings.ReplaceAll(string(line), "\x00", " ")})
		all = append(all, below(t, child)...)
	}
	return all
}

// vanish waits until none of the processes lives.
func vanish(t testing.TB, all []living) {
	t.Helper()
	eventually(t, gone, "processes of the localnet are gone", func() bool {
		return !slices.ContainsFunc(all, living.lives)
	})
}

func kill(t testing.TB, pid int, s syscall.Signal) {
	t.Helper()
	require.Greater(t, pid, 1)
	require.NoError(t, syscall.Kill(pid, s))
}
