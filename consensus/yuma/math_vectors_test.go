package yuma

import (
	"encoding/json"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/internal/vectors"
)

// mathCase holds every field that a case of the "math" section may have.
type mathCase struct {
	Input       []float64
	InputF32    []float64      `json:"input_f32"`
	InputRaw    []fixed.I32F32 `json:"input_raw"`
	Expected    json.RawMessage
	ExpectedRaw json.RawMessage `json:"expected_raw"`
	DerivedRaw  []fixed.I32F32  `json:"derived_raw"`
	K           int
	Limit       uint16
	Rows        int
	Transpose   bool
	Input3x3    []float64 `json:"input_3x3"`
	Except      int       `json:"except_index"`
	A           []float64
	B           []float64
	F           string
	Ratio       float64
	Matrix      []float64
	Matrix2x2   []float64 `json:"matrix_2x2"`
	Matrix4x3   []float64 `json:"matrix_4x3"`
	Vector      []float64
	Threshold   []float64
	Stake       []float64
	StakeRaw    []fixed.I32F32 `json:"stake_raw"`
	ScoreRaw    []fixed.I32F32 `json:"score_raw"`
	MinorityRaw fixed.I32F32   `json:"minority_raw"`
	TotalRaw    fixed.I32F32   `json:"partition_hi_raw"`
	Majority    float64
	Old         []float64
	New         []float64
	Alpha       json.RawMessage
	AlphaRow    []float64   `json:"alpha_row"`
	OldSparse   []jsonPairs `json:"old_sparse"`
	NewSparse   []jsonPairs `json:"new_sparse"`
	Tol         *float64
}

func (c *mathCase) want(t *testing.T) []float64 {
	var out []float64
	jsonInto(t, c.Expected, &out)
	return out
}

func (c *mathCase) alpha(t *testing.T) fixed.I32F32 {
	var a float64
	jsonInto(t, c.Alpha, &a)
	return fromFloat(a)
}

// check compares with the expected values within the tolerance of the case or its section.
func (c *mathCase) check(t *testing.T, got []fixed.I32F32, tolerance float64) {
	t.Helper()
	if c.Tol != nil {
		tolerance = *c.Tol
	}
	if c.ExpectedRaw != nil {
		var want []fixed.I32F32
		jsonInto(t, c.ExpectedRaw, &want)
		same(t, "raw result", got, want)
		return
	}
	if err := near(got, c.want(t), tolerance); err != nil {
		t.Error(err)
	}
}

// elsewhere names the sections that package fixed tests.
var elsewhere = map[string]bool{"sigmoid_safe": true, "exp_safe": true, "u64_normalization": true}

func TestMathVectors(t *testing.T) {
	checks := map[string]func(*testing.T, *mathCase, float64){
		"vec_max_upscale_to_u16":     checkVectorUpscale,
		"vec_u16_max_upscale_to_u16": checkRowUpscale,
		"check_vec_max_limited":      checkMaxLimited,
		"is_topk":                    checkTopK,
		"is_topk_nonzero":            checkTopKNonzero,
		"normalize":                  checkNormalize,
		"row_normalize":              checkRowNormalize,
		"col_max_upscale":            checkColumnUpscale,
		"vec_mask_sparse_matrix":     checkMask,
		"mask_diag_except":           checkDiagonalMask,
		"row_hadamard":               checkRowHadamard,
		"matmul":                     checkColumnProducts,
		"matmul_transpose":           checkRowProducts,
		"mat_vec_mul":                checkCellProducts,
		"row_sum":                    checkRowSums,
		"col_clip":                   checkClip,
		"weighted_median":            checkMedian,
		"weighted_median_col":        checkMedianColumns,
		"mat_ema":                    checkEMA,
		"interpolate":                checkInterpolate,
		"mat_ema_alpha":              checkBlend,
		"mat_ema_alpha_sparse":       checkLiquidEMA,
	}
	var sections []struct {
		Name      string
		Tolerance float64
		Cases     []json.RawMessage
	}
	vectors.Must(t, vectorFile, "math", &sections)
	for _, s := range sections {
		if elsewhere[s.Name] {
			continue
		}
		check, ok := checks[s.Name]
		if !ok {
			t.Errorf("nothing checks section %q", s.Name)
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for _, raw := range s.Cases {
				var c mathCase
				jsonInto(t, raw, &c)
				check(t, &c, s.Tolerance)
			}
		})
	}
}

func u16s(values []float64) []uint16 {
	return mapped(values, func(v float64) uint16 { return uint16(v) })
}

func checkVectorUpscale(t *testing.T, c *mathCase, _ float64) {
	input := c.InputRaw
	if input == nil {
		input = mapped(c.InputF32, from32)
	}
	same(t, "upscaled", maxUpscale(nil, input), u16s(c.want(t)))
}

func checkRowUpscale(t *testing.T, c *mathCase, _ float64) {
	same(t, "upscaled", MaxUpscale(u16s(c.Input)), u16s(c.want(t)))
}

