// Package supervise runs named child processes and guarantees that they end with it.
//
//   - Every child has a process group of its own, so that a terminal's Ctrl-C reaches the supervisor alone and the stop is orderly:
//     stage by stage, SIGTERM and the end of the leash first, SIGKILL to the whole group when a stage's share of StopWithin is over.
//   - Every child holds a leash (see internal/leash): when the supervisor is killed, the children end by themselves.
//   - A child that fails after it was ready is started again with exponential back-off, up to a number of times in a window; then the
//     supervisor gives up on it and says so.
//   - A directory has one supervisor. The next one waits for, and in the end kills, what a killed one left behind, and recognises
//     those processes by pid, start time and boot, never by pid alone.
//
// A child's output goes straight to its log file, so a line written while the supervisor dies is not lost.
package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// StopWithin is the time in which Stop ends every child. A terminal's user is promised five seconds; the rest is for us.
	StopWithin = 4500 * time.Millisecond
	// readyEvery is the pause between two readiness checks of one child: short against any start, long against their cost.
	readyEvery = 50 * time.Millisecond
	// readyTimeout bounds one readiness check, so that a peer that accepts and says nothing does not hide the child's exit.
	readyTimeout = 2 * time.Second
	// abortWithin is the time a child gets to stop that did not become ready: it has nothing to lose yet, and a user who gave up during
	// the start waits for it on top of StopWithin.
	abortWithin = 400 * time.Millisecond
	// killWait is the time the kernel gets to deliver a SIGKILL before a child is called unkillable.
	killWait = time.Second
)

var (
	// ErrRunning is wrapped by Open when another supervisor holds the directory.
	ErrRunning = errors.New("another supervisor runs here")
	// ErrClosed is returned by Start after Stop.
	ErrClosed = errors.New("the supervisor is stopped")
	// ErrGaveUp is wrapped by the error on Failed.
	ErrGaveUp = errors.New("gave up restarting")
)

// Spec describes a child.
type Spec struct {
	Name  string   // unique among the children; [a-z0-9._-], at most 64 characters
	Stage int      // Stop ends lower stages first; children of one stage are stopped together
	Path  string   // the program; empty is this program
	Args  []string // without the program's name
	Env   []string // "KEY=value", added to the supervisor's own environment
	Dir   string   // working directory; empty is the supervisor's
	// LogFile receives standard output and error, at most 8 MiB and as much again in LogFile.1; empty is logs/NAME.log in the
	// supervisor's directory.
	LogFile string
	Nice    int // added to the scheduling priority, 0 … 19; processes in the background of a shared machine use 10
	Restart Restart
	// Ready reports whether the child serves; nil is ready once started. It is polled by one goroutine until it succeeds or the
	// child exits. A child that exits before it was ever ready is not restarted: that is a wrong argument, not an accident.
	Ready func(ctx context.Context) error
}

// Config holds what a Supervisor may be given. The zero value works.
type Config struct {
	// OnEvent is told what happens to the children. Calls are serialised and hold up the child concerned: hand the event on and
	// return; calling Start or Stop from here deadlocks.
	OnEvent func(Event)
	Log     *slog.Logger     // nil discards
	Now     func() time.Time // nil is time.Now; dates restarts, records and status
}

// State is where a child is in its life.
type State string

// The states of a child.
const (
	Starting State = "starting" // started, not ready yet
	Running  State = "running"
	Waiting  State = "restarting" // failed, in the pause before its next start
	Stopping State = "stopping"
	Stopped  State = "stopped" // by Stop or StopChild
	Done     State = "done"    // exited with status 0 by itself
	Failed   State = "failed"  // not restarted any more
)

// Process is a snapshot of one child.
type Process struct {
	Name     string
	Stage    int
	PID      int // of the last start, 0 before
	State    State
	Restarts int       // since Start
	Since    time.Time // of the present state
	LogFile  string
	Err      error // why it failed or is restarted
}

// Event is a change of a child's state.
type Event struct {
	Process
	At time.Time
}

// Supervisor runs children in a directory. Make one with Open; all methods may be called from several goroutines.
type Supervisor struct {
	dir    string
	cfg    Config
	lock   *os.File
	failed chan error

	mu       sync.Mutex // guards what follows
	children map[string]*child
	closed   bool

	eventMu  sync.Mutex // serialises OnEvent
	recordMu sync.Mutex // serialises writes of the record

	rotated chan struct{} // closed when log rotation has ended
	done    chan struct{} // closed by Stop
}

// Open takes dir for this process and clears what a killed supervisor left there, for which it may wait about five seconds. It fails
// with ErrRunning when another supervisor holds dir. Release dir with Stop.
func Open(ctx context.Context, dir string, cfg Config) (*Supervisor, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("supervise %s: %w", dir, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o700); err != nil {
		return nil, fmt.Errorf("supervise %s: %w", dir, err)
	}
	lock, err := takeLock(dir, cfg.Now())
	if err != nil {
		return nil, err
	}
	if err := clearStale(ctx, dir, cfg.Log); err != nil {
		lock.Close()
		return nil, fmt.Errorf("supervise %s: %w", dir, err)
	}
	s := &Supervisor{
		dir: dir, cfg: cfg, lock: lock, failed: make(chan error, 1), children: make(map[string]*child),
		rotated: make(chan struct{}), done: make(chan struct{}),
	}
	go s.rotateLogs()
	return s, nil
}

