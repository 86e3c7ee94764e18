package onledger_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary"
	_ "github.com/ergon-network/ergon/lab/control"
	"github.com/ergon-network/ergon/lab/onledger"
)

// small is a world of six validators and ten miners in a control market, with epochs of a few blocks.
func small(change func(s *lab.Scenario)) *lab.Scenario {
	s := lab.Defaults()
	s.Name, s.Market, s.Epochs = "test", "control-claims", 24
	s.Subnet.Tempo, s.Subnet.WeightsRateLimit, s.Subnet.ActivityCutoff, s.Subnet.AdjustmentInterval, s.Subnet.Immunity = 12, 10, 100, 12, 3
	s.Validators = []lab.Group{
		{Count: 4, Stake: 1000, Noise: 0.05}, {Count: 1, Stake: 700, Play: "weight-copier"}, {Count: 1, Stake: 900, Play: "cabal"},
	}
	s.Miners = []lab.Group{{Count: 10, Skill: lab.Range{From: 0.3, To: 0.9}}, {Count: 1, Play: "cabal"}}
	change(&s)
	return &s
}

// The ledger pays every player what the pure run pays it, in every epoch, to the rao, whatever the rules.
func TestTheLedgerPaysTheSame(t *testing.T) {
	crowd := func(s *lab.Scenario) {
		s.Newcomers = []lab.Group{{PerEpoch: 1.5, Skill: lab.Range{From: 0.1, To: 0.9}}}
		s.Miners = append(s.Miners, lab.Group{Count: 2, Skill: lab.Range{From: 0.6, To: 0.6}, Play: "late-registrant"},
			lab.Group{Count: 1, Skill: lab.Range{From: 0.8, To: 0.8}, Play: "re-registrant"}, lab.Group{Count: 2, Play: "uid-hoarder"})
	}
	for name, change := range map[string]func(s *lab.Scenario){
		"open weights":            func(*lab.Scenario) {},
		"hidden weights":          func(s *lab.Scenario) { s.Subnet.CommitReveal = 1 },
		"weights hidden for long": func(s *lab.Scenario) { s.Subnet.CommitReveal = 11; s.Epochs = 30 },
		"2024":                    func(s *lab.Scenario) { s.Subnet.Yuma = "2024" },
		"2024, hidden":            func(s *lab.Scenario) { s.Subnet.Yuma, s.Subnet.CommitReveal = "2024", 1 },
		"liquid alpha":            func(s *lab.Scenario) { s.Subnet.LiquidAlpha = true },
		"classic bonds":           func(s *lab.Scenario) { no := false; s.Subnet.Yuma3 = &no },
		"few permits":             func(s *lab.Scenario) { s.Subnet.Permits = 3 },
		"rate limit":              func(s *lab.Scenario) { s.Subnet.WeightsRateLimit = 20 },
		"inactive":                func(s *lab.Scenario) { s.Subnet.ActivityCutoff = 4 },
		"limits of a row":         func(s *lab.Scenario) { s.Subnet.MinWeights, s.Subnet.MaxWeight = 4, 0.2 },
		"a quarter of a TAO":      func(s *lab.Scenario) { s.Subnet.Emission, s.Subnet.OwnerCut = 0.25, 0.1 },
		"a fifth of a TAO":        func(s *lab.Scenario) { s.Subnet.Emission = 0.2 },
		"newcomers":               crowd,
		"newcomers, 2024":         func(s *lab.Scenario) { crowd(s); s.Subnet.Yuma = "2024" },
		"newcomers, hidden":       func(s *lab.Scenario) { crowd(s); s.Subnet.CommitReveal = 2 },
		"room for some":           func(s *lab.Scenario) { crowd(s); s.Subnet.MaxUIDs = 30; s.Subnet.Registrations = 2 },
		"room for few":            func(s *lab.Scenario) { crowd(s); s.Subnet.MaxUIDs = 14; s.Subnet.Immunity = 0 },
		"validators are pruned": func(s *lab.Scenario) {
			crowd(s)
			s.Validators = append(s.Validators, lab.Group{Count: 3, Stake: 5})
			s.Subnet.Permits, s.Subnet.Immunity, s.Epochs = 5, 1, 40
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := onledger.Compare(t.Context(), small(change), 3, nil)
			require.NoError(t, err)
			require.Empty(t, p.Difference)
			require.True(t, p.Equal)
			require.Greater(t, p.Messages, 100)
		})
	}
}

// drawn is a world with rules and players that nobody has thought of.
func drawn(seed uint64) *lab.Scenario {
	r := rand.New(rand.NewPCG(seed, 1))
	one := func(of ...float64) float64 { return of[r.IntN(len(of))] }
	yes := func() bool { return r.IntN(2) == 0 }
	yuma3, plays := yes(), []string{"", "late-registrant", "re-registrant", "uid-hoarder", "liar", "slow"}
	return small(func(s *lab.Scenario) {
		n := &s.Subnet
		n.Yuma, n.Yuma3, n.LiquidAlpha = []string{"2024", "2026"}[r.IntN(2)], &yuma3, yes()
		n.Tempo, n.Kappa, n.BondsAverage, n.BondsPenalty = uint16(12+r.IntN(20)), one(0.3, 0.5, 0.7), one(0, 0.5, 0.9, 1), one(0, 0.5, 1)
		n.CommitReveal, n.MinWeights, n.MaxWeight, n.Permits = r.IntN(4), r.IntN(6), one(0.1, 0.3, 1), 1+r.IntN(9)
		n.Emission, n.OwnerCut, n.ActivityCutoff, n.WeightsRateLimit = one(1, 0.5, 0.1), one(0, 0.18, 1), 5+r.IntN(100), r.IntN(60)
		n.MaxUIDs, n.Immunity, n.Registrations, n.AdjustmentInterval = int(one(0, 10, 14, 40)), r.IntN(6), 1+r.IntN(4), 1+r.IntN(50)
		n.Registration = one(0, 0.5, 3, 50)
		for range 3 {
			s.Miners = append(s.Miners, lab.Group{Count: 1 + r.IntN(3), Skill: lab.Range{From: r.Float64(), To: r.Float64()}, Play: plays[r.IntN(len(plays))], Budget: one(0, 1, 100)})
		}
		s.Newcomers = []lab.Group{{PerEpoch: one(0.1, 1, 3), Skill: lab.Range{From: 0, To: 1}, Budget: one(1, 20)}}
		s.Validators = append(s.Validators, lab.Group{Count: 1 + r.IntN(3), Stake: one(0.5, 20, 3000)})
	})
}

func TestTheLedgerPaysTheSameInDrawnWorlds(t *testing.T) {
	for seed := range uint64(5) {
		p, err := onledger.Compare(t.Context(), drawn(seed), seed, nil)
		require.NoError(t, err, "seed %d", seed)
		require.Empty(t, p.Difference, "seed %d", seed)
	}
}

// What the ledger cannot have is said before a block is made.
func TestRulesThatTheLedgerCannotHave(t *testing.T) {
	for want, change := range map[string]func(s *lab.Scenario){
		"subnet.tempo is 3": func(s *lab.Scenario) { s.Subnet.Tempo = 3; s.Subnet.Immunity = 0 },
		"subnet.emission":   func(s *lab.Scenario) { s.Subnet.Emission = 0.7 },
		"use less stake":    func(s *lab.Scenario) { s.Validators[0].Count, s.Validators[0].Stake = 15, 1e6 },
	} {
		_, _, err := onledger.Run(t.Context(), small(change), 1, nil)
		require.ErrorContains(t, err, want)
	}
}
