// Package e2e runs the program as its users do: real processes on loopback, real keys, real kills.
//
//	go test ./e2e          about two minutes on two cores, builds included
//	go test -short ./e2e   nothing
//
// Nothing sleeps here: every wait is for a condition, with a deadline that only a broken program meets.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// ergon is the program under test, built once.
var ergon string

// quick makes tempos of about three seconds.
var quick = []string{"--block-time", "120ms", "--tempo", "20"}

const (
	// soon is for what takes a moment, a while for what takes some tempos of 20 blocks.
	soon   = 20 * time.Second
	awhile = 90 * time.Second
	// gone is when nothing of a localnet may be left: five seconds after Ctrl-C or a kill.
	gone = 5 * time.Second
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	// Localnets wait for blocks most of the time: two cores run three of them.
	if p := flag.Lookup("test.parallel"); p.Value.String() == "2" {
		_ = p.Value.Set("3")
	}
	dir, err := os.MkdirTemp("", "ergon-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ergon = filepath.Join(dir, "ergon")
	build := exec.Command("go", "build", "-trimpath", "-o", ergon, "../cmd/ergon")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs real processes for a while")
	}
	if runtime.GOOS != "linux" {
		t.Skip("looks for processes in /proc")
	}
}