func checkMaxLimited(t *testing.T, c *mathCase, _ float64) {
	var want bool
	jsonInto(t, c.Expected, &want)
	if got := CheckMaxLimited(u16s(c.Input), c.Limit); got != want {
		t.Errorf("CheckMaxLimited(%v, %d) = %v", c.Input, c.Limit, got)
	}
}

func checkTopK(t *testing.T, c *mathCase, _ float64) {
	mask := mapped(c.Input, func(float64) bool { return true })
	topK(mask, mapped(c.Input, from32), c.K, nil)
	var want []bool
	jsonInto(t, c.Expected, &want)
	same(t, "mask", mask, want)
}

func checkTopKNonzero(t *testing.T, c *mathCase, _ float64) {
	mask := mapped(c.Input, func(v float64) bool { return v != 0 })
	topK(mask, mapped(c.Input, from32), c.K, nil)
	var want []bool
	jsonInto(t, c.Expected, &want)
	same(t, "mask", mask, want)
}

func checkNormalize(t *testing.T, c *mathCase, tolerance float64) {
	v := mapped(c.Input, fromFloat)
	normalize(v)
	c.check(t, v, tolerance)
	if c.DerivedRaw != nil {
		same(t, "raw", v, c.DerivedRaw)
	}
}

func checkRowNormalize(t *testing.T, c *mathCase, tolerance float64) {
	width := len(c.Input) / c.Rows
	m := sparse(mapped(c.Input, fromFloat), width)
	m.rowNormalize()
	c.check(t, dense(m, width), tolerance)
}

func transpose(values []fixed.I32F32, width int) []fixed.I32F32 {
	out := make([]fixed.I32F32, 0, len(values))
	for j := range width {
		for i := j; i < len(values); i += width {
			out = append(out, values[i])
		}
	}
	return out
}

func checkColumnUpscale(t *testing.T, c *mathCase, tolerance float64) {
	if !c.Transpose {
		t.Fatal("only the transposed form is written")
	}
	width := len(c.Input) / c.Rows
	m := sparse(transpose(mapped(c.Input, fromFloat), width), c.Rows)
	var s columns
	s.upscale(m, c.Rows)
	c.check(t, transpose(dense(m, c.Rows), c.Rows), tolerance)
}

// masked loads a 3×3 matrix of integers through the epoch's one masking rule: a cell counts when
// its column was registered before the row's limit and it is not the row itself.
func masked(t *testing.T, values []float64, limits, registered []uint64, self func(int) int) []fixed.I32F32 {
	w := &Workspace{in: &Input{RegisteredAt: registered}, n: 3, seen: make([]uint32, 3)}
	m := new(Matrix)
	for i := range 3 {
		var row []Pair
		for j, v := range values[3*i : 3*i+3] {
			row = append(row, Pair{uint16(j), uint16(v)})
		}
		if err := w.load(m, "weights", i, row, limits[i], self(i)); err != nil {
			t.Fatal(err)
		}
		m.close()
	}
	return dense(m, 3)
}

func checkMask(t *testing.T, c *mathCase, _ float64) {
	a, b := mapped(c.A, func(v float64) uint64 { return uint64(v) }), mapped(c.B, func(v float64) uint64 { return uint64(v) })
	var got []fixed.I32F32
	switch c.F {
	case "a<b": // dropped where the row's block is before the column's
		limits := mapped(a, func(v uint64) uint64 { return v + 1 })
		got = masked(t, c.Input3x3, limits, b, func(int) int { return -1 })
	case "a==b": // a equals b, so this is the diagonal
		same(t, "identity of the mask", a, b)
		got = masked(t, c.Input3x3, []uint64{9, 9, 9}, b, func(i int) int { return i })
	default:
		t.Fatalf("unknown mask %q", c.F)
	}
	c.check(t, got, 0)
}

func checkDiagonalMask(t *testing.T, c *mathCase, _ float64) {
	got := masked(t, c.Input3x3, []uint64{1, 1, 1}, []uint64{0, 0, 0}, func(i int) int {
		if i == c.Except {
			return -1
		}
		return i
	})
	c.check(t, got, 0)
}

func checkRowHadamard(t *testing.T, c *mathCase, _ float64) {
	m := sparse(mapped(c.Matrix, fromFloat), 3)
	m.rowHadamard(mapped(c.Vector, fromFloat))
	c.check(t, dense(m, 3), 0)
}

func checkColumnProducts(t *testing.T, c *mathCase, _ float64) {
	m := sparse(mapped(c.Matrix, fromFloat), 3)
	c.check(t, m.columnProducts(nil, mapped(c.Vector, fromFloat), 3), 0)
}

func checkRowProducts(t *testing.T, c *mathCase, _ float64) {
	m := sparse(mapped(c.Matrix, fromFloat), 3)
	c.check(t, m.rowProducts(nil, mapped(c.Vector, fromFloat)), 0)
}

// The epoch sums each row of these products at once; with a vector that is zero but for one
// column, the sum is that column's product.
func checkCellProducts(t *testing.T, c *mathCase, _ float64) {
	m := sparse(mapped(c.Matrix, fromFloat), 3)
	got := make([]fixed.I32F32, len(c.Matrix))
	for j, v := range c.Vector {
		only := make([]fixed.I32F32, 3)
		only[j] = fromFloat(v)
		for i, p := range m.rowProducts(nil, only) {
			got[3*i+j] = p
		}
	}
	c.check(t, got, 0)
}

