package reward

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// seedNumbers recomputes every number of the seed's tables with this package. shown is the value in the unit that the
// seed prints, where that is another one.
var seedNumbers = map[string]struct {
	got   func(*testing.T) any
	shown func() float64
}{
	"S_L 5 s":                      {got: func(*testing.T) any { return 100 * LengthScore(5) }},
	"S_L 10 s":                     {got: func(*testing.T) any { return 100 * LengthScore(10) }},
	"S_L 320 s":                    {got: func(*testing.T) any { return 100 * LengthScore(320) }},
	"relative reward at S_pre 0.3": {got: relative(0.3)}, "relative reward at S_pre 0.6": {got: relative(0.6)},
	"relative reward at S_pre 0.72": {got: relative(0.72)}, "relative reward at S_pre 0.84": {got: relative(0.84)},
	"relative reward at S_pre 0.9": {got: relative(0.9)},
	"elite versus poor":            {got: func(*testing.T) any { return FinalScore(0.9) / FinalScore(0.3) }},
	"S_F range low":                {got: func(*testing.T) any { return FinalScore(0) }},
	"S_F range high":               {got: func(*testing.T) any { return FinalScore(1) }},
	"S_F reachable at 10 s":        {got: reachable(10)}, "S_F reachable at 5 s": {got: reachable(5)},
	"compression C=0.3 VMAF=85 T=70": {got: compress(85, .3)}, "compression C=0.5 VMAF=80 T=70": {got: compress(80, .5)},
	"compression C=0.7 VMAF=75 T=70": {got: compress(75, .7)}, "compression C=0.4 VMAF=65 T=70": {got: compress(65, .4)},
	"same row, label read literally (30% reduced) VMAF 85": {got: compress(85, .7)},
	"same row, label read literally (70% reduced) VMAF 75": {got: compress(75, .3)},
	"same row, label read literally (40% reduced) VMAF 65": {got: compress(65, .6)},
	"7/10 bonus":                   {got: times("seed", 7, 0, 0), shown: func() float64 { return 10.5 }},
	"4/10 penalty":                 {got: times("seed", 0, 4, 0), shown: func() float64 { return -8 }},
	"upscaling Elite multiplier":   {got: times("seed", 10, 0, 0)},
	"upscaling Good multiplier":    {got: goodUpscaler},
	"upscaling Average multiplier": {got: times("seed", 0, 0, 3)},
	"upscaling Poor multiplier":    {got: times("seed", 0, 10, 10)},
	"compression Elite":            {got: times("seed", 10, 0, 0)},
	"compression Good":             {got: times("seed", 0, 0, 0)},
	"compression Average":          {got: averageCompressor},
	"compression Poor":             {got: poorCompressor},
	"10 bad rounds":                {got: func(t *testing.T) any { return 100 * (times("seed", 0, 10, 10)(t).(float64) - 1) }},
	"sum compression":              {got: func(*testing.T) any { return 847.5 + 625.3 + 412.1 }},
	"sum upscaling":                {got: func(*testing.T) any { return 523.8 + 411.2 }},
	"UID1 share":                   {got: share(1, nil)},
	"UID3 share":                   {got: share(3, nil)},
	"UID7 share":                   {got: share(7, nil)},
	"UID2 share":                   {got: share(2, nil)},
	"UID5 share":                   {got: share(5, nil)},
	"UID1 step 4":                  {got: func(*testing.T) any { return 27.0 * 1.150 }},
	"UID2 step 4":                  {got: func(*testing.T) any { return 22.4 * 1.000 }},
	"UID3 step 4":                  {got: func(*testing.T) any { return 19.9 * 0.925 }, shown: func() float64 { return 18.41 }},
	"UID5 step 4":                  {got: func(*testing.T) any { return 17.6 * 0.600 }},
	"UID7 step 4":                  {got: func(*testing.T) any { return 13.1 * 1.000 }},
	"step 4 total":                 {got: func(*testing.T) any { return 27.0*1.150 + 22.4 + 19.9*0.925 + 17.6*0.6 + 13.1 }},
	"step 4 if multipliers were applied before normalising": {got: multipliedShares},
	"accumulate_score magnitude":                            {got: accumulateBounds},
	"annual total":                                          {got: func(*testing.T) any { return 100.0 * 35 * 365 }},
	"41%":                                                   {got: func(*testing.T) any { return 0.41 * 1_277_500 }},
	"18%":                                                   {got: func(*testing.T) any { return 0.18 * 1_277_500 }},
	"sum of split":                                          {got: func(*testing.T) any { return 523_475.0 + 523_475 + 229_950 }},
	"10% of miners":                                         {got: func(*testing.T) any { return 0.1 * 0.41 * 1_277_500 }},
	"per day":                                               {got: func(*testing.T) any { return 0.1 * 0.41 * 1_277_500 / 365 }, shown: func() float64 { return 143 }},
	"$600-800/day":                                          {got: dollars},
	"rounds per day":                                        {got: func(*testing.T) any { return 86_400.0 / (360 * 12) }},
}

