package lab

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Limits of a scenario, so that a mistyped number does not take the machine.
const (
	MaxUIDs   = 4096
	MaxEpochs = 100_000
	MaxRounds = 1000
)

// Scenario is a world to play: one file.
type Scenario struct {
	Name  string `yaml:"name" json:"name"`
	About string `yaml:"about" json:"about"`
	// Kind says what the scenario is for: one of Kinds.
	Kind string `yaml:"kind" json:"kind"`
	// Works says that the attackers do part of the work: they may earn as much as honesty at equal means,
	// but not more.
	Works bool `yaml:"works" json:"works,omitempty"`
	// Why is the reason for which more than half of honesty is earned under the market's own rules, and
	// what would repair it. Repaired names the scenario that shows the repair. Both may be empty.
	Why      string `yaml:"why" json:"why,omitempty"`
	Repaired string `yaml:"repaired" json:"repaired,omitempty"`

	Market string `yaml:"market" json:"market"`
	// Profile is one of the market's; empty: its default.
	Profile string `yaml:"profile" json:"profile"`
	Epochs  int    `yaml:"epochs" json:"epochs"`
	Rounds  int    `yaml:"rounds" json:"rounds"` // in an epoch
	Subnet  Subnet `yaml:"subnet" json:"subnet"`
	// Players who are there from the beginning, in the order of their uids. Where there are more than
	// uids, the last ones wait outside.
	Validators []Group `yaml:"validators" json:"validators"`
	Miners     []Group `yaml:"miners" json:"miners"`
	// Newcomers are miners who come from outside, so many an epoch, and want a uid.
	Newcomers []Group `yaml:"newcomers" json:"newcomers"`
}

// Group is players that are alike.
type Group struct {
	Name  string             `yaml:"name" json:"name"`
	Count int                `yaml:"count" json:"count"`
	Play  string             `yaml:"play" json:"play"`
	With  map[string]float64 `yaml:"with" json:"with"` // options of the play
	// Team names players that share their pay; groups of one play are a team of that name unless told otherwise.
	Team string `yaml:"team" json:"team"`
	// Given groups are part of the world: what they play is no attack, and the honest twin has it too.
	Given bool `yaml:"given" json:"given,omitempty"`
	// Twin is what the group plays in the honest twin; empty: honest.
	Twin string `yaml:"twin" json:"twin,omitempty"`

	Stake float64 `yaml:"stake" json:"stake"` // validators: TAO each
	Noise float64 `yaml:"noise" json:"noise"` // validators: standard deviation of a measurement of 0..1
	// Skill of the first and the last miner of the group, 0..1; those between are evenly spaced. That of
	// newcomers is drawn from the range.
	Skill Range `yaml:"skill" json:"skill"`
	// Speed is how many answers a miner makes in a round, one after the other; 0: in no time. Who needs
	// more than a round for one is late.
	Speed float64 `yaml:"speed" json:"speed"`
	// Delay is the mean time, in rounds, that an answer is under way. It is drawn for each answer.
	Delay float64 `yaml:"delay" json:"delay"`
	// Cost of an epoch's work at full effort. 0: a miner's is 1, a validator's measuring is free.
	Cost float64 `yaml:"cost" json:"cost"`
	// Budget is the most that a player pays for a registration, in epochs of an honest miner's work; 0: 10.
	Budget float64 `yaml:"budget" json:"budget"`
	// PerEpoch is how many newcomers of the group come in an epoch, in place of Count.
	PerEpoch float64 `yaml:"per_epoch" json:"per_epoch"`
}

// usualBudget is a Budget that is not said.
const usualBudget = 10

// Range is one number or two.
type Range struct{ From, To float64 }

// at is the value of the i-th of n.
func (r Range) at(i, n int) float64 {
	if n < 2 {
		return r.From
	}
	return r.From + (r.To-r.From)*float64(i)/float64(n-1)
}

// Defaults is what a scenario holds that says nothing.
func Defaults() Scenario {
	return Scenario{
		Kind: KindAttack, Market: "template", Epochs: 100, Rounds: 2,
		Subnet: newSubnetRules(),
	}
}

// Kinds of scenario.
const (
	KindAttack    = "attack"    // somebody wants to be paid for less than the work
	KindArchetype = "archetype" // a way of mining that is no attack
	KindSetting   = "setting"   // an attack under rules that a new subnet does not have
	KindControl   = "control"   // a market with a known exploit, which has to be found
)

// Kinds are what Scenario.Kind may say.
var Kinds = []string{KindAttack, KindArchetype, KindSetting, KindControl}

// Attack reports whether somebody in the scenario attacks.
func (s *Scenario) Attack() bool { return slices.ContainsFunc(s.groups(), Group.attacks) }

// ByValidators reports whether a validator attacks: such an attack is on the mechanism rather than on
// the market's reward functions.
func (s *Scenario) ByValidators() bool { return slices.ContainsFunc(s.Validators, Group.attacks) }

func (g Group) attacks() bool { return !g.Given && g.Play != "" && g.Play != Honest }

// Twin is the scenario in which nobody attacks, with the same stakes, skills and uids.
func (s *Scenario) Twin() *Scenario {
	twin := *s
	honest := func(groups []Group) []Group {
		out := make([]Group, len(groups))
		for i, g := range groups {
			if g.attacks() {
				g.Team, g.Play, g.With, g.Given = g.team(), g.Twin, nil, true
			}
			out[i] = g
		}
		return out
	}
	twin.Validators, twin.Miners, twin.Newcomers = honest(s.Validators), honest(s.Miners), honest(s.Newcomers)
	return &twin
}

