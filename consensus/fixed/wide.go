package fixed

import (
	"math"
	"math/bits"
)

// wide is the 128-bit two's complement integer under the wide formats.
type wide struct {
	hi int64
	lo uint64
}

var (
	wideMax = wide{hi: math.MaxInt64, lo: math.MaxUint64}
	wideMin = wide{hi: math.MinInt64}
)

func wideLimit(negative bool) wide {
	if negative {
		return wideMin
	}
	return wideMax
}

// wideFrom returns v·2^shift for shift 1..64, saturated.
func wideFrom(v uint64, shift uint) wide {
	hi := v >> (64 - shift)
	if hi > math.MaxInt64 {
		return wideMax
	}
	return wide{hi: int64(hi), lo: v << shift}
}

func (a wide) add(b wide) wide {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(uint64(a.hi), uint64(b.hi), carry)
	if (a.hi^int64(hi))&(b.hi^int64(hi)) < 0 {
		return wideLimit(a.hi < 0)
	}
	return wide{hi: int64(hi), lo: lo}
}

func (a wide) sub(b wide) wide {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(uint64(a.hi), uint64(b.hi), borrow)
	if (a.hi^b.hi)&(a.hi^int64(hi)) < 0 {
		return wideLimit(a.hi < 0)
	}
	return wide{hi: int64(hi), lo: lo}
}

func (a wide) cmp(b wide) int {
	switch {
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// magnitude returns |a|, which is at most 2^127.
func (a wide) magnitude() (hi, lo uint64) {
	if a.hi >= 0 {
		return uint64(a.hi), a.lo
	}
	lo, borrow := bits.Sub64(0, a.lo, 0)
	hi, _ = bits.Sub64(0, uint64(a.hi), borrow)
	return hi, lo
}

// signed gives a magnitude its sign and saturates what does not fit.
func signed(negative bool, hi, lo uint64) wide {
	switch {
	case !negative && hi > math.MaxInt64:
		return wideMax
	case !negative:
		return wide{hi: int64(hi), lo: lo}
	case hi > 1<<63 || hi == 1<<63 && lo != 0:
		return wideMin
	}
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(0, hi, borrow)
	return wide{hi: int64(hi), lo: lo}
}

// mul returns floor(a·b / 2^shift) for shift 1..64.
func (a wide) mul(b wide, shift uint) wide {
	negative := (a.hi < 0) != (b.hi < 0)
	p := product(a, b)
	dropped := p[0] << (64 - shift)
	var r [4]uint64
	for i := range r {
		if i+1 < len(p) {
			r[i] = p[i+1] << (64 - shift)
		}
		if shift < 64 {
			r[i] |= p[i] >> shift
		}
	}
	if negative && dropped != 0 { // floor: away from zero
		var carry uint64 = 1
		for i := range r {
			r[i], carry = bits.Add64(r[i], 0, carry)
		}
	}
	if r[2]|r[3] != 0 {
		return wideLimit(negative)
	}
	return signed(negative, r[1], r[0])
}

// product returns |a|·|b| in limbs of 64 bits, lowest first.
func product(a, b wide) (p [4]uint64) {
	ah, al := a.magnitude()
	bh, bl := b.magnitude()
	var carry uint64
	p[1], p[0] = bits.Mul64(al, bl)
	p[3], p[2] = bits.Mul64(ah, bh)
	for _, cross := range [2][2]uint64{{ah, bl}, {al, bh}} {
		hi, lo := bits.Mul64(cross[0], cross[1])
		p[1], carry = bits.Add64(p[1], lo, 0)
		p[2], carry = bits.Add64(p[2], hi, carry)
		p[3] += carry
	}
	return p
}

// div returns trunc(a·2^shift / b) for shift 1..64, and 0 when b is 0.
func (a wide) div(b wide, shift uint) wide {
	if b == (wide{}) {
		return wide{}
	}
	negative := (a.hi < 0) != (b.hi < 0)
	hi, lo := a.magnitude()
	n := [3]uint64{lo << shift, hi<<shift | lo>>(64-shift), hi >> (64 - shift)}
	dh, dl := b.magnitude()
	var q [3]uint64
	if dh == 0 {
		var rem uint64
		for i := 2; i >= 0; i-- {
			q[i], rem = bits.Div64(rem, n[i], dl)
		}
	} else {
		q = longDivide(n, dh, dl)
	}
	if q[2] != 0 {
		return wideLimit(negative)
	}
	return signed(negative, q[1], q[0])
}

// longDivide divides bit by bit. The divisor is at most 2^127, so the remainder shifted by one
// still fits 128 bits.
func longDivide(n [3]uint64, dh, dl uint64) (q [3]uint64) {
	var rh, rl uint64
	for i := 191; i >= 0; i-- {
		bit := n[i/64] >> (i % 64) & 1
		rh, rl = rh<<1|rl>>63, rl<<1|bit
		if rh > dh || rh == dh && rl >= dl {
			var borrow uint64
			rl, borrow = bits.Sub64(rl, dl, 0)
			rh, _ = bits.Sub64(rh, dh, borrow)
			q[i/64] |= 1 << (i % 64)
		}
	}
	return q
}

// floor returns the integer part of a with shift fraction bits (1..64), saturated to [0, 2^64).
func (a wide) floor(shift uint) uint64 {
	switch {
	case a.hi < 0:
		return 0
	case shift < 64 && uint64(a.hi)>>shift != 0:
		return math.MaxUint64
	}
	return uint64(a.hi)<<(64-shift) | a.lo>>shift
}
