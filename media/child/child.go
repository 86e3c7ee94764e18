// Package child runs a program that is not trusted to behave: with a deadline, a CPU budget, capped memory,
// files and output, at low priority, and dead when its caller is. Native code (ffmpeg, model runtimes, a
// miner's own encoder) always runs this way.
//
// Usage:
//
//	res, err := child.Run(ctx, child.Spec{Path: "/usr/bin/tool", Args: []string{"-x"}, CPU: 10 * time.Second})
//	var exit *child.ExitError
//	if errors.As(err, &exit) { … res.Stderr says why … }
//
// The limits are set by a shell that then becomes the program, so they hold before its first instruction. Death with
// the parent needs Linux; all else works on any Unix.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Defaults of a Spec's zero fields.
const (
	DefaultMaxStderr = 1 << 20         // bytes kept of what the program says
	DefaultMaxMemory = 8 << 30         // bytes of address space; encoders reserve far more than they touch
	waitDelay        = 2 * time.Second // how long a killed program's pipes may stay open
)

// ErrOutput is returned when a program wrote more than Spec.MaxStdout bytes.
var ErrOutput = errors.New("program wrote more than it may")

// Spec says what to run and within which limits. Path is required; a zero limit takes the default above or none.
type Spec struct {
	Path  string
	Args  []string
	Dir   string
	Env   []string // the whole environment; nil gives an almost empty one, see MinimalEnv
	Stdin io.Reader
	// Stdout receives at most MaxStdout bytes (0: unlimited). Nil discards.
	Stdout    io.Writer
	MaxStdout int64
	// Aux, if not nil, receives what the program writes to file descriptor 3, under MaxStdout as well.
	Aux       io.Writer
	MaxStderr int // bytes kept from the start of stderr; the rest is dropped

	CPU       time.Duration // CPU seconds of the program itself, rounded up; 0: none
	MaxMemory int64         // bytes of address space; < 0: none, for programs that map a GPU
	MaxFile   int64         // bytes of any file it writes; 0: none
	Nice      int           // added niceness, 0..19
}

// Result says how the run went. It is filled as far as known when there is an error, too.
type Result struct {
	Stderr []byte
	CPU    time.Duration // user + system
	Wall   time.Duration // start to end, without any waiting before the start
}

// ExitError says that the program ended by itself, unsuccessfully or by a signal that was not ours.
type ExitError struct {
	Program string
	Code    int    // -1 if a signal ended it
	Signal  string // name of the signal, or empty
	OverCPU bool   // it used up Spec.CPU
	Tail    string // the last lines of stderr
}

func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit status %d", e.Code)
	switch {
	case e.OverCPU:
		how = "CPU budget used up"
	case e.Signal != "":
		how = "ended by " + e.Signal
	}
	if e.Tail == "" {
		return e.Program + ": " + how
	}
	return e.Program + ": " + how + ": " + e.Tail
}

// MinimalEnv is the environment of a program that needs none: where programs are and a fixed locale.
func MinimalEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C", "TMPDIR=" + os.TempDir()}
}

// Run starts the program and waits for its end. Errors: ctx.Err() when ctx ended first, *ExitError, ErrOutput, or
// why it did not start. Safe for concurrent use.
func Run(ctx context.Context, s Spec) (Result, error) {
	type outcome struct {
		res Result
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		// "Dies with its parent" means the parent's thread: keep this one until the program has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		res, err := run(ctx, s)
		done <- outcome{res, err}
	}()
	o := <-done
	return o.res, o.err
}

