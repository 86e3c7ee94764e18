package fixed

import "math/bits"

// Divisor divides many values by one. Normalising a row or a column divides every cell by the
// same sum; a multiplication by the reciprocal and one correction give exactly Div's quotient
// several times faster than the division instruction.
type Divisor struct {
	value      uint64
	reciprocal uint64 // floor((2^64-1) / value)
}

// NewDivisor prepares division by d; a d of zero or less divides everything to 0.
func NewDivisor(d I32F32) Divisor {
	if d <= 0 {
		return Divisor{}
	}
	return Divisor{value: uint64(d), reciprocal: ^uint64(0) / uint64(d)}
}

// Div returns x.Div(d) for x that is not negative.
func (d Divisor) Div(x I32F32) I32F32 {
	if uint64(x)>>fraction != 0 {
		return x.Div(I32F32(d.value))
	}
	// With m = floor((2^64-1)/d), n·m/2^64 falls short of n/d by less than one, so the estimate
	// is the quotient or one below it.
	n := uint64(x) << fraction
	quotient, _ := bits.Mul64(n, d.reciprocal)
	if n-quotient*d.value >= d.value && d.value != 0 {
		quotient++
	}
	return I32F32(min(quotient, uint64(Max)))
}
