//go:build !unix

package doctor

import "errors"

// FreeSpace is not measured on this system.
func FreeSpace(string) (uint64, error) {
	return 0, errors.New("free space is not measured on this system")
}
