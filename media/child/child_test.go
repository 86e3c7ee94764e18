package child_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/media/child"
)

func sh(script string) child.Spec { return child.Spec{Path: "/bin/sh", Args: []string{"-c", script}} }

func TestOutputAndStderrArrive(t *testing.T) {
	var out bytes.Buffer
	s := sh("cat; echo why >&2")
	s.Stdin, s.Stdout = strings.NewReader("in"), &out
	res, err := child.Run(t.Context(), s)
	if err != nil || out.String() != "in" || string(res.Stderr) != "why\n" || res.Wall <= 0 {
		t.Fatalf("out %q, result %+v, %v", out.String(), res, err)
	}
}

func TestFailureCarriesCodeAndReason(t *testing.T) {
	_, err := child.Run(t.Context(), sh("echo the reason >&2; exit 7"))
	var exit *child.ExitError
	if !errors.As(err, &exit) || exit.Code != 7 || exit.OverCPU || !strings.Contains(exit.Error(), "the reason") {
		t.Fatalf("got %v", err)
	}
	if _, err := child.Run(t.Context(), child.Spec{Path: "/nonexistent/tool"}); err == nil {
		t.Fatal("a program that is not there ran")
	}
}

func TestCPUBudgetEndsALoop(t *testing.T) {
	s := sh("while :; do :; done")
	s.CPU = time.Second
	_, err := child.Run(t.Context(), s)
	var exit *child.ExitError
	if !errors.As(err, &exit) || !exit.OverCPU {
		t.Fatalf("got %v", err)
	}
}

func TestStdoutIsCapped(t *testing.T) {
	var out bytes.Buffer
	s := sh("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done")
	s.Stdout, s.MaxStdout = &out, 1000
	if _, err := child.Run(t.Context(), s); !errors.Is(err, child.ErrOutput) {
		t.Fatalf("got %v", err)
	}
	if out.Len() > 1000 {
		t.Fatalf("%d bytes passed", out.Len())
	}
}

func TestDescriptorThreeArrives(t *testing.T) {
	var out, aux bytes.Buffer
	s := sh("echo one; echo two >&3")
	s.Stdout, s.Aux = &out, &aux
	if _, err := child.Run(t.Context(), s); err != nil || out.String() != "one\n" || aux.String() != "two\n" {
		t.Fatalf("%q %q %v", out.String(), aux.String(), err)
	}
	s = sh("while :; do echo yyyyyyyyyyyyyyyy >&3; done")
	s.Aux, s.MaxStdout = &aux, 100
	if _, err := child.Run(t.Context(), s); !errors.Is(err, child.ErrOutput) {
		t.Fatalf("got %v", err)
	}
}

func TestStderrIsCappedWithoutFailing(t *testing.T) {
	s := sh("i=0; while [ $i -lt 500 ]; do echo 0123456789 >&2; i=$((i+1)); done")
	s.MaxStderr = 100
	res, err := child.Run(t.Context(), s)
	if err != nil || len(res.Stderr) != 100 {
		t.Fatalf("%d bytes, %v", len(res.Stderr), err)
	}
}

func TestFilesAreCapped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big")
	s := sh("head -c 100000 /dev/zero > " + path)
	s.MaxFile = 4096
	_, err := child.Run(t.Context(), s)
	st, statErr := os.Stat(path)
	if err == nil || statErr != nil || st.Size() > 4096 {
		t.Fatalf("run: %v; file: %v %v", err, st, statErr)
	}
}

func TestMemoryIsCapped(t *testing.T) {
	s := child.Spec{Path: "dd", Args: []string{"if=/dev/zero", "of=/dev/null", "bs=256M", "count=1"}, MaxMemory: 64 << 20}
	if _, err := child.Run(t.Context(), s); err == nil {
		t.Fatal("256 MiB fit into 64")
	}
	s.MaxMemory = -1
	if _, err := child.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("ERGON_SECRET", "s")
	var out bytes.Buffer
	s := sh("echo ${ERGON_SECRET:-none}")
	s.Stdout = &out
	if _, err := child.Run(t.Context(), s); err != nil || out.String() != "none\n" {
		t.Fatalf("%q %v", out.String(), err)
	}
}

// A cancelled run takes the program's own children with it: they hold the pipe open while they live.
func TestCancelKillsTheWholeGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := sh("sleep 600 & echo started; wait")
	s.Stdout = w // an *os.File is inherited, so EOF means that every holder is gone
	done := make(chan error, 1)
	go func() {
		_, err := child.Run(ctx, s)
		w.Close()
		done <- err
	}()
	br := bufio.NewReader(r)
	if line, err := br.ReadString('\n'); line != "started\n" {
		t.Fatalf("%q %v", line, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if rest, err := io.ReadAll(br); err != nil || len(rest) != 0 {
		t.Fatalf("%q %v", rest, err)
	}
}

// The program dies with its parent: the test runs itself as that parent and kills it.
func TestDiesWithItsParent(t *testing.T) {
	if os.Getenv("CHILD_TEST_PARENT") == "1" {
		s := child.Spec{Path: "/bin/sh", Args: []string{"-c", "echo started; exec sleep 600"}, Stdout: os.Stdout}
		_, _ = child.Run(context.Background(), s)
		return
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestDiesWithItsParent$")
	parent.Env = append(os.Environ(), "CHILD_TEST_PARENT=1")
	parent.Stdout = w
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	br := bufio.NewReader(r)
	if line, err := br.ReadString('\n'); line != "started\n" {
		t.Fatalf("%q %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	if rest, err := io.ReadAll(br); err != nil || len(rest) != 0 { // EOF only when the sleeper is gone
		t.Fatalf("%q %v", rest, err)
	}
}
