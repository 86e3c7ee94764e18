package types

import (
	"bytes"
	"crypto/ed25519"

	"github.com/ergon-network/ergon/consensus/beacon"
)

// An extension is what a producer adds to its vote: nothing, its value for that height, or, where
// its hash chain ends, its value and the tip of the next chain. Nothing is allowed because a
// producer without a value must still be able to vote.
const (
	sizeNothing = 0
	sizeValue   = beacon.Size
	sizeNext    = 2 * beacon.Size
)

// Extension writes what a producer adds to its vote.
func Extension(v beacon.Value, next *beacon.Value) []byte {
	if next == nil {
		return v[:]
	}
	return append(v[:], next[:]...)
}

// ReadExtension reads what a producer added to its vote. It looks at nothing but the bytes, so
// all nodes agree on what is well formed.
func ReadExtension(b []byte) (v, next *beacon.Value, err error) {
	switch len(b) {
	case sizeNothing:
		return nil, nil, nil
	case sizeValue:
		return (*beacon.Value)(b), nil, nil
	case sizeNext:
		return (*beacon.Value)(b[:sizeValue]), (*beacon.Value)(b[sizeValue:]), nil
	}
	return nil, nil, ErrVotes.Wrapf("vote extension of %d bytes: want %d, %d or %d", len(b), sizeNothing, sizeValue, sizeNext)
}

// Signed is an extension as its producer signed it. Without a signature there is none.
type Signed struct {
	Extension []byte
	Signature []byte
}

// marker begins the entry. No transaction begins with a zero byte: it is no tag of protobuf.
const marker = "\x00ergon/beacon/1"

// maxVotes is the number of producers there may be.
const maxVotes = 128

// How much of a vote follows: the first byte of each.
const (
	kindNone    = 0 // not counted in the commit, or of a producer that was removed since
	kindNothing = 1 // a signature over nothing
	kindValue   = 2
	kindNext    = 3
)

// IsVotes tells whether an entry of a block claims to hold producers' values. Such an entry is no
// transaction.
func IsVotes(entry []byte) bool { return bytes.HasPrefix(entry, []byte(marker)) }

// WriteVotes makes a block's first entry: what each vote of its last commit brought, in the order
// of the commit. An extension that is not well formed is left out with its signature.
func WriteVotes(votes []Signed) []byte {
	out := append(make([]byte, 0, len(marker)+1+len(votes)*(1+sizeNext+ed25519.SignatureSize)), marker...)
	out = append(out, byte(len(votes)))
	for _, v := range votes {
		if len(v.Signature) != ed25519.SignatureSize {
			out = append(out, kindNone)
			continue
		}
		switch len(v.Extension) {
		case sizeNothing:
			out = append(out, kindNothing)
		case sizeValue:
			out = append(out, kindValue)
		case sizeNext:
			out = append(out, kindNext)
		default:
			out = append(out, kindNone)
			continue
		}
		out = append(append(out, v.Extension...), v.Signature...)
	}
	return out
}

// ReadVotes reads a block's first entry. There is one way to write an entry, so that what is read
// and written again is the same.
func ReadVotes(entry []byte) ([]Signed, error) {
	if !IsVotes(entry) {
		return nil, ErrVotes.Wrap("it is something else: the proposer left the values out")
	}
	b := entry[len(marker):]
	if len(b) == 0 || b[0] > maxVotes {
		return nil, ErrVotes.Wrapf("it names no number of votes up to %d", maxVotes)
	}
	votes := make([]Signed, b[0])
	b = b[1:]
	for i := range votes {
		if len(b) == 0 || b[0] > kindNext {
			return nil, ErrVotes.Wrapf("vote %d of %d has no known kind", i, len(votes))
		}
		kind := b[0]
		b = b[1:]
		if kind == kindNone {
			continue
		}
		size := int(kind-kindNothing) * beacon.Size
		if len(b) < size+ed25519.SignatureSize {
			return nil, ErrVotes.Wrapf("vote %d of %d ends early", i, len(votes))
		}
		votes[i] = Signed{Extension: b[:size:size], Signature: b[size : size+ed25519.SignatureSize : size+ed25519.SignatureSize]}
		b = b[size+ed25519.SignatureSize:]
	}
	if len(b) > 0 {
		return nil, ErrVotes.Wrapf("%d bytes follow the last vote", len(b))
	}
	return votes, nil
}
