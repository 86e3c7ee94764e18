package supervise

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ergon-network/ergon/internal/leash"
)

// patience bounds waits that end at once when the code is right.
const patience = 30 * time.Second

// TestMain makes the test binary play the children of the tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "child-") {
		play(strings.TrimPrefix(os.Args[1], "child-"), os.Args[2:])
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // for the children: a stop is as quick as without the race detector
	os.Exit(m.Run())
}

func play(role string, args []string) {
	switch role {
	case "serve": // serve the socket args[0] until asked to stop, and append the name args[2] to the file args[1] then
		ctx, cancel := signal.NotifyContext(leash.Attach(context.Background()), syscall.SIGTERM)
		defer cancel()
		l, err := net.Listen("unix", args[0])
		check(err)
		fmt.Println("serving with nice", nice())
		<-ctx.Done()
		l.Close()
		if len(args) == 3 {
			f, err := os.OpenFile(args[1], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			check(err)
			fmt.Fprintln(f, args[2])
		}
	case "stubborn": // serve the socket args[0], ignore every wish, and keep a tool running in the same group
		leash.Attach(context.Background())
		signal.Ignore(syscall.SIGTERM)
		check(exec.Command("sleep", "600").Start())
		l, err := net.Listen("unix", args[0])
		check(err)
		for {
			l.Accept()
		}
	case "fail":
		fmt.Println("flag --frobnicate is unknown")
		os.Exit(3)
	case "once": // exit 1 the first time, serve the socket args[0] from the second time on
		mark := args[0] + ".mark"
		if _, err := os.Stat(mark); err != nil {
			check(os.WriteFile(mark, nil, 0o600))
			l, err := net.Listen("unix", args[0])
			check(err)
			l.Accept() // the readiness check; then fail
			l.Close()
			os.Exit(1)
		}
		play("serve", args)
	case "supervisor": // run a whole supervisor in args[0] until killed
		sup, err := Open(context.Background(), args[0], Config{})
		check(err)
		for _, role := range []string{"serve", "stubborn"} {
			check(sup.Start(context.Background(), spec(args[0], role, role)))
		}
		fmt.Println("up")
		select {
		case <-sup.Failed():
		case <-time.After(10 * time.Minute):
		}
	case "done":
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func nice() int {
	n, _ := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	return 20 - n // the system call answers 20 minus the priority
}

// spec describes a child of this test binary that is ready when its socket answers.
func spec(dir, name, role string, more ...string) Spec {
	sock := socket(dir, name)
	return Spec{
		Name: name, Args: append([]string{"child-" + role, sock}, more...), Env: []string{"GOCOVERDIR=" + dir},
		Ready: func(ctx context.Context) error {
			c, err := new(net.Dialer).DialContext(ctx, "unix", sock)
			if err != nil {
				return err
			}
			return c.Close()
		},
	}
}

func socket(dir, name string) string { return filepath.Join(dir, name+".sock") }

// shortDir is a directory whose paths fit a socket's 107 bytes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sup")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func open(t *testing.T, dir string, cfg Config) *Supervisor {
	t.Helper()
	s, err := Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// events collects a supervisor's events.
type events chan Event

func observe() (events, Config) {
	ch := make(events, 1000)
	return ch, Config{OnEvent: func(e Event) { ch <- e }}
}

// until returns the first event that brings name into state.
func (ch events) until(t *testing.T, name string, state State) Event {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-ch:
			if e.Name == name && e.State == state {
				return e
			}
		case <-deadline:
			t.Fatalf("%s never came to be %s", name, state)
		}
	}
}

// awaitGone fails the test when a recorded process stays.
func awaitGone(t *testing.T, who recorded) {
	t.Helper()
	if !who.goneBy(context.Background(), time.Now().Add(patience)) {
		who.kill()
		t.Errorf("process %d (%s) stays", who.PID, who.Name)
	}
}

func identified(t *testing.T, name string, pid int) recorded {
	t.Helper()
	id, ok := identify(pid)
	if !ok {
		t.Fatalf("process %d (%s) does not live", pid, name)
	}
	return recorded{Name: name, PID: pid, Identity: id}
}

func groupOf(pid int) (members []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		var member int
		if _, err := fmt.Sscanf(stat, "/proc/%d/stat", &member); err != nil {
			continue
		}
		if group, err := syscall.Getpgid(member); err == nil && group == pid {
			members = append(members, member)
		}
	}
	return members
}

var errNever = errors.New("never ready")
