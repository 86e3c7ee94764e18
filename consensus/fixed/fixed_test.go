package fixed_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"pgregory.net/rapid"
)

func bigOf(hi int64, lo uint64) *big.Int {
	v := new(big.Int).Lsh(big.NewInt(hi), 64)
	return v.Add(v, new(big.Int).SetUint64(lo))
}

// clampBits saturates v to a signed integer of n bits.
func clampBits(v *big.Int, n uint) *big.Int {
	top := new(big.Int).Lsh(big.NewInt(1), n-1)
	if v.Cmp(top) >= 0 {
		return top.Sub(top, big.NewInt(1))
	}
	if bottom := top.Neg(top); v.Cmp(bottom) < 0 {
		return bottom
	}
	return v
}

// raw draws integers of every magnitude, limits included.
func raw(t *rapid.T, name string) int64 {
	v := rapid.Int64().Draw(t, name)
	return v >> rapid.IntRange(0, 63).Draw(t, name+" shift")
}

func TestI32F32AgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := raw(t, "a"), raw(t, "b")
		x, y := fixed.I32F32(a), fixed.I32F32(b)
		A, B := big.NewInt(a), big.NewInt(b)
		check := func(op string, got fixed.I32F32, want *big.Int) {
			t.Helper()
			if want = clampBits(want, 64); want.Cmp(big.NewInt(int64(got))) != 0 {
				t.Fatalf("%d %s %d = %d, want %s", a, op, b, got, want)
			}
		}
		check("+", x.Add(y), new(big.Int).Add(A, B))
		check("-", x.Sub(y), new(big.Int).Sub(A, B))
		product := new(big.Int).Mul(A, B)
		check("·", x.Mul(y), new(big.Int).Rsh(product, 32)) // Rsh floors
		if b == 0 {
			check("/", x.Div(y), new(big.Int))
		} else {
			check("/", x.Div(y), new(big.Int).Quo(new(big.Int).Lsh(A, 32), B)) // Quo truncates
		}
		if a >= 0 && b >= 0 && product.BitLen() < 96 {
			check("fast ·", x.MulFast(y), new(big.Int).Rsh(product, 32))
		}
		if a >= 0 && b > 0 {
			check("divisor", fixed.NewDivisor(y).Div(x), new(big.Int).Quo(new(big.Int).Lsh(A, 32), B))
		}
	})
}

func TestDivisorIsDivOnProportions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fixed.I32F32(rapid.Int64Range(1, math.MaxInt64).Draw(t, "d") >> rapid.IntRange(0, 62).Draw(t, "shift"))
		x := fixed.I32F32(rapid.Int64Range(0, 1<<33).Draw(t, "x"))
		if got, want := fixed.NewDivisor(d).Div(x), x.Div(d); got != want {
			t.Fatalf("%d / %d = %d, want %d", x, d, got, want)
		}
		x = fixed.I32F32(rapid.Int64Range(0, int64(min(d, fixed.One))).Draw(t, "part"))
		if got, want := fixed.NewDivisor(d).Share(x), x.Div(d); got != want {
			t.Fatalf("share %d of %d = %d, want %d", x, d, got, want)
		}
	})
	for _, d := range []fixed.I32F32{0, 1, 2, fixed.One - 1, fixed.One, fixed.One + 1, fixed.Max} {
		x := min(d, fixed.One)
		if got, want := fixed.NewDivisor(d).Share(x), x.Div(d); got != want {
			t.Fatalf("share %d of %d = %d, want %d", x, d, got, want)
		}
	}
}

func TestWideFormatsAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ah, bh := raw(t, "a high"), raw(t, "b high")
		al, bl := rapid.Uint64().Draw(t, "a low"), rapid.Uint64().Draw(t, "b low")
		x, y := fixed.I64F64FromRaw(ah, al), fixed.I64F64FromRaw(bh, bl)
		A, B := bigOf(ah, al), bigOf(bh, bl)
		check := func(op string, got fixed.I64F64, want *big.Int) {
			t.Helper()
			if want = clampBits(want, 128); want.Cmp(bigOf(got.Raw())) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", A, op, B, bigOf(got.Raw()), want)
			}
		}
		check("+", x.Add(y), new(big.Int).Add(A, B))
		check("-", x.Sub(y), new(big.Int).Sub(A, B))
		check("·", x.Mul(y), new(big.Int).Rsh(new(big.Int).Mul(A, B), 64))
		if B.Sign() == 0 {
			check("/", x.Div(y), new(big.Int))
		} else {
			check("/", x.Div(y), new(big.Int).Quo(new(big.Int).Lsh(A, 64), B))
		}
		if got := x.Cmp(y); got != A.Cmp(B) {
			t.Fatalf("%s cmp %s = %d", A, B, got)
		}
		narrow := clampBits(new(big.Int).Rsh(A, 32), 64)
		if got := x.I32F32(); narrow.Cmp(big.NewInt(int64(got))) != 0 {
			t.Fatalf("narrow %s = %d, want %s", A, got, narrow)
		}
	})
}

func TestPriceFormatAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64Range(1, math.MaxUint64).Draw(t, "b")
		c := rapid.Uint64().Draw(t, "c")
		number := fixed.I110F18FromUint64
		got := number(a).Div(number(b)).Mul(number(c)).Uint64()
		want := new(big.Int).Lsh(new(big.Int).SetUint64(a), 18)
		want.Quo(want, new(big.Int).SetUint64(b))
		want.Mul(want, new(big.Int).SetUint64(c)).Rsh(want, 18)
		if !want.IsUint64() {
			want.SetUint64(math.MaxUint64)
		}
		if got != want.Uint64() {
			t.Fatalf("%d/%d·%d = %d, want %s", a, b, c, got, want)
		}
	})
}

func TestIntegersOfI32F32(t *testing.T) {
	for _, c := range []struct {
		x            fixed.I32F32
		floor, round int64
	}{
		{0, 0, 0},
		{fixed.Half, 0, 1},
		{fixed.Half - 1, 0, 0},
		{-1, -1, 0},
		{-fixed.Half, -1, -1},
		{fixed.Max, math.MaxInt32, 1 << 31},
		{fixed.Min, math.MinInt32, math.MinInt32},
	} {
		if got := c.x.Floor(); got != c.floor {
			t.Errorf("floor of raw %d = %d, want %d", c.x, got, c.floor)
		}
		if got := c.x.Round(); got != c.round {
			t.Errorf("round of raw %d = %d, want %d", c.x, got, c.round)
		}
	}
	if fixed.FromInt(1<<40) != fixed.Max || fixed.FromInt(-1<<40) != fixed.Min || fixed.FromInt(-2) != -2*fixed.One {
		t.Error("FromInt does not saturate")
	}
	if fixed.One.Proportion() != 65535 || (fixed.One-1).Proportion() != 65534 || fixed.Min.Proportion() != 0 {
		t.Error("Proportion does not floor")
	}
}

func TestMulDiv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b"), rapid.Uint64().Draw(t, "c")
		want := new(big.Int)
		if c != 0 {
			want.Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b)).Quo(want, new(big.Int).SetUint64(c))
		}
		if !want.IsUint64() {
			want.SetUint64(math.MaxUint64)
		}
		if got := fixed.MulDiv(a, b, c); got != want.Uint64() {
			t.Fatalf("%d·%d/%d = %d, want %s", a, b, c, got, want)
		}
	})
}

// Exp only has to be reproducible, but a value far from e^x would be a wrong series. Cut after 32
// terms it loses up to 1 % towards the ends of its range.
func TestExpIsNearExp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-20, 20).Draw(t, "x")
		got := math.Ldexp(float64(fixed.Exp(fromFloat(x))), -32)
		tolerance := 1e-6
		if math.Abs(x) > 8 {
			tolerance = 1e-2
		}
		if want := math.Exp(x); math.Abs(got-want) > tolerance*want+1e-8 {
			t.Fatalf("exp(%g) = %g, want %g", x, got, want)
		}
	})
}

// The series is computed four at a time and without divisions; the definition is one at a time with them.
func TestExpsAreTheSeriesTermByTerm(t *testing.T) {
	series := func(x fixed.I32F32) fixed.I32F32 {
		switch x = x.Clamp(-20*fixed.One, 20*fixed.One); x {
		case 0:
			return fixed.One
		case fixed.One:
			return 22802600 << 9
		}
		size := max(x, -x)
		result, term := size+fixed.One, size
		for i := fixed.I32F32(2); i < 32; i++ {
			term = term.Mul(size).Div(i * fixed.One)
			result += term
		}
		if x < 0 {
			return fixed.One.Div(result)
		}
		return result
	}
	rapid.Check(t, func(t *rapid.T) {
		xs := make([]fixed.I32F32, rapid.IntRange(0, 9).Draw(t, "number"))
		want := make([]fixed.I32F32, len(xs))
		for k := range xs {
			xs[k] = fixed.I32F32(rapid.Int64Range(-21<<32, 21<<32).Draw(t, "x"))
			if rapid.IntRange(0, 9).Draw(t, "whole") == 0 {
				xs[k] = xs[k] >> 32 << 32
			}
			want[k] = series(xs[k])
			if got := fixed.Exp(xs[k]); got != want[k] {
				t.Fatalf("Exp(%d) = %d, want %d", xs[k], got, want[k])
			}
		}
		in := slices.Clone(xs)
		if fixed.Exps(xs); !slices.Equal(xs, want) {
			t.Fatalf("Exps(%v) = %v, want %v", in, xs, want)
		}
	})
}

func BenchmarkExp(b *testing.B) {
	x := 3 * fixed.One
	for b.Loop() {
		fixed.Exp(x)
		x ^= 1 << 20
	}
}
