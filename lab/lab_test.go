package lab_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary"
	_ "github.com/ergon-network/ergon/lab/control"
)

// small is a world of four validators and twelve miners in a control market.
func small(market string, attackers ...lab.Group) *lab.Scenario {
	s := lab.Defaults()
	s.Name, s.Market, s.Epochs = "test", market, 30
	s.Validators = []lab.Group{{Count: 4, Stake: 1000, Noise: 0.05}}
	s.Miners = append([]lab.Group{{Count: 12, Skill: lab.Range{From: 0.3, To: 0.9}}}, attackers...)
	return &s
}

func sound(t *testing.T, s *lab.Scenario) lab.Soundness {
	t.Helper()
	row, err := lab.Sound(t.Context(), s, 1, 3)
	require.NoError(t, err)
	return row
}

// The laboratory can see an exploit: it finds the one that each control market has, and not the other.
func TestControls(t *testing.T) {
	skill := lab.Range{From: 0.6, To: 0.6}
	sybil, liar := lab.Group{Count: 4, Skill: skill, Play: "sybil"}, lab.Group{Count: 1, Skill: skill, Play: "liar"}

	row := sound(t, small("control-equal", sybil))
	require.True(t, row.Profitable(), "%+v", row)
	require.Greater(t, row.Pay.Mean, 2.0, "four uids on one machine earn what four machines do")
	row = sound(t, small("control-claims", liar))
	require.Greater(t, row.Pay.Mean, 2.0)
	require.Positive(t, row.Harm.Mean, "the others pay for the lie")

	row = sound(t, small("control-claims", lab.Group{Count: 1, Skill: skill, Play: "uid-hoarder"}))
	require.False(t, row.Profitable(), "who does not answer earns nothing: %+v", row)
	require.Zero(t, row.Pay.Mean)
	require.Zero(t, row.Detected)
}

// Same scenario and seed, same bytes, on any number of processors.
func TestTheSameBytesOnAnyNumberOfProcessors(t *testing.T) {
	s := small("control-claims", lab.Group{Count: 3, Skill: lab.Range{From: 0.2, To: 0.8}, Play: "rogue"}, lab.Group{Count: 1, Play: "re-registrant"})
	s.Validators = append(s.Validators, lab.Group{Count: 1, Stake: 500, Play: "weight-copier"})
	s.Subnet.CommitReveal = 1
	bytes := func(procs int) (run, table string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		r, err := lab.Run(t.Context(), s, 7)
		require.NoError(t, err)
		a, err := json.Marshal(r)
		require.NoError(t, err)
		b, err := json.Marshal(sound(t, s))
		require.NoError(t, err)
		return string(a), string(b)
	}
	run1, table1 := bytes(1)
	run4, table4 := bytes(4)
	require.Equal(t, run1, run4)
	require.Equal(t, table1, table4)
	other, err := lab.Run(t.Context(), s, 8)
	require.NoError(t, err)
	raw, err := json.Marshal(other)
	require.NoError(t, err)
	require.NotEqual(t, run1, string(raw), "another seed is another world")
}

// Whatever is played, an epoch hands out what accrued and not a rao more, and stake grows by what was paid.
func TestMoneyAddsUp(t *testing.T) {
	for _, variant := range []string{"2024", "2026"} {
		s := small("control-claims", lab.Group{Count: 2, Play: "late-registrant"}, lab.Group{Count: 3, Play: "cabal"})
		s.Validators = append(s.Validators, lab.Group{Count: 2, Stake: 700, Play: "cabal"})
		s.Subnet.Yuma = variant
		s.Epochs = 40
		r, err := lab.Run(t.Context(), s, 3)
		require.NoError(t, err)
		accrued := s.Subnet.Period() * issuance.TAO
		paid := make([]uint64, len(r.Players))
		for i, e := range r.Epochs {
			sum := e.Owner + e.Unissued
			for uid := range e.Miner {
				sum += e.Miner[uid] + e.Validator[uid]
				paid[uid] += e.Miner[uid] + e.Validator[uid]
			}
			require.Equal(t, accrued, sum, "%s, epoch %d", variant, i)
		}
		require.Equal(t, 1000*issuance.TAO+paid[0], r.Stake[0])
	}
}

// Hidden weights count later, and whoever copies what is public copies the past.
func TestHiddenWeightsCountWhenTheyAreRevealed(t *testing.T) {
	s := small("control-claims")
	first := func(commit int) int {
		s.Subnet.CommitReveal = commit
		r, err := lab.Run(t.Context(), s, 1)
		require.NoError(t, err)
		for i, e := range r.Epochs {
			for _, share := range e.Incentive {
				if share > 0 {
					return i
				}
			}
		}
		return -1
	}
	open := first(0)
	require.Positive(t, open, "permits come with the first epoch")
	require.Equal(t, max(open, 1), first(1))
	require.Equal(t, 3, first(3))
}

func TestTheTwinIsHonest(t *testing.T) {
	s := small("control-equal", lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "slow", With: map[string]float64{"late": 1}})
	require.True(t, s.Attack())
	require.False(t, s.Twin().Attack())
	require.Equal(t, "slow", s.Miners[1].Play, "the attack is as it was")
	_, err := lab.Sound(t.Context(), s.Twin(), 1, 3)
	require.ErrorContains(t, err, "no attack")
	row := sound(t, s)
	require.Zero(t, row.Pay.Mean, "always too late is never paid")
}

func TestScenarioErrorsSayWhereAndWhatToDo(t *testing.T) {
	good := `
name: n
market: control-equal
validators: [{count: 2, stake: 10}]
miners:
  - {count: 3, skill: [0.1, 0.9]}
`
	s, err := lab.Parse([]byte(good))
	require.NoError(t, err)
	require.Equal(t, lab.Range{From: 0.1, To: 0.9}, s.Miners[0].Skill)
	require.Equal(t, lab.Defaults().Epochs, s.Epochs)
	for _, c := range []struct{ from, to, want string }{
		{"name: n", "nam: n", "[2:1]"},
		{"count: 3", "count: three", "[6:13]"},
		{"market: control-equal", "market: nowhere", "control-claims"},
		{"count: 3", "count: 0", "use 1 to"},
		{"count: 3", "count: 3, play: nobody", "weight-copier"},
		{"count: 3", "count: 3, play: sybil, with: {speed: 1}", "loss"},
		{"count: 3", "count: 3, play: slow, with: {late: 2}", "0 to 1"},
		{"[0.1, 0.9]", "[0.1, 0.9, 1]", "[first, last]"},
		{"[0.1, 0.9]", ".nan", "skill"},
		{", stake: 10", "", "say stake"},
		{"name: n", "name: n\nsubnet: {kappa: 2}", "subnet.kappa"},
		{"name: n", "name: n\nepochs: 1000000", "epochs"},
	} {
		_, err := lab.Parse([]byte(strings.Replace(good, c.from, c.to, 1)))
		require.ErrorContains(t, err, c.want, c.to)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("name: n\nmarket: control-equal\nvalidators: [{count: 1, stake: 1}]\nminers: [{count: 1, skill: 1}]\n"))
	f.Add([]byte("name: [&a [*a]]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := lab.Parse(raw)
		if err != nil {
			return
		}
		s.Epochs, s.Rounds = min(s.Epochs, 2), 1
		if _, err := lab.Run(t.Context(), s, 1); err != nil {
			t.Fatalf("accepted but not playable: %v\n%s", err, raw)
		}
	})
}
