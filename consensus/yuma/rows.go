package yuma

import (
	"encoding/binary"
	"fmt"
)

// Pair is one entry of a stored row: what row's uid gives to UID. In a weight row Value is of the
// row's maximum 65535; in a bond row see Output.Bonds.
type Pair struct {
	UID   uint16
	Value uint16
}

// pairBytes is the packed size of a Pair.
const pairBytes = 4

// MaxPairs bounds a row: uids are 16 bits and never repeat in one.
const MaxPairs = 1 << 16

// AppendPairs appends the packed form of a row to dst: uid and value of each pair, 16 bits each,
// little-endian.
func AppendPairs(dst []byte, pairs []Pair) []byte {
	for _, p := range pairs {
		dst = binary.LittleEndian.AppendUint16(dst, p.UID)
		dst = binary.LittleEndian.AppendUint16(dst, p.Value)
	}
	return dst
}

// DecodePairs appends the pairs of a packed row to dst. It fails for a length that is no multiple
// of 4 or a row longer than MaxPairs, and then returns dst unchanged.
func DecodePairs(dst []Pair, packed []byte) ([]Pair, error) {
	if len(packed)%pairBytes != 0 || len(packed) > MaxPairs*pairBytes {
		return dst, fmt.Errorf("yuma: decode a row of %d bytes: it must be a multiple of %d and at most %d",
			len(packed), pairBytes, MaxPairs*pairBytes)
	}
	for ; len(packed) >= pairBytes; packed = packed[pairBytes:] {
		dst = append(dst, Pair{
			UID:   binary.LittleEndian.Uint16(packed),
			Value: binary.LittleEndian.Uint16(packed[2:]),
		})
	}
	return dst, nil
}

// Rows are the stored rows of all uids, one after the other in one piece of memory. The zero
// value is empty; the i-th row appended is that of uid i.
type Rows struct {
	ends  []int // ends[i] is one past the last pair of row i
	pairs []Pair
}

// Reset empties r and keeps its memory.
func (r *Rows) Reset() { r.ends, r.pairs = r.ends[:0], r.pairs[:0] }

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.ends) }

// Pairs is the number of entries in all rows.
func (r *Rows) Pairs() int { return len(r.pairs) }

// Append adds the row of the next uid.
func (r *Rows) Append(row ...Pair) {
	r.pairs = append(r.pairs, row...)
	r.close()
}

// AppendPacked adds the row of the next uid from its packed form. On an error nothing is added.
func (r *Rows) AppendPacked(packed []byte) error {
	pairs, err := DecodePairs(r.pairs, packed)
	if err != nil {
		return fmt.Errorf("row of uid %d: %w", r.Len(), err)
	}
	r.pairs = pairs
	r.close()
	return nil
}

// Row returns the entries of uid's row, nil when there is none. The slice is part of r.
func (r *Rows) Row(uid int) []Pair {
	if uid < 0 || uid >= len(r.ends) {
		return nil
	}
	start := 0
	if uid > 0 {
		start = r.ends[uid-1]
	}
	return r.pairs[start:r.ends[uid]:r.ends[uid]]
}

func (r *Rows) close() { r.ends = append(r.ends, len(r.pairs)) }
