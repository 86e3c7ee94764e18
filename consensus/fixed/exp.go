package fixed

import "math/bits"

// expLimit bounds the argument of Exp: e^20 still fits I32F32, e^22 does not.
const expLimit I32F32 = 20 << fraction

// expOne is e as the original holds it, with 23 fraction bits: floor(e·2^23) / 2^23.
const expOne I32F32 = 22802600 << 9

// Exp returns e^x with x first clamped to [-20, 20] (yuma §1). It is a series of 32 terms with
// every step rounded, so its error is part of its definition: Exp(1.0) is a constant of 23 bits,
// Exp(-1.0) comes from the series.
func Exp(x I32F32) I32F32 {
	x = x.Clamp(-expLimit, expLimit)
	switch x {
	case 0:
		return One
	case One:
		return expOne
	}
	negative := x < 0
	if negative {
		x = -x
	}
	result, term := x+One, x
	for i := uint64(2); i < fraction && term != 0; i++ {
		term = I32F32(quotient(uint64(term.MulFast(x)), i)) // raw bits over i are Div by i
		result += term
	}
	if negative {
		return One.Div(result)
	}
	return result
}

// reciprocals[i] is floor((2^64-1) / i).
var reciprocals = func() (r [fraction]uint64) {
	for i := uint64(1); i < fraction; i++ {
		r[i] = ^uint64(0) / i
	}
	return r
}()

// quotient returns n/i for i from 1 to 31: liquid alpha takes an exponential per cell, and thirty
// divisions would be most of its epoch. See Divisor for why one correction is enough.
func quotient(n, i uint64) uint64 {
	q, _ := bits.Mul64(n, reciprocals[i%fraction])
	if n-q*i >= i {
		q++
	}
	return q
}

// Sigmoid returns 1 / (1 + e^(-rho·(x-kappa))), the trust curve of the first consensus and of
// the root network.
func Sigmoid(x, rho, kappa I32F32) I32F32 {
	exponent := rho.Mul(-One).Mul(x.Sub(kappa))
	return One.Div(Exp(exponent).Add(One))
}
