package yuma

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/internal/vectors"
)

// classic are the parameters of the tests that predate Yuma3.
func classic(v Variant, maxValidators int) Params {
	p := DefaultParams(v)
	p.Yuma3 = false
	p.MaxAllowedValidators = uint16(maxValidators)
	return p
}

// graph is a subnet in which every validator gives every server the same weight.
type graph struct {
	subnet             *subnet
	validators, server []int
}

func newGraph(p Params, n int, validator func(uid int) bool, stake uint64) *graph {
	g := &graph{subnet: newSubnet(p, n)}
	for uid := range n {
		if validator(uid) {
			g.validators = append(g.validators, uid)
			g.subnet.in.Stake[uid] = stake
		} else {
			g.server = append(g.server, uid)
		}
	}
	return g
}

func (g *graph) setWeights(selfWeights bool) {
	uids, values := []uint16{}, []uint16{}
	for _, uid := range g.server {
		uids, values = append(uids, uint16(uid)), append(values, 127)
		if selfWeights {
			g.subnet.setWeights(uid, []uint16{uint16(uid)}, []uint16{65535})
		}
	}
	for _, uid := range g.validators {
		g.subnet.setWeights(uid, uids, values)
	}
}

type graphExpectation map[string]uint64

func (e graphExpectation) check(t *testing.T, out *Output, uid int) {
	t.Helper()
	u16 := outputU16(out)
	for name, want := range e {
		switch name {
		case "emission":
			if out.Emission[uid] != want {
				t.Errorf("uid %d emission %d, want %d", uid, out.Emission[uid], want)
			}
		case "bond_on_validator0", "bond_on_server0", "bonds": // checked by the caller
		default:
			got := u16[name]
			if len(got) == 0 && (name == "rank" || name == "trust") {
				continue // 2024 only
			}
			if uint64(got[uid]) != want {
				t.Errorf("uid %d %s %d, want %d", uid, name, got[uid], want)
			}
		}
	}
}

func TestGraphVectors(t *testing.T) {
	var cases []struct {
		Name       string
		N          int
		Validators int
		Stake      uint64           `json:"stake_per_validator"`
		Validator  graphExpectation `json:"expected_validator"`
		Server     graphExpectation `json:"expected_server"`
	}
	vectors.Must(t, vectorFile, "graphs", &cases)
	for _, c := range cases {
		shuffled := rand.New(rand.NewPCG(1, 2)).Perm(c.N)
		step := c.N / c.Validators
		interleaves := []func(int) bool{
			func(uid int) bool { return uid < c.Validators },
			func(uid int) bool { return uid%step == 0 },
			func(uid int) bool { return shuffled[uid] < c.Validators },
		}
		epochs, selfWeights := 3, []bool{false, true}
		if c.N > 1000 { // the large one runs one epoch, upstream and here
			interleaves, epochs, selfWeights = interleaves[:1], 1, selfWeights[:1]
		}
		for _, variant := range []Variant{V2024, V2026} {
			for k, validator := range interleaves {
				for _, self := range selfWeights {
					t.Run(fmt.Sprintf("%s/%s/interleave %d/self %v", c.Name, variant, k, self), func(t *testing.T) {
						g := newGraph(classic(variant, c.Validators), c.N, validator, c.Stake)
						g.subnet.epoch(t)
						g.subnet.in.Block = 1
						g.setWeights(self)
						for range epochs {
							out := g.subnet.epoch(t)
							for _, uid := range g.validators {
								c.Validator.check(t, out, uid)
								if want, ok := c.Validator["bond_on_server0"]; ok && bond(out, uid, g.server[0]) != want {
									t.Errorf("bond of validator %d on server 0: %d", uid, bond(out, uid, g.server[0]))
								}
								if bond(out, uid, g.validators[0]) != 0 {
									t.Errorf("validator %d has a bond on a validator", uid)
								}
							}
							for _, uid := range g.server {
								c.Server.check(t, out, uid)
								if len(out.Bonds.Row(uid)) != 0 {
									t.Errorf("server %d has bonds", uid)
								}
							}
						}
					})
				}
			}
		}
	}
}

func TestValidatorPermitVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			Variant   string
			N         int
			K         int `json:"max_allowed_validators"`
			Threshold uint64
			Stake1    []uint64 `json:"stake_1"`
			Stake2    []uint64 `json:"stake_2"`
			Permits1  []bool   `json:"permits_1"`
			Permits2  []bool   `json:"permits_2"`
			Minimum   uint64   `json:"stake_threshold"`
		}
	}
	vectors.Must(t, vectorFile, "validator_permits", &section)
	if len(section.Cases) != 24 {
		t.Errorf("%d cases, want 24", len(section.Cases))
	}
	for _, c := range section.Cases {
		variant, err := ParseVariant(c.Variant)
		if err != nil {
			t.Fatal(err)
		}
		p := classic(variant, c.K)
		p.StakeThreshold = c.Minimum
		s := newSubnet(p, c.N)
		copy(s.in.Stake, c.Stake1)
		same(t, "permits 1", s.epoch(t).Permit, c.Permits1)
		copy(s.in.Stake, c.Stake2)
		s.in.Block = 1
		same(t, "permits 2", s.epoch(t).Permit, c.Permits2)
	}
}

