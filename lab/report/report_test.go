package report

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary"
	_ "github.com/ergon-network/ergon/lab/control"
)

func world(epochs int, attackers ...lab.Group) *lab.Scenario {
	s := lab.Defaults()
	s.Name, s.About, s.Market, s.Epochs = "a test", "Tried here.", "control-claims", epochs
	s.Validators = []lab.Group{{Count: 4, Stake: 1000, Noise: 0.05}}
	s.Miners = append([]lab.Group{{Count: 12, Skill: lab.Range{From: 0.3, To: 0.9}}}, attackers...)
	return &s
}

func written(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, r.Write(&b))
	return b.String()
}

// has looks for text in a page, and does not print the page.
func has(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.True(t, strings.Contains(page, text), "the page lacks %q", text)
	}
}

func play(t *testing.T, s *lab.Scenario, seed uint64) string {
	t.Helper()
	r, err := Play(t.Context(), s, seed, 2)
	require.NoError(t, err)
	return written(t, r)
}

func TestTheSameBytes(t *testing.T) {
	s := world(12, lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "liar"})
	on := func(procs int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		return play(t, s, 3)
	}
	require.True(t, on(1) == on(4))
	require.False(t, on(1) == play(t, s, 4), "another seed is another world")
}

func TestTheVerdictIsInWords(t *testing.T) {
	page := play(t, world(20, lab.Group{Count: 1, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "liar"}), 1)
	has(t, page, "The attack pays")
	page = play(t, world(20, lab.Group{Count: 1, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "uid-hoarder"}), 1)
	has(t, page, "The attack does not pay")
	require.False(t, strings.Contains(play(t, world(20), 1), "The attack"))
	v := judge(lab.Soundness{Pay: lab.Estimate{Mean: 1000}, Harm: lab.Estimate{Mean: -0.25}, Detected: 7, Seeds: 2})
	require.True(t, v.Pays)
	require.Equal(t, 100.0, v.Gauge, "the bar ends where it ends")
	require.Contains(t, v.Says[1], "earns 25.0\u00a0% more")
	require.Contains(t, v.Says[2], "From epoch 7 on")
	require.Equal(t, "−25.0 ± 0.0 %", v.Figures[0].Value)
}

// A report is one file: whatever its scenario says, it loads nothing, runs its own script only and shows
// text as text.
func TestHostileTextIsText(t *testing.T) {
	const bad = `</title></style></script><script>alert(1)</script><img src=//x onerror=x>"'` + "\u202e`${x}"
	s := world(5, lab.Group{Name: bad, Team: bad, Count: 1, Play: "liar"})
	s.Name, s.About, s.Validators[0].Name = bad, bad, bad
	r, err := Play(t.Context(), s, 1, 2)
	require.NoError(t, err)
	r.Command = bad
	page := written(t, r)
	require.False(t, strings.Contains(page, "ZgotmplZ"), "an unsafe value in the template")
	has(t, page, "<style>"+Style+"</style>")
	has(t, page, "<script>"+Script+"</script>")
	doc, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	scripts, texts := 0, 0
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && strings.Contains(n.Data, bad) {
			texts++
		}
		if n.Data == "script" {
			scripts++
		}
		require.NotContains(t, []string{"img", "iframe", "object", "embed", "base", "form", "audio", "video", "image", "use"}, n.Data)
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src", "%s has %s=%q", n.Data, a.Key, a.Val)
			if a.Key == "href" {
				u, err := url.Parse(a.Val)
				require.True(t, a.Val == "#main" || err == nil && u.Scheme == "data", a.Val)
			}
		}
	}
	require.Equal(t, 1, scripts)
	require.Greater(t, texts, 10)
	require.NotContains(t, Style, "url(")
	require.NotContains(t, Style, "@import")
}

