package objectstore

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of a key. Every key is a file path in the embedded server, so the file system's
// limits are the tighter ones.
const (
	MaxKey     = 512 // bytes
	maxSegment = 200 // bytes between two slashes; file systems allow 255, servers add suffixes
)

// ErrKey is wrapped by every complaint about a key.
var ErrKey = errors.New("not an object key")

// reservedSegment is where the embedded server's sidecar keeps a bucket's own attributes.
const reservedSegment = "meta"

// CheckKey accepts slash-separated segments of letters, digits and ". _ -", none of them empty
// or starting with a dot, the first not "meta". It is stricter than S3 because a key is a path
// on the embedded server and part of a URL everywhere.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fmt.Errorf("%w: %d bytes, want 1..%d", ErrKey, len(key), MaxKey)
	}
	for i, segment := range strings.Split(key, "/") {
		if err := checkSegment(segment); err != nil {
			return fmt.Errorf("%w: %q: %w", ErrKey, key, err)
		}
		if i == 0 && segment == reservedSegment {
			return fmt.Errorf("%w: %q: a key may not start with %q/, choose another folder", ErrKey, key, reservedSegment)
		}
	}
	return nil
}

// checkPrefix accepts "" for everything, or a key optionally ending in a slash.
func checkPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	return CheckKey(strings.TrimSuffix(prefix, "/"))
}

func checkSegment(segment string) error {
	switch {
	case segment == "":
		return errors.New("empty segment; remove the extra slash")
	case segment[0] == '.':
		return fmt.Errorf("segment %q starts with a dot", segment)
	case len(segment) > maxSegment:
		return fmt.Errorf("segment of %d bytes, want at most %d", len(segment), maxSegment)
	}
	for i := range len(segment) {
		if !keyByte(segment[i]) {
			return fmt.Errorf("character %q; use letters, digits, '.', '_' and '-'", segment[i])
		}
	}
	return nil
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '.' || c == '_' || c == '-'
}
