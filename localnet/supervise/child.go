package supervise

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/ergon-network/ergon/internal/leash"
)

// child is one supervised process through all its restarts. Its life is driven by watch; the others only read or ask.
type child struct {
	sup  *Supervisor
	spec Spec
	stop chan struct{} // closed when it shall stop
	done chan struct{} // closed when it has ended for good

	mu       sync.Mutex // guards what follows
	cmd      *exec.Cmd
	leash    io.Closer
	alive    bool // started and not yet waited for
	ready    bool // was ready once
	asked    bool // stop is closed
	state    State
	since    time.Time
	restarts int
	recent   []time.Time // restarts within the window
	err      error
}

func newChild(s *Supervisor, spec Spec) *child {
	return &child{sup: s, spec: spec, stop: make(chan struct{}), done: make(chan struct{}), state: Starting, since: s.cfg.Now()}
}

func (c *child) snapshot() Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.snapshotLocked()
}

func (c *child) snapshotLocked() Process {
	p := Process{
		Name: c.spec.Name, Stage: c.spec.Stage, State: c.state, Restarts: c.restarts, Since: c.since,
		LogFile: c.spec.LogFile, Err: c.err,
	}
	if c.cmd != nil && c.cmd.Process != nil {
		p.PID = c.cmd.Process.Pid
	}
	return p
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// end moves the child to a state and tells about it.
func (c *child) end(state State, err error) {
	c.mu.Lock()
	c.state, c.since, c.err = state, c.sup.cfg.Now(), err
	p := c.snapshotLocked()
	c.mu.Unlock()
	c.sup.emit(p)
}

// launch starts the process once. It does nothing but fail once a stop was asked for.
func (c *child) launch() error {
	cmd, err := c.command()
	if err != nil {
		return err
	}
	logFile, err := openLog(c.spec.LogFile)
	if err != nil {
		return err
	}
	defer logFile.Close() // the child has its own
	cmd.Stdout, cmd.Stderr = logFile, logFile
	held, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("make a leash: %w", err)
	}
	c.mu.Lock()
	if c.asked {
		c.mu.Unlock()
		held.Close()
		return context.Canceled
	}
	if err := cmd.Start(); err != nil {
		c.mu.Unlock()
		held.Close()
		return err
	}
	c.cmd, c.leash, c.alive = cmd, held, true
	c.state, c.since = Starting, c.sup.cfg.Now()
	if c.ready || c.spec.Ready == nil {
		c.state, c.ready = Running, true
	}
	p := c.snapshotLocked()
	c.mu.Unlock()

	if c.spec.Nice != 0 {
		// By group and not by process: on Linux a priority belongs to a thread, and the runtime has started some already.
		if err := syscall.Setpriority(syscall.PRIO_PGRP, p.PID, c.spec.Nice); err != nil {
			c.sup.cfg.Log.Warn("cannot set the priority", "name", p.Name, "nice", c.spec.Nice, "err", err)
		}
	}
	c.sup.writeRecord()
	c.sup.emit(p)
	return nil
}

func (c *child) command() (*exec.Cmd, error) {
	path := c.spec.Path
	if path == "" {
		own, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the path of this program: %w", err)
		}
		path = own
	}
	cmd := exec.Command(path, c.spec.Args...)
	cmd.Dir = c.spec.Dir
	cmd.Env = append(append(os.Environ(), c.spec.Env...), leash.Env+"="+leash.On)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

// watch waits for the process and starts it again until it has ended for good.
func (c *child) watch() {
	defer close(c.done)
	for {
		err := c.wait()
		delay, again := c.afterExit(err)
		for again {
			select {
			case <-c.stop:
				c.end(Stopped, nil)
				return
			case <-time.After(delay):
			}
			if err = c.relaunch(); err == nil {
				break
			}
			delay, again = c.afterExit(err)
		}
		if !again {
			return
		}
	}
}

func (c *child) relaunch() error {
	c.mu.Lock()
	c.restarts++
	c.recent = append(c.recent, c.sup.cfg.Now())
	c.mu.Unlock()
	return c.launch()
}

