//go:build unix

package media

import (
	"errors"
	"os"
	"syscall"
)

var errLocked = errors.New("locked by another")

// lockFile locks f for this open file alone, without waiting.
func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errLocked
		}
		return err
	}
}
