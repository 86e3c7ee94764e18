package videolab

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// The model shows the published rules what fooled them, and ours what does not (video §11): metric
// hacking under the seed's rules, destroyed frames under those of 2026.
func TestKnownExploitsOfTheProfiles(t *testing.T) {
	honest := lab.Deed{Quality: 0.6, Of: lab.Own}
	hacked := lab.Deed{Quality: 0.3, Shine: 0.6, Of: lab.Own}
	broken := lab.Deed{Quality: 0.6, Bad: 0.25, Of: lab.Own}
	idle := lab.Deed{Of: lab.Own}
	copied := lab.Deed{Quality: 0.6, Of: 7}
	for _, c := range []struct {
		profile string
		kind    reward.Kind
		deed    lab.Deed
		pays    bool // at least as much as honest work
	}{
		{"seed", reward.Compression, hacked, true},
		{"seed", reward.Upscaling, hacked, true},
		{"seed", reward.Compression, broken, false},
		{"code-2025-09", reward.Compression, hacked, true},
		{"seed", reward.Compression, copied, true},
		{"ergon", reward.Compression, copied, false},
		{"ergon", reward.Upscaling, copied, false},
		{"head-2026-08", reward.Compression, hacked, false},
		{"head-2026-08", reward.Compression, broken, true},
		{"head-2026-08", reward.Upscaling, hacked, true},
		{"ergon", reward.Compression, hacked, false},
		{"ergon", reward.Compression, broken, false},
		{"ergon", reward.Compression, idle, false},
		{"ergon", reward.Upscaling, hacked, false},
		{"ergon", reward.Upscaling, broken, false},
		{"ergon", reward.Upscaling, idle, false},
	} {
		want := score(t, c.profile, c.kind, honest)
		require.Positive(t, want, "%s %s pays honest work", c.profile, c.kind)
		got := score(t, c.profile, c.kind, c.deed)
		require.Equal(t, c.pays, got >= want, "%s %s %+v: %v against %v of honest work", c.profile, c.kind, c.deed, got, want)
	}
}

func score(t *testing.T, profile string, kind reward.Kind, d lab.Deed) float64 {
	t.Helper()
	made, err := newJudge(profile, 2)
	require.NoError(t, err)
	j := made.(*judge)
	uid := 0
	if kind == reward.Upscaling {
		uid = 1
	}
	require.Equal(t, kind, j.kinds[uid])
	v, err := j.profile.Judge(j.evidence(lab.Answer{UID: uid, Deed: d}, 89, d.Quality))
	require.NoError(t, err)
	return v.Score
}

// What becomes of the original is as published too: under the rules of 2026 a copy takes its pay away,
// under ours it does not, even if the copy came first.
func TestEqualAnswers(t *testing.T) {
	for profile, want := range map[string][2]bool{"seed": {true, true}, "head-2026-08": {false, false}, "ergon": {true, false}} {
		made, err := newJudge(profile, 3)
		require.NoError(t, err)
		j := made.(*judge)
		answers := []lab.Answer{
			{UID: 0, Order: 1, Deed: lab.Deed{Quality: 0.6, Of: lab.Own}}, {UID: 2, Order: 0, Deed: lab.Deed{Quality: 0.6, Of: 0, Early: true}},
		}
		exact := func(x float64) float64 { return x }
		require.NoError(t, j.Round(rand.New(rand.NewPCG(1, 1)), answers, exact))
		require.Equal(t, want, [2]bool{j.records[0].Score > 0, j.records[2].Score > 0}, profile)
	}
}
