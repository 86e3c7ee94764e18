package fixed

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func float64Of(x I64F64) float64 {
	hi, lo := x.Raw()
	return float64(hi) + float64(lo)/(1<<64)
}

func TestExp64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := I64F64FromRaw(rapid.Int64Range(-25, 24).Draw(t, "whole"), rapid.Uint64().Draw(t, "fraction"))
		want := math.Exp(min(max(float64Of(x), -20), 20))
		if got := float64Of(x.Exp()); math.Abs(got/want-1) > 1e-9 {
			t.Fatalf("e^%v = %v, want %v", float64Of(x), got, want)
		}
	})
	if got := (I64F64{}).Exp(); got != I64F64FromUint64(1) {
		t.Errorf("e^0 = %v", float64Of(got))
	}
	least := I64F64FromRaw(math.MinInt64, 0)
	if got, want := least.Exp(), I64F64FromRaw(-20, 0).Exp(); got != want {
		t.Errorf("e^-2^63 = %v, want the clamped %v", float64Of(got), float64Of(want))
	}
	half := I64F64FromRaw(0, 1<<63)
	if got := half.Sigmoid(I64F64FromUint64(10), half); got != half {
		t.Errorf("the curve in its middle is %v", float64Of(got))
	}
}
