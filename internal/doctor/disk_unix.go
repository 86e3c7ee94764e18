//go:build unix

package doctor

import "golang.org/x/sys/unix"

// FreeSpace is what an ordinary user may still write on dir's file system, bytes.
func FreeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // signed on some systems
}
