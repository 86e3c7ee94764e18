package reward

import (
	"math"
	"slices"
)

// Row is one scored answer as kept in a miner's history. Skipped answers leave none.
type Row struct {
	Kind       Kind
	Score      float64 // what was paid
	SQ, SL, SF float64
	V          float64 // pooled VMAF
	Threshold  float64
	Rate       float64
	Gate       string  // why the score is 0, or empty
	Applied    float64 // multiplier applied to this very answer
}

// Event is what happened to a miner before an answer.
type Event string

// Events. A new hotkey and a changed task start a new record (video §6.6).
const (
	NoEvent     Event = ""
	NewMiner    Event = "new miner"
	NewHotkey   Event = "new hotkey"
	TaskChanged Event = "task changed"
)

// Record is a miner's standing in one task. The zero Record with Event NewMiner is a newcomer.
type Record struct {
	Event    Event   // since the last answer
	Score    float64 // a, the accumulated score
	Rows     []Row   // newest first, at most Profile.Window
	Rounds   int     // rows ever
	Failures int     // rows ever that scored 0
}

// Start is the record of a miner after an event (video §6.0).
func (p *Profile) Start(e Event) Record {
	r := Record{Event: e}
	if e == TaskChanged {
		r.Score = p.StartAfterChange
	}
	return r
}

// Counts says how many rows of the window earn a bonus or a penalty.
type Counts struct{ Bonus, Low, Quality int }

// Multiplier is the effect of a history, factor by factor.
type Multiplier struct {
	Counts
	BonusFactor, LowFactor, QualityFactor float64
	Total                                 float64
}

// Count looks at the newest rows only; comparisons are strict (video §6.6). The score that counts is S_F of upscaling
// and S_f of compression.
func (p *Profile) Count(rows []Row, k Kind) Counts {
	rule := p.rule(k)
	var c Counts
	for _, r := range rows[:min(len(rows), p.Window)] {
		if r.SF > rule.Bonus {
			c.Bonus++
		}
		if r.SF < rule.Low {
			c.Low++
		}
		poor := r.SQ < rule.Quality
		if k == Compression {
			poor = rule.VMAFMargin != nil && r.V < r.Threshold+*rule.VMAFMargin
		}
		if poor {
			c.Quality++
		}
	}
	return c
}

// Multiply turns counts into factors. The divisor is the window, however few the rows (video §6.6).
func (p *Profile) Multiply(c Counts) Multiplier {
	share := func(n int) float64 { return float64(n) / float64(p.Window) }
	m := Multiplier{
		Counts:        c,
		BonusFactor:   1 + share(c.Bonus)*p.Max.Bonus,
		LowFactor:     1 - share(c.Low)*p.Max.Low,
		QualityFactor: 1 - share(c.Quality)*p.Max.Quality,
	}
	m.Total = m.BonusFactor * m.LowFactor * m.QualityFactor
	return m
}

// Applied is the multiplier of an answer whose row is already counted in m: the first one after an event is not
// multiplied, except where the profile says so (video §6.6).
func (p *Profile) Applied(e Event, k Kind, m Multiplier) float64 {
	switch e {
	case NoEvent:
		return m.Total
	case TaskChanged:
		for _, counted := range p.CountsAfterChange {
			if counted == k {
				return m.Total
			}
		}
	}
	return 1
}

// fullRateBlow is x for a compression that did not compress, where the profile punishes it (video §6.6).
const fullRateBlow = -10

// Accumulate moves an accumulated score a by one answer: a·d + x·(1−d), never below 0 (video §6.6).
func (p *Profile) Accumulate(a, score, multiplier, rate float64, k Kind) float64 {
	x := score * multiplier
	if k == Compression && p.FullRateWipes && rate >= 1 {
		x = fullRateBlow
	}
	return max(0, a*p.Decay+x*(1-p.Decay))
}

// Book enters a verdict: the row first, then the multiplier recomputed with it, then the accumulated score.
func (p *Profile) Book(r Record, v Verdict) (Record, Row) { return p.BookInto(nil, r, v) }

// BookInto is Book with the new record's rows in the memory of rows, which must not be that of r.
func (p *Profile) BookInto(rows []Row, r Record, v Verdict) (Record, Row) {
	row := Row{Kind: v.Kind, Score: v.Score, SQ: v.SQ, SL: v.SL, SF: v.SF, V: v.V, Threshold: v.Threshold, Rate: v.Rate, Gate: v.Gate}
	kept := r.Rows[:min(len(r.Rows), p.Window-1)]
	rows = append(append(slices.Grow(rows[:0], p.Window), row), kept...)
	row.Applied = p.Applied(r.Event, v.Kind, p.Multiply(p.Count(rows, v.Kind)))
	rows[0] = row
	next := Record{
		Score: p.Accumulate(r.Score, v.Score, row.Applied, v.Rate, v.Kind),
		Rows:  rows, Rounds: r.Rounds + 1, Failures: r.Failures,
	}
	if v.Score == 0 {
		next.Failures++
	}
	return next, row
}

// Means are the averages over the rows kept, for display and tiers.
type Means struct {
	SQ, SL, SF  float64
	SuccessRate float64 // share of rows above 0.08; the original divides by all rounds ever, which falls with age
}

// success is the score above which an answer counts as one (video §6.6).
const success = 0.08

// Means averages the rows kept; NaN-free, 0 without rows.
func (r Record) Means() Means {
	var m Means
	if len(r.Rows) == 0 {
		return m
	}
	n := float64(len(r.Rows))
	for _, row := range r.Rows {
		m.SQ += row.SQ / n
		m.SL += row.SL / n
		m.SF += row.SF / n
		if row.SF > success {
			m.SuccessRate += 1 / n
		}
	}
	return m
}

// NewcomerTier is the tier of a miner without rows.
const NewcomerTier = "New Miner"

// Tier names a mean S_F (video §6.6). NaN is the tier of a newcomer.
func Tier(meanSF float64) string {
	if math.IsNaN(meanSF) {
		return NewcomerTier
	}
	for _, t := range []struct {
		above float64
		name  string
	}{
		{0.4, "Elite"}, {0.3, "Outstanding"}, {0.25, "High Performance"}, {0.2, "Good Performance"},
		{0.1, "Average"}, {0.07, "Below Average"},
	} {
		if meanSF > t.above {
			return t.name
		}
	}
	return "Poor Performance"
}

// Tier of a record.
func (r Record) Tier() string {
	if len(r.Rows) == 0 {
		return NewcomerTier
	}
	return Tier(r.Means().SF)
}
