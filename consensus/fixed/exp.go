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
	four := [4]I32F32{x}
	exp4(&four)
	return four[0]
}

// Exps replaces every x by Exp(x). Four series run side by side: one alone is a chain of
// multiplications that wait for each other.
func Exps(xs []I32F32) {
	for len(xs) >= 4 {
		exp4((*[4]I32F32)(xs))
		xs = xs[4:]
	}
	var rest [4]I32F32
	copy(rest[:], xs)
	exp4(&rest)
	copy(xs, rest[:])
}

func exp4(xs *[4]I32F32) {
	var m [4]uint64 // magnitudes, at most expLimit
	for k, x := range xs {
		m[k] = magnitude(int64(x.Clamp(-expLimit, expLimit)))
	}
	series := series4(m)
	for k, x := range xs {
		switch {
		case x == One:
			xs[k] = expOne
		case x < 0:
			xs[k] = One.Div(series[k])
		default:
			xs[k] = series[k]
		}
	}
}

// series4 is the sum of the terms x^i/i! of four arguments.
func series4(x [4]uint64) [4]I32F32 {
	a, b, c, d := x[0], x[1], x[2], x[3] // terms
	var sum [4]uint64
	for k := range x {
		sum[k] = x[k] + uint64(One)
	}
	for i := uint64(2); i < fraction && a|b|c|d != 0; i++ {
		by := divisions[i]
		a, b, c, d = by.next(a, x[0]), by.next(b, x[1]), by.next(c, x[2]), by.next(d, x[3])
		sum[0] += a
		sum[1] += b
		sum[2] += c
		sum[3] += d
	}
	return [4]I32F32{I32F32(sum[0]), I32F32(sum[1]), I32F32(sum[2]), I32F32(sum[3])}
}

// division divides by a small integer i by multiplication: factor is 2^(64+shift)/i rounded up, at
// least 2^63. The rounding adds e < i ≤ 2^(shift+1) to i times the factor, so that the product for n is
// n/i and a part e·n/2^(64+shift) of 1/i too large: for n < 2^63 that is less than 1/i and never lifts it to
// the next integer.
type division struct {
	factor uint64
	shift  uint
}

// divisions[i] is that by i; thirty divisions in each of the exponentials of an epoch would be most
// of it.
var divisions = func() (d [fraction]division) {
	for i := uint64(2); i < fraction; i++ {
		shift := uint(bits.Len64(i-1) - 1)
		q, r := bits.Div64(1<<shift, 0, i)
		if r != 0 {
			q++
		}
		d[i] = division{q, shift}
	}
	return d
}()

// next is the term after term: term·x/i, each step rounded down.
func (d division) next(term, x uint64) uint64 {
	hi, lo := bits.Mul64(term, x)
	q, _ := bits.Mul64(hi<<fraction|lo>>fraction, d.factor)
	return q >> (d.shift & 63)
}

// Sigmoid returns 1 / (1 + e^(-rho·(x-kappa))), the trust curve of the first consensus and of
// the root network.
func Sigmoid(x, rho, kappa I32F32) I32F32 {
	exponent := rho.Mul(-One).Mul(x.Sub(kappa))
	return One.Div(Exp(exponent).Add(One))
}
