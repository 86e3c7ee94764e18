package reward

import (
	"math"
	"slices"
	"strings"
	"testing"
)

const clipFrames = 30

// constant is a clip whose frames all measure x.
func constant(x float64) []float64 { return slices.Repeat([]float64{x}, clipFrames) }

// honest is the evidence of a good answer: every gate passes.
func honest(k Kind) Evidence {
	shape := Shape{Width: 384, Height: 288, Rate: 15, Frames: clipFrames, Bytes: 1_000_000, Codec: "h264",
		Container: "mov,mp4,m4a", PixelFormat: "yuv420p", SAR: "1/1"}
	e := Evidence{
		Kind: k, Threshold: 89, Scale: 1, Seconds: 2, Reference: shape, Input: shape, Result: shape,
		VMAF: constant(92), NEG: constant(91), PSNRY: constant(36), PSNRCb: constant(41), PSNRCr: constant(41),
	}
	e.Result.Bytes, e.Result.Codec = 90_000, "hevc"
	if k == Upscaling {
		e.Scale, e.Input.Width, e.Input.Height, e.Input.Bytes = 2, 192, 144, 300_000
		e.Baseline = constant(85)
	}
	return e
}

func named(t *testing.T, id string) Profile {
	t.Helper()
	p, err := Named(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHonestAnswersEarnUnderEveryProfile(t *testing.T) {
	all, err := Profiles()
	if err != nil {
		t.Fatal(err)
	}
	if all[0].ID != Default || len(all) != 4 {
		t.Fatalf("%d profiles, the first is %s", len(all), all[0].ID)
	}
	for _, p := range all {
		for _, k := range []Kind{Compression, Upscaling} {
			e := honest(k)
			e.Threshold = min(e.Threshold, p.Thresholds[0])
			v, err := p.Judge(e)
			if err != nil || v.Gate != "" || v.Score <= 0 || v.Profile != p.ID {
				t.Errorf("%s %s: %+v, %v", p.ID, k, v, err)
			}
		}
	}
}

// Every gate of the default profile, failing on its own, and which of the seed's rules would have paid.
func TestErgonGates(t *testing.T) {
	half := func(good, bad float64) []float64 {
		out := constant(good)
		for i := range clipFrames / 2 {
			out[i] = bad
		}
		return out
	}
	one := func(good, bad float64) []float64 {
		out := constant(good)
		out[7] = bad
		return out
	}
	tests := []struct {
		name     string
		kind     Kind
		gate     string
		seedPays bool
		break_   func(*Evidence)
	}{
		{"original", Compression, "rate", true, func(e *Evidence) { e.Result.Bytes = e.Reference.Bytes; e.VMAF, e.NEG = constant(100), constant(100) }},
		{"barely compressed", Compression, "rate", true, func(e *Evidence) { e.Result.Bytes = 800_000 }},
		{"below the threshold", Compression, "threshold", false, func(e *Evidence) { e.VMAF, e.NEG = constant(88.9), constant(88.9) }},
		{"sharpened over the threshold", Compression, "threshold", true, func(e *Evidence) { e.VMAF, e.NEG = constant(94), constant(88) }},
		{"sharpened", Compression, "neg-delta", true, func(e *Evidence) { e.VMAF, e.NEG = constant(95), constant(91.9) }},
		{"smoothed: NEG far above VMAF", Compression, "neg-delta", true, func(e *Evidence) { e.VMAF, e.NEG = constant(90), constant(93.1) }},
		{"grey", Compression, "chroma", true, func(e *Evidence) { e.PSNRCb = constant(21) }},
		{"grey in Cr only", Compression, "chroma", true, func(e *Evidence) { e.PSNRCr = constant(29.9) }},
		{"half of it grey", Compression, "chroma", true, func(e *Evidence) { e.PSNRCb = half(42, 20) }},
		{"destroyed frame", Compression, "floor", true, func(e *Evidence) { e.NEG = one(99, 40); e.VMAF = one(99, 40) }},
		{"a frame is missing", Compression, "frames", true, func(e *Evidence) { e.Result.Frames-- }},
		{"wrong rate", Compression, "fps", true, func(e *Evidence) { e.Result.Rate = 14.6 }},
		{"wrong codec", Compression, "codec", true, func(e *Evidence) { e.Result.Codec = "vp9" }},
		{"not the codec of the task", Compression, "codec", true, func(e *Evidence) { e.Codec = "av1" }},
		{"matroska", Compression, "container", true, func(e *Evidence) { e.Result.Container = "matroska,webm" }},
		{"ten bits", Compression, "format", true, func(e *Evidence) { e.Result.PixelFormat = "yuv420p10le" }},
		{"stretched samples", Compression, "format", true, func(e *Evidence) { e.Result.SAR = "4/3" }},
		{"smaller picture", Compression, "resolution", true, func(e *Evidence) { e.Result.Width = 192 }},
		{"no better than bicubic", Upscaling, "baseline", true, func(e *Evidence) { e.NEG, e.VMAF = constant(85), constant(85) }},
		{"oversharpened", Upscaling, "neg-delta", true, func(e *Evidence) { e.NEG, e.VMAF = constant(88), constant(96) }},
		{"blown-up file", Upscaling, "bytes", true, func(e *Evidence) { e.Result.Bytes = 8*e.Input.Bytes + 1 }},
		{"garbage", Upscaling, "vmaf", false, func(e *Evidence) { e.NEG, e.VMAF = constant(45), constant(45) }},
		{"not upscaled", Upscaling, "resolution", true, func(e *Evidence) { e.Result.Width, e.Result.Height = 192, 144 }},
		{"late", Upscaling, "late", false, func(e *Evidence) { e.Fault = &Fault{"late", "10 s"} }},
	}
	ergon, seed := named(t, Default), named(t, "seed")
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			e := honest(c.kind)
			c.break_(&e)
			v, err := ergon.Judge(e)
			if err != nil || v.Score != 0 || v.SF != 0 || v.Gate != c.gate || (v.Detail == "") {
				t.Errorf("%+v, %v; want gate %s", v, err, c.gate)
			}
			if v, err := seed.Judge(e); err != nil || (v.Score > 0) != c.seedPays {
				t.Errorf("seed: %+v, %v; want pay %v", v, err, c.seedPays)
			}
		})
	}
}

