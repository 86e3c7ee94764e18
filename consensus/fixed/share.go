package fixed

import "math/bits"

// Share returns floor(share · amount) as the I96F32 product does, for a share that is not
// negative: the emission of a uid is its share of what the epoch pays (yuma §4.10).
func Share(share I32F32, amount uint64) uint64 {
	if share < 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(share), amount)
	if hi>>fraction != 0 {
		return ^uint64(0)
	}
	return hi<<fraction | lo>>fraction
}

// MulDiv returns floor(a·b / c) exactly. It saturates, and gives 0 when c is 0.
func MulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	switch {
	case c == 0:
		return 0
	case hi >= c:
		return ^uint64(0)
	}
	quotient, _ := bits.Div64(hi, lo, c)
	return quotient
}
