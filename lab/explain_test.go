package lab_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/lab"
)

// raw is the number that an exact share was made of.
func raw(t *testing.T, share float64) fixed.I32F32 {
	t.Helper()
	v := fixed.I32F32(share * float64(fixed.One))
	require.Equal(t, share, float64(v)/float64(fixed.One), "a share is a multiple of 2^-32")
	return v
}

// redo does every step of an explanation again, with the figures of the steps before it, and arrives
// at the pay.
func redo(t *testing.T, e *lab.Explanation) {
	t.Helper()
	require.Equal(t, e.Pot.Accrued, e.Pot.OwnerCut+e.Pot.Emission)
	require.Equal(t, e.Pot.Emission, e.Pot.Miners+e.Pot.Validators+e.Pot.Unissued)
	parts := raw(t, e.Pot.Parts)
	require.Equal(t, parts == 0, e.Pot.Fallback != "")
	if m := e.Miner; m != nil {
		redoMiner(t, e, m)
		require.Equal(t, raw(t, m.Incentive).Div(parts), raw(t, m.Part))
		require.Equal(t, e.MinerPay, m.Pay)
		if parts > 0 {
			require.Equal(t, fixed.Share(raw(t, m.Part), e.Pot.Emission), m.Pay)
		}
	} else {
		require.Zero(t, e.MinerPay)
	}
	v := e.Validator
	if v == nil {
		require.Zero(t, e.ValidatorPay)
		return
	}
	redoValidator(t, e, v)
	if parts > 0 {
		require.Equal(t, raw(t, v.Dividends).Div(parts), raw(t, v.Part))
	}
	require.Equal(t, fixed.Share(raw(t, v.Part), e.Pot.Emission), v.Pay)
	require.Equal(t, e.ValidatorPay, v.Pay)
}

func redoMiner(t *testing.T, e *lab.Explanation, m *lab.MinerSteps) {
	t.Helper()
	var rank fixed.I32F32
	support, next := 0.0, 0.0
	for _, v := range m.Votes {
		require.Equal(t, min(v.Weight, m.Consensus), v.Clipped, "clipped to the consensus")
		require.Equal(t, raw(t, v.Clipped).MulFast(raw(t, v.Vote)), raw(t, v.Counts))
		if v.Dropped != "" {
			require.Zero(t, v.Weight)
		}
		rank += raw(t, v.Counts)
		if v.Weight >= m.Consensus {
			support += v.Vote
		}
		if v.Weight > m.Consensus {
			next += v.Vote
		}
	}
	require.Equal(t, rank, raw(t, m.Rank))
	require.Equal(t, support, m.Support)
	require.Equal(t, next, m.NextSupport)
	if len(m.Votes) > 0 && e.Standing.Vote < 1 && m.Ranks > 0 {
		require.GreaterOrEqual(t, support, e.Rules.Kappa-1e-6, "a majority supports the consensus")
		require.Less(t, next, e.Rules.Kappa+1e-6, "and none more")
	}
	if ranks := raw(t, m.Ranks); ranks > 0 {
		require.Equal(t, rank.Div(ranks), raw(t, m.Incentive))
	}
}

func redoValidator(t *testing.T, e *lab.Explanation, v *lab.ValidatorSteps) {
	t.Helper()
	var trust, sum fixed.I32F32
	for _, w := range v.Row {
		require.Equal(t, min(w.Weight, w.Consensus), w.Clipped)
		trust += raw(t, w.Clipped)
	}
	require.Equal(t, trust, raw(t, v.Trust))
	for _, b := range v.Bonds {
		speed := raw(t, b.Speed)
		require.Equal(t, raw(t, b.Share).MulFast(raw(t, b.Incentive)), raw(t, b.Earns))
		sum += raw(t, b.Earns)
		if e.Rules.Bonds == "classic" {
			continue // the column is normalised after the average: TestClassicBonds
		}
		kept, fresh := raw(t, b.Before).Mul(fixed.One-speed), raw(t, b.Toward).Mul(speed)
		require.Equal(t, min(kept+fresh, fixed.One), raw(t, b.After))
	}
	require.Equal(t, sum, raw(t, v.Sum))
	earned := sum
	if e.Rules.Bonds != "classic" {
		earned = sum.MulFast(raw(t, e.Standing.Vote))
	}
	require.Equal(t, earned, raw(t, v.Earned))
	if all := raw(t, v.AllEarned); all > 0 {
		require.Equal(t, earned.Div(all), raw(t, v.Dividends))
	}
}

// explained is a world with whatever an explanation has to cope with.
func explained(change func(*lab.Scenario)) *lab.Scenario {
	s := small("control-claims", lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "cabal"}, lab.Group{Count: 1, Skill: lab.Range{From: 0.4, To: 0.4}, Play: "re-registrant"})
	s.Validators = append(s.Validators, lab.Group{Count: 1, Stake: 1500, Noise: 0.05, Play: "cabal"}, lab.Group{Count: 1, Stake: 900, Play: "self-voter"})
	s.Epochs = 12
	change(s)
	return s
}

// The steps lead to the pay, to the rao, for every uid, whatever the rules.
func TestTheStepsOfAnExplanationAddUpToThePay(t *testing.T) {
	yes := true
	for name, change := range map[string]func(*lab.Scenario){
		"2026":          func(*lab.Scenario) {},
		"2024":          func(s *lab.Scenario) { s.Subnet.Yuma = "2024" },
		"classic":       func(s *lab.Scenario) { no := false; s.Subnet.Yuma3 = &no },
		"liquid":        func(s *lab.Scenario) { s.Subnet.LiquidAlpha = true },
		"half penalty":  func(s *lab.Scenario) { s.Subnet.BondsPenalty = 0.5 },
		"no penalty":    func(s *lab.Scenario) { s.Subnet.BondsPenalty, s.Subnet.Yuma3 = 0, &yes },
		"hidden":        func(s *lab.Scenario) { s.Subnet.CommitReveal = 2 },
		"few permits":   func(s *lab.Scenario) { s.Subnet.Permits = 3 },
		"high majority": func(s *lab.Scenario) { s.Subnet.Kappa = 0.9 },
	} {
		t.Run(name, func(t *testing.T) {
			s := explained(change)
			r, err := lab.Run(t.Context(), s, 5)
			require.NoError(t, err)
			for _, epoch := range []int{0, 1, 4, s.Epochs - 1} {
				var miners, validators uint64
				for uid := range r.Players {
					e, err := lab.Explain(t.Context(), s, 5, uid, epoch)
					require.NoError(t, err)
					require.Equal(t, r.Epochs[epoch].Miner[uid], e.MinerPay, "uid %d, epoch %d", uid, epoch)
					require.Equal(t, r.Epochs[epoch].Validator[uid], e.ValidatorPay, "uid %d, epoch %d", uid, epoch)
					require.Equal(t, r.Players[uid], e.Player)
					redo(t, e)
					miners, validators = miners+e.MinerPay, validators+e.ValidatorPay
					if uid == len(r.Players)-1 {
						require.Equal(t, []uint64{e.Pot.Miners, e.Pot.Validators}, []uint64{miners, validators})
					}
				}
			}
		})
	}
}

// Classic bonds are shares of a column: those of all validators together follow from the steps.
func TestClassicBonds(t *testing.T) {
	s := explained(func(s *lab.Scenario) { s.Subnet.Yuma = "2024" })
	averages, shares := map[int]map[int]fixed.I32F32{}, map[int]map[int]fixed.I32F32{}
	for uid := range 6 {
		e, err := lab.Explain(t.Context(), s, 5, uid, 8)
		require.NoError(t, err)
		for _, b := range e.Validator.Bonds {
			if averages[b.UID] == nil {
				averages[b.UID], shares[b.UID] = map[int]fixed.I32F32{}, map[int]fixed.I32F32{}
			}
			speed := raw(t, b.Speed)
			averages[b.UID][uid] = raw(t, b.Before).MulFast(fixed.One-speed) + raw(t, b.Toward).MulFast(speed)
			shares[b.UID][uid] = raw(t, b.After)
		}
	}
	require.Greater(t, len(shares), 10)
	for miner, column := range averages {
		var all fixed.I32F32
		for _, v := range column {
			all += v
		}
		for uid, v := range column {
			require.Equal(t, v.Div(all), shares[miner][uid], "bond of %d in %d", uid, miner)
		}
	}
}

// Why somebody gets nothing is said: no permit yet, weights older than the miner, a minority's weight.
func TestExplanationsOfNothing(t *testing.T) {
	s := explained(func(*lab.Scenario) {})
	at := func(uid, epoch int) *lab.Explanation {
		e, err := lab.Explain(t.Context(), s, 5, uid, epoch)
		require.NoError(t, err)
		return e
	}
	first := at(0, 0)
	require.False(t, first.Standing.Permit)
	require.True(t, first.Standing.NextPermit)
	require.Equal(t, "stake", first.Pot.Fallback)
	require.Positive(t, first.ValidatorPay, "by stake alone")
	require.Empty(t, first.Validator.Row, "the ledger takes no weights without a permit")
	open := s.Subnet
	open.CommitReveal = 0
	given, err := lab.ExplainArchive(t.Context(), &lab.Archive{Subnet: open, Frames: []lab.Frame{{Stake: []float64{10, 0}, Weights: [][]float64{{0, 1}, nil}}}}, 0, 0)
	require.NoError(t, err)
	require.NotEmpty(t, given.Validator.Row)
	for _, w := range given.Validator.Row {
		require.Equal(t, "the validator has no permit", w.Dropped)
	}

	cabal := at(18, 9) // a miner that only a quarter of the stake names
	require.Equal(t, "cabal", cabal.Player.Name)
	require.Zero(t, cabal.MinerPay)
	require.Zero(t, cabal.Miner.Consensus)
	require.Positive(t, cabal.Miner.Next)
	require.Less(t, cabal.Miner.NextSupport, 0.5)
	require.Equal(t, "cabal", cabal.Miner.Votes[0].Name)

	// A new hotkey in the place of the weakest, whom everybody named in weights that are older.
	s = small("control-claims", lab.Group{Count: 1, Skill: lab.Range{From: 0.4, To: 0.4}, Play: "re-registrant"})
	s.Subnet.CommitReveal = 1
	r, err := lab.Run(t.Context(), s, 5)
	require.NoError(t, err)
	renewed := s.Subnet.Immunity
	uid := r.Epochs[renewed].UID[16]
	require.NotEqual(t, 16, uid)
	got := at(uid, renewed)
	require.Equal(t, lab.Player{UID: uid, Name: "re-registrant", Play: "re-registrant", Team: "re-registrant", Mines: true}, got.Player)
	dropped := map[string]bool{}
	for _, v := range got.Miner.Votes {
		dropped[v.Dropped] = true
	}
	require.True(t, dropped["it was set before the uid was registered"], "%v", dropped)
}

func TestExplainAnArchive(t *testing.T) {
	a := lab.Archive{Name: "three", Subnet: lab.Defaults().Subnet, Epochs: 4, Frames: []lab.Frame{{
		Stake:   []float64{300, 400, 300, 0, 0},
		Weights: [][]float64{{0, 0, 0, 1, 0}, {0, 1, 0, 1, 0}, {0, 0, 0, 0, 1}},
	}}}
	r, err := lab.Replay(t.Context(), &a, nil)
	require.NoError(t, err)
	for uid := range 5 {
		e, err := lab.ExplainArchive(t.Context(), &a, uid, 3)
		require.NoError(t, err)
		require.Equal(t, r.Epochs[3].Miner[uid], e.MinerPay)
		require.Equal(t, r.Epochs[3].Validator[uid], e.ValidatorPay)
		redo(t, e)
		if uid == 1 {
			require.Equal(t, "a weight for the own uid does not count", e.Validator.Row[1].Dropped)
		}
	}
	_, err = lab.ExplainArchive(t.Context(), &a, 0, 4)
	require.ErrorContains(t, err, "epoch is 4: use 0 to 3")
	_, err = lab.ExplainArchive(t.Context(), &lab.Archive{Name: "none"}, 0, 0)
	require.ErrorContains(t, err, "no first frame")
}

func TestExplainErrors(t *testing.T) {
	s := explained(func(*lab.Scenario) {})
	for want, of := range map[string][2]int{
		"uid is 21: use 0 to 20": {21, 0}, "uid is -1": {-1, 0}, "epoch is 12: use 0 to 11": {0, 12}, "epoch is -1": {0, -1},
	} {
		_, err := lab.Explain(t.Context(), s, 5, of[0], of[1])
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, lab.ErrInput)
	}
	s.Name = ""
	_, err := lab.Explain(t.Context(), s, 5, 0, 0)
	require.ErrorContains(t, err, "no name")
}

// An explanation is data: it survives its JSON.
func TestAnExplanationIsData(t *testing.T) {
	e, err := lab.Explain(t.Context(), explained(func(*lab.Scenario) {}), 5, 0, 9)
	require.NoError(t, err)
	text, err := json.Marshal(e)
	require.NoError(t, err)
	require.NotContains(t, string(text), "null")
	var again lab.Explanation
	require.NoError(t, json.Unmarshal(text, &again))
	redo(t, &again)
	require.Contains(t, string(text), fmt.Sprintf(`"validator_rao":"%d"`, e.ValidatorPay))
}
