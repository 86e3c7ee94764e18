package yuma

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

// Commitment is what a validator hides behind a hash until it reveals it (yuma §7.2).
type Commitment struct {
	Hotkey     [32]byte
	Index      uint16 // the netuid; under 2026 the mechanism's storage index
	UIDs       []uint16
	Values     []uint16
	Salt       []uint16
	VersionKey uint64
}

// Hash is the blake2b-256 of the commitment's SCALE encoding.
func (c Commitment) Hash() [32]byte { return blake2b.Sum256(c.encode()) }

func (c Commitment) encode() []byte {
	b := append([]byte(nil), c.Hotkey[:]...)
	b = binary.LittleEndian.AppendUint16(b, c.Index)
	for _, list := range [][]uint16{c.UIDs, c.Values, c.Salt} {
		b = appendCompact(b, uint32(len(list)))
		for _, v := range list {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
	}
	return binary.LittleEndian.AppendUint64(b, c.VersionKey)
}

// appendCompact appends a SCALE compact length: the low two bits say how many bytes it takes.
func appendCompact(b []byte, v uint32) []byte {
	switch {
	case v < 1<<6:
		return append(b, byte(v<<2))
	case v < 1<<14:
		return binary.LittleEndian.AppendUint16(b, uint16(v<<2|1))
	case v < 1<<30:
		return binary.LittleEndian.AppendUint32(b, v<<2|2)
	}
	return binary.LittleEndian.AppendUint32(append(b, 3), v)
}

// CommitWindow is the 2024 timing of commit-reveal (yuma §7.2): time is cut into windows of
// Interval blocks, a commit may be replaced in a later window and revealed in the next one only.
// An interval of 0 lifts both rules.
type CommitWindow struct{ Interval uint64 }

// CanCommit tells whether a validator whose last commit was in block committed may commit at now.
func (w CommitWindow) CanCommit(committed, now uint64) bool {
	return w.Interval == 0 || now/w.Interval > committed/w.Interval
}

// CanReveal tells whether a commit of block committed may be revealed at now.
func (w CommitWindow) CanReveal(committed, now uint64) bool {
	return w.Interval == 0 || now/w.Interval == committed/w.Interval+1
}

// RevealState is where a 2026 commit stands.
type RevealState int

// A commit is early, then open for one epoch, then expired.
const (
	RevealEarly RevealState = iota
	RevealOpen
	RevealExpired
)

// RevealAt is the 2026 timing of commit-reveal (yuma §7.3): a commit of one epoch is revealed
// exactly period epochs later. now is the epoch index, counting one more in a block whose epoch
// is due.
func RevealAt(committed, period, now uint64) RevealState {
	switch open := saturatingAdd(committed, period); {
	case now < open:
		return RevealEarly
	case now == open:
		return RevealOpen
	}
	return RevealExpired
}
