package keys

import (
	"bytes"
	"fmt"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/sr25519"
)

// PrivateSize is the size in bytes of an expanded private key: 32-byte scalar, 32-byte nonce.
const PrivateSize = 64

// FromPrivate makes a pair from an expanded private key, the form key files carry (wire §9):
// a canonical little-endian scalar followed by the nonce seed.
func FromPrivate(private []byte) (*Pair, error) {
	sk, err := voi.NewSecretKeyFromBytes(private)
	if err != nil {
		return nil, fmt.Errorf("a private key is %d bytes of scalar and nonce: %w", PrivateSize, err)
	}
	if bytes.Equal(private[:32], make([]byte, 32)) {
		return nil, fmt.Errorf("the zero scalar is no private key")
	}
	return newPair(sk.KeyPair())
}