func seedCheckVectors(t *testing.T, f vectorFile, raw json.RawMessage) {
	doc := deviations(t)
	var all []struct {
		Item       string
		Seed       any
		Recomputed json.RawMessage
		Status     string
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		t.Run(c.Item, func(t *testing.T) {
			n, ok := seedNumbers[c.Item]
			if !ok {
				t.Fatal("no recomputation")
			}
			got := n.got(t)
			closeTo(t, got, c.Recomputed)
			switch c.Status {
			case "reproduced":
				shown, _ := got.(float64)
				if n.shown != nil {
					shown = n.shown()
				}
				printedAs(t, c.Seed, shown)
			case "erratum":
				if !strings.Contains(doc, "`"+c.Item+"`") {
					t.Errorf("the list of deviations lacks `%s`", c.Item)
				}
			case "derived":
			default:
				t.Errorf("unknown status %q", c.Status)
			}
		})
	}
}

// deviations reads the list of the seed's errata.
func deviations(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"../../../docs/deviations-video.md", "../../../docs/deviations.md"} {
		b, err := os.ReadFile(path)
		if err == nil {
			all.Write(b)
		}
	}
	if all.Len() == 0 {
		t.Fatal("neither docs/deviations-video.md nor docs/deviations.md is there")
	}
	return all.String()
}

// closeTo compares with a published number, list or object to the digits that were published. null publishes none.
func closeTo(t *testing.T, got any, raw json.RawMessage) {
	t.Helper()
	switch got := got.(type) {
	case float64:
		want, digits := number(t, raw)
		if math.Abs(got-want) > 0.5*math.Pow(10, -digits)+1e-9 {
			t.Errorf("got %v, published %s", got, raw)
		}
	case []float64:
		var want []json.RawMessage
		if err := json.Unmarshal(raw, &want); err != nil || len(want) != len(got) {
			t.Fatalf("got %v, published %s", got, raw)
		}
		for i := range got {
			closeTo(t, got[i], want[i])
		}
	case map[string]float64:
		var want map[string]json.RawMessage
		if err := json.Unmarshal(raw, &want); err != nil || len(want) != len(got) {
			t.Fatalf("got %v, published %s", got, raw)
		}
		for k, v := range got {
			closeTo(t, v, want[k])
		}
	case nil:
		if string(raw) != "null" {
			t.Errorf("got nothing, published %s", raw)
		}
	default:
		t.Fatalf("unexpected %T", got)
	}
}

// number parses a literal and counts its decimals.
func number(t *testing.T, raw json.RawMessage) (value, decimals float64) {
	t.Helper()
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		t.Fatalf("not a number: %s", raw)
	}
	if _, fraction, ok := strings.Cut(string(raw), "."); ok {
		decimals = float64(len(fraction))
	}
	return value, decimals
}

