package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/internal/leash"
)

const (
	lockFile   = "supervisor.pid"
	recordFile = "children.json"
	// maxRecord bounds the files read back: a record of a child takes about 150 bytes.
	maxRecord = 1 << 20
	// staleEvery is the pause between two looks at a leftover process.
	staleEvery = 20 * time.Millisecond
)

// holder is the content of the lock file.
type holder struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// record names the living children of a supervisor.
type record struct {
	Children []recorded `json:"children"`
}

// recorded is one child. Identity tells the process apart from a later one with the same pid.
type recorded struct {
	Name     string `json:"name"`
	PID      int    `json:"pid"`
	Identity string `json:"identity"`
}

// takeLock locks dir for as long as the returned file is open. The kernel lets go of the lock when the process dies.
func takeLock(dir string, now time.Time) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("supervise %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		var h holder
		_ = json.NewDecoder(io.LimitReader(f, maxRecord)).Decode(&h) // only for the message
		return nil, fmt.Errorf("%w: %s is held by process %d, started %s; stop it first or choose another directory",
			ErrRunning, dir, h.PID, h.Started.Format(time.DateTime))
	}
	body, err := json.Marshal(holder{PID: os.Getpid(), Started: now})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(body, '\n'), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return f, nil
}

// clearStale waits for the children of a killed supervisor, whose leash ends them, and kills those that stay.
func clearStale(ctx context.Context, dir string, log *slog.Logger) error {
	path := filepath.Join(dir, recordFile)
	var rec record
	if err := readJSON(path, &rec); err != nil {
		if !os.IsNotExist(err) {
			log.Warn("cannot read the record of earlier children", "err", err)
		}
		return nil
	}
	patience := time.Now().Add(leash.Grace + time.Second)
	for _, r := range rec.Children {
		if !r.lives() {
			continue
		}
		log.Info("waiting for a child of an earlier run to end", "name", r.Name, "pid", r.PID)
		if r.goneBy(ctx, patience) {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("wait for process %d (%s) of an earlier run: %w", r.PID, r.Name, err)
		}
		log.Warn("killing a child of an earlier run", "name", r.Name, "pid", r.PID)
		r.kill()
		if !r.goneBy(ctx, time.Now().Add(killWait)) {
			return fmt.Errorf("process %d (%s) of an earlier run does not end: end it by hand", r.PID, r.Name)
		}
	}
	return ignoreMissing(os.Remove(path))
}

func (r recorded) lives() bool {
	id, ok := identify(r.PID)
	return ok && id == r.Identity
}

func (r recorded) goneBy(ctx context.Context, deadline time.Time) bool {
	tick := time.NewTicker(staleEvery)
	defer tick.Stop()
	for r.lives() {
		if time.Now().After(deadline) {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

func (r recorded) kill() {
	if group, err := syscall.Getpgid(r.PID); err == nil && group == r.PID && r.lives() {
		_ = syscall.Kill(-r.PID, syscall.SIGKILL)
	}
}

// identify names a living process by boot and start time. It knows /proc only: elsewhere no process is recognised, and the leash
// alone ends what a killed supervisor left.
func identify(pid int) (id string, ok bool) {
	if pid <= 0 {
		return "", false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	// The second field is the name in parentheses and may hold anything; state and start time are fields 3 and 22.
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", false
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], true
}

func readJSON(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxRecord)).Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// writeJSON replaces path in one step, so that a reader sees the old or the new content.
func writeJSON(path string, from any) error {
	body, err := json.MarshalIndent(from, "", "  ")
	if err != nil {
		return err
	}
	return durable.Write(path, append(body, '\n'))
}
