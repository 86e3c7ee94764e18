//go:build unix

package child

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// isolate puts the program into its own process group, which is killed as a whole, and ties its life to ours.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
}

func killGroup(pid int) error {
	err := syscall.Kill(-pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// reap kills what an ended program left behind in its group.
func reap(pid int) { _ = killGroup(pid) }

// signalNames are the signals that mean something to callers.
var signalNames = map[syscall.Signal]string{
	syscall.SIGKILL: "SIGKILL", syscall.SIGTERM: "SIGTERM", syscall.SIGXCPU: "SIGXCPU", syscall.SIGXFSZ: "SIGXFSZ",
	syscall.SIGSEGV: "SIGSEGV", syscall.SIGABRT: "SIGABRT",
}

func signalName(p *os.ProcessState) string {
	ws, ok := p.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() {
		return ""
	}
	if name := signalNames[ws.Signal()]; name != "" {
		return name
	}
	return ws.Signal().String()
}
