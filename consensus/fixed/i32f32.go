package fixed

import (
	"math"
	"math/bits"
)

// I32F32 is a signed number with 32 fraction bits: value = raw / 2^32, range [-2^31, 2^31).
type I32F32 int64

// fraction is the number of fraction bits of I32F32.
const fraction = 32

// Constants of I32F32.
const (
	One  I32F32 = 1 << fraction
	Half I32F32 = One / 2
	Max  I32F32 = math.MaxInt64
	Min  I32F32 = math.MinInt64
)

// u16Max is 65535.0, the unit of every stored proportion.
const u16Max I32F32 = math.MaxUint16 << fraction

// FromInt converts an integer exactly and saturates outside [-2^31, 2^31).
func FromInt(v int64) I32F32 {
	switch {
	case v > math.MaxInt32:
		return Max
	case v < math.MinInt32:
		return Min
	}
	return I32F32(v << fraction)
}

// FromU16 converts a stored integer exactly: 7 becomes 7.0.
func FromU16(v uint16) I32F32 { return I32F32(v) << fraction }

// FromProportion reads a stored proportion: v / 65535.
func FromProportion(v uint16) I32F32 { return FromU16(v).Div(u16Max) }

// Add returns x + y.
func (x I32F32) Add(y I32F32) I32F32 {
	sum := x + y
	if (x^sum)&(y^sum) < 0 { // the operands agree in sign and the sum does not
		return limit(x < 0)
	}
	return sum
}

// Sub returns x - y.
func (x I32F32) Sub(y I32F32) I32F32 {
	difference := x - y
	if (x^y)&(x^difference) < 0 {
		return limit(x < 0)
	}
	return difference
}

// Mul returns x·y, rounded toward minus infinity.
func (x I32F32) Mul(y I32F32) I32F32 {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	hi -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x) // unsigned to signed product
	if top := int64(hi) >> (fraction - 1); top != 0 && top != -1 {
		return limit(int64(hi) < 0)
	}
	return I32F32(hi<<fraction | lo>>fraction)
}

// MulFast is Mul for factors that are not negative and whose product is below 2^31; outside
// that range the result is meaningless. Inner loops over proportions use it.
func (x I32F32) MulFast(y I32F32) I32F32 {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	return I32F32(hi<<fraction | lo>>fraction)
}

// Div returns x/y, rounded toward zero, and 0 when y is 0.
func (x I32F32) Div(y I32F32) I32F32 {
	if y == 0 {
		return 0
	}
	negative := (x < 0) != (y < 0)
	n, d := magnitude(int64(x)), magnitude(int64(y))
	hi := n >> fraction
	if hi >= d {
		return limit(negative)
	}
	quotient, _ := bits.Div64(hi, n<<fraction, d)
	if quotient > math.MaxInt64 {
		return limit(negative)
	}
	if negative {
		return -I32F32(quotient)
	}
	return I32F32(quotient)
}

// Floor returns the largest integer that is not above x.
func (x I32F32) Floor() int64 { return int64(x >> fraction) }

// Round returns the nearest integer; halves go away from zero.
func (x I32F32) Round() int64 {
	if x < 0 {
		// -x overflows for Min, whose magnitude is exact.
		m := magnitude(int64(x))
		return -int64((m + uint64(Half)) >> fraction)
	}
	return int64((uint64(x) + uint64(Half)) >> fraction)
}

// Uint16 floors x and saturates to [0, 65535].
func (x I32F32) Uint16() uint16 { return saturate16(x.Floor()) }

// RoundUint16 rounds x and saturates to [0, 65535].
func (x I32F32) RoundUint16() uint16 { return saturate16(x.Round()) }

// Proportion quantises a share of one as it is stored: floor(x · 65535), saturated. 1.0 gives
// 65535 and the next smaller value 65534.
func (x I32F32) Proportion() uint16 {
	if uint64(x) <= uint64(One) { // the product has less than 64 bits, of which the upper half is asked for
		return uint16(uint64(x) * math.MaxUint16 >> fraction)
	}
	if x < 0 {
		return 0
	}
	return math.MaxUint16
}

// Clamp returns x moved into [lo, hi]; the upper bound is applied first.
func (x I32F32) Clamp(lo, hi I32F32) I32F32 { return max(min(x, hi), lo) }

func saturate16(v int64) uint16 { return uint16(min(max(v, 0), math.MaxUint16)) }

func limit(negative bool) I32F32 {
	if negative {
		return Min
	}
	return Max
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