// Failed delivers one error, wrapping ErrGaveUp, when the supervisor first gives up on a child that had been ready.
func (s *Supervisor) Failed() <-chan error { return s.failed }

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Start starts a child and waits until it is ready. If it exits first, or ctx ends first, the child is stopped and the error carries
// the end of its log. The child then lives until Stop, whatever becomes of ctx. A name may be started again once its child has ended.
func (s *Supervisor) Start(ctx context.Context, spec Spec) error {
	if !nameForm.MatchString(spec.Name) {
		return fmt.Errorf("start child %q: a name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-'", spec.Name)
	}
	if spec.LogFile == "" {
		spec.LogFile = filepath.Join(s.dir, "logs", spec.Name+".log")
	}
	c, err := s.add(spec)
	if err != nil {
		return fmt.Errorf("start %s: %w", spec.Name, err)
	}
	if err := c.launch(); err != nil {
		c.end(Failed, err)
		close(c.done)
		return fmt.Errorf("start %s: %w", spec.Name, err)
	}
	go c.watch()
	if err := c.awaitReady(ctx); err != nil {
		_ = c.stopAndWait(context.WithoutCancel(ctx), time.Now().Add(abortWithin))
		return fmt.Errorf("start %s: %w%s", spec.Name, err, quoteTail(spec.LogFile))
	}
	return nil
}

func (s *Supervisor) add(spec Spec) (*child, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if old := s.children[spec.Name]; old != nil && !old.ended() {
		return nil, fmt.Errorf("a child of that name already runs as process %d", old.snapshot().PID)
	}
	c := newChild(s, spec)
	s.children[spec.Name] = c
	return c, nil
}

// Status returns the children in the order of their stages, then names.
func (s *Supervisor) Status() []Process {
	var all []Process
	for _, c := range s.list() {
		all = append(all, c.snapshot())
	}
	return all
}

func (s *Supervisor) list() []*child {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*child, 0, len(s.children))
	for _, c := range s.children {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *child) int {
		return cmp.Or(cmp.Compare(a.spec.Stage, b.spec.Stage), strings.Compare(a.spec.Name, b.spec.Name))
	})
	return all
}

// StopChild stops one child within StopWithin. Stopping a child that has ended does nothing.
func (s *Supervisor) StopChild(ctx context.Context, name string) error {
	s.mu.Lock()
	c := s.children[name]
	s.mu.Unlock()
	if c == nil {
		return fmt.Errorf("stop %s: there is no such child", name)
	}
	return c.stopAndWait(ctx, time.Now().Add(StopWithin))
}

// Stop ends all children, lower stages first, within StopWithin, or at once with SIGKILL when ctx ends, and releases the directory.
// It returns an error if a child cannot be killed. A second call returns at once.
func (s *Supervisor) Stop(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	left := s.list()
	deadline := time.Now().Add(StopWithin)
	var errs []error
	for stages := countStages(left); stages > 0; stages-- {
		stage, rest := firstStage(left)
		// A stage that hangs may use up its share of what is left; one that stops quickly leaves its share to the later ones.
		until := time.Now().Add(time.Until(deadline) / time.Duration(stages))
		errs = append(errs, stopAll(ctx, stage, until))
		left = rest
	}
	close(s.done)
	<-s.rotated
	if err := errors.Join(errs...); err != nil {
		return err
	}
	os.Remove(filepath.Join(s.dir, recordFile))
	return s.lock.Close()
}

func stopAll(ctx context.Context, children []*child, until time.Time) error {
	errs := make([]error, len(children))
	var wg sync.WaitGroup
	for i, c := range children {
		wg.Go(func() { errs[i] = c.stopAndWait(ctx, until) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// firstStage splits children, which are sorted by stage, after the lowest stage.
func firstStage(children []*child) (stage, rest []*child) {
	n := 0
	for n < len(children) && children[n].spec.Stage == children[0].spec.Stage {
		n++
	}
	return children[:n], children[n:]
}

func countStages(children []*child) (n int) {
	for len(children) > 0 {
		_, children = firstStage(children)
		n++
	}
	return n
}

func (s *Supervisor) emit(p Process) {
	s.cfg.Log.Info("child "+string(p.State), "name", p.Name, "pid", p.PID, "restarts", p.Restarts, "err", p.Err)
	if s.cfg.OnEvent == nil {
		return
	}
	s.eventMu.Lock()
	defer s.eventMu.Unlock()
	s.cfg.OnEvent(Event{Process: p, At: p.Since})
}

func (s *Supervisor) giveUp(name string, err error) {
	select {
	case s.failed <- fmt.Errorf("%w %s: %w", ErrGaveUp, name, err):
	default: // one is enough to end a run
	}
}
