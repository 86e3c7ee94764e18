package lab

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Question is what reaches a miner: who asks, and when.
type Question struct {
	Epoch, Round int
	Validator    int // uid
}

// MinerView is what a miner can know when it answers.
type MinerView struct {
	World  *Public
	UID    int
	Age    int     // epochs since its hotkey took the uid
	Skill  float64 // 0..1, quality of its own work at full effort
	Team   []int   // uids of its team that mine, ascending
	Random *rand.Rand
}

// VoterView is what a validator can know when it sets weights.
type VoterView struct {
	World  *Public
	UID    int
	Scores []float64 // what its own judge says of each uid; zeros if it measured nothing
	Team   []int     // uids of its team that mine, ascending
	Random *rand.Rand
}

// Public is what everybody can read of the subnet. Plays only read it.
type Public struct {
	Epoch     int
	Stake     []uint64    // rao, by uid
	Rows      [][]float64 // the newest public weights of each uid, of sum 1; nil without any
	Before    [][]float64 // as they were when the epoch began
	Incentive []uint16    // of the last epoch, of 65535
	Mines     []bool      // whether the uid answers questions
	Immunity  int         // epochs in which a new uid is not pruned
	Price     float64     // of a registration now, in epochs of an honest miner's work
}

// Play is how a player behaves. What a play does not say is done honestly.
type Play struct {
	Name    string
	Summary string
	Options []Option

	// Answer is what a miner does for a question; nil: its own work at full effort.
	Answer func(o Options, v *MinerView, q Question) Deed
	// Effort is the part of an honest miner's cost that answering so takes in an epoch, 0..1; nil: all of it.
	Effort func(o Options, v *MinerView) float64
	// OneBackend: all uids of a team do the work of one.
	OneBackend bool
	// Weigh is the weights a validator sets, by uid; nil: what its judge says. Empty weights: none are set.
	Weigh func(o Options, v *VoterView) []float64
	// Blind validators measure nothing.
	Blind bool
	// Reregister tells whether a miner that holds a uid wants another with a new hotkey; nil: never. It
	// serves the newest one only. What the old one earns until it is pruned is its too.
	Reregister func(o Options, v *MinerView) bool
	// Eager players that lost their uid want one again at once. The others wait a day.
	Eager bool
}

// Option is a number that a scenario may set for a play.
type Option struct {
	Name     string
	Default  float64
	Min, Max float64
	About    string
}

// Options are the values of a play's options.
type Options map[string]float64

var plays []Play

// AddPlay makes a play known to scenarios; packages call it from init.
func AddPlay(p Play) {
	if _, err := PlayNamed(p.Name); err == nil {
		panic("lab: two plays are named " + p.Name)
	}
	plays = append(plays, p)
	slices.SortFunc(plays, func(a, b Play) int { return compareText(a.Name, b.Name) })
}

// Plays lists the known plays by name.
func Plays() []Play { return slices.Clone(plays) }

// Honest is the play of those who do what they are paid for.
const Honest = "honest"

// PlayNamed finds a play; "" is the honest one.
func PlayNamed(name string) (Play, error) {
	if name == "" || name == Honest {
		return Play{Name: Honest, Summary: "does the work, measures it, says what it found"}, nil
	}
	for _, p := range plays {
		if p.Name == name {
			return p, nil
		}
	}
	return Play{}, fmt.Errorf("play %q is not known: use honest or one of %s", name, names(plays, func(p Play) string { return p.Name }))
}

// options completes what a scenario set with the defaults.
func (p *Play) options(set map[string]float64) (Options, error) {
	o := Options{}
	for _, d := range p.Options {
		o[d.Name] = d.Default
	}
	for _, name := range sortedKeys(set) {
		i := slices.IndexFunc(p.Options, func(d Option) bool { return d.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("play %s has no option %q: it has %s", p.Name, name, orNone(names(p.Options, func(d Option) string { return d.Name })))
		}
		d, v := p.Options[i], set[name]
		if !(v >= d.Min && v <= d.Max) {
			return nil, fmt.Errorf("option %s of play %s is %v: use %v to %v", name, p.Name, v, d.Min, d.Max)
		}
		o[name] = v
	}
	return o, nil
}

func names[T any](list []T, name func(T) string) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = name(v)
	}
	return strings.Join(out, ", ")
}

func orNone(list string) string {
	if list == "" {
		return "none"
	}
	return list
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func compareText(a, b string) int { return strings.Compare(a, b) }