// The chain's own vectors state the 2024 choice.
func TestPermitTopKVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			Stake    []uint64
			K        int
			Expected []bool
		}
	}
	vectors.Must(t, chainFile, "validator_permits_topk", &section)
	for _, c := range section.Cases {
		s := newSubnet(classic(V2024, c.K), len(c.Stake))
		copy(s.in.Stake, c.Stake)
		same(t, "permits", s.epoch(t).Permit, c.Expected)
	}
}

func TestYuma3Vectors(t *testing.T) {
	var cases []struct {
		epochCase
		Targets   []int   `json:"target_uids"`
		Tolerance float64 `json:"tolerance"`
		Epochs    []struct {
			Epoch   int
			Block   uint64
			Weights [][]uint16 `json:"set_weights"`
			Target  *struct {
				Bonds     [][]float64
				Dividends []float64
			}
			Derived struct {
				Bonds        [][]uint16       `json:"bonds_u16"`
				Dividends    []uint16         `json:"dividends_u16"`
				Incentive    []uint16         `json:"incentive_u16"`
				Consensus    []uint16         `json:"consensus_u16"`
				Server       []uint64         `json:"server_emission"`
				Validator    []uint64         `json:"validator_emission"`
				BondsRaw     [][]fixed.I32F32 `json:"bonds_raw_i32f32"`
				DividendsRaw []fixed.I32F32   `json:"dividends_raw_i32f32"`
			}
		}
	}
	vectors.Must(t, vectorFile, "yuma3", &cases)
	if len(cases) != 7 {
		t.Errorf("%d scenarios, want 7", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			c.Params.ActivityCutoff = ActivityCutoff2026(13889, 360)
			s := c.subnet(t)
			s.in.Block, s.in.Tempo = 1, 1
			s.epoch(t)
			for _, e := range c.Epochs {
				for validator, values := range e.Weights {
					uids := mapped(c.Targets, func(uid int) uint16 { return uint16(uid) })
					s.setWeights(validator, uids, values)
				}
				if c.Name == "yuma3_bonds_reset" && e.Epoch == 20 {
					s.resetBonds(3)
				}
				s.in.Block = e.Block
				out := s.epoch(t)
				d := e.Derived
				same(t, "dividends", out.Dividends, d.Dividends)
				same(t, "incentive", out.Incentive, d.Incentive)
				same(t, "consensus", out.Consensus, d.Consensus)
				same(t, "server emission", out.Server, d.Server)
				same(t, "validator emission", out.Validator, d.Validator)
				same(t, "raw dividends", out.Raw.Dividends, d.DividendsRaw)
				raw := dense(&out.Raw.Bonds, c.N)
				for i, row := range d.Bonds {
					for k, want := range row {
						j := c.Targets[k]
						got := bond(out, i, j)
						if got != uint64(want) {
							t.Errorf("epoch %d: bond %d→%d = %d, want %d", e.Epoch, i, j, got, want)
						}
						if got, want := raw[i*c.N+j], d.BondsRaw[i][k]; got != want {
							t.Errorf("epoch %d: raw bond %d→%d = %d, want %d", e.Epoch, i, j, got, want)
						}
						if e.Target != nil && math.Abs(float64(got)/65535-e.Target.Bonds[i][k]) > c.Tolerance {
							t.Errorf("epoch %d: bond %d→%d = %d, target %v", e.Epoch, i, j, got, e.Target.Bonds[i][k])
						}
					}
				}
				if e.Target != nil {
					for i, want := range e.Target.Dividends {
						if got := float64(out.Dividends[i]) / 65535; math.Abs(got-want) > c.Tolerance {
							t.Errorf("epoch %d: dividends of %d = %v, target %v", e.Epoch, i, got, want)
						}
					}
				}
			}
		})
	}
}

