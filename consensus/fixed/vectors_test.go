package fixed_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/internal/vectors"
)

const file = "../yuma/testdata/yuma.json"

// fromFloat is the nearest I32F32 of a float, ties to even.
func fromFloat(v float64) fixed.I32F32 { return fixed.I32F32(math.RoundToEven(math.Ldexp(v, 32))) }

func TestFixedPointVectors(t *testing.T) {
	var cases []struct {
		Op       string
		A        json.Number
		B        int64
		Emission uint64
		Share    int64 `json:"share_raw"`
		Expected json.Number
	}
	vectors.Must(t, file, "fixed_point", &cases)
	for i, c := range cases {
		a, _ := c.A.Int64()
		decimal, _ := c.A.Float64()
		x, y := fixed.I32F32(a), fixed.I32F32(c.B)
		var got *big.Int
		switch c.Op {
		case "mul":
			got = big.NewInt(int64(x.Mul(y)))
		case "safe_div":
			got = big.NewInt(int64(x.Div(y)))
		case "round":
			got = big.NewInt(x.Round())
		case "saturating_to_u16":
			got = big.NewInt(int64(x.Uint16()))
		case "from_f64":
			got = big.NewInt(int64(fromFloat(decimal)))
		case "from_f32":
			got = big.NewInt(int64(fromFloat(float64(float32(decimal)))))
		case "bonds_alpha":
			share := fixed.I64F64FromUint64(uint64(a)).Div(fixed.I64F64FromUint64(1_000_000))
			got = big.NewInt(int64(fixed.One - share.I32F32()))
		case "kappa":
			got = big.NewInt(int64(fixed.FromProportion(uint16(a))))
		case "emission_i96f32":
			share := fixed.I32F32(c.Share)
			got = new(big.Int).SetUint64(fixed.Share(share, c.Emission))
			wide := fixed.I96F32FromI32F32(share).Mul(fixed.I96F32FromUint64(c.Emission)).Uint64()
			if got.Uint64() != wide {
				t.Errorf("case %d: Share gives %d, I96F32 %d", i, got, wide)
			}
		default:
			t.Fatalf("case %d: unknown op %q", i, c.Op)
		}
		if got.String() != c.Expected.String() {
			t.Errorf("case %d: %s(%s, %d) = %s, want %s", i, c.Op, c.A, c.B, got, c.Expected)
		}
	}
}

func TestExpAndNormalisationVectors(t *testing.T) {
	var sections []struct {
		Name  string
		Cases json.RawMessage
	}
	vectors.Must(t, file, "math", &sections)
	decode := func(raw json.RawMessage, out any) {
		t.Helper()
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for _, s := range sections {
		switch s.Name {
		case "sigmoid_safe":
			var cases []struct {
				X        fixed.I32F32 `json:"x_raw"`
				Rho      fixed.I32F32 `json:"rho_raw"`
				Kappa    fixed.I32F32 `json:"kappa_raw"`
				Expected fixed.I32F32 `json:"expected_raw"`
			}
			decode(s.Cases, &cases)
			for _, c := range cases {
				if got := fixed.Sigmoid(c.X, c.Rho, c.Kappa); got != c.Expected {
					t.Errorf("Sigmoid(%d, %d, %d) = %d, want %d", c.X, c.Rho, c.Kappa, got, c.Expected)
				}
			}
		case "exp_safe":
			var cases []struct {
				X        fixed.I32F32 `json:"x_raw"`
				Expected fixed.I32F32 `json:"expected_raw"`
			}
			decode(s.Cases, &cases)
			for _, c := range cases {
				if got := fixed.Exp(c.X); got != c.Expected {
					t.Errorf("Exp(%d) = %d, want %d", c.X, got, c.Expected)
				}
			}
		case "u64_normalization":
			var cases []struct {
				A, B   uint64
				Wide   string       `json:"i64f64_raw"`
				Narrow fixed.I32F32 `json:"i32f32_raw"`
			}
			decode(s.Cases, &cases)
			for _, c := range cases {
				q := fixed.I64F64FromUint64(c.A).Div(fixed.I64F64FromUint64(c.B))
				if got := bigOf(q.Raw()).String(); got != c.Wide {
					t.Errorf("%d/%d = %s, want %s", c.A, c.B, got, c.Wide)
				}
				if got := q.I32F32(); got != c.Narrow {
					t.Errorf("%d/%d narrowed = %d, want %d", c.A, c.B, got, c.Narrow)
				}
			}
		default:
			continue
		}
		found++
	}
	if found != 3 {
		t.Errorf("found %d of the 3 sections", found)
	}
}
