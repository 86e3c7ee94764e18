package reward

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	tolerance = 1e-9     // of the vectors
	maxVector = 64 << 20 // bytes of one vector file
)

// vectorFile is a file of published numbers: one list or object per group.
type vectorFile struct {
	groups map[string]json.RawMessage
	scope  map[string]struct {
		Profile []string            `json:"profile"`
		Columns map[string][]string `json:"columns"`
	}
}

// groupTests maps each group to its test. Groups are of the schema of testdata/video.json.
var groupTests = map[string]func(*testing.T, vectorFile, json.RawMessage){
	"length_score":                             lengthVectors,
	"pieapp_aggregate":                         pieAppVectors,
	"quality_score":                            qualityVectors,
	"final_score":                              finalVectors,
	"upscaling_end_to_end":                     upscalingVectors,
	"compression":                              compressionVectors,
	"compression_head_edge":                    compressionEdgeVectors,
	"multiplier_upscaling":                     multiplierVectors,
	"multiplier_compression_code":              multiplierVectors,
	"multiplier_compression_seed_doc":          multiplierVectors,
	"multiplier_compression_legacy_2025_08_04": func(*testing.T, vectorFile, json.RawMessage) {}, // history: no profile has it
	"history_window":                           windowVectors,
	"accumulate":                               accumulateVectors,
	"first_response_multiplier":                firstResponseVectors,
	"organic_upscaling_head":                   organicVectors,
	"organic_upscaling_seed":                   organicVectors,
	"tier":                                     tierVectors,
	"vmaf_pooling":                             poolingVectors,
	"weights_seed":                             weightsSeedVectors,
	"weights_head":                             weightsHeadVectors,
	"liquidation":                              liquidationVectors,
	"validation":                               validationVectors,
	"dedup_metric_cache":                       metricCacheVectors,
	"chroma_ratio":                             chromaVectors,
	"competition":                              competitionVectors,
	"rate_limit":                               rateLimitVectors,
	"profiles":                                 profileVectors,
	"seed_check":                               seedCheckVectors,
}

// TestVectors checks the published numbers in testdata and in every file that ERGON_VECTORS names.
func TestVectors(t *testing.T) {
	paths := []string{"testdata/video.json"}
	for path := range strings.SplitSeq(os.Getenv("ERGON_VECTORS"), ":") {
		if path != "" {
			paths = append(paths, path)
		}
	}
	for i, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f := loadVectors(t, path)
			if !f.video() {
				t.Logf("%s holds no numbers of this area", path)
				return
			}
			known := 0
			for name, raw := range f.groups {
				if name == "meta" || name == "group_profiles" {
					continue
				}
				test, ok := groupTests[name]
				if !ok {
					continue
				}
				known++
				t.Run(name, func(t *testing.T) { test(t, f, raw) })
			}
			if i == 0 && known != len(groupTests) {
				t.Errorf("%d of %d groups present", known, len(groupTests))
			}
			if known > 0 && i > 0 {
				for name := range f.groups {
					if _, ok := groupTests[name]; !ok && name != "meta" && name != "group_profiles" {
						t.Errorf("group %q has no test", name)
					}
				}
			}
		})
	}
}

func loadVectors(t *testing.T, path string) vectorFile {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	var f vectorFile
	if err := json.NewDecoder(io.LimitReader(r, maxVector)).Decode(&f.groups); err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	if raw, ok := f.groups["group_profiles"]; ok {
		// A file of another area may use the same name for something else: then nothing here is known to it.
		_ = json.Unmarshal(raw, &f.scope)
	}
	return f
}

// video says whether the file is of this area: it has a group whose name no other area uses.
func (f vectorFile) video() bool {
	for name := range f.groups {
		if _, ok := groupTests[name]; ok && name != "profiles" {
			return true
		}
	}
	return false
}

// cases decodes a list of cases.
func cases[T any](t *testing.T, raw json.RawMessage) []T {
	t.Helper()
	var out []T
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatal("group is empty")
	}
	return out
}

// each runs a case under every profile that it names. Formulas of the seed hold under ergon, too.
func each(t *testing.T, ids []string, test func(*testing.T, Profile)) {
	t.Helper()
	for _, id := range ids {
		p, err := Named(id)
		if err != nil {
			t.Fatal(err)
		}
		test(t, p)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.12f, want %.12f", what, got, want)
	}
}

func organicVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Score           int
		Start, Expected float64
		Profile         []string
	}](t, raw) {
		each(t, c.Profile, func(t *testing.T, p Profile) { near(t, p.ID, p.OrganicMark(c.Start, c.Score), c.Expected) })
	}
}

func tierVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Avg  float64 `json:"avg_s_f"`
		Tier string  `json:"tier"`
	}](t, raw) {
		if got := Tier(c.Avg); got != c.Tier {
			t.Errorf("mean %v: %q, want %q", c.Avg, got, c.Tier)
		}
	}
}

func poolingVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		PerFrame []float64 `json:"per_frame"`
		Docker   float64   `json:"head_docker"`
		Libvmaf  float64   `json:"libvmaf_harmonic"`
	}](t, raw) {
		near(t, "libvmaf", Harmonic(c.PerFrame), c.Libvmaf)
		near(t, "positive only", HarmonicOfPositive(c.PerFrame), c.Docker)
		for id, want := range map[string]float64{"ergon": c.Libvmaf, "seed": c.Libvmaf, "code-2025-09": c.Libvmaf, "head-2026-08": c.Docker} {
			each(t, []string{id}, func(t *testing.T, p Profile) { near(t, id, p.Pool(c.PerFrame), want) })
		}
	}
}

func liquidationVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Snapshots [][2]float64 `json:"snapshots_alpha_emission"`
		Expected  *struct{ Retained, Liquidated float64 }
		Fallback  float64 `json:"fallback_retained"`
	}](t, raw) {
		var s []Snapshot
		for _, x := range c.Snapshots {
			s = append(s, Snapshot{x[0], x[1]})
		}
		got, known := Retained(s)
		if known != (c.Expected != nil) {
			t.Fatalf("%v: known %v", c.Snapshots, known)
		}
		if known {
			near(t, "retained", got, c.Expected.Retained)
			near(t, "liquidated", 1-got, c.Expected.Liquidated)
		} else {
			near(t, "fallback", got, c.Fallback)
		}
	}
}

func metricCacheVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	type tuple struct {
		VMAF, Rate, Thr float64
		Base            *float64
	}
	for _, c := range cases[struct {
		A, B      tuple
		Duplicate bool
	}](t, raw) {
		conv := func(x tuple) MetricTuple { return MetricTuple{x.VMAF, x.Rate, x.Thr, x.Base} }
		if got := SameMetrics(conv(c.A), conv(c.B)); got != c.Duplicate {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func chromaVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Ref   float64  `json:"ref_sat"`
		Dist  float64  `json:"dist_sat"`
		Ratio *float64 `json:"ratio"`
		OK    bool     `json:"ok"`
	}](t, raw) {
		ratio, known := SaturationRatio(c.Ref, c.Dist)
		if known != (c.Ratio != nil) || (!known || SaturationOK(ratio)) != c.OK {
			t.Errorf("%+v: ratio %v known %v", c, ratio, known)
		}
		if known {
			near(t, "ratio", ratio, *c.Ratio)
		}
	}
}

func rateLimitVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	for _, c := range cases[struct {
		Stake, Total float64
		Limit        int
		Served       int `json:"served_per_500s_per_uid"`
	}](t, raw) {
		if got := CallLimit(c.Stake, c.Total); got != c.Limit || got+1 != c.Served {
			t.Errorf("stake %v of %v: %d", c.Stake, c.Total, got)
		}
	}
}

// profileVectors compares the constants with the published table.
func profileVectors(t *testing.T, _ vectorFile, raw json.RawMessage) {
	type rule struct {
		Bonus, Low, Quality float64
		Margin              *float64 `json:"vmaf_margin"`
	}
	var table map[string]struct {
		Formula     string             `json:"compression_formula"`
		Thresholds  []float64          `json:"thresholds"`
		Upscaling   rule               `json:"upscaling"`
		Compression rule               `json:"compression"`
		Max         map[string]float64 `json:"max"`
		Window      int                `json:"window"`
		Decay       float64            `json:"decay"`
		Wipes       bool               `json:"rate_1_wipes"`
		Failure     *float64           `json:"rate_of_failure"`
		AfterChange float64            `json:"start_after_task_change"`
		Pools       map[string]float64 `json:"pools"`
		Permit      *bool              `json:"permit_holders_weighted"`
		InsidePool  string             `json:"inside_pool"`
	}
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	same := func(a, b *float64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	for id, want := range table {
		each(t, []string{id}, func(t *testing.T, p Profile) {
			ok := p.Formula == want.Formula && p.Window == want.Window && p.Decay == want.Decay && p.FullRateWipes == want.Wipes &&
				p.UpscalingRule.Bonus == want.Upscaling.Bonus && p.UpscalingRule.Low == want.Upscaling.Low && p.UpscalingRule.Quality == want.Upscaling.Quality &&
				p.CompressionRule.Bonus == want.Compression.Bonus && p.CompressionRule.Low == want.Compression.Low &&
				same(p.CompressionRule.VMAFMargin, want.Compression.Margin) && same(p.FailureRate, want.Failure) &&
				p.Max.Bonus == want.Max["bonus"] && p.Max.Low == want.Max["low"] && p.Max.Quality == want.Max["quality"] &&
				p.StartAfterChange == want.AfterChange &&
				p.Pools.Compression == want.Pools["compression"] && p.Pools.Upscaling == want.Pools["upscaling"] &&
				p.PodiumPool == want.Pools["competition_out_of_compression"] &&
				(want.Permit == nil || p.PermitHolders == *want.Permit) &&
				(p.InsidePool == "proportional") == (want.InsidePool == "proportional") &&
				(want.Thresholds == nil || slices.Equal(p.Thresholds, want.Thresholds))
			if !ok {
				t.Errorf("profile %s differs from the table: %+v, want %+v", id, p, want)
			}
		})
	}
}
