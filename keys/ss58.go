package keys

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mr-tron/base58"
	"golang.org/x/crypto/blake2b"
)

// Prefix is the SS58 network prefix of every Ergon address (chain §2.1).
const Prefix = 42

// ErrAddress is wrapped by every error of ParseSS58.
var ErrAddress = errors.New("not an SS58 address")

// maxSS58 bounds the text that is decoded: 35 bytes never need more than 50 base58 digits.
const maxSS58 = 64

func checksum(body []byte) []byte {
	sum := blake2b.Sum512(append([]byte("SS58PRE"), body...))
	return sum[:2]
}

// SS58 writes a 32-byte account id as its address, 48 characters starting with 5.
func SS58(id []byte) string {
	body := append([]byte{Prefix}, id...)
	return base58.Encode(append(body, checksum(body)...))
}

// ParseSS58 reads a canonical SS58 address with prefix 42 into its 32-byte account id.
func ParseSS58(text string) ([]byte, error) {
	if len(text) > maxSS58 {
		return nil, fmt.Errorf("%w: %d characters, an address has 48", ErrAddress, len(text))
	}
	raw, err := base58.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is not base58", ErrAddress, text)
	}
	if len(raw) != 35 {
		return nil, fmt.Errorf("%w: %q decodes to %d bytes, want 35", ErrAddress, text, len(raw))
	}
	if raw[0] != Prefix {
		return nil, fmt.Errorf("%w: %q has prefix %d, want %d", ErrAddress, text, raw[0], Prefix)
	}
	if !bytes.Equal(checksum(raw[:33]), raw[33:]) {
		return nil, fmt.Errorf("%w: %q fails its checksum; check for a typing error", ErrAddress, text)
	}
	if id := raw[1:33]; SS58(id) == text {
		return id, nil
	}
	return nil, fmt.Errorf("%w: %q is not the canonical form", ErrAddress, text)
}
