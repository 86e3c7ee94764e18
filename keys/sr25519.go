// Package keys holds what an Ergon identity is made of: an sr25519 key pair over a 32-byte
// account id, and its SS58 address. It is the lowest package of the tree: the ledger verifies
// with it and neurons sign with it. Key files and mnemonics live in neuron/wallet.
package keys

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/sr25519"
)

// Sizes in bytes.
const (
	PublicSize    = 32
	SignatureSize = 64
	SeedSize      = 32
)

// signingContext is Substrate's; every signature of a Bittensor key is made under it (wire §4.3).
var signingContext = voi.NewSigningContext([]byte("substrate"))

// ErrSignature is returned when a signature does not verify.
var ErrSignature = errors.New("signature does not verify")

// Pair is an sr25519 key pair. It never prints its secret half, and Close wipes that. Safe for
// concurrent use.
type Pair struct {
	mu     sync.RWMutex   // Close waits for those who sign
	secret *voi.SecretKey // the one that pair holds; nil when closed
	pair   *voi.KeyPair
	public [PublicSize]byte
}

// Generate makes a new pair from the system's randomness.
func Generate() (*Pair, error) {
	seed := make([]byte, SeedSize)
	defer clear(seed)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("read randomness for a new key: %w", err)
	}
	return FromSeed(seed)
}

// FromSeed expands a 32-byte mini secret the way Substrate does (Ed25519 expansion).
func FromSeed(seed []byte) (*Pair, error) {
	mini, err := voi.NewMiniSecretKeyFromBytes(seed)
	if err != nil {
		return nil, fmt.Errorf("a seed has %d bytes, got %d: %w", SeedSize, len(seed), err)
	}
	defer clear(mini[:])
	return newPair(mini.ExpandEd25519())
}

func newPair(secret *voi.SecretKey) (*Pair, error) {
	kp := secret.KeyPair()
	raw, err := kp.PublicKey().MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	p := &Pair{secret: secret, pair: kp}
	copy(p.public[:], raw)
	return p, nil
}

// Public is the 32-byte public key, which is also the account id.
func (p *Pair) Public() []byte { return append([]byte(nil), p.public[:]...) }

// Address is the pair's SS58 address.
func (p *Pair) Address() string { return SS58(p.public[:]) }

// String is the address.
func (p *Pair) String() string { return p.Address() }

// Format implements fmt.Formatter: the address, whatever the verb. A key must not leak through a
// log line.
func (p *Pair) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.Address())) }

// MarshalText is the address, for JSON and structured logs.
func (p *Pair) MarshalText() ([]byte, error) { return []byte(p.Address()), nil }

// Sign signs the bare message. sr25519 signatures are randomised: never compare them. It returns
// ErrClosed after Close.
func (p *Pair) Sign(message []byte) ([]byte, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.pair == nil {
		return nil, fmt.Errorf("sign with %s: %w", p.Address(), ErrClosed)
	}
	sig, err := p.pair.Sign(rand.Reader, signingContext.NewTranscriptBytes(message))
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", p.Address(), err)
	}
	return sig.MarshalBinary()
}

// Verify accepts a signature over the bare message or over <Bytes>message</Bytes>, the form
// browser wallets make (design 3, wire §4.3). It returns ErrSignature when neither holds.
// The all-zero public key is refused: it encodes the identity, for which anybody can sign.
func Verify(public, message, signature []byte) error {
	if bytes.Equal(public, make([]byte, PublicSize)) {
		return fmt.Errorf("the all-zero public key cannot sign: %w", ErrSignature)
	}
	pk, err := voi.NewPublicKeyFromBytes(public)
	if err != nil {
		return fmt.Errorf("public key %x: %w", public, err)
	}
	sig, err := voi.NewSignatureFromBytes(signature)
	if err != nil {
		return fmt.Errorf("signature of %d bytes, want %d: %w", len(signature), SignatureSize, err)
	}
	if pk.Verify(signingContext.NewTranscriptBytes(message), sig) {
		return nil
	}
	if pk.Verify(signingContext.NewTranscriptBytes(wrap(message)), sig) {
		return nil
	}
	return ErrSignature
}

func wrap(message []byte) []byte {
	out := make([]byte, 0, len(message)+15)
	out = append(out, "<Bytes>"...)
	out = append(out, message...)
	return append(out, "</Bytes>"...)
}
