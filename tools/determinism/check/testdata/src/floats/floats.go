package floats

import (
	"math"
	"strconv"
)

const Whole uint64 = 1e9 // an integer written shortly

const Shared = 1e9 // want `float: value of type untyped float`

const Ratio = 0.5 // want `float: value of type untyped float`

type Price float64 // want `float: type of type float64`

type record struct {
	name  string
	score float32 // want `float: type of type float32`
}

func mean(a, b float64) float64 { // want `float: type of type float64`
	return (a + b) / 2 // want `float: value of type float64`
}

func inferred(r record, text string) int {
	s := r.score                         // want `float: value of type float32`
	v, _ := strconv.ParseFloat(text, 64) // want `float: value of type \(float64, error\)`
	if v > 0 {                           // want `float: value of type float64`
		return int(s) // want `float: value of type float32`
	}
	w := complex(1, 2)       // want `float: value of type complex128`
	_ = w                    // want `float: value of type complex128`
	return int(math.Sqrt(4)) // want `float: value of type float64`
}

func integers(x uint64) uint64 {
	const limit = math.MaxUint16
	return min(x/2, limit, 3*Whole)
}

func generic[T ~int | ~float64](v T) T { return v } // want `float: type of type float64`