// A long run is sampled, and says so; a large one stays small enough to send.
func TestSizeIsBounded(t *testing.T) {
	long := play(t, world(1001, lab.Group{Count: 1, Play: "uid-hoarder"}), 1)
	has(t, long, "The run has 1001 epochs")
	has(t, long, "mean of 5 of them")
	require.Less(t, len(long), 1<<20)

	const validators, uids = 100, 1500
	f := lab.Frame{Stake: make([]float64, uids), Weights: make([][]float64, validators)}
	for v := range f.Weights {
		f.Stake[v], f.Weights[v] = float64(1000-v), make([]float64, uids)
		for m := validators; m < uids; m++ {
			f.Weights[v][m] = float64(1 + (v+m)%7)
		}
	}
	rules := lab.Defaults().Subnet
	r, err := Replay(t.Context(), &lab.Archive{Name: "many", Subnet: rules, Epochs: 3, Frames: []lab.Frame{f}})
	require.NoError(t, err)
	large := written(t, r)
	require.Less(t, len(large), 1<<20)
	has(t, large, "32 of 100 validators")
	has(t, large, "the other 1337 miners together")
	has(t, large, "an archive&#39;s stakes and weights")
}

// Points of a line are means of pieces that cover the run once, and sum to what was paid.
func TestSamplesCoverTheRun(t *testing.T) {
	for _, epochs := range []int{1, 2, 239, 240, 241, 1000, 99_999} {
		next := 0
		list := bucketsOf(epochs)
		require.LessOrEqual(t, len(list), mostPoints)
		for _, b := range list {
			require.Equal(t, next, b.from)
			require.Greater(t, b.to, b.from)
			next = b.to
		}
		require.Equal(t, epochs, next)
	}
	r, err := Play(t.Context(), world(500), 1, 2)
	require.NoError(t, err)
	for i := range r.groups {
		sums := total(series(r.result, r.seen.buckets, r.groups[i].UIDs, paid), r.seen.buckets)
		require.InDelta(t, tao(r.groups[i].paid()), sums[len(sums)-1], 1e-6)
	}
	require.Len(t, r.seen.means, len(r.seen.buckets))
	require.Len(t, r.seen.weights, mostFrames)
}

func TestEveryGroupIsSeen(t *testing.T) {
	groups := []group{{UIDs: []int{0, 1, 2, 3, 4}}, {UIDs: []int{5}}, {UIDs: []int{6, 7, 8}}}
	require.Equal(t, []int{3, 4, 5, 8}, fair(groups, 4, func(a, b int) int { return b - a }))
	require.Len(t, fair(groups, 100, func(a, b int) int { return 0 }), 9)
}

func TestUIDsAreShortened(t *testing.T) {
	for want, uids := range map[string][]int{"uid 3": {3}, "uids 0–2, 5": {0, 1, 2, 5}, "uids 0, 2, 4, 6, …": {0, 2, 4, 6, 8}} {
		require.Equal(t, want, (&group{UIDs: uids}).uids("uid"))
	}
}

func TestManyGroupsLeaveTheRest(t *testing.T) {
	s := world(2)
	s.Miners = nil
	for i := range 1500 {
		s.Miners = append(s.Miners, lab.Group{Name: fmt.Sprintf("miner %04d", i), Count: 1, Skill: lab.Range{From: 0.5, To: 0.5}})
	}
	r, err := Play(t.Context(), s, 1, 2)
	require.NoError(t, err)
	page := written(t, r)
	has(t, page, "the other 1488 groups", "1401 more groups are not listed")
	require.Less(t, len(page), 1<<20)
	require.Len(t, r.seen.sizes, mostGroups)
	require.Equal(t, "other groups", r.groupName(mostGroups-1, true))
	require.Equal(t, "honest", r.groupName(0, false))
}

// Where uids change hands lines and matrices are of players, those who come later included.
func TestNewcomersAreInTheReport(t *testing.T) {
	s := world(40, lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "uid-hoarder"})
	s.Newcomers = []lab.Group{{Name: "latecomers", PerEpoch: 0.5, Skill: lab.Range{From: 0.6, To: 0.9}}}
	r, err := Play(t.Context(), s, 1, 2)
	require.NoError(t, err)
	require.Len(t, r.result.Players, 4+12+2+20)
	require.Equal(t, len(r.result.Players), r.seen.n)
	bonds, last := 0.0, len(r.seen.fine)-1
	for i, v := range r.seen.fine[last] {
		if i%r.seen.n >= 18 {
			bonds += float64(v)
		}
	}
	require.Positive(t, bonds, "validators hold bonds in those who came")
	has(t, written(t, r), "latecomers", "players 18–37", `>Players<`)
}
