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
		return Divisor{value: ^uint64(0)} // more than any numerator
	}
	return Divisor{value: uint64(d), reciprocal: ^uint64(0) / uint64(d)}
}

// Div returns x.Div(d) for x that is not negative.
func (d Divisor) Div(x I32F32) I32F32 {
	if uint64(x)>>fraction != 0 {
		return d.long(x)
	}
	// With m = floor((2^64-1)/d), n·m/2^64 falls short of n/d by less than one, so the estimate
	// is the quotient or one below it.
	n := uint64(x) << fraction
	quotient, _ := bits.Mul64(n, d.reciprocal)
	if n-quotient*d.value >= d.value {
		quotient++
	}
	return I32F32(min(quotient, uint64(Max)))
}

// Share returns x.Div(d) for x that is neither negative nor above d nor above One: what part x is of
// a sum that it belongs to. Outside that range the result is meaningless. Inner loops use it.
func (d Divisor) Share(x I32F32) I32F32 {
	// As in Div, but the numerator x·2^32 may be 2^64: its half is multiplied, the product doubled.
	hi, lo := bits.Mul64(uint64(x)<<(fraction-1), d.reciprocal)
	quotient := hi<<1 | lo>>63
	if uint64(x)<<fraction-quotient*d.value >= d.value {
		quotient++
	}
	return I32F32(quotient)
}

// long is Div of x from one on, whose numerator has more than 64 bits.
func (d Divisor) long(x I32F32) I32F32 {
	if d.reciprocal == 0 {
		return 0
	}
	return x.Div(I32F32(d.value))
}
