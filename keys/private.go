package keys

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/sr25519"
)

// PrivateSize is the size in bytes of an expanded private key: 32-byte scalar, 32-byte nonce.
const PrivateSize = 64

// ErrClosed: the pair's secret half was wiped.
var ErrClosed = errors.New("the key is closed")

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
	return newPair(sk)
}

// Private returns a copy of the expanded private key, for writing a key file and for deriving
// children; the caller wipes it. It returns ErrClosed after Close.
func (p *Pair) Private() ([]byte, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.secret == nil {
		return nil, fmt.Errorf("private key of %s: %w", p.Address(), ErrClosed)
	}
	return p.secret.MarshalBinary()
}

// Close wipes the secret half. Afterwards Sign returns ErrClosed; the public half stays. It may be
// called more than once.
func (p *Pair) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.secret == nil {
		return
	}
	wipe(p.secret)
	p.secret, p.pair = nil, nil
}

// wipe zeroes a secret key where it lies. The library has no call for that, and its decoder would
// put another scalar beside the old one, so the scalar is reached by the name of its field.
func wipe(sk *voi.SecretKey) {
	(*scalar.Scalar)(reflect.ValueOf(sk).Elem().FieldByName("key").UnsafePointer()).Zero()
	_ = sk.UnmarshalBinary(make([]byte, PrivateSize)) // the nonce, in place; zeros always decode
}
