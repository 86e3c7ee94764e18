package lab_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

// A table says of each scenario what is said of it alone: sharing the honest twin changes nothing.
func TestATableIsItsRows(t *testing.T) {
	skill := lab.Range{From: 0.6, To: 0.6}
	list := []*lab.Scenario{
		small("control-claims", lab.Group{Count: 1, Skill: skill, Play: "liar"}),
		small("control-claims", lab.Group{Count: 1, Skill: skill, Play: "relay"}),
		small("control-equal", lab.Group{Count: 4, Skill: skill, Play: "sybil"}),
	}
	list[1].Name, list[1].Why, list[1].Works = "another", "x", true
	most := 0
	rows, err := lab.Table(t.Context(), list, 1, 3, func(_, of int) { most = of })
	require.NoError(t, err)
	require.Equal(t, (3+2)*3, most, "two of the three have one twin")
	for i, s := range list {
		require.Equal(t, sound(t, s), rows[i])
	}
	_, err = lab.Table(t.Context(), []*lab.Scenario{list[0], small("control-equal")}, 1, 3, nil)
	require.ErrorContains(t, err, "no attack")
}

// What is given is there in the twin too, and no attacker.
func TestGivenGroupsAreNoAttackers(t *testing.T) {
	s := small("control-claims",
		lab.Group{Count: 3, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "liar", Given: true},
		lab.Group{Count: 1, Play: "cabal"})
	require.False(t, small("control-claims", s.Miners[1]).Attack())
	twin := s.Twin()
	require.Equal(t, "liar", twin.Miners[1].Play)
	require.Empty(t, twin.Miners[2].Play)
	require.Zero(t, sound(t, s).Pay.Mean, "three liars are paid, and the attacker is not")

	s.Miners[2].Twin = "liar"
	require.Equal(t, "liar", s.Twin().Miners[2].Play, "in the twin it does what honesty is there")
	require.False(t, s.Twin().Attack())
	s.Miners[2].Twin = "nobody"
	require.ErrorContains(t, s.Check(), "twin of cabal")
}

// Stake earns what it earns: a validator whose miners stop working loses their pay, and its own dividends
// are not multiplied by what that saves.
func TestDividendsAreNotScaledByWhatMiningCosts(t *testing.T) {
	s := small("control-claims", lab.Group{Count: 2, Skill: lab.Range{From: 0.5, To: 0.5}, Play: "cabal"})
	s.Validators = append(s.Validators, lab.Group{Count: 1, Stake: 1000, Noise: 0.05, Play: "cabal", With: map[string]float64{"part": 0}})
	row := sound(t, s)
	require.InDelta(t, 1, row.Pay.Mean, 0.05, "an honest validator with idle miners")
}