// A gate that lacks its measurement skips under ergon: nobody earns and nobody loses.
func TestUnmeasuredGatesSkip(t *testing.T) {
	ergon, head := named(t, Default), named(t, "head-2026-08")
	for _, c := range []struct {
		name string
		kind Kind
		lose func(*Evidence)
	}{
		{"no NEG", Compression, func(e *Evidence) { e.NEG = nil }},
		{"no VMAF", Compression, func(e *Evidence) { e.VMAF = nil }},
		{"no chroma", Compression, func(e *Evidence) { e.PSNRCb = nil }},
		{"no baseline", Upscaling, func(e *Evidence) { e.Baseline = nil }},
		{"short baseline", Upscaling, func(e *Evidence) { e.Baseline = e.Baseline[:3] }},
		{"no codec", Compression, func(e *Evidence) { e.Result.Codec = "" }},
		{"no rate", Compression, func(e *Evidence) { e.Reference.Bytes = 0 }},
		{"not a number", Compression, func(e *Evidence) { e.NEG[3] = math.NaN() }},
		{"uneven", Compression, func(e *Evidence) { e.NEG = e.NEG[:10] }},
		{"short reference", Compression, func(e *Evidence) { e.Reference.Frames, e.Result.Frames = 9, 9 }},
		{"unknown kind", "transcoding", func(*Evidence) {}},
	} {
		e := honest(c.kind)
		c.lose(&e)
		v, err := ergon.Judge(e)
		if s := AsSkip(err); s == nil || s.Reason == "" || v.Score != 0 {
			t.Errorf("%s: %+v, %v", c.name, v, err)
		}
	}
	e := honest(Compression) // the published rule of 2026 lets it pass
	e.VMAF = nil
	if v, err := head.Judge(e); err != nil || v.Score <= 0 {
		t.Errorf("head: %+v, %v", v, err)
	}
}

func TestUpscalingPaysOnlyAboveBicubic(t *testing.T) {
	p := named(t, Default)
	for _, neg := range []float64{80, 85, 85.001, 85.249} { // a hair above bicubic is the luck of a clip
		e := honest(Upscaling)
		e.NEG, e.VMAF = constant(neg), constant(neg)
		if v, err := p.Judge(e); err != nil || v.Gate != "baseline" || v.Score != 0 {
			t.Errorf("NEG %v: %+v, %v", neg, v, err)
		}
	}
	var last float64
	for _, neg := range []float64{85.251, 86, 90, 95, 100} {
		e := honest(Upscaling)
		e.NEG, e.VMAF = constant(neg), constant(neg)
		v, err := p.Judge(e)
		if err != nil || v.Gate != "" || v.Score <= last || v.Metric != MetricNEG {
			t.Fatalf("NEG %v: %+v, %v", neg, v, err)
		}
		near(t, "score", v.Score, v.SF-v.BaseSF)
		last = v.Score
	}
}

func TestFailureStoresTheProfilesRate(t *testing.T) {
	for id, want := range map[string]float64{"code-2025-09": 1, "head-2026-08": 0.9999, "seed": 0.09, "ergon": 0.09} {
		p := named(t, id)
		e := honest(Compression)
		e.Fault = &Fault{"unreadable", "noise"}
		v, err := p.Judge(e)
		if err != nil {
			t.Fatal(err)
		}
		near(t, id, v.Rate, want)
		e = honest(Compression)
		e.VMAF, e.NEG = constant(50), constant(50)
		if v, err = p.Judge(e); err != nil || v.Gate != "threshold" {
			t.Fatalf("%s: %+v, %v", id, v, err)
		}
		near(t, id+" below the threshold", v.Rate, 0.09)
	}
}

func TestNamedListsWhatThereIs(t *testing.T) {
	if _, err := Named("mainnet"); err == nil || !strings.Contains(err.Error(), "head-2026-08") {
		t.Errorf("got %v", err)
	}
	if p, err := Named(""); err != nil || p.ID != Default {
		t.Errorf("got %v, %v", p.ID, err)
	}
}

func TestPooling(t *testing.T) {
	near(t, "no frames", Harmonic(nil), 0)
	near(t, "constant", Harmonic(constant(91)), 91)
	near(t, "first percentile of 30 is the minimum", Percentile([]float64{5, 3, 4}, 1), 3)
	hundreds := make([]float64, 200)
	for i := range hundreds {
		hundreds[i] = float64(i)
	}
	near(t, "first percentile of 200", Percentile(hundreds, 1), 1)
	near(t, "hundredth", Percentile(hundreds, 100), 199)
	near(t, "PSNR of equal frames", PSNR(constant(40)), 40)
	if got := PSNR([]float64{60, 20}); got > 24 {
		t.Errorf("half grey pools to %v dB", got)
	}
}
