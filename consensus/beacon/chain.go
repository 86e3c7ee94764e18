// Package beacon holds the pure rules of the ledger's randomness: the producers' hash chains, how
// their values are mixed, and how a draw is made from the mix. chain/x/beacon keeps the state.
//
// A producer has one value for every height, fixed in advance: the values are a hash chain, so the
// value of a height leads to that of the height before, and nobody can go the other way. It signs
// its value with its vote; the ledger checks that it leads to the last one seen.
//
//	v(h) = step(v(h+1))
//
// A value may come late: a later one opens all before it. So leaving a vote out of a block does
// not take its value away, and a producer that wants to withhold one has to stay silent for a
// whole Window.
package beacon

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Size of a value in bytes.
const Size = sha256.Size

// Length of a hash chain in heights (13.7 h of 12 s blocks). It bounds the work of whoever makes
// a value and of whoever checks one: so many hashes, about half a millisecond.
const Length = 4096

// Value is a producer's part in the randomness of one height, or a tip that one must lead to.
type Value [Size]byte

// Domains keep the hashes of this package apart from each other and from everybody else's.
const (
	domainSeed  = "ergon/beacon/seed"
	domainStep  = "ergon/beacon/step"
	domainValue = "ergon/beacon/value"
	domainMix   = "ergon/beacon/mix"
	domainDraw  = "ergon/beacon/draw"
)

func step(v Value) Value {
	var b [len(domainStep) + Size]byte
	copy(b[:], domainStep)
	copy(b[len(domainStep):], v[:])
	return sha256.Sum256(b[:])
}

// Back goes n heights back from a value.
func Back(v Value, n uint64) Value {
	for ; n > 0; n-- {
		v = step(v)
	}
	return v
}

// Secret is what only the producer knows: all its values follow from it. Where its chains begin
// is shifted by the producer's own key, so that they do not all end in one block.
type Secret struct {
	seed  [sha256.Size]byte
	shift uint64
}

// NewSecret derives a producer's secret from its private key for one ledger, named by a digest of
// its genesis: on another ledger, a copy included, the same key has other values.
func NewSecret(private, ledger []byte) Secret {
	mac := hmac.New(sha256.New, private)
	mac.Write([]byte(domainSeed))
	mac.Write(ledger)
	var s Secret
	mac.Sum(s.seed[:0])
	shift := sha256.Sum256(s.seed[:])
	s.shift = binary.BigEndian.Uint64(shift[:]) % Length
	return s
}

// At is the value of a height, and whether the chain ends there: then next is the tip of the one
// that begins with the height after.
func (s Secret) At(height uint64) (v Value, next *Value) {
	chain, at := (height+s.shift)/Length, (height+s.shift)%Length
	v = Back(s.start(chain), Length-1-at)
	if at == Length-1 {
		tip := Back(s.start(chain+1), Length)
		next = &tip
	}
	return v, next
}

// start is the far end of a chain: its last value, opened last.
func (s Secret) start(chain uint64) (v Value) {
	mac := hmac.New(sha256.New, s.seed[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], chain)
	mac.Write(n[:])
	mac.Sum(v[:0])
	return v
}