func checkRowSums(t *testing.T, c *mathCase, _ float64) {
	c.check(t, sparse(mapped(c.Matrix, fromFloat), 3).rowSums(nil), 0)
}

func checkClip(t *testing.T, c *mathCase, _ float64) {
	var out Matrix
	sparse(mapped(c.Matrix, fromFloat), 3).clip(&out, mapped(c.Threshold, fromFloat))
	c.check(t, dense(&out, 3), 0)
}

func checkMedian(t *testing.T, c *mathCase, _ float64) {
	var want fixed.I32F32
	jsonInto(t, c.ExpectedRaw, &want)
	if got := recursiveMedian(c.StakeRaw, c.ScoreRaw, c.MinorityRaw, c.TotalRaw); got != want {
		t.Errorf("recursive median of %v under %v = %d, want %d", c.ScoreRaw, c.StakeRaw, got, want)
	}
	var votes []vote
	for i, s := range c.StakeRaw {
		if s > 0 { // a row without stake does not vote
			votes = append(votes, newVote(c.ScoreRaw[i], s))
		}
	}
	if len(votes) == 0 {
		return // columns never asks for the level of nothing
	}
	if got := new(median).level(votes, c.TotalRaw-c.MinorityRaw); got != want {
		t.Errorf("level of %v under %v = %d, want %d", c.ScoreRaw, c.StakeRaw, got, want)
	}
}

func checkMedianColumns(t *testing.T, c *mathCase, _ float64) {
	values, width := c.Matrix4x3, 3
	if c.Matrix2x2 != nil {
		values, width = c.Matrix2x2, 2
	}
	var s median
	m := sparse(mapped(values, from32), width)
	got := s.columns(nil, m, mapped(c.Stake, from32), from32(c.Majority), width)
	same(t, "consensus", got, mapped(c.want(t), from32))
}

func checkEMA(t *testing.T, c *mathCase, tolerance float64) {
	var s merger
	var out Matrix
	s.ema(&out, sparse(mapped(c.New, fromFloat), 3), sparse(mapped(c.Old, fromFloat), 3), c.alpha(t))
	c.check(t, dense(&out, 3), tolerance)
}

func checkInterpolate(t *testing.T, c *mathCase, tolerance float64) {
	width := len(c.A)
	var s merger
	var out Matrix
	s.interpolate(&out, sparse(mapped(c.A, fromFloat), width), sparse(mapped(c.B, fromFloat), width), fromFloat(c.Ratio))
	c.check(t, dense(&out, width), tolerance)
}

func checkBlend(t *testing.T, c *mathCase, tolerance float64) {
	got := make([]fixed.I32F32, len(c.Old))
	for k := range c.Old {
		var a fixed.I32F32
		if c.AlphaRow != nil {
			a = from32(c.AlphaRow[k%len(c.AlphaRow)])
		} else {
			a = c.alpha(t)
		}
		// These tests are written in float32, and pass their tolerance only as such.
		got[k] = blend(from32(c.New[k]), from32(c.Old[k]), a)
	}
	expected, err := json.Marshal(mapped(c.want(t), func(v float64) float64 { return float64(float32(v)) }))
	if err != nil {
		t.Fatal(err)
	}
	c.Expected = expected
	c.check(t, got, tolerance)
}

// constantEMA runs the liquid average with one speed for every cell.
func constantEMA(fresh, old *Matrix, alpha fixed.I32F32, n int) *Matrix {
	l := liquid{low: alpha, high: alpha, rest: alpha, old: make(vector, n)}
	out := new(Matrix)
	l.ema(out, fresh, old, make(vector, n))
	return out
}

func checkLiquidEMA(t *testing.T, c *mathCase, tolerance float64) {
	if c.NewSparse == nil {
		old, fresh := sparse(mapped(c.Old, fromFloat), 3), sparse(mapped(c.New, fromFloat), 3)
		c.check(t, dense(constantEMA(fresh, old, c.alpha(t), 3), 3), tolerance)
		return
	}
	build := func(rows []jsonPairs) *Matrix {
		m := new(Matrix)
		for _, row := range rows {
			m.cells = append(m.cells, row.decimalCells(t)...)
			m.close()
		}
		return m
	}
	var alphas [][]float64
	var want []jsonPairs
	jsonInto(t, c.Alpha, &alphas)
	jsonInto(t, c.Expected, &want)
	for i, row := range want {
		for k, cell := range row.decimalCells(t) {
			out := constantEMA(build(c.NewSparse), build(c.OldSparse), fromFloat(alphas[i][k]), 2)
			if got := out.Row(i)[k]; got.UID != cell.UID || near([]fixed.I32F32{got.Value}, []float64{toFloat(cell.Value)}, *c.Tol) != nil {
				t.Errorf("cell (%d, %d) = %v, want %v", i, k, got, cell)
			}
		}
	}
}
