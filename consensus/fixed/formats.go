package fixed

import "math"

// I64F64 is a signed 128-bit number with 64 fraction bits.
type I64F64 struct{ raw wide }

// I64F64FromRaw is the number hi·2^64 + lo, divided by 2^64.
func I64F64FromRaw(hi int64, lo uint64) I64F64 { return I64F64{wide{hi, lo}} }

// I64F64FromUint64 converts exactly and saturates from 2^63 on.
func I64F64FromUint64(v uint64) I64F64 { return I64F64{wideFrom(v, 64)} }

// Raw returns the 128 raw bits.
func (x I64F64) Raw() (hi int64, lo uint64) { return x.raw.hi, x.raw.lo }

// Add returns x + y.
func (x I64F64) Add(y I64F64) I64F64 { return I64F64{x.raw.add(y.raw)} }

// Sub returns x - y.
func (x I64F64) Sub(y I64F64) I64F64 { return I64F64{x.raw.sub(y.raw)} }

// Mul returns floor(x·y).
func (x I64F64) Mul(y I64F64) I64F64 { return I64F64{x.raw.mul(y.raw, 64)} }

// Div returns x/y truncated, and 0 when y is 0.
func (x I64F64) Div(y I64F64) I64F64 { return I64F64{x.raw.div(y.raw, 64)} }

// Cmp returns -1, 0 or 1 as x is less than, equal to or greater than y.
func (x I64F64) Cmp(y I64F64) int { return x.raw.cmp(y.raw) }

// Uint64 floors and saturates to [0, 2^64).
func (x I64F64) Uint64() uint64 { return x.raw.floor(64) }

// I32F32 drops the low 32 fraction bits (a floor) and saturates.
func (x I64F64) I32F32() I32F32 {
	if x.raw.hi > math.MaxInt32 || x.raw.hi < math.MinInt32 {
		return limit(x.raw.hi < 0)
	}
	return I32F32(x.raw.hi<<fraction | int64(x.raw.lo>>fraction))
}

// I96F32 is a signed 128-bit number with 32 fraction bits.
type I96F32 struct{ raw wide }

// I96F32FromI32F32 converts exactly.
func I96F32FromI32F32(v I32F32) I96F32 {
	return I96F32{wide{hi: int64(v >> 63), lo: uint64(v)}}
}

// I96F32FromUint64 converts exactly.
func I96F32FromUint64(v uint64) I96F32 { return I96F32{wideFrom(v, fraction)} }

// Mul returns floor(x·y).
func (x I96F32) Mul(y I96F32) I96F32 { return I96F32{x.raw.mul(y.raw, fraction)} }

// Uint64 floors and saturates to [0, 2^64).
func (x I96F32) Uint64() uint64 { return x.raw.floor(fraction) }

// I110F18 is a signed 128-bit number with 18 fraction bits.
type I110F18 struct{ raw wide }

const priceFraction = 18

// I110F18FromUint64 converts exactly.
func I110F18FromUint64(v uint64) I110F18 { return I110F18{wideFrom(v, priceFraction)} }

// Add returns x + y.
func (x I110F18) Add(y I110F18) I110F18 { return I110F18{x.raw.add(y.raw)} }

// Sub returns x - y.
func (x I110F18) Sub(y I110F18) I110F18 { return I110F18{x.raw.sub(y.raw)} }

// Mul returns floor(x·y).
func (x I110F18) Mul(y I110F18) I110F18 { return I110F18{x.raw.mul(y.raw, priceFraction)} }

// Div returns x/y truncated, and 0 when y is 0.
func (x I110F18) Div(y I110F18) I110F18 { return I110F18{x.raw.div(y.raw, priceFraction)} }

// Cmp returns -1, 0 or 1 as x is less than, equal to or greater than y.
func (x I110F18) Cmp(y I110F18) int { return x.raw.cmp(y.raw) }

// Uint64 floors and saturates to [0, 2^64).
func (x I110F18) Uint64() uint64 { return x.raw.floor(priceFraction) }
