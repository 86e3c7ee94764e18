package lab_test

import (
	"encoding/json"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

func axes(t *testing.T, texts ...string) []lab.Axis {
	t.Helper()
	list := make([]lab.Axis, len(texts))
	for i, text := range texts {
		a, err := lab.ParseAxis(text)
		require.NoError(t, err)
		list[i] = a
	}
	return list
}

func TestAxes(t *testing.T) {
	for text, want := range map[string][]string{
		"subnet.kappa=0.3..0.7/5":      {"0.3", "0.4", "0.5", "0.6", "0.7"},
		"a=100,1000, 5000":             {"100", "1000", "5000"},
		"miners[0].skill=0.5,[0.1, 1]": {"0.5", "[0.1, 1]"},
		"a=3..1/3":                     {"3", "2", "1"},
		"profile=seed":                 {"seed"},
	} {
		require.Equal(t, want, axes(t, text)[0].Values, text)
	}
	for text, want := range map[string]string{
		"subnet.kappa": "write PATH=VALUES", "=1": "write PATH=VALUES", "a=": "write PATH=VALUES", "a=,": "no values",
		"a=1..2": "FIRST..LAST/COUNT", "a=1..x/3": "FIRST..LAST/COUNT", "a=1..2/1": "FIRST..LAST/COUNT", "a=1..2/99999": "FIRST..LAST/COUNT",
	} {
		_, err := lab.ParseAxis(text)
		require.ErrorContains(t, err, want, text)
	}
}

// Any field of a scenario can be set by its path, in a copy.
func TestWith(t *testing.T) {
	s := small("control-claims", lab.Group{Count: 1, Play: "slow", With: map[string]float64{"late": 1}})
	before, err := json.Marshal(s)
	require.NoError(t, err)
	with := func(path, value string) *lab.Scenario {
		out, err := s.With(path, value)
		require.NoError(t, err, path)
		return out
	}
	require.Equal(t, 0.7, with("subnet.kappa", "0.7").Subnet.Kappa)
	require.Equal(t, uint16(10), with("subnet.tempo", "10").Subnet.Tempo)
	require.False(t, *with("subnet.yuma3", "false").Subnet.Yuma3)
	require.True(t, with("subnet.liquid_alpha", "true").Subnet.LiquidAlpha)
	require.Equal(t, 9, with("epochs", "9").Epochs)
	require.Equal(t, 5.0, with("validators[0].stake", "5").Validators[0].Stake)
	require.Equal(t, "sybil", with("miners[1].play", "sybil").Miners[1].Play)
	require.Empty(t, with("miners[1].play", "sybil").Miners[1].With, "options are of a play")
	require.NotEmpty(t, with("miners[1].play", "slow").Miners[1].With)
	require.Equal(t, lab.Range{From: 0.5, To: 0.5}, with("miners[0].skill", "0.5").Miners[0].Skill)
	require.Equal(t, lab.Range{From: 0.1, To: 1}, with("miners[0].skill", "[0.1, 1]").Miners[0].Skill)
	require.Equal(t, 0.25, with("miners[1].with.late", "0.25").Miners[1].With["late"])
	require.Equal(t, 1.0, with("miners[0].with.late", "1").Miners[0].With["late"])
	s.Profile = "x"
	require.Empty(t, with("market", "control-equal").Profile, "a profile is of a market")
	s.Profile = ""
	after, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "the scenario stays as it was")
}

func TestWithErrorsNameThePathWhatThereIsAndWhatToDo(t *testing.T) {
	s := small("control-claims")
	for _, c := range []struct{ path, value, want string }{
		{"subnet.kapa", "1", `subnet.kapa: there is no field "kapa": subnet has yuma, tempo, kappa`},
		{"", "1", "it has name, about, kind"},
		{"subnet", "1", "say which field: it has yuma"},
		{"validators", "1", "validators[0] to validators[0]"},
		{"validators[1].stake", "1", "validators[0] to validators[0]"},
		{"validators[x].stake", "1", "validators[0] to"},
		{"validators[0", "1", "validators[0] to"},
		{"validators[0].steak", "1", "validators[0] has name, count"},
		{"validators[0]", "1", "say which field"},
		{"epochs.more", "1", "epochs is one value"},
		{"epochs[1]", "1", "epochs has no entries"},
		{"epochs", "1.5", "not a whole number"},
		{"epochs", "many", `"many" is no number`},
		{"subnet.tempo", "70000", "whole number that fits"},
		{"subnet.kappa", "nan", "is no number"},
		{"subnet.liquid_alpha", "perhaps", "neither true nor false"},
		{"miners[0].skill", "[0.1", "write one number, or [first, last]"},
		{"miners[0].skill", "0.1,0.2", "write one number, or [first, last]"},
		{"miners[0].with", "1", "miners[0].with.part"},
		{"miners[0].with.part", "x", `"x" is no number`},
	} {
		_, err := s.With(c.path, c.value)
		require.ErrorContains(t, err, c.want, c.path)
		require.ErrorContains(t, err, c.path+":")
	}
}

