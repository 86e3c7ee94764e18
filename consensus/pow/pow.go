// Package pow holds the pure rules of proof of work (chain §3.2): the seal that a nonce gives, and
// whether a seal is enough for a difficulty. The ledger checks one seal, a solver makes millions.
package pow

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/bits"

	"golang.org/x/crypto/sha3"
)

// Size is the number of bytes of a block hash, a key, a seal.
const Size = 32

// The age of the block that work is for, counted from the block that the registration is in: not
// 0, for no block knows its own hash, and less than MaxAge.
const (
	MinAge = 1
	MaxAge = 3
)

// Fresh tells whether work for a block may be used in block now.
func Fresh(block, now uint64) bool { return block < now && now-block < MaxAge }

// Puzzle is what one search is about: everything a seal binds but the nonce.
type Puzzle [Size]byte

// Unbound is the puzzle of the original: a solution of it fits every subnet whose difficulty it
// meets. It is kept for its test vectors; the ledger asks for New.
func Unbound(blockHash, hotkey [Size]byte) Puzzle { return puzzle(blockHash[:], hotkey[:]) }

// New is Ergon's puzzle. It binds the subnet:
//
//	keccak256( block_hash[32] ‖ hotkey[32] ‖ netuid, little-endian [2] )
//
// The lengths differ, so no solution of one form is one of the other.
func New(blockHash, hotkey [Size]byte, netuid uint16) Puzzle {
	return puzzle(blockHash[:], hotkey[:], binary.LittleEndian.AppendUint16(nil, netuid))
}

func puzzle(parts ...[]byte) (p Puzzle) {
	h := sha3.NewLegacyKeccak256()
	for _, part := range parts {
		_, _ = h.Write(part) // a hash takes everything
	}
	h.Sum(p[:0])
	return p
}

// Seal is what a nonce gives: keccak256(sha256(nonce, little-endian [8] ‖ puzzle)).
func (p Puzzle) Seal(nonce uint64) [Size]byte {
	s := NewSealer(p)
	return s.Seal(nonce)
}

// Sealer makes one seal after the other without allocating. It is not safe for concurrent use.
type Sealer struct {
	keccak hash.Hash
	input  [8 + Size]byte
	digest [Size]byte // fields, not variables: what an interface sees would be allocated
	seal   [Size]byte
}

// NewSealer makes the sealer of a puzzle.
func NewSealer(p Puzzle) *Sealer {
	s := &Sealer{keccak: sha3.NewLegacyKeccak256()}
	copy(s.input[8:], p[:])
	return s
}

// Seal is Puzzle.Seal.
func (s *Sealer) Seal(nonce uint64) [Size]byte {
	binary.LittleEndian.PutUint64(s.input[:8], nonce)
	s.digest = sha256.Sum256(s.input[:])
	s.keccak.Reset()
	_, _ = s.keccak.Write(s.digest[:])
	s.keccak.Sum(s.seal[:0])
	return s.seal
}

// Meets tells whether work is enough for a difficulty: as a big-endian number times the
// difficulty, it must not overflow 256 bits. About one of `difficulty` seals meets it.
func Meets(work [Size]byte, difficulty uint64) bool {
	var carry uint64
	for at := Size - 8; at >= 0; at -= 8 { // limbs from the lowest; carry is the product above them
		hi, lo := bits.Mul64(binary.BigEndian.Uint64(work[at:]), difficulty)
		_, over := bits.Add64(lo, carry, 0)
		carry = hi + over // hi ≤ 2^64-2, so this cannot overflow
	}
	return carry == 0
}
