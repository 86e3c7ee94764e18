package yuma

import (
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
)

type vector = []fixed.I32F32

// zeroed returns s with length n and every entry zero, in s's memory when it is large enough.
func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

func sum(v vector) fixed.I32F32 {
	var total fixed.I32F32
	for _, x := range v {
		total += x
	}
	return total
}

// normalize divides v, of which nothing is negative, by its sum unless that is 0 (yuma §3.2).
func normalize(v vector) {
	total := sum(v)
	if total == 0 {
		return
	}
	divisor := fixed.NewDivisor(total)
	for i, x := range v {
		v[i] = divisor.Div(x)
	}
}

// proportions quantises shares of one as they are stored: floor(x · 65535).
func proportions(dst []uint16, v vector) []uint16 {
	dst = zeroed(dst, len(v))
	for i, x := range v {
		dst[i] = x.Proportion()
	}
	return dst
}

// maxUpscale stretches v so that its maximum becomes 65535, rounding each value (yuma §3.1). A
// maximum above 32768 is handled through one rounded reciprocal, because 65535 times it would
// overflow; the two branches may differ by one unit.
func maxUpscale(dst []uint16, v vector) []uint16 {
	const scale, branch = fixed.One * 65535, fixed.One * 32768
	dst = zeroed(dst, len(v))
	if len(v) == 0 {
		return dst
	}
	top := slices.Max(v)
	switch {
	case top == 0:
		for i, x := range v {
			dst[i] = x.Proportion()
		}
	case top > branch:
		factor := scale.Div(top)
		for i, x := range v {
			dst[i] = x.Mul(factor).RoundUint16()
		}
	default:
		for i, x := range v {
			dst[i] = x.Mul(scale).Div(top).RoundUint16()
		}
	}
	return dst
}

// topK clears every entry of mask that does not belong to the k largest of v (yuma §3.3). Among
// equals the higher uid wins. order is scratch memory, returned for reuse.
func topK(mask []bool, v vector, k int, order []int) []int {
	n := len(v)
	if n <= k {
		return order
	}
	order = order[:0]
	for i := range v {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int {
		if v[a] != v[b] {
			if v[a] < v[b] {
				return -1
			}
			return 1
		}
		return a - b
	})
	for _, i := range order[:n-k] {
		mask[i] = false
	}
	return order
}