// Every combination is played, with the same bytes on any number of processors; a point is what the
// soundness table says of that scenario.
func TestSweep(t *testing.T) {
	s := small("control-claims", lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "cabal"})
	s.Validators = append(s.Validators, lab.Group{Count: 1, Stake: 1000, Noise: 0.05, Play: "cabal"})
	s.Epochs = 10
	vary := axes(t, "subnet.kappa=0.3,0.6", "validators[1].stake=100,4000,20000")
	sweep := func(procs int) (*lab.Grid, string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		var told atomic.Int64
		g, err := lab.Sweep(t.Context(), s, vary, 1, 3, func(_, of int) { told.Add(1); require.Equal(t, 18, of) })
		require.NoError(t, err)
		require.EqualValues(t, 18, told.Load())
		raw, err := json.Marshal(g)
		require.NoError(t, err)
		return g, string(raw)
	}
	g, one := sweep(1)
	_, four := sweep(4)
	require.Equal(t, one, four)
	require.Len(t, g.Points, 6)
	require.Equal(t, []lab.Setting{{Path: "subnet.kappa", Value: "0.6"}, {Path: "validators[1].stake", Value: "100"}}, g.Points[3].Set)

	rich, err := s.With("validators[1].stake", "20000")
	require.NoError(t, err)
	rich, err = rich.With("subnet.kappa", "0.6")
	require.NoError(t, err)
	require.Equal(t, sound(t, rich), *g.Points[5].Soundness)
	require.Greater(t, g.Points[5].Soundness.Pay.Mean, g.Points[3].Soundness.Pay.Mean, "stake makes a cabal strong")
	total := 0.0
	for _, share := range g.Points[0].Groups {
		total += share.Share.Mean
	}
	require.InDelta(t, 1, total, 1e-9)
}

// Points whose twins are the same play it once; each is still what the table says of it.
func TestSweepOfOptions(t *testing.T) {
	s := small("control-claims", lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "slow"})
	s.Epochs = 6
	g, err := lab.Sweep(t.Context(), s, axes(t, "miners[1].with.late=0.2,0.8", "subnet.kappa=0.4,0.5"), 1, 3, nil)
	require.NoError(t, err)
	for _, p := range g.Points {
		alone := s
		for _, x := range p.Set {
			if alone, err = alone.With(x.Path, x.Value); err != nil {
				t.Fatal(err)
			}
		}
		require.Equal(t, sound(t, alone), *p.Soundness)
	}
	require.Greater(t, g.Points[0].Soundness.Pay.Mean, g.Points[2].Soundness.Pay.Mean)
}

// Without an attack there is nothing to compare with honesty: the point says who gets what.
func TestSweepWithoutAnAttack(t *testing.T) {
	s := small("control-claims")
	s.Epochs = 5
	g, err := lab.Sweep(t.Context(), s, axes(t, "miners[0].play=honest,liar"), 1, 2, nil)
	require.NoError(t, err)
	require.Nil(t, g.Points[0].Soundness)
	require.NotNil(t, g.Points[1].Soundness)
	require.Equal(t, "honest", g.Points[0].Groups[1].Name)
	require.Equal(t, 12, g.Points[0].Groups[1].Players)
}

func TestSweepErrors(t *testing.T) {
	s := small("control-claims")
	for _, c := range []struct {
		want  string
		seeds int
		vary  []string
	}{
		{"nothing is varied", 2, nil},
		{"seeds is 1: use 2 to", 1, []string{"subnet.kappa=0.5"}},
		{"varied twice", 2, []string{"subnet.kappa=0.5", "subnet.kappa=0.6"}},
		{"use at most 1000", 2, []string{"subnet.kappa=0..1/100", "subnet.bonds_average=0..1/100"}},
		{"fewer values or seeds", 1001, []string{"subnet.kappa=0..1/100"}},
		{"subnet.kapa: there is no field", 2, []string{"subnet.kapa=1"}},
		{"subnet.kappa=2: subnet.kappa is 2: use 0 to 1", 2, []string{"subnet.kappa=0.5,2"}},
		{`option "part"`, 2, []string{"miners[0].with.part=1"}},
	} {
		_, err := lab.Sweep(t.Context(), s, axes(t, c.vary...), 1, c.seeds, nil)
		require.ErrorContains(t, err, c.want)
		require.ErrorIs(t, err, lab.ErrInput)
	}
}

