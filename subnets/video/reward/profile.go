// Package reward is the incentive mechanism of the video market as pure functions: what a result is worth, how worth
// adds up over rounds and how it becomes weights. It does no I/O, reads no clock and draws nothing.
//
// Every constant lives in a named Profile (profiles.json): `ergon`, the default, and `seed`, `code-2025-09`,
// `head-2026-08`, the published rules as they were. The profile's id belongs into every stored score.
//
//	p, err := reward.Named(reward.Default)
//	v, err := p.Judge(evidence)     // a Verdict, or a Skip as error: our fault, leaves no row
//	rec, row := p.Book(rec, v)      // multipliers of the last ten rounds, accumulated score
//	shares := p.Weights(miners, nil)
//
// Sections named "video §n" are those of the specification of Bittensor's video subnet that the formulas come from.
package reward

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Kind is a task type.
type Kind string

// The kinds of task.
const (
	Compression Kind = "compression"
	Upscaling   Kind = "upscaling"
)

// ByKind is something that each kind of task has.
type ByKind[T any] struct {
	Compression T `json:"compression"`
	Upscaling   T `json:"upscaling"`
}

// Of returns what kind k has, the zero T for a kind that is neither.
func (b *ByKind[T]) Of(k Kind) T {
	switch k {
	case Compression:
		return b.Compression
	case Upscaling:
		return b.Upscaling
	}
	var none T
	return none
}

// Default is the id of the profile in use unless another is named.
const Default = "ergon"

// Metric ids, stored with each score.
const (
	MetricVMAF   = "vmaf"     // vmaf_v0.6.1
	MetricNEG    = "vmaf-neg" // vmaf_v0.6.1neg
	MetricPieApp = "pieapp"
)

// Profile holds every constant of table 6.0 of the specification. Treat it as read-only.
type Profile struct {
	ID     string `json:"id"`
	Source string `json:"source"`

	Formula    string           `json:"compression_formula"` // v1 or head
	Thresholds []float64        `json:"thresholds"`          // VMAF values that compression tasks draw from
	Measure    ByKind[string]   `json:"measure"`             // metric that is V
	Quality    []string         `json:"quality"`             // metrics that may be S_Q; the first one measured is taken
	Pooling    string           `json:"pooling"`             // harmonic, or positive-only
	OverBase   bool             `json:"over_baseline"`       // pay upscaling only above the validator's own bicubic
	BaseMargin float64          `json:"baseline_margin"`     // by how many points of VMAF-NEG at least: less is luck of a clip
	Gates      ByKind[[]string] `json:"gates"`               // in order of checking
	FailOpen   []string         `json:"fail_open"`           // gates that let pass what was not measured
	Codecs     ByKind[[]string] `json:"codecs"`              // families allowed; empty: any
	FrameSlack int              `json:"frame_slack"`

	UpscalingRule   Rule `json:"upscaling"`
	CompressionRule Rule `json:"compression"`
	Max             struct {
		Bonus   float64 `json:"bonus"`
		Low     float64 `json:"low"`
		Quality float64 `json:"quality"`
	} `json:"max"` // largest effects of the three multipliers
	Window int `json:"window"` // newest rows that count, and the divisor, always

	Decay             float64   `json:"decay"` // d of the accumulated score
	FullRateWipes     bool      `json:"rate_1_wipes"`
	FailureRate       *float64  `json:"rate_of_failure"`           // C stored for a failed answer; null: the true one
	StartAfterChange  float64   `json:"start_after_task_change"`   // accumulated score of a miner that changed its task
	CountsAfterChange []Kind    `json:"first_after_change_counts"` // tasks whose first row after a change is multiplied already
	OrganicUpscaling  []float64 `json:"organic_upscaling"`         // factor of the accumulated score for a mark of 0..3; empty: not scored
	OrganicCompress   *struct {
		Decay     float64  `json:"decay"`
		SkipAbove *float64 `json:"skip_above"`
	} `json:"organic_compression"`

	Pools             ByKind[float64] `json:"pools"`
	PayZero           bool            `json:"pay_zero"`    // whether miners that earned nothing share a pool in which nobody did
	InsidePool        string          `json:"inside_pool"` // proportional, squares or ranks
	RankShares        []float64       `json:"rank_shares"`
	AlphaFactor       float64         `json:"alpha_factor"`
	LiquidationFactor float64         `json:"liquidation_factor"`
	PodiumPool        float64         `json:"podium_pool"` // taken out of compression if there is a podium
	PodiumShares      []float64       `json:"podium_shares"`
	PermitHolders     bool            `json:"permit_holders_weighted"`
}

