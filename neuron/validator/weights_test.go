package validator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type weightVectors struct {
	Weights struct {
		Normalize []struct {
			X     []float32
			Limit float64
			Y     []float64 `json:"y_float32"`
		} `json:"normalize_max_weight"`
		Process []struct {
			Desc       string
			UIDs       []uint16
			Weights    []float32
			N          int       `json:"num_neurons"`
			MinAllowed int       `json:"min_allowed_weights"`
			MaxLimit   float64   `json:"max_weight_limit"`
			Quantile   uint16    `json:"exclude_quantile_u16"`
			OutUIDs    []uint16  `json:"out_uids"`
			OutWeights []float64 `json:"out_weights"`
			EmitUIDs   []uint16  `json:"emit_uids"`
			Emit       []uint16  `json:"emit_weights_u16"`
		} `json:"process_weights"`
		Emit []struct {
			UIDs     []uint16
			Weights  []float64
			EmitUIDs []uint16 `json:"emit_uids"`
			Emit     []uint16 `json:"emit_u16"`
		}
		EMA struct {
			Scores  []float64
			UIDs    []uint16
			Rewards []float64
			Alpha   float64
			Out     []float64
		}
	}
}

func loadVectors(t testing.TB) map[string]weightVectors {
	t.Helper()
	out := map[string]weightVectors{}
	for _, path := range append([]string{"testdata/wire.json"}, filepath.SplitList(os.Getenv("ERGON_VECTORS"))...) {
		raw, err := os.ReadFile(path)
		if err == nil && strings.HasSuffix(path, ".gz") {
			var z *gzip.Reader
			if z, err = gzip.NewReader(bytes.NewReader(raw)); err == nil {
				raw, err = io.ReadAll(z)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		var v weightVectors
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Logf("%s is of another schema: %v", path, err)
			continue
		}
		out[path] = v
	}
	return out
}

func near(got, want []float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-6 })
}

func TestNormaliseVectors(t *testing.T) {
	for path, v := range loadVectors(t) {
		for _, c := range v.Weights.Normalize {
			var got []float64
			for _, y := range normaliseMax(c.X, c.Limit) {
				got = append(got, float64(y))
			}
			if !near(got, c.Y) {
				t.Errorf("%s: normaliseMax(%v, %v) = %v, want %v", path, c.X, c.Limit, got, c.Y)
			}
		}
	}
}

func TestProcessVectors(t *testing.T) {
	for path, v := range loadVectors(t) {
		for _, c := range v.Weights.Process {
			uids, weights, err := Process(c.UIDs, c.Weights, c.N, c.MinAllowed, c.MaxLimit, c.Quantile)
			if err != nil || !slices.Equal(uids, c.OutUIDs) || !near(weights, c.OutWeights) {
				t.Errorf("%s %s: %v %v %v, want %v %v", path, c.Desc, uids, weights, err, c.OutUIDs, c.OutWeights)
				continue
			}
			emitUIDs, emit, err := Emit(uids, weights)
			if err != nil || !slices.Equal(emitUIDs, c.EmitUIDs) || !slices.Equal(emit, c.Emit) {
				t.Errorf("%s %s: emit %v %v %v, want %v %v", path, c.Desc, emitUIDs, emit, err, c.EmitUIDs, c.Emit)
			}
		}
	}
}

func TestEmitVectors(t *testing.T) {
	for path, v := range loadVectors(t) {
		for _, c := range v.Weights.Emit {
			uids, got, err := Emit(c.UIDs, c.Weights)
			if err != nil || !slices.Equal(uids, c.EmitUIDs) || !slices.Equal(got, c.Emit) {
				t.Errorf("%s: Emit(%v) = %v %v %v, want %v %v", path, c.Weights, uids, got, err, c.EmitUIDs, c.Emit)
			}
		}
	}
}

func TestWeightsRefuse(t *testing.T) {
	nan := math.NaN()
	for name, call := range map[string]func() error{
		"negative score":  func() error { _, _, err := Process([]uint16{0}, []float32{-1}, 1, 1, 1, 0); return err },
		"nan score":       func() error { _, _, err := Process([]uint16{0}, []float32{float32(nan)}, 1, 1, 1, 0); return err },
		"lengths":         func() error { _, _, err := Process([]uint16{0}, nil, 1, 1, 1, 0); return err },
		"negative weight": func() error { _, _, err := Emit([]uint16{0}, []float64{-1}); return err },
		"nan weight":      func() error { _, _, err := Emit([]uint16{0}, []float64{nan}); return err },
		"infinite weight": func() error { _, _, err := Emit([]uint16{0}, []float64{math.Inf(1)}); return err },
		"emit lengths":    func() error { _, _, err := Emit([]uint16{0}, nil); return err },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Whatever the scores: uids ascend without repetition, the largest weight is 65535, nothing is zero,
// and enough uids are named.
func TestWeightsInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		scores := rapid.SliceOfN(rapid.OneOf(rapid.Just(float32(0)), rapid.Float32Range(1e-6, 1e6)), n, n).Draw(t, "scores")
		minAllowed := rapid.IntRange(0, n+2).Draw(t, "min")
		limit := float64(rapid.IntRange(1, maxU16).Draw(t, "limit")) / maxU16
		quantile := rapid.Uint16().Draw(t, "quantile")
		uids, weights, err := Process(allUIDs(n), scores, n, minAllowed, limit, quantile)
		if err != nil {
			t.Fatal(err)
		}
		if len(uids) < min(minAllowed, n) {
			t.Fatalf("%d uids, want at least %d", len(uids), minAllowed)
		}
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		if math.Abs(sum-1) > 1e-3 {
			t.Fatalf("weights sum to %v", sum)
		}
		emitUIDs, emit, err := Emit(uids, weights)
		if err != nil || len(emit) == 0 || slices.Max(emit) != maxU16 || slices.Min(emit) == 0 {
			t.Fatalf("emit %v %v", emit, err)
		}
		for i := 1; i < len(emitUIDs); i++ {
			if emitUIDs[i-1] >= emitUIDs[i] {
				t.Fatalf("uids %v", emitUIDs)
			}
		}
	})
}
