// Package leash makes a child process end when its parent does, however the parent ended.
//
// The parent holds the write end of a pipe that is the child's standard input. When the parent exits, is killed or lets go, the
// kernel closes that end and the child reads end-of-file: no signal, no polling, no pid that may belong to somebody else by now.
//
// A child calls Attach once, first thing in main. Without Env in the environment it does nothing, so the same binary can be
// started by hand.
package leash

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// Env is the environment variable a parent sets to On for a child whose standard input is a leash.
const Env = "ERGON_LEASH"

// On is the value of Env that makes Attach act.
const On = "1"

// Grace is the time between the end of the parent and the hard exit of the child: long enough to close databases, short enough that
// nothing is left five seconds after the parent's death.
const Grace = 3 * time.Second

// ExitCode is the status of a child that did not stop within Grace and is not the leader of a process group. A leader kills its
// whole group, itself included.
const ExitCode = 70

// ErrParentGone is the cause of the context's end when the leash was let go.
var ErrParentGone = errors.New("the parent process is gone")

// Attach returns a context that also ends when the parent lets go of the leash; the process is then given Grace to stop by itself.
// It removes Env from the environment, because a leash is not passed on to grandchildren. Without Env it returns ctx.
func Attach(ctx context.Context) context.Context {
	if os.Getenv(Env) != On {
		return ctx
	}
	_ = os.Unsetenv(Env)
	return attach(ctx, os.Stdin, Grace, die)
}

// attach reads r until it ends for any reason: an unreadable leash holds nobody.
func attach(ctx context.Context, r io.Reader, grace time.Duration, die func()) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		cancel(ErrParentGone)
		time.AfterFunc(grace, die)
	}()
	return ctx
}

// die ends the process without asking its other goroutines. The leader of a process group takes the group along, so a
// tool it started (an encoder, a model server) does not outlive it.
func die() {
	if syscall.Getpgrp() == os.Getpid() {
		_ = syscall.Kill(0, syscall.SIGKILL)
	}
	os.Exit(ExitCode)
}