func TestLiquidAlphaVectors(t *testing.T) {
	var section struct {
		Equal struct {
			Weights []float64 `json:"weights_4x3"`
			Bonds   []float64 `json:"bonds_4x3"`
			C       []float64 `json:"consensus"`
			Low     uint16    `json:"alpha_low_u16"`
			High    uint16    `json:"alpha_high_u16"`
			Average uint64    `json:"bonds_moving_average"`
			Derived struct {
				On      []fixed.I32F32 `json:"liquid_on_raw"`
				Off     []fixed.I32F32 `json:"liquid_off_raw"`
				Alpha   fixed.I32F32   `json:"alpha_off_raw"`
				Clamped fixed.I32F32   `json:"alpha_clamped_raw"`
			}
		} `json:"equal_values"`
		Sigmoid struct {
			Cases []struct {
				Consensus, Weight, Bond fixed.I32F32
				Low                     uint16 `json:"alpha_low_u16"`
				High                    uint16 `json:"alpha_high_u16"`
				Steepness               int16
				Alpha                   fixed.I32F32
			}
		} `json:"alpha_sigmoid"`
	}
	vectors.Must(t, vectorFile, "liquid_alpha", &section)
	for _, c := range section.Sigmoid.Cases {
		var l liquid
		l.configure(&Params{AlphaLow: c.Low, AlphaHigh: c.High, AlphaSteepness: c.Steepness}, 1)
		if got := l.alpha(c.Consensus, c.Weight, c.Bond); got != c.Alpha {
			t.Errorf("%+v: alpha %d", c, got)
		}
	}

	// The dense form of the test: every cell decays, present or not.
	e := section.Equal
	weights, bonds := mapped(e.Weights, from32), mapped(e.Bonds, from32)
	var l liquid
	l.configure(&Params{AlphaLow: e.Low, AlphaHigh: e.High, AlphaSteepness: 1000}, 3)
	on := make([]fixed.I32F32, len(weights))
	for k := range on {
		alpha := l.alpha(from32(e.C[k%3]), weights[k], bonds[k])
		if alpha != e.Derived.Clamped {
			t.Errorf("cell %d: alpha %d, want %d", k, alpha, e.Derived.Clamped)
		}
		on[k] = blend(weights[k], bonds[k], alpha)
	}
	same(t, "liquid alpha on", on, e.Derived.On)
	if got := bondsAlpha(e.Average); got != e.Derived.Alpha {
		t.Errorf("alpha %d, want %d", got, e.Derived.Alpha)
	}
	var s merger
	var off Matrix
	s.ema(&off, sparse(weights, 3), sparse(bonds, 3), bondsAlpha(e.Average))
	same(t, "liquid alpha off", dense(&off, 3), e.Derived.Off)
	if err := near(on, mapped(dense(&off, 3), toFloat), 1e-3); err != nil {
		t.Errorf("liquid alpha on and off differ: %v", err)
	}
}

func TestConsensusGuaranteeVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			MajorStake      float64 `json:"major_stake"`
			MajorValidators int     `json:"major_validators"`
			MajorServers    int     `json:"major_servers"`
			Stake           []uint64
			Major           []uint16 `json:"weights_major"`
			Minor           []uint16 `json:"weights_minor"`
			Derived         struct {
				Emission []uint64
				Major    uint64  `json:"major_emission"`
				Minor    uint64  `json:"minor_emission"`
				Ratio    float64 `json:"major_ratio"`
				Holds    bool    `json:"major_ratio_ge_major_stake"`
			}
		}
	}
	vectors.Must(t, vectorFile, "consensus_guarantee", &section)
	if len(section.Cases) != 14 {
		t.Errorf("%d cases, want 14", len(section.Cases))
	}
	for k, c := range section.Cases {
		for _, variant := range []Variant{V2024, V2026} {
			validators, servers := len(c.Stake), len(c.Major)
			s := newSubnet(classic(variant, validators), validators+servers)
			copy(s.in.Stake, c.Stake)
			s.epoch(t)
			s.in.Block = 1
			var uids []uint16
			for uid := validators; uid < validators+servers; uid++ {
				uids = append(uids, uint16(uid))
				s.setWeights(uid, []uint16{uint16(uid)}, []uint16{65535})
			}
			for uid := range validators {
				values := c.Major
				if uid >= c.MajorValidators {
					values = c.Minor
				}
				s.setWeights(uid, uids, values)
			}
			out := s.epoch(t)
			same(t, fmt.Sprintf("case %d, %s: emission", k, variant), out.Emission, c.Derived.Emission)
			var major, minor uint64
			for uid, e := range out.Emission {
				if uid < c.MajorValidators || uid >= validators && uid < validators+c.MajorServers {
					major += e
				} else {
					minor += e
				}
			}
			if major != c.Derived.Major || minor != c.Derived.Minor {
				t.Errorf("case %d, %s: major %d minor %d, want %d and %d", k, variant, major, minor, c.Derived.Major, c.Derived.Minor)
			}
			ratio := float64(major) / float64(major+minor)
			if math.Abs(ratio-c.Derived.Ratio) > 1e-9 || (ratio >= c.MajorStake) != c.Derived.Holds {
				t.Errorf("case %d, %s: major ratio %v, want %v", k, variant, ratio, c.Derived.Ratio)
			}
			// Quantised weights cost the majority up to 1e-5 of what its stake promises.
			if ratio < c.MajorStake-1e-5 {
				t.Errorf("case %d, %s: %v of the stake got %v of the emission", k, variant, c.MajorStake, ratio)
			}
		}
	}
}
