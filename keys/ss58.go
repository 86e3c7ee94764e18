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

// ErrAddress is wrapped by every error of ParseSS58 and DecodeSS58.
var ErrAddress = errors.New("not an SS58 address")

// Bounds of SS58.
const (
	maxSS58      = 64 // characters: 36 bytes never need more than 50 base58 digits
	oneByte      = 64 // prefixes below take one byte, the others two
	checksumSize = 2
)

func checksum(body []byte) []byte {
	sum := blake2b.Sum512(append([]byte("SS58PRE"), body...))
	return sum[:checksumSize]
}

// SS58 writes a 32-byte account id as its address, 48 characters starting with 5.
func SS58(id []byte) string {
	body := append([]byte{Prefix}, id...)
	return base58.Encode(append(body, checksum(body)...))
}

// ParseSS58 reads a canonical SS58 address with prefix 42 into its 32-byte account id. The address of
// another network is refused, and the error names the same key's address here: nobody should send
// coins to an account that its holder does not look at.
func ParseSS58(text string) ([]byte, error) {
	id, prefix, err := DecodeSS58(text)
	if err != nil {
		return nil, err
	}
	if prefix != Prefix {
		return nil, fmt.Errorf("%w: %q is of network %d, not %d; the same key's address here is %s", ErrAddress, text, prefix, Prefix, SS58(id))
	}
	return id, nil
}

// DecodeSS58 reads the canonical SS58 address of a 32-byte account id on any network: prefixes from
// 0 to 16383 (wire §9).
func DecodeSS58(text string) (id []byte, prefix int, err error) {
	if len(text) > maxSS58 {
		return nil, 0, fmt.Errorf("%w: %d characters, an address has 48", ErrAddress, len(text))
	}
	raw, err := base58.Decode(text)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %q is not base58", ErrAddress, text)
	}
	head := 1
	if len(raw) > 0 && raw[0] >= oneByte {
		head = 2
	}
	if len(raw) != head+PublicSize+checksumSize {
		return nil, 0, fmt.Errorf("%w: %q decodes to %d bytes, want %d", ErrAddress, text, len(raw), head+PublicSize+checksumSize)
	}
	prefix = int(raw[0])
	if head == 2 {
		prefix = int(raw[0]&0x3f)<<2 | int(raw[1]>>6) | int(raw[1]&0x3f)<<8
	}
	if head == 2 && prefix < oneByte || raw[0] >= 2*oneByte {
		return nil, 0, fmt.Errorf("%w: %q begins with no network prefix", ErrAddress, text)
	}
	body := raw[:head+PublicSize]
	if !bytes.Equal(checksum(body), raw[len(body):]) {
		return nil, 0, fmt.Errorf("%w: %q fails its checksum; check for a typing error", ErrAddress, text)
	}
	if base58.Encode(raw) != text {
		return nil, 0, fmt.Errorf("%w: %q is not the canonical form", ErrAddress, text)
	}
	return body[head:], prefix, nil
}