// Rule says which rows count for the multipliers of a task. Comparisons are strict (video §6.6).
type Rule struct {
	Bonus      float64  `json:"bonus"`       // score above
	Low        float64  `json:"low"`         // score below
	Quality    float64  `json:"quality"`     // S_Q below; upscaling only
	VMAFMargin *float64 `json:"vmaf_margin"` // V below threshold + margin; compression only, null: no such factor
}

//go:embed profiles.json
var profilesJSON []byte

// Profiles returns all profiles, the default first.
func Profiles() ([]Profile, error) {
	dec := json.NewDecoder(bytes.NewReader(profilesJSON))
	dec.DisallowUnknownFields()
	var out []Profile
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("read the reward profiles: %w", err)
	}
	for i := range out {
		if err := out[i].Validate(); err != nil {
			return nil, fmt.Errorf("reward profile %q: %w", out[i].ID, err)
		}
	}
	return out, nil
}

// Named returns the profile with the given id; "" is Default.
func Named(id string) (Profile, error) {
	if id == "" {
		id = Default
	}
	all, err := Profiles()
	if err != nil {
		return Profile{}, err
	}
	ids := make([]string, len(all))
	for i, p := range all {
		if ids[i] = p.ID; p.ID == id {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("no reward profile %q: use one of %s", id, strings.Join(ids, ", "))
}

// Validate reports the first constant that makes no sense.
func (p *Profile) Validate() error {
	check := func(ok bool, what string) error {
		if ok {
			return nil
		}
		return errors.New(what)
	}
	err := errors.Join(
		check(p.ID != "", "id is empty"),
		check(p.Formula == "v1" || p.Formula == "head", "compression_formula must be v1 or head"),
		check(p.Pooling == "harmonic" || p.Pooling == "positive-only", "pooling must be harmonic or positive-only"),
		check(slices.Contains([]string{"proportional", "squares", "ranks"}, p.InsidePool), "inside_pool must be proportional, squares or ranks"),
		check(p.Window > 0, "window must be positive"),
		check(p.Decay >= 0 && p.Decay < 1, "decay must be in [0, 1)"),
		check(p.Pools.Compression >= 0 && p.Pools.Upscaling >= 0 && p.Pools.Compression+p.Pools.Upscaling <= 1+1e-9, "pools must sum to at most 1"),
		check(len(p.Thresholds) > 0 && slices.Min(p.Thresholds) > 0 && slices.Max(p.Thresholds) <= 100, "thresholds must be in (0, 100]"),
		check(len(p.Quality) > 0, "quality names no metric"),
	)
	for _, kind := range []Kind{Compression, Upscaling} {
		err = errors.Join(err, check(p.Measure.Of(kind) == MetricVMAF || p.Measure.Of(kind) == MetricNEG, "measure of "+string(kind)))
		for _, name := range p.Gates.Of(kind) {
			if _, failed := p.check(name, &Evidence{}, &Verdict{}); errors.Is(failed, errUnknownGate) {
				err = errors.Join(err, failed)
			}
		}
	}
	return err
}

// rule is the Rule of a task.
func (p *Profile) rule(k Kind) Rule {
	if k == Upscaling {
		return p.UpscalingRule
	}
	return p.CompressionRule
}

// Pool pools per-frame VMAF as this profile does, rounded to 1e-9, so that thirty frames of exactly 50 pool to 50 and
// not to a hair below.
func (p *Profile) Pool(xs []float64) float64 {
	pooled := Harmonic(xs)
	if p.Pooling == "positive-only" {
		pooled = HarmonicOfPositive(xs)
	}
	return math.Round(pooled*1e9) / 1e9
}

// CompressionScore is the profile's score of quality v, rate c and threshold t (video §6.2).
func (p *Profile) CompressionScore(v, c, t float64) float64 {
	if p.Formula == "head" {
		return CompressionHead(v, c, t)
	}
	return CompressionV1(v, c, t)
}
