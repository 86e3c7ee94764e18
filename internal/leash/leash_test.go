package leash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roleEnv makes the test binary play one of the processes of a test.
const roleEnv = "LEASH_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "parent":
		parent()
	case "polite":
		ctx := Attach(context.Background())
		fmt.Println("pid", os.Getpid(), os.Getenv(Env))
		<-ctx.Done()
		fmt.Println("cause", context.Cause(ctx))
	case "stubborn":
		Attach(context.Background())
		sleeper := exec.Command("sleep", "600") // a tool of the child, in the child's group
		if err := sleeper.Start(); err != nil {
			panic(err)
		}
		fmt.Println("pid", os.Getpid(), sleeper.Process.Pid)
		select {}
	default:
		os.Exit(m.Run())
	}
}

// parent starts the child named by the first argument with a leash, passes its first line on, and waits to be killed.
func parent() {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), roleEnv+"="+os.Args[1], Env+"="+On)
	child.Stdout = os.Stdout
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, err := child.StdinPipe(); err != nil {
		panic(err)
	}
	if err := child.Start(); err != nil {
		panic(err)
	}
	child.Wait()
}

// start runs a parent with a child of the given role and returns the parent, the fields of the child's first line, and the
// output that both of them share: it ends when the last process that holds it is gone.
func start(t *testing.T, role string) (*exec.Cmd, []string, *bufio.Reader) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd := exec.Command(os.Args[0], role)
	cmd.Env = append(os.Environ(), roleEnv+"=parent")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	// A deadline for the whole test; only a hung child ever meets it.
	r.SetReadDeadline(time.Now().Add(30 * time.Second))
	out := bufio.NewReader(r)
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	return cmd, strings.Fields(line), out
}

func TestChildStopsWhenItsParentIsKilled(t *testing.T) {
	cmd, fields, out := start(t, "polite")
	if len(fields) != 2 {
		t.Errorf("child sees %v: %s is still in its environment", fields, Env)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatalf("child still alive: %v", err)
	}
	if want := "cause " + ErrParentGone.Error() + "\n"; string(rest) != want {
		t.Errorf("child said %q, want %q", rest, want)
	}
}

func TestChildThatIgnoresTheContextIsEndedWithItsGroup(t *testing.T) {
	cmd, fields, out := start(t, "stubborn")
	killed := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(out); err != nil {
		t.Fatalf("child still alive: %v", err)
	}
	t.Logf("child gone %v after the parent", time.Since(killed).Round(time.Millisecond))
	tool, err := strconv.Atoi(fields[2])
	if err != nil {
		t.Fatal(err)
	}
	for alive(tool) { // bounded by the test's deadline: the kill is sent, its delivery is the kernel's
		time.Sleep(time.Millisecond)
	}
}

// alive reports whether a process exists and is not a zombie waiting for an init that reaps slowly.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestWithoutEnvNothingHappens(t *testing.T) {
	t.Setenv(Env, "")
	ctx := context.Background()
	if got := Attach(ctx); got != ctx {
		t.Errorf("Attach made a new context without %s", Env)
	}
}

func TestAnUnreadableLeashHoldsNobody(t *testing.T) {
	died := make(chan struct{})
	ctx := attach(context.Background(), failing{}, 0, func() { close(died) })
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), ErrParentGone) {
		t.Errorf("cause %v, want %v", context.Cause(ctx), ErrParentGone)
	}
	<-died
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }
