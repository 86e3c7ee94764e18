package yumas_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/yumas"
)

func named(t *testing.T, name string) yumas.Model {
	t.Helper()
	m, err := yumas.Named(name)
	require.NoError(t, err)
	return m
}

// twins are the pairs of a float model and an exact one that describe the same rules.
var twins = []struct {
	float, exact string
	penalty      float64 // of bonds, under which they do
}{
	{"2", "2024", 1},
	{"3", "2026", 0},
	{"3-liquid", "2026-liquid", 0},
}

// random is a subnet of uids of which some validate and rate everybody, as integers that can be sent.
func random(r *rand.Rand) (stake []float64, weights func() [][]float64) {
	n, validators := 6+r.IntN(20), 2+r.IntN(4)
	stake = make([]float64, n)
	for i := range validators {
		stake[i] = float64(1 + r.IntN(1000))
	}
	return stake, func() [][]float64 {
		rows := make([][]float64, validators)
		for i := range rows {
			rows[i] = make([]float64, n)
			for j := range rows[i] {
				rows[i][j] = float64(1 + r.IntN(65535))
			}
			rows[i][(i+1)%n] = 65535 // the largest, so that what is sent is what is given
		}
		return rows
	}
}

// The first epoch of a float model is the exact one but for what integers cut off; in later epochs the
// ledger stores bonds of 16 bits, and each of them may be off by a few units.
func TestFloatModelsAreTheExactCode(t *testing.T) {
	for _, pair := range twins {
		t.Run(pair.float, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range 100 {
				stake, weights := random(r)
				p := yumas.ParamsOf(lab.Defaults().Subnet)
				p.BondsPenalty = pair.penalty
				p.Kappa = float64(20000+r.IntN(25000)) / 65535
				var a, b yumas.State
				for epoch := range 8 {
					rows := weights()
					float, err := named(t, pair.float).Epoch(stake, rows, &a, p)
					require.NoError(t, err)
					exact, err := named(t, pair.exact).Epoch(stake, rows, &b, p)
					require.NoError(t, err)
					require.InDeltaSlice(t, exact.Consensus, float.Consensus, 1e-6, "epoch %d", epoch)
					require.InDeltaSlice(t, exact.Incentive, float.Incentive, 1e-6, "epoch %d", epoch)
					tolerance := 1e-6
					if epoch > 0 {
						tolerance = 2e-3
					}
					require.InDeltaSlice(t, exact.Dividends, float.Dividends, tolerance, "epoch %d", epoch)
				}
			}
		})
	}
}

// chainCase is a case of the published chain's own tests.
type chainCase struct {
	Name    string
	Stake   []float64
	Targets []int `json:"target_uids"`
	Params  struct {
		Kappa     float64
		Average   float64 `json:"bonds_moving_average"`
		Penalty   float64 `json:"bonds_penalty"`
		Liquid    bool    `json:"liquid_alpha"`
		Low       float64 `json:"alpha_low"`
		High      float64 `json:"alpha_high"`
		Steepness float64 `json:"alpha_sigmoid_steepness"`
	}
	Tolerance float64
	Note      string
	Epochs    []struct {
		Weights [][]float64 `json:"set_weights"`
		Target  struct {
			Bonds     [][]float64
			Dividends []float64
		}
	}
}

// The published chain's cases of Yuma 3, float and exact, within the tolerance that they state.
func TestTheChainsCasesOfYuma3(t *testing.T) {
	raw, err := os.ReadFile("../../consensus/yuma/testdata/yuma.json")
	require.NoError(t, err)
	var file struct{ Yuma3 []chainCase }
	require.NoError(t, json.Unmarshal(raw, &file))
	played := 0
	for _, c := range file.Yuma3 {
		if c.Note != "" {
			continue // a server is replaced in it, which is none of the epoch's business
		}
		played++
		float, exact := "3", "2026"
		if c.Params.Liquid {
			float, exact = "3-liquid", "2026-liquid"
		}
		for _, name := range []string{float, exact} {
			t.Run(c.Name+" "+name, func(t *testing.T) { c.check(t, named(t, name)) })
		}
	}
	require.GreaterOrEqual(t, played, 6)
}

func (c *chainCase) check(t *testing.T, m yumas.Model) {
	q := c.Params
	p := yumas.Params{
		Kappa: q.Kappa / 65535, BondsAverage: q.Average / 1e6, BondsPenalty: q.Penalty / 65535,
		AlphaLow: q.Low / 65535, AlphaHigh: q.High / 65535, Steepness: q.Steepness / 100,
	}
	var state yumas.State
	rows := make([][]float64, len(c.Stake))
	for k, e := range c.Epochs {
		for i, values := range e.Weights {
			rows[i] = make([]float64, len(c.Stake))
			for j, uid := range c.Targets {
				rows[i][uid] = values[j]
			}
		}
		r, err := m.Epoch(c.Stake, rows, &state, p)
		require.NoError(t, err)
		require.InDeltaSlice(t, e.Target.Dividends, r.Dividends[:len(e.Target.Dividends)], c.Tolerance, "epoch %d", k)
		for i, want := range e.Target.Bonds {
			for j, bond := range want[:min(len(want), len(c.Targets))] {
				require.InDelta(t, bond, r.Bonds[i][c.Targets[j]], c.Tolerance, "epoch %d, bond of %d for %d", k, i, c.Targets[j])
			}
		}
	}
}

// total is what each validator of a case has of all dividends, divided by its share of the stake.
func total(t *testing.T, name, model string) []float64 {
	t.Helper()
	a, err := yumas.Case(name)
	require.NoError(t, err)
	o, err := yumas.Replay(t.Context(), a, named(t, model), nil)
	require.NoError(t, err)
	return o.OfStake(yumas.Stakes(a))
}

// What the forms were made for shows in the cases.
func TestWhatTheFormsWereMadeFor(t *testing.T) {
	const eager, late = 1, 2
	slow := func(model string) []float64 { return total(t, "majority-delayed", model) }
	require.Less(t, slow("1")[eager], 0.95, "1: who finds a server long before the majority is clipped and loses")
	require.Greater(t, slow("3")[eager], 1.1, "3: it gains")
	require.Greater(t, slow("2c")[eager], 1.1, "and so it does in 2c")
	require.Less(t, slow("2026")[eager], 0.95, "the ledger's 3 clips bonds unless the subnet's bonds penalty is 0")
	require.Greater(t, total(t, "little-elsewhere", "2b")[eager], 1.9, "2b: a thousandth kept elsewhere doubles what a validator has")
	for _, m := range yumas.Models() {
		require.Less(t, total(t, "majority-second", m.Name)[late], 0.95, "%s: the last one loses", m.Name)
		require.InDelta(t, 1, total(t, "all-together", m.Name)[eager], 0.03, "%s: who moves with all has its share", m.Name)
		require.Less(t, total(t, "majority-third", m.Name)[0], 1.01, "%s: a majority that moves last does not gain by it", m.Name)
	}

	merged := total(t, "stakes-merge", "2c")
	require.Less(t, merged[1], 0.99, "2c: capacity is bought again after stake moves")
	require.InDelta(t, 1, total(t, "stakes-merge", "3")[1], 0.01, "3: stake counts when dividends are paid")
}

func TestCasesArePlayableAndSumUp(t *testing.T) {
	require.GreaterOrEqual(t, len(yumas.Cases()), 10)
	for _, name := range yumas.Cases() {
		a, err := yumas.Case(name)
		require.NoError(t, err)
		list, err := yumas.Compare(t.Context(), a)
		require.NoError(t, err, name)
		require.Len(t, list, len(yumas.Models()))
		for _, o := range list {
			require.Len(t, o.Dividends, a.Length())
			for epoch := range o.Dividends {
				for _, v := range [][]float64{o.Dividends[epoch], o.Incentive[epoch]} {
					sum := 0.0
					for _, x := range v {
						require.GreaterOrEqual(t, x, 0.0)
						sum += x
					}
					if o.Model == "2b" && sum == 0 {
						continue // all moved at once: the weights of the epoch before are all clipped
					}
					require.InDelta(t, 1, sum, 1e-6, "%s, model %s, epoch %d", name, o.Model, epoch)
				}
			}
		}
	}
}

// A replay sees what the archive says: a row that is left out counts on, a stake too.
func TestReplayKeepsWhatAFrameLeavesOut(t *testing.T) {
	a := &lab.Archive{Name: "kept", Subnet: lab.Defaults().Subnet, Epochs: 4, Frames: []lab.Frame{
		{Stake: []float64{6, 4, 0, 0}, Weights: [][]float64{{0, 0, 1, 0}, {0, 0, 1, 0}}},
		{Weights: [][]float64{nil, {0, 0, 0, 1}}},
		{Stake: []float64{4, 6, 0, 0}},
	}}
	var bonds int
	o, err := yumas.Replay(t.Context(), a, named(t, "3"), func(_ int, r *yumas.Result) { bonds += len(r.Bonds) })
	require.NoError(t, err)
	require.Equal(t, 16, bonds)
	best := make([]int, 4)
	for e, v := range o.Incentive {
		best[e] = slices.Index(v, slices.Max(v))
	}
	require.Equal(t, []int{2, 2, 3, 3}, best, "the majority moves with the stake")
}

func TestErrorsSayWhatToDo(t *testing.T) {
	_, err := yumas.Named("4")
	require.ErrorContains(t, err, "3-liquid")
	_, err = yumas.Case("nothing")
	require.ErrorContains(t, err, "clipping")
	_, err = named(t, "1").Epoch([]float64{1, 1}, [][]float64{{1}}, &yumas.State{}, yumas.Params{})
	require.ErrorContains(t, err, "one for each of the 2 uids")
	_, err = named(t, "1").Epoch([]float64{1}, make([][]float64, 2), &yumas.State{}, yumas.Params{})
	require.ErrorContains(t, err, "stake for each")
	_, err = yumas.Compare(t.Context(), &lab.Archive{})
	require.ErrorContains(t, err, "first frame")
	long := &lab.Archive{Subnet: lab.Defaults().Subnet, Epochs: lab.MaxEpochs, Frames: []lab.Frame{{Stake: make([]float64, 100)}}}
	_, err = yumas.Compare(t.Context(), long)
	require.ErrorContains(t, err, "leave epochs out")
}
