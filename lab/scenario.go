package lab

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/consensus/yuma"
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
	// Players in the order of their uids.
	Validators []Group `yaml:"validators" json:"validators"`
	Miners     []Group `yaml:"miners" json:"miners"`
}

// Subnet are the rules that a scenario may change; what it leaves out is as a new subnet has it.
type Subnet struct {
	Yuma         string  `yaml:"yuma" json:"yuma"` // 2024 or 2026
	Tempo        uint16  `yaml:"tempo" json:"tempo"`
	Kappa        float64 `yaml:"kappa" json:"kappa"`                 // 0..1
	BondsAverage float64 `yaml:"bonds_average" json:"bonds_average"` // 0..1: part of the old bonds that stays
	BondsPenalty float64 `yaml:"bonds_penalty" json:"bonds_penalty"` // 0..1
	Yuma3        *bool   `yaml:"yuma3" json:"yuma3"`                 // bonds per validator
	LiquidAlpha  bool    `yaml:"liquid_alpha" json:"liquid_alpha"`   //
	AlphaLow     float64 `yaml:"alpha_low" json:"alpha_low"`         // 0..1
	AlphaHigh    float64 `yaml:"alpha_high" json:"alpha_high"`       // 0..1
	CommitReveal int     `yaml:"commit_reveal" json:"commit_reveal"` // epochs that weights stay hidden; 0: they are open
	MinWeights   int     `yaml:"min_weights" json:"min_weights"`     // uids a row has to name
	MaxWeight    float64 `yaml:"max_weight" json:"max_weight"`       // largest share of a row, 0..1
	Permits      int     `yaml:"permits" json:"permits"`             // validators with a permit
	Emission     float64 `yaml:"emission" json:"emission"`           // TAO a block for the subnet
	OwnerCut     float64 `yaml:"owner_cut" json:"owner_cut"`         // 0..1
	Immunity     int     `yaml:"immunity" json:"immunity"`           // epochs in which a new uid is not pruned
	UIDCost      float64 `yaml:"uid_cost" json:"uid_cost"`           // what holding a uid costs an epoch; an honest miner's work costs 1
	Registration float64 `yaml:"registration" json:"registration"`   // what a new hotkey costs, the same unit
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
	// Skill of the first and the last miner of the group, 0..1; those between are evenly spaced.
	Skill Range `yaml:"skill" json:"skill"`
}

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
		Subnet: Subnet{
			Yuma: "2026", Tempo: 360, Kappa: 0.5, BondsAverage: 0.9, BondsPenalty: 1, AlphaLow: 0.7, AlphaHigh: 0.9, CommitReveal: 1, MinWeights: 1, MaxWeight: 1, Permits: 64,
			Emission: 1, OwnerCut: 0.18, UIDCost: 0.1, Registration: 1,
		},
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
	twin.Validators, twin.Miners = honest(s.Validators), honest(s.Miners)
	return &twin
}

func (s *Scenario) groups() []Group {
	return append(append([]Group(nil), s.Validators...), s.Miners...)
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
	uids := 0
	for _, g := range s.groups() {
		if err := g.check(); err != nil {
			return err
		}
		uids += g.Count
	}
	if uids > MaxUIDs {
		return fmt.Errorf("the scenario has %d players: use at most %d", uids, MaxUIDs)
	}
	for _, g := range s.Validators {
		if !(g.Stake > 0) {
			return fmt.Errorf("validators %s have no stake: say stake, in TAO", g.label())
		}
	}
	return s.Subnet.check()
}

func (g *Group) label() string {
	if g.Name != "" {
		return g.Name
	}
	if g.Play != "" {
		return g.Play
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
		{"count", float64(g.Count), 1, MaxUIDs}, {"stake", g.Stake, 0, 1e6}, {"noise", g.Noise, 0, 1},
		{"skill", g.Skill.From, 0, 1}, {"skill", g.Skill.To, 0, 1},
	} {
		if err := inside(b.name+" of "+g.label(), b.value, b.from, b.to); err != nil {
			return err
		}
	}
	return nil
}

func (n *Subnet) check() error {
	if _, err := yuma.ParseVariant(n.Yuma); err != nil {
		return err
	}
	for _, b := range []struct {
		name            string
		value, from, to float64
	}{
		{"tempo", float64(n.Tempo), 1, math.MaxUint16 - 1}, {"kappa", n.Kappa, 0, 1}, {"bonds_average", n.BondsAverage, 0, 1}, {"bonds_penalty", n.BondsPenalty, 0, 1},
		{"alpha_low", n.AlphaLow, 0, 1}, {"alpha_high", n.AlphaHigh, 0, 1}, {"commit_reveal", float64(n.CommitReveal), 0, 100},
		{"min_weights", float64(n.MinWeights), 0, MaxUIDs}, {"max_weight", n.MaxWeight, 0, 1}, {"permits", float64(n.Permits), 1, MaxUIDs},
		{"emission", n.Emission, 0, 1}, {"owner_cut", n.OwnerCut, 0, 1},
		{"uid_cost", n.UIDCost, 0, 1000}, {"registration", n.Registration, 0, 1e6},
	} {
		if err := inside("subnet."+b.name, b.value, b.from, b.to); err != nil {
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