func (s *Scenario) groups() []Group { return slices.Concat(s.Validators, s.Miners, s.Newcomers) }

// newcomers is how many of a group have come by the end.
func (s *Scenario) newcomers(g *Group) int { return int(math.Ceil(g.PerEpoch * float64(s.Epochs))) }

// uids is how many the subnet has at most.
func (s *Scenario) uids() int {
	if s.Subnet.MaxUIDs > 0 {
		return s.Subnet.MaxUIDs
	}
	n := 0
	for _, g := range slices.Concat(s.Validators, s.Miners) {
		n += g.Count
	}
	return n
}

func (g *Group) team() string {
	if g.Team == "" && g.Play != "" && g.Play != Honest {
		return g.Play
	}
	return g.Team
}

// Check reports the first thing in a scenario that cannot be played.
func (s *Scenario) Check() error {
	market, err := MarketNamed(s.Market)
	if err != nil {
		return err
	}
	if _, err := market.profile(s.Profile); err != nil {
		return err
	}
	if s.Kind != "" && !slices.Contains(Kinds, s.Kind) {
		return fmt.Errorf("kind is %q: use one of %s", s.Kind, strings.Join(Kinds, ", "))
	}
	if s.Name == "" {
		return errors.New("the scenario has no name: say what is tried in a few words")
	}
	if err := inside("epochs", float64(s.Epochs), 1, MaxEpochs); err != nil {
		return err
	}
	if err := inside("rounds", float64(s.Rounds), 1, MaxRounds); err != nil {
		return err
	}
	if len(s.Validators) == 0 || len(s.Miners) == 0 {
		return errors.New("a scenario needs validators and miners")
	}
	if err := s.checkGroups(); err != nil {
		return err
	}
	for _, g := range s.Validators {
		if !(g.Stake > 0) {
			return fmt.Errorf("validators %s have no stake: say stake, in TAO", g.label())
		}
	}
	return s.Subnet.check()
}

// checkGroups counts the players too.
func (s *Scenario) checkGroups() error {
	validators, players := 0, 0
	for _, side := range [][]Group{s.Validators, s.Miners} {
		for _, g := range side {
			if err := g.check(); err != nil {
				return err
			}
			if err := inside("count of "+g.label(), float64(g.Count), 1, MaxUIDs); err != nil {
				return err
			}
			if g.PerEpoch != 0 {
				return fmt.Errorf("per_epoch of %s: only newcomers have it, say count", g.label())
			}
			players += g.Count
		}
		if validators == 0 {
			validators = players
		}
	}
	if most := s.uids(); validators > most {
		return fmt.Errorf("subnet.max_uids is %d: the %d validators need one each", most, validators)
	}
	for _, g := range s.Newcomers {
		if err := g.check(); err != nil {
			return err
		}
		if g.Count != 0 {
			return fmt.Errorf("count of newcomers %s: say per_epoch, how many come in an epoch", g.label())
		}
		if err := inside("per_epoch of "+g.label(), g.PerEpoch, 0.001, 100); err != nil {
			return err
		}
		players += s.newcomers(&g)
	}
	if players > MaxUIDs {
		return fmt.Errorf("the scenario has %d players, newcomers included: use at most %d", players, MaxUIDs)
	}
	return nil
}

func (g *Group) label() string {
	if g.Name != "" {
		return g.Name
	}
	if g.Play != "" {
		return g.Play
	}
	if g.PerEpoch > 0 {
		return "newcomer"
	}
	return Honest
}

func (g *Group) check() error {
	play, err := PlayNamed(g.Play)
	if err != nil {
		return err
	}
	if _, err := play.options(g.With); err != nil {
		return err
	}
	if _, err := PlayNamed(g.Twin); err != nil {
		return fmt.Errorf("twin of %s: %w", g.label(), err)
	}
	for _, b := range []struct {
		name            string
		value, from, to float64
	}{
		{"stake", g.Stake, 0, 1e6}, {"noise", g.Noise, 0, 1}, {"skill", g.Skill.From, 0, 1}, {"skill", g.Skill.To, 0, 1},
		{"speed", g.Speed, 0, 1e6}, {"delay", g.Delay, 0, 100}, {"cost", g.Cost, 0, 1000}, {"budget", g.Budget, 0, 1e6},
	} {
		if err := inside(b.name+" of "+g.label(), b.value, b.from, b.to); err != nil {
			return err
		}
	}
	return nil
}

func inside(name string, v, from, to float64) error {
	if v >= from && v <= to {
		return nil
	}
	return fmt.Errorf("%s is %v: use %v to %v", name, v, from, to)
}

// profile is the profile to judge by: the one named, or the default.
func (m *Market) profile(name string) (string, error) {
	if name == "" && len(m.Profiles) > 0 {
		return m.Profiles[0], nil
	}
	for _, p := range m.Profiles {
		if p == name {
			return name, nil
		}
	}
	if name == "" {
		return "", nil
	}
	return "", fmt.Errorf("market %s has no profile %q: it has %s", m.Name, name, orNone(names(m.Profiles, func(p string) string { return p })))
}