var firstNumber = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?`)

// printedAs says whether value rounds to what the seed prints, e.g. "31%", "~143" or 16.31.
func printedAs(t *testing.T, seed any, value float64) {
	t.Helper()
	text, ok := seed.(string)
	if !ok {
		text = strconv.FormatFloat(seed.(float64), 'f', -1, 64)
	}
	want, digits := number(t, json.RawMessage(firstNumber.FindString(text)))
	if math.Abs(value-want) > 0.5*math.Pow(10, -digits)+1e-9 {
		t.Errorf("the seed prints %v, recomputed %v", seed, value)
	}
}

func relative(sPre float64) func(*testing.T) any {
	return func(*testing.T) any { return FinalScore(sPre) / 0.1 }
}

func reachable(seconds float64) func(*testing.T) any {
	return func(*testing.T) any {
		sl := LengthScore(seconds)
		return []float64{FinalScore(Preliminary(0, sl)), FinalScore(Preliminary(1, sl))}
	}
}

func compress(v, c float64) func(*testing.T) any {
	return func(*testing.T) any { return CompressionV1(v, c, 70) }
}

func times(id string, bonus, low, quality int) func(*testing.T) any {
	return func(t *testing.T) any {
		p := named(t, id)
		return p.Multiply(Counts{bonus, low, quality}).Total
	}
}

// legacy30 is a quality penalty of 30 %, which the rules had until 2025-08-06.
func legacy30(t *testing.T, low, quality int) float64 {
	p := named(t, "seed")
	p.Max.Quality = 0.30
	return p.Multiply(Counts{0, low, quality}).Total
}

// goodUpscaler cannot exist: a mean S_F of .653 over ten rounds needs a round above .32, hence a bonus.
func goodUpscaler(t *testing.T) any {
	p := named(t, "seed")
	rows := make([]Row, 10)
	for i := range rows {
		rows[i].SF, rows[i].SQ = 0.653, 0.571
	}
	if p.Count(rows, Upscaling).Bonus == 0 {
		t.Error("the seed's row is possible after all")
	}
	return nil
}

func averageCompressor(t *testing.T) any {
	return map[string]float64{
		"as listed (no penalties)":       times("seed", 0, 0, 0)(t).(float64),
		"seed rule, 3/10 quality":        times("seed", 0, 0, 3)(t).(float64),
		"seed rule, 10/10 f and 10/10 q": times("seed", 0, 10, 10)(t).(float64),
		"legacy 30%, 3/10":               legacy30(t, 0, 3),
		"code (10/10 f)":                 times("code-2025-09", 0, 10, 0)(t).(float64),
	}
}

func poorCompressor(t *testing.T) any {
	return map[string]float64{
		"seed rule 10/10 f and 10/10 q": times("seed", 0, 10, 10)(t).(float64),
		"legacy 20% and 30%":            legacy30(t, 10, 10),
		"code (10/10 f)":                times("code-2025-09", 0, 10, 0)(t).(float64),
	}
}

// seedMiners are those of the seed's example, with scores times the given multipliers.
func seedMiners(multiplier map[uint16]float64) []Miner {
	m := []Miner{
		{UID: 1, Kind: Compression, Score: 847.5}, {UID: 3, Kind: Compression, Score: 625.3}, {UID: 7, Kind: Compression, Score: 412.1},
		{UID: 2, Kind: Upscaling, Score: 523.8}, {UID: 5, Kind: Upscaling, Score: 411.2},
	}
	for i := range m {
		if x, ok := multiplier[m[i].UID]; ok {
			m[i].Score *= x
		}
	}
	return m
}

func share(uid uint16, multiplier map[uint16]float64) func(*testing.T) any {
	return func(t *testing.T) any {
		p := named(t, "seed")
		for _, s := range p.Weights(seedMiners(multiplier), nil) {
			if s.UID == uid {
				return 100 * s.Weight
			}
		}
		return nil
	}
}

func multipliedShares(t *testing.T) any {
	multiplier := map[uint16]float64{1: 1.15, 2: 1, 3: 0.925, 5: 0.6, 7: 1}
	out := map[string]float64{}
	for uid := range multiplier {
		out[strconv.Itoa(int(uid))] = share(uid, multiplier)(t).(float64)
	}
	return out
}

// accumulateBounds drives the accumulated score to where it stops growing.
func accumulateBounds(t *testing.T) any {
	p := named(t, "seed")
	limit := func(k Kind, score float64) (a float64) {
		for range 2000 {
			a = p.Accumulate(a, score, 1+p.Max.Bonus, 0.1, k)
		}
		return a
	}
	return map[string]float64{
		"compression max":       limit(Compression, 1),
		"upscaling max at 10 s": limit(Upscaling, FinalScore(Preliminary(1, LengthScore(10)))),
	}
}

func dollars(*testing.T) any {
	perDay := 0.1 * 0.41 * 1_277_500 / 365
	return []float64{600 / perDay, 800 / perDay}
}
