package synapse

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The packed form of a tensor is what msgpack-numpy writes: a map of the five binary keys nd, type,
// kind, shape and data, in that order (wire §7). The readers in Python run code out of such maps when
// kind says so, therefore nothing but the one harmless form is read here: plain numbers, kind empty.

// pack writes the map.
func pack(descr string, shape []int64, data []byte) []byte {
	dst := make([]byte, 0, len(data)+64)
	dst = append(dst, 0x85) // a map of five
	dst = append(appendBinary(dst, []byte("nd")), 0xc3)
	dst = appendBinary(dst, []byte("type"))
	dst = append(append(dst, 0xa0|byte(len(descr))), descr...)
	dst = appendBinary(appendBinary(dst, []byte("kind")), nil)
	dst = appendBinary(dst, []byte("shape"))
	if len(shape) < 16 {
		dst = append(dst, 0x90|byte(len(shape)))
	} else {
		dst = append(dst, 0xdc, 0, byte(len(shape)))
	}
	for _, d := range shape {
		dst = appendInt(dst, d)
	}
	return appendBinary(appendBinary(dst, []byte("data")), data)
}

func appendBinary(dst, b []byte) []byte {
	switch n := len(b); {
	case n < 1<<8:
		dst = append(dst, 0xc4, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xc5), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xc6), uint32(n))
	}
	return append(dst, b...)
}

// appendInt writes a number that is not negative in its shortest form.
func appendInt(dst []byte, n int64) []byte {
	switch {
	case n < 1<<7:
		return append(dst, byte(n))
	case n < 1<<8:
		return append(dst, 0xcc, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xcd), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcf), uint64(n))
}

var errPacked = errors.New("its buffer is not a packed array of plain numbers")

// unpack reads the map, keys in any order. Nothing larger than raw is allocated.
func unpack(raw []byte) (descr string, shape []int64, data []byte, err error) {
	r := &reader{raw: raw}
	seen := map[string]bool{}
	for range r.size(0x80, 0xde) {
		key := string(r.bytes())
		if seen[key] || r.failed {
			return "", nil, nil, errPacked
		}
		seen[key] = true
		switch key {
		case "nd":
			r.failed = r.failed || r.byte() != 0xc3 // true
		case "type":
			descr = string(r.bytes())
		case "kind":
			r.failed = r.failed || len(r.bytes()) > 0
		case "shape":
			for range min(r.size(0x90, 0xdc), maxDims+1) {
				shape = append(shape, r.int())
			}
		case "data":
			data = r.bytes()
		default:
			return "", nil, nil, errPacked
		}
	}
	if r.failed || len(seen) != 5 || len(r.raw) > 0 {
		return "", nil, nil, errPacked
	}
	if len(shape) > maxDims {
		return "", nil, nil, fmt.Errorf("more than %d dimensions", maxDims)
	}
	return descr, shape, data, nil
}

// reader takes msgpack values from the front of raw. After a failure it yields zeros.
type reader struct {
	raw    []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.raw) {
		r.failed = true
		return nil
	}
	out := r.raw[:n]
	r.raw = r.raw[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uint takes a big-endian number of n bytes.
func (r *reader) uint(n int) uint64 {
	var v uint64
	for _, b := range r.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// size takes the head of a map or list: short form fix|n, or a code and 16 bits.
func (r *reader) size(fix, wide byte) int {
	switch c := r.byte(); {
	case c&0xf0 == fix:
		return int(c & 0x0f)
	case c == wide:
		return int(r.uint(2))
	}
	r.failed = true
	return 0
}

// bytes takes binary data or text.
func (r *reader) bytes() []byte {
	c := r.byte()
	switch {
	case c&0xe0 == 0xa0:
		return r.take(int(c & 0x1f))
	case c == 0xc4 || c == 0xd9:
		return r.take(int(r.uint(1)))
	case c == 0xc5 || c == 0xda:
		return r.take(int(r.uint(2)))
	case c == 0xc6 || c == 0xdb:
		return r.take(int(r.uint(4)))
	}
	r.failed = true
	return nil
}

// int takes a number that is not negative; one above 2^63 comes out negative and is refused as a
// dimension.
func (r *reader) int() int64 {
	switch c := r.byte(); {
	case c < 0x80:
		return int64(c)
	case c >= 0xcc && c <= 0xcf:
		return int64(r.uint(1 << (c - 0xcc)))
	case c >= 0xd0 && c <= 0xd3: // signed, as some writers put even small numbers
		size := 1 << (c - 0xd0)
		shift := 64 - 8*size
		return int64(r.uint(size)<<shift) >> shift
	}
	r.failed = true
	return 0
}
