package reward

import (
	"encoding/json"
	"strconv"
	"testing"
)

func uids(m map[string]float64, k Kind) []Miner {
	var out []Miner
	for id, score := range m {
		n, _ := strconv.Atoi(id)
		out = append(out, Miner{UID: uint16(n), Kind: k, Score: score})
	}
	return out
}

func sharesNear(t *testing.T, what string, got []Share, want map[string]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d shares, want %d", what, len(got), len(want))
	}
	for _, s := range got {
		near(t, what+" uid "+strconv.Itoa(int(s.UID)), s.Weight, want[strconv.Itoa(int(s.UID))])
	}
}

func weightsSeedVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Compression, Upscaling, Expected map[string]float64
		Profile                          []string
	}](t, raw) {
		each(t, append(c.Profile, Default), func(t *testing.T, p Profile) {
			miners := append(uids(c.Compression, Compression), uids(c.Upscaling, Upscaling)...)
			p.PayZero, p.InsidePool = true, "proportional" // the default profile pays nobody where the original pays all alike, and squares
			sharesNear(t, p.ID, p.Weights(miners, nil), c.Expected)
		})
	}
}

func weightsHeadVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	type vector struct {
		Case                   string
		Compression, Upscaling map[string]float64
		Alpha, Liquidated      []float64
		Expected               json.RawMessage
		Profile                []string
	}
	for _, c := range cases[vector](t, raw) {
		each(t, c.Profile, func(t *testing.T, p Profile) {
			switch {
			case c.Compression != nil:
				var want map[string]float64
				if err := json.Unmarshal(c.Expected, &want); err != nil {
					t.Fatal(err)
				}
				p.LiquidationFactor = 0 // the case knows no snapshots; equal factors cancel anyway
				sharesNear(t, c.Case, p.Weights(append(uids(c.Compression, Compression), uids(c.Upscaling, Upscaling)...), nil), want)
			case c.Alpha != nil || c.Liquidated != nil:
				var want []float64
				if err := json.Unmarshal(c.Expected, &want); err != nil {
					t.Fatal(err)
				}
				factorVector(t, p, c.Case, c.Alpha, c.Liquidated, want)
			default:
				podiumVector(t, p, c.Case, c.Expected)
			}
		})
	}
}

// factorVector has the two factors in its name where they are not the profile's.
func factorVector(t *testing.T, p Profile, name string, alpha, liquidated, want []float64) {
	p.AlphaFactor, p.LiquidationFactor = 0, 0
	switch name {
	case "alpha factor 5 on compression top five":
		p.AlphaFactor = 5
	case "alpha factor 2":
		p.AlphaFactor = 2
	case "liquidation factor 5 (default)":
		p.LiquidationFactor = 5
	case "liquidation factor 2":
		p.LiquidationFactor = 2
	case "both factors 5":
		p.AlphaFactor, p.LiquidationFactor = 5, 5
	default:
		t.Fatalf("unknown case %q", name)
	}
	var miners []Miner
	for i := range want {
		m := Miner{UID: uint16(i), Kind: Compression, Score: float64(10 - i)}
		if alpha != nil {
			m.Alpha = alpha[i]
		}
		if liquidated != nil {
			m.Liquidated = liquidated[i]
		}
		miners = append(miners, m)
	}
	for i, s := range p.Weights(miners, nil) {
		near(t, name, s.Weight, want[i])
	}
}

