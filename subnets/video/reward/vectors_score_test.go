package reward

import (
	"encoding/json"
	"testing"
)

func lengthVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Seconds float64 `json:"seconds"`
		SL      float64 `json:"s_l"`
	}](t, raw) {
		near(t, "S_L", LengthScore(c.Seconds), c.SL)
	}
}

func pieAppVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		PerFrame []float64 `json:"per_frame"`
		Expected float64   `json:"expected"`
	}](t, raw) {
		near(t, "PIE-APP", PieApp(c.PerFrame), c.Expected)
	}
}

func qualityVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		PieApp float64 `json:"pieapp"`
		SQ     float64 `json:"s_q"`
	}](t, raw) {
		near(t, "S_Q", QualityScore(c.PieApp), c.SQ)
	}
}

func finalVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		SPre float64 `json:"s_pre"`
		SF   float64 `json:"s_f"`
	}](t, raw) {
		near(t, "S_F", FinalScore(c.SPre), c.SF)
	}
}

// upscalingVectors go through Judge as a whole, with every other gate satisfied.
func upscalingVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	type vector struct {
		VMAF    float64  `json:"vmaf"`
		PieApp  float64  `json:"pieapp"`
		Length  float64  `json:"content_length"`
		SQ      float64  `json:"s_q"`
		SL      float64  `json:"s_l"`
		SPre    float64  `json:"s_pre"`
		SF      float64  `json:"s_f"`
		Profile []string `json:"profile"`
	}
	for _, c := range cases[vector](t, raw) {
		each(t, c.Profile, func(t *testing.T, p Profile) {
			e := honest(Upscaling)
			e.VMAF, e.NEG, e.PieApp, e.Seconds = constant(c.VMAF), constant(c.VMAF), []float64{c.PieApp}, c.Length
			v, err := p.Judge(e)
			if err != nil {
				t.Fatal(err)
			}
			near(t, p.ID+" S_F", v.Score, c.SF)
			if c.SF != 0 {
				near(t, p.ID+" S_Q", v.SQ, c.SQ)
				near(t, p.ID+" S_L", v.SL, c.SL)
				near(t, p.ID+" S_pre", v.SPre, c.SPre)
			} else if v.Gate == "" {
				t.Errorf("%s: VMAF %v earned 0 without a gate", p.ID, c.VMAF)
			}
		})
	}
}

func compressionVectors(t *testing.T, f vectorFile, raw json.RawMessage) {
	columns := f.scope["compression"].Columns
	if columns == nil {
		columns = map[string][]string{"v1_seed_2025_08_07": {"seed", "code-2025-09"}, "head_2026": {"head-2026-08"}}
	}
	for _, c := range cases[map[string]any](t, raw) {
		v, rate, threshold := c["vmaf"].(float64), c["rate"].(float64), c["threshold"].(float64)
		for column, ids := range columns {
			want, ok := c[column].(float64)
			if !ok {
				continue
			}
			each(t, ids, func(t *testing.T, p Profile) {
				near(t, p.ID+" "+column, p.CompressionScore(v, rate, threshold), want)
			})
		}
	}
}

func compressionEdgeVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		VMAF, Rate, Threshold, Expected float64
		Profile                         []string
	}](t, raw) {
		each(t, c.Profile, func(t *testing.T, p Profile) {
			near(t, p.ID, p.CompressionScore(c.VMAF, c.Rate, c.Threshold), c.Expected)
		})
	}
}

func multiplierVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Bonus   int      `json:"bonus_count"`
		Low     int      `json:"penalty_f_count"`
		Quality int      `json:"penalty_q_count"`
		VMAF    int      `json:"penalty_vmaf_count"`
		B       *float64 `json:"bonus"`
		F       *float64 `json:"pen_f"`
		Q       *float64 `json:"pen_q"`
		Total   float64  `json:"total"`
		Profile []string `json:"profile"`
	}](t, raw) {
		each(t, c.Profile, func(t *testing.T, p Profile) {
			m := p.Multiply(Counts{c.Bonus, c.Low, c.Quality + c.VMAF})
			near(t, p.ID+" total", m.Total, c.Total)
			if c.B != nil {
				near(t, p.ID+" bonus", m.BonusFactor, *c.B)
				near(t, p.ID+" low", m.LowFactor, *c.F)
				near(t, p.ID+" quality", m.QualityFactor, *c.Q)
			}
		})
	}
}

func windowVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	type row struct {
		SF        float64 `json:"s_f"`
		SQ        float64 `json:"s_q"`
		VMAF      float64 `json:"vmaf"`
		Threshold float64 `json:"threshold"`
	}
	for _, c := range cases[struct {
		Task    Kind           `json:"task"`
		Rows    []row          `json:"rows"`
		Newest  []row          `json:"rows_newest_first"`
		Counts  map[string]int `json:"counts"`
		Total   float64        `json:"total_multiplier"`
		Profile []string       `json:"profile"`
	}](t, raw) {
		var rows []Row
		for _, r := range append(c.Rows, c.Newest...) {
			rows = append(rows, Row{Kind: c.Task, SF: r.SF, SQ: r.SQ, V: r.VMAF, Threshold: r.Threshold})
		}
		each(t, c.Profile, func(t *testing.T, p Profile) {
			m := p.Multiply(p.Count(rows, c.Task))
			if m.Bonus != c.Counts["bonus"] || m.Low != c.Counts["penalty_f"] || m.Quality != c.Counts["penalty_q"]+c.Counts["penalty_vmaf"] {
				t.Errorf("%s: counts %+v, want %v", p.ID, m.Counts, c.Counts)
			}
			near(t, p.ID, m.Total, c.Total)
		})
	}
}

func accumulateVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Name     string        `json:"name"`
		Start    float64       `json:"start"`
		Decay    float64       `json:"decay"`
		Steps    [][3]*float64 `json:"steps_sf_mult_rate"`
		Repeat   int           `json:"repeat"`
		Expected []float64     `json:"expected"`
		Profile  []string      `json:"profile"`
	}](t, raw) {
		each(t, c.Profile, func(t *testing.T, p Profile) {
			if p.Decay != c.Decay {
				t.Fatalf("%s: decay %v, the case has %v", p.ID, p.Decay, c.Decay)
			}
			a, got := c.Start, []float64(nil)
			for range max(1, c.Repeat) {
				for _, s := range c.Steps {
					if *s[0] != -100 { // our fault: no verdict, so nothing to accumulate
						kind, rate := Upscaling, 0.0
						if s[2] != nil {
							kind, rate = Compression, *s[2]
						}
						a = p.Accumulate(a, *s[0], *s[1], rate, kind)
					}
					got = append(got, a)
				}
			}
			if c.Repeat > 1 {
				got = got[len(got)-1:]
			}
			if len(got) != len(c.Expected) {
				t.Fatalf("%s: %d values, want %d", c.Name, len(got), len(c.Expected))
			}
			for i := range got {
				near(t, p.ID+" "+c.Name, got[i], c.Expected[i])
			}
		})
	}
}

func firstResponseVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	events := map[string]Event{"new miner": NewMiner, "new hotkey": NewHotkey, "changed from compression": TaskChanged, "changed from upscaling": TaskChanged}
	for _, c := range cases[struct {
		Task    Kind     `json:"task"`
		Event   string   `json:"event"`
		SF      float64  `json:"s_f"`
		SQ      float64  `json:"s_q"`
		Applied float64  `json:"applied_multiplier"`
		Profile []string `json:"profile"`
	}](t, raw) {
		event, ok := events[c.Event]
		if !ok {
			t.Fatalf("unknown event %q", c.Event)
		}
		each(t, c.Profile, func(t *testing.T, p Profile) {
			// V at the top of the scale: these cases are about the score, not the margin.
			_, row := p.Book(p.Start(event), Verdict{Kind: c.Task, Score: c.SF, SF: c.SF, SQ: c.SQ, V: 100, Threshold: 90, Rate: 0.2})
			near(t, p.ID+" "+c.Event, row.Applied, c.Applied)
		})
	}
}