func run(ctx context.Context, s Spec) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	path, err := exec.LookPath(s.Path)
	if err != nil {
		return Result{}, fmt.Errorf("start %s: %w", s.Path, err)
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", s.script(), "sh", path}, s.Args...)...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = s.Dir, s.Stdin, waitDelay
	if cmd.Env = s.Env; s.Env == nil {
		cmd.Env = MinimalEnv()
	}
	stderr := &head{max: s.MaxStderr}
	if stderr.max == 0 {
		stderr.max = DefaultMaxStderr
	}
	cmd.Stderr = stderr
	overflow := func() { cancel(ErrOutput) }
	if s.Stdout != nil {
		cmd.Stdout = bounded(s.Stdout, s.MaxStdout, overflow)
	}
	aux := newAux(cmd, s, overflow)
	isolate(cmd)

	began := time.Now()
	if err := errors.Join(aux.err, cmd.Start()); err != nil {
		aux.abort()
		return Result{}, fmt.Errorf("start %s: %w", s.Path, err)
	}
	aux.start()
	err = cmd.Wait()
	reap(cmd.Process.Pid)
	aux.wait()
	res := Result{Stderr: stderr.bytes(), Wall: time.Since(began)}
	if cmd.ProcessState != nil {
		res.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	switch {
	case err == nil:
		return res, nil
	case context.Cause(ctx) != nil:
		return res, fmt.Errorf("%s: %w", s.Path, context.Cause(ctx))
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return res, fmt.Errorf("run %s: %w", s.Path, err)
	}
	return res, explain(exit, s, res)
}

// script limits the shell that runs it and becomes the program in "$@". A limit that is already tighter stays.
func (s Spec) script() string {
	var b strings.Builder
	b.WriteString(`lim() { ulimit -S "-$1" "$2" 2>/dev/null || [ "$(ulimit -H "-$1")" -le "$2" ] || { echo "cannot limit -$1 to $2" >&2; exit 126; }; }` + "\nulimit -c 0\n")
	memory := s.MaxMemory
	if memory == 0 {
		memory = DefaultMaxMemory
	}
	if memory > 0 && runtime.GOOS == "linux" { // others cannot
		fmt.Fprintf(&b, "lim v %d\n", (memory+1023)/1024)
	}
	if s.MaxFile > 0 {
		fmt.Fprintf(&b, "lim f %d\n", (s.MaxFile+511)/512)
	}
	if s.CPU > 0 {
		seconds := (s.CPU + time.Second - 1) / time.Second
		fmt.Fprintf(&b, "lim t %d\nulimit -H -t %d\n", seconds, seconds+2) // the second limit cannot be caught
	}
	if s.Nice > 0 {
		fmt.Fprintf(&b, "exec nice -n %d \"$@\"\n", s.Nice)
	} else {
		b.WriteString("exec \"$@\"\n")
	}
	return b.String()
}

// explain turns the state of an ended program into an ExitError.
func explain(exit *exec.ExitError, s Spec, res Result) *ExitError {
	e := &ExitError{Program: s.Path, Code: exit.ExitCode(), Tail: tail(res.Stderr)}
	e.Signal = signalName(exit.ProcessState)
	// The kernel's account may lag behind its own alarm by a tick, and a program may catch the first signal.
	e.OverCPU = s.CPU > 0 && (e.Signal == "SIGXCPU" || res.CPU >= s.CPU-s.CPU/20)
	return e
}

// tail gives the last three lines of a program's complaint on one line, bounded.
func tail(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) > 3 {
		lines = lines[len(lines)-3:]
	}
	out := strings.Join(lines, "; ")
	if len(out) > 600 {
		out = "…" + out[len(out)-600:]
	}
	return out
}

// head keeps the first max bytes written to it and swallows the rest.
type head struct {
	mu  sync.Mutex
	buf []byte
	max int
}

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buf = append(h.buf, p[:min(len(p), h.max-len(h.buf))]...)
	return len(p), nil
}

func (h *head) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf
}

// bounded caps a writer if max is positive.
func bounded(w io.Writer, max int64, full func()) io.Writer {
	if max <= 0 {
		return w
	}
	return &capped{w: w, left: max, full: full}
}

// auxPipe feeds Spec.Aux from the program's descriptor 3. Its zero value does nothing.
type auxPipe struct {
	r, w *os.File
	to   io.Writer
	done chan struct{}
	err  error
}

func newAux(cmd *exec.Cmd, s Spec, full func()) *auxPipe {
	a := &auxPipe{}
	if s.Aux == nil {
		return a
	}
	if a.r, a.w, a.err = os.Pipe(); a.err != nil {
		return a
	}
	cmd.ExtraFiles = []*os.File{a.w}
	a.to, a.done = bounded(s.Aux, s.MaxStdout, full), make(chan struct{})
	return a
}

func (a *auxPipe) abort() {
	if a.r != nil {
		a.r.Close()
		a.w.Close()
	}
}

// start lets go of the program's end and copies until every holder of it is gone.
func (a *auxPipe) start() {
	if a.r == nil {
		return
	}
	a.w.Close()
	go func() {
		defer close(a.done)
		_, _ = io.Copy(a.to, a.r)
		a.r.Close()
	}()
}

func (a *auxPipe) wait() {
	if a.done != nil {
		<-a.done
	}
}

// capped passes left bytes on, then calls full and refuses.
type capped struct {
	w    io.Writer
	left int64
	full func()
}

func (c *capped) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		c.full()
		return 0, ErrOutput
	}
	c.left -= int64(len(p))
	return c.w.Write(p)
}