// wait reaps the process and takes down what it left in its group.
func (c *child) wait() error {
	err := c.cmd.Wait() // cmd is written by launch only, which this goroutine calls
	// The group's number cannot have been given away: it is in use while a member lives, and pids are handed out in turn.
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	c.mu.Lock()
	c.alive = false
	c.leash.Close()
	c.mu.Unlock()
	c.sup.writeRecord()
	return err
}

// afterExit decides what an exit means: stopped as asked, done, to be restarted after delay, or failed.
func (c *child) afterExit(err error) (delay time.Duration, again bool) {
	c.mu.Lock()
	asked, ready := c.asked, c.ready
	var ok bool
	c.recent, delay, ok = c.spec.Restart.next(c.recent, c.sup.cfg.Now())
	c.mu.Unlock()
	switch {
	case asked:
		c.end(Stopped, nil)
	case err == nil:
		c.end(Done, nil)
	case ready && ok:
		c.end(Waiting, err)
		return delay, true
	default:
		c.end(Failed, err)
		if ready {
			c.sup.giveUp(c.spec.Name, fmt.Errorf("%w%s", err, quoteTail(c.spec.LogFile)))
		}
	}
	return 0, false
}

// awaitReady polls the readiness check until it succeeds, the child ends, or ctx does.
func (c *child) awaitReady(ctx context.Context) error {
	if c.spec.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a check that hangs must not outlive the child
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		err := c.checkReady(ctx)
		if c.ended() {
			return fmt.Errorf("it exited before it was ready: %w", c.exitError())
		}
		if err == nil {
			return c.markReady()
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			if !c.ended() {
				return fmt.Errorf("it is not ready (%w): %w", err, context.Cause(ctx))
			}
		case <-tick.C:
		}
	}
}

func (c *child) checkReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return c.spec.Ready(ctx)
}

func (c *child) markReady() error {
	c.mu.Lock()
	if c.asked || !c.alive {
		c.mu.Unlock()
		<-c.done // not alive or asked to stop, and never ready: it ends for good
		return fmt.Errorf("it exited before it was ready: %w", c.exitError())
	}
	c.ready, c.state, c.since = true, Running, c.sup.cfg.Now()
	p := c.snapshotLocked()
	c.mu.Unlock()
	c.sup.emit(p)
	return nil
}

func (c *child) exitError() error {
	p := c.snapshot()
	if p.Err != nil {
		return p.Err
	}
	return fmt.Errorf("it is %s", p.State)
}

// stopAndWait asks the child to stop, kills its group at until or when ctx ends, and waits for the end.
func (c *child) stopAndWait(ctx context.Context, until time.Time) error {
	c.ask()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	case <-timer.C:
	}
	c.kill()
	timer.Reset(killWait)
	select {
	case <-c.done:
		return nil
	case <-timer.C:
		p := c.snapshot()
		return fmt.Errorf("stop %s: process %d does not end even when killed", p.Name, p.PID)
	}
}

func (c *child) ask() {
	c.mu.Lock()
	if c.asked || c.ended() {
		c.mu.Unlock()
		return
	}
	c.asked = true
	close(c.stop)
	if !c.alive {
		c.mu.Unlock()
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	c.leash.Close()
	c.state, c.since = Stopping, c.sup.cfg.Now()
	p := c.snapshotLocked()
	c.mu.Unlock()
	c.sup.emit(p)
}

func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.alive {
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// writeRecord stores who lives, for the supervisor that follows a killed one.
func (s *Supervisor) writeRecord() {
	s.recordMu.Lock()
	defer s.recordMu.Unlock()
	var rec record
	for _, c := range s.list() {
		c.mu.Lock()
		if c.alive {
			if id, ok := identify(c.cmd.Process.Pid); ok {
				rec.Children = append(rec.Children, recorded{Name: c.spec.Name, PID: c.cmd.Process.Pid, Identity: id})
			}
		}
		c.mu.Unlock()
	}
	if err := writeJSON(filepath.Join(s.dir, recordFile), rec); err != nil {
		// Only the wait for leftovers suffers, and their leash ends them all the same.
		s.cfg.Log.Warn("cannot record the children", "err", err)
	}
}
