package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// SlotHeldEnv is set for a program started under a slot, so that an ergon inside it does not wait for a second one.
const SlotHeldEnv = "ERGON_SLOT_HELD"

// slotPoll is how often a waiter looks for a free slot; a slot is held for 0.1 s to minutes.
const slotPoll = 10 * time.Millisecond

// Slots bounds how many native programs run at once on this machine, over all processes that use the same folder.
// Each slot is a file under an advisory lock, which the kernel releases when its holder dies. Safe for concurrent use.
type Slots struct {
	dir string
	n   int
}

// NewSlots uses dir, made if missing, for n ≥ 1 slots.
func NewSlots(dir string, n int) (*Slots, error) {
	if n < 1 {
		return nil, fmt.Errorf("%d slots: at least 1 is needed", n)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the slot folder: %w", err)
	}
	return &Slots{dir: dir, n: n}, nil
}

// MachineSlots is one slot per core in a folder of the user's; ERGON_SLOTS names another folder.
func MachineSlots() (*Slots, error) {
	dir := os.Getenv("ERGON_SLOTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "ergon-slots-"+strconv.Itoa(os.Getuid()))
	}
	return NewSlots(dir, runtime.NumCPU())
}

// Acquire waits for a free slot and returns the function that gives it back.
func (s *Slots) Acquire(ctx context.Context) (release func(), err error) {
	if os.Getenv(SlotHeldEnv) != "" {
		return func() {}, nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("wait for a media slot: %w", err)
		}
		release, err := s.try()
		if err != nil || release != nil {
			return release, err
		}
		timer := time.NewTimer(slotPoll)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// try takes a free slot, or returns nil if all are taken.
func (s *Slots) try() (func(), error) {
	for i := range s.n {
		f, err := os.OpenFile(filepath.Join(s.dir, "slot-"+strconv.Itoa(i)), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open a media slot: %w", err)
		}
		err = lockFile(f)
		if err == nil {
			return func() { f.Close() }, nil
		}
		f.Close()
		if !errors.Is(err, errLocked) {
			return nil, fmt.Errorf("lock media slot %s: %w", f.Name(), err)
		}
	}
	return nil, nil
}
