package fixed

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
	for i := I32F32(2); i < fraction && term != 0; i++ {
		term = term.MulFast(x) / i // dividing raw bits by an integer is Div by that integer
		result += term
	}
	if negative {
		return One.Div(result)
	}
	return result
}

// Sigmoid returns 1 / (1 + e^(-rho·(x-kappa))), the trust curve of the first consensus and of
// the root network.
func Sigmoid(x, rho, kappa I32F32) I32F32 {
	exponent := rho.Mul(-One).Mul(x.Sub(kappa))
	return One.Div(Exp(exponent).Add(One))
}
