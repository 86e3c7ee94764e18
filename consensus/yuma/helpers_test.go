package yuma

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
)

const (
	vectorFile = "testdata/yuma.json"
	chainFile  = "testdata/chain.json"
)

// fromFloat is the nearest I32F32, ties to even; from32 reads the decimal as a float32 first, as
// the original's tests do.
func fromFloat(v float64) fixed.I32F32 { return fixed.I32F32(math.RoundToEven(math.Ldexp(v, 32))) }
func from32(v float64) fixed.I32F32    { return fromFloat(float64(float32(v))) }
func toFloat(x fixed.I32F32) float64   { return math.Ldexp(float64(x), -32) }

func mapped[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// sparse turns a dense matrix of the given width into rows, zeros absent.
func sparse(values []fixed.I32F32, width int) *Matrix {
	m := new(Matrix)
	for start := 0; start < len(values); start += width {
		for j, v := range values[start : start+width] {
			if v != 0 {
				m.add(Cell{uint16(j), v})
			}
		}
		m.close()
	}
	return m
}

func dense(m *Matrix, width int) []fixed.I32F32 {
	out := make([]fixed.I32F32, m.Len()*width)
	for i := range m.Len() {
		for _, c := range m.Row(i) {
			out[i*width+int(c.UID)] = c.Value
		}
	}
	return out
}

// near reports whether the values match within the tolerance; 0 asks for the same bits.
func near(got []fixed.I32F32, want []float64, tolerance float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d values, want %d", len(got), len(want))
	}
	for i, w := range want {
		if tolerance == 0 && got[i] != fromFloat(w) || math.Abs(toFloat(got[i])-w) > tolerance {
			return fmt.Errorf("[%d] = %v (raw %d), want %v", i, toFloat(got[i]), got[i], w)
		}
	}
	return nil
}

// same fails the test when two vectors differ in length or any entry.
func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// alpha is the bond speed of one cell, without the shortcuts of a whole row.
func (l *liquid) alpha(consensus, weight, bond fixed.I32F32) fixed.I32F32 {
	return l.speed(fixed.Exp(l.exponent(distance(consensus, weight, bond))))
}

// jsonPairs is a row as the vectors write it: [[uid, value], ...].
type jsonPairs [][2]json.Number

func (p jsonPairs) pairs(t testing.TB) []Pair {
	return mapped(p, func(e [2]json.Number) Pair {
		uid, err1 := e[0].Int64()
		value, err2 := e[1].Int64()
		if err1 != nil || err2 != nil {
			t.Fatalf("pair %v is not made of integers", e)
		}
		return Pair{uint16(uid), uint16(value)}
	})
}

func (p jsonPairs) cells(t testing.TB) []Cell {
	return mapped(p, func(e [2]json.Number) Cell {
		uid, err1 := e[0].Int64()
		value, err2 := e[1].Int64()
		if err1 != nil || err2 != nil {
			t.Fatalf("pair %v is not made of integers", e)
		}
		return Cell{uint16(uid), fixed.I32F32(value)}
	})
}

// decimalCells reads values as decimals, exact to the nearest raw value.
func (p jsonPairs) decimalCells(t testing.TB) []Cell {
	return mapped(p, func(e [2]json.Number) Cell {
		uid, err1 := e[0].Int64()
		value, err2 := e[1].Float64()
		if err1 != nil || err2 != nil {
			t.Fatalf("pair %v: %v %v", e, err1, err2)
		}
		return Cell{uint16(uid), fromFloat(value)}
	})
}

func jsonInto(t testing.TB, raw json.RawMessage, out any) {
	t.Helper()
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
}
