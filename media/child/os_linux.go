package child

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// isolate puts the program into its own process group, which is killed as a whole, and ties its life to ours.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
}

func killGroup(pid int) error {
	err := unix.Kill(-pid, unix.SIGKILL)
	if errors.Is(err, unix.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// reap kills what an ended program left behind in its group.
func reap(pid int) { _ = killGroup(pid) }

// limit applies the kernel's limits to a process that has just started.
func limit(pid int, s Spec) error {
	memory := s.MaxMemory
	if memory == 0 {
		memory = DefaultMaxMemory
	}
	limits := []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_AS, uint64(max(0, memory))},
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, uint64(s.MaxFile)},
		{unix.RLIMIT_CPU, uint64((s.CPU + time.Second - 1) / time.Second)},
	}
	for _, l := range limits {
		if l.value == 0 && l.resource != unix.RLIMIT_CORE {
			continue
		}
		err := unix.Prlimit(pid, l.resource, &unix.Rlimit{Cur: l.value, Max: l.value}, nil)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	if s.Nice > 0 {
		if err := unix.Setpriority(unix.PRIO_PGRP, pid, s.Nice); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

func signalName(p *os.ProcessState) string {
	if ws, ok := p.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return unix.SignalName(ws.Signal())
	}
	return ""
}
