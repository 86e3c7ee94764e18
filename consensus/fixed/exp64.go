package fixed

// Exponentials with 64 fraction bits, which only the root network asks for (chain §1.4).

// exp64Terms is the length of the series: at the limit of 20 the first term left out is 3e-15 of
// the sum.
const exp64Terms = 64

// Exp returns e^x with x first clamped to [-20, 20]. Like Exp of I32F32 it is a series with every
// step rounded, so its error is part of its definition.
func (x I64F64) Exp() I64F64 {
	one, limit := I64F64FromUint64(1), I64F64FromUint64(20)
	negative := x.Cmp(I64F64{}) < 0
	if negative {
		x = I64F64{}.Sub(x)
	}
	if x.Cmp(limit) > 0 {
		x = limit
	}
	result, term := one.Add(x), x
	for i := uint64(2); i <= exp64Terms && term != (I64F64{}); i++ {
		term = term.Mul(x).Div(I64F64FromUint64(i))
		result = result.Add(term)
	}
	if negative {
		return one.Div(result)
	}
	return result
}

// Sigmoid returns 1 / (1 + e^(-rho·(x-kappa))): the trust curve of the root network.
func (x I64F64) Sigmoid(rho, kappa I64F64) I64F64 {
	one := I64F64FromUint64(1)
	exponent := rho.Mul(kappa.Sub(x))
	return one.Div(exponent.Exp().Add(one))
}