func podiumVector(t *testing.T, p Profile, name string, raw json.RawMessage) {
	var want struct {
		First, Second, Third float64
		Compression          float64 `json:"compression_pool"`
		Upscaling            float64 `json:"upscaling_pool"`
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	var miners []Miner
	if want.Compression > 0 {
		for i := range 5 {
			miners = append(miners, Miner{UID: uint16(i), Kind: Compression, Score: 1}, Miner{UID: uint16(10 + i), Kind: Upscaling, Score: 1})
		}
	}
	pool := map[bool]float64{}
	place := map[uint16]float64{}
	for _, s := range p.Weights(miners, []uint16{100, 101, 102}) {
		if s.UID >= 100 {
			place[s.UID] = s.Weight
		} else {
			pool[s.UID < 10] += s.Weight
		}
	}
	near(t, name+" first", place[100], want.First)
	near(t, name+" second", place[101], want.Second)
	near(t, name+" third", place[102], want.Third)
	near(t, name+" compression", pool[true], want.Compression)
	near(t, name+" upscaling", pool[false], want.Upscaling)
}

func validationVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	var v struct {
		FPS []struct {
			Ref, Dist float64
			OK        bool
		}
		Frames []struct {
			Ref, Dist int
			OK        bool
			Result    int
			Seed      *bool `json:"seed_era_ok"`
			Organic   *bool `json:"organic_upscaling_ok"`
		}
		VBR []struct {
			Target float64 `json:"target_mbps"`
			Actual float64
			OK     bool
		}
		Size []struct {
			Scale int
			Ref   int64 `json:"ref_bytes"`
			Dist  int64 `json:"dist_bytes"`
			OK    bool
		} `json:"size_limit"`
		Delta []struct {
			Neg  float64
			Base *float64
			OK   bool
		} `json:"vmaf_delta"`
		Resolution []struct {
			In, Out [2]int
			Task    string
			OK      bool
		}
		Rate []struct {
			Ref, Dist int64
			Rate      float64
		} `json:"compression_rate"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	head, err := Named("head-2026-08")
	if err != nil {
		t.Fatal(err)
	}
	code, err := Named("code-2025-09")
	if err != nil {
		t.Fatal(err)
	}
	is := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, c := range v.FPS {
		is("fps", FPSOK(c.Ref, c.Dist), c.OK)
	}
	for _, c := range v.Frames {
		if c.Result == -100 { // our own reference is too short: skip
			e := honest(Compression)
			e.Reference.Frames, e.Result.Frames = c.Ref, c.Dist
			_, err := head.Judge(e)
			is("short reference skips", AsSkip(err) != nil, true)
			continue
		}
		is("frames", FramesOK(c.Ref, c.Dist, head.FrameSlack), c.OK)
		if c.Seed != nil {
			is("frames of 2025", FramesOK(c.Ref, c.Dist, code.FrameSlack), *c.Seed)
		}
		if c.Organic != nil {
			is("frames of organic upscaling", FramesOK(c.Ref, c.Dist, 0), *c.Organic)
		}
	}
	for _, c := range v.VBR {
		is("bitrate", BitrateOK(c.Target, c.Actual), c.OK)
	}
	for _, c := range v.Size {
		is("size", UpscaledSizeOK(c.Scale, c.Ref, c.Dist), c.OK)
	}
	for _, c := range v.Delta {
		e := honest(Compression)
		e.Threshold, e.NEG, e.VMAF = 80, constant(c.Neg), nil
		if c.Base != nil {
			e.VMAF = constant(*c.Base)
		}
		verdict, err := head.Judge(e)
		is("delta", err == nil && verdict.Gate == "", c.OK)
	}
	for _, c := range v.Resolution {
		scale := map[string]int{"SD24K": 4, "HD24K": 2, "SD2HD": 2, "4K28K": 2}[c.Task]
		is("resolution "+c.Task, ResolutionOK(scale, c.In[0], c.In[1], c.Out[0], c.Out[1]), c.OK)
	}
	for _, c := range v.Rate {
		near(t, "rate", Rate(c.Dist, c.Ref), c.Rate)
	}
}

func competitionVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	var v struct {
		Length []struct{ Seconds, Max, Exponent, Weight float64 } `json:"length_weight"`
		Ratio  float64                                            `json:"ratio_30min_to_10s_exp_2_02"`
		Final  []struct {
			Media, Cost, Coverage float64
			Weights               [3]float64
			Expected              float64
		}
		Cost []struct {
			GPU               string
			Count, CPUs       int
			Seconds, Expected float64
		} `json:"cost_usd"`
		Efficiency []struct{ Cost, Min, Floor, Expected float64 } `json:"cost_efficiency"`
		Code       []timeoutCase                                  `json:"timeout_code"`
		Documents  []timeoutCase                                  `json:"timeout_documents"`
		Scoring    []struct {
			Frames                 []int
			Scale, Grace, Expected float64
		} `json:"scoring_timeout"`
		VBR []struct{ Target, Expected int64 } `json:"vbr_max_bps"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Length {
		near(t, "length weight", LengthWeight(c.Seconds, c.Max, c.Exponent), c.Weight)
	}
	if v.Ratio != 0 {
		near(t, "30 min to 10 s", LengthWeight(1800, 1800, 2.02)/LengthWeight(10, 1800, 2.02), v.Ratio)
	}
	for _, c := range v.Final {
		near(t, "final", CompetitionScore(c.Media, c.Cost, c.Coverage, CompetitionWeights{c.Weights[0], c.Weights[1], c.Weights[2]}), c.Expected)
	}
	for _, c := range v.Cost {
		got, err := CostUSD(c.GPU, c.Count, c.CPUs, c.Seconds)
		if err != nil {
			t.Error(err)
		}
		near(t, "cost", got, c.Expected)
	}
	for _, c := range v.Efficiency {
		floor := c.Floor
		if floor == 0 {
			floor = 1e-6
		}
		near(t, "efficiency", CostEfficiency(c.Cost, c.Min, floor), c.Expected)
	}
	for _, c := range v.Code {
		near(t, "time-out of the code", BatchTimeout(c.clips(), 5, 60, c.Manifest), c.Expected)
	}
	for _, c := range v.Documents {
		near(t, "time-out of the documents", BatchTimeout(c.clips(), 4, 120, c.Manifest), c.Expected)
	}
	for _, c := range v.Scoring {
		near(t, "scoring time-out", ScoringTimeout(c.Frames, c.Scale, c.Grace), c.Expected)
	}
	for _, c := range v.VBR {
		if got := MaxBitrate(c.Target); got != c.Expected {
			t.Errorf("bitrate limit of %d: %d, want %d", c.Target, got, c.Expected)
		}
	}
}

type timeoutCase struct {
	Items    [][3]float64 `json:"items_w_h_s"`
	Manifest float64      `json:"manifest_min"`
	Expected float64
}

func (c timeoutCase) clips() []CompetitionClip {
	var out []CompetitionClip
	for _, x := range c.Items {
		out = append(out, CompetitionClip{x[0], x[1], x[2]})
	}
	return out
}