// Whatever is written, a field is set or an error says why not.
func FuzzWith(f *testing.F) {
	for _, path := range []string{"subnet.kappa", "subnet.yuma3", "validators[0].stake", "miners[0].skill", "miners[1].with.late", "miners", "subnet[0].", "..[", "epochs"} {
		f.Add(path, "0.5")
		f.Add(path, "[0.1,0.9]")
	}
	f.Fuzz(func(t *testing.T, path, value string) {
		s := small("control-claims", lab.Group{Count: 1, Play: "slow", With: map[string]float64{"late": 1}})
		if out, err := s.With(path, value); err == nil {
			_ = out.Check()
		} else {
			require.ErrorContains(t, err, path)
		}
		if a, err := lab.ParseAxis(path + "=" + value); err == nil {
			require.NotEmpty(t, a.Values)
			require.LessOrEqual(t, len(a.Values), lab.MaxPoints)
		}
	})
}

// What differs between two scenarios is told by group, and what is the same differs by nothing.
func TestCompare(t *testing.T) {
	a := small("control-claims")
	a.Epochs = 8
	b, err := a.With("validators[0].name", "early")
	require.NoError(t, err)
	b.Miners = append(b.Miners, lab.Group{Count: 1, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "liar"})
	compare := func(procs int, a, b *lab.Scenario) (*lab.Comparison, string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		c, err := lab.Compare(t.Context(), a, b, 1, 3, nil)
		require.NoError(t, err)
		raw, err := json.Marshal(c)
		require.NoError(t, err)
		return c, string(raw)
	}
	c, one := compare(1, a, b)
	_, four := compare(4, a, b)
	require.Equal(t, one, four)
	require.Len(t, c.Groups, 4)
	byName := map[string]lab.GroupDifference{}
	sum := 0.0
	for _, g := range c.Groups {
		if !g.Mines {
			g.Name += " validators"
		}
		byName[g.Name] = g
		sum += g.Difference.Mean
	}
	require.InDelta(t, 0, sum, 1e-9, "what one gets more, another gets less")
	require.Nil(t, byName["liar"].A)
	require.Positive(t, byName["liar"].Difference.Mean)
	require.Nil(t, byName["honest validators"].B)
	require.Nil(t, byName["early validators"].A)
	require.Negative(t, byName["honest"].Difference.Mean)

	same, _ := compare(2, a, a)
	for _, g := range same.Groups {
		require.Equal(t, lab.Estimate{}, g.Difference)
		require.Equal(t, g.A, g.B)
	}
	_, err = lab.Compare(t.Context(), a, b, 1, 1, nil)
	require.ErrorContains(t, err, "use 2 to")
}

// One archive under two majorities: what the minority names is paid under the lower one only.
func TestCompareArchives(t *testing.T) {
	a := lab.Archive{Name: "three", Subnet: lab.Defaults().Subnet, Epochs: 4, Frames: []lab.Frame{{
		Stake:   []float64{300, 400, 300, 0, 0},
		Weights: [][]float64{{0, 0, 0, 1, 0}, {0, 0, 0, 1, 0}, {0, 0, 0, 0, 1}},
	}}}
	b, err := a.With("subnet.kappa", "0.2")
	require.NoError(t, err)
	c, err := lab.CompareArchives(t.Context(), &a, b)
	require.NoError(t, err)
	require.Len(t, c.Groups, 5)
	require.Equal(t, "uid 4", c.Groups[4].Name)
	require.Equal(t, lab.Estimate{}, c.Groups[4].A.Share)
	require.Equal(t, lab.Estimate{Mean: c.Groups[4].B.Share.Mean}, c.Groups[4].Difference)
	require.Greater(t, c.Groups[4].Difference.Mean, 0.05)
	require.Negative(t, c.Groups[3].Difference.Mean)
	b.Frames = nil
	_, err = lab.CompareArchives(t.Context(), &a, b)
	require.ErrorIs(t, err, lab.ErrInput)
}
