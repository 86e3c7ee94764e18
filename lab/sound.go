package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// profitable is the pay of an attack, against honesty at equal means, up to which the mechanism is
// called sound against it.
const profitable = 0.5

// Soundness is one row of the soundness table: what an attack gains and what it does to the others.
type Soundness struct {
	Scenario string `json:"scenario"`
	Market   string `json:"market"`
	Profile  string `json:"profile,omitempty"`
	Seeds    int    `json:"seeds"`
	// Pay is the attackers' pay divided by what they earn honestly at equal means: the same stake, and
	// mining that costs as much. Honest dividends count as they are, as stake earns them; honest incentive
	// counts in the measure in which the attack paid for mining.
	Pay Estimate `json:"pay_of_honest"`
	// Harm is the part of their pay that everybody else loses to the attack; negative: they gain.
	Harm Estimate `json:"harm_to_honest"`
	// Concentration is the largest share that one team or neuron has of all pay.
	Concentration Estimate `json:"concentration"`
	// Detected is the epoch, in the median of the seeds, from which on the attack earns less than half
	// of honesty until the end; -1: it never does.
	Detected int `json:"detected_epoch"`
}

// Profitable reports whether the attack pays: more than half of honesty.
func (s Soundness) Profitable() bool { return s.Pay.Mean > profitable }

// Sound plays a scenario and its honest twin once per seed and compares them. Seeds are played side by
// side; the result does not depend on how many at once. It fails for a scenario without an attack.
func Sound(ctx context.Context, s *Scenario, base uint64, seeds int) (Soundness, error) {
	rows, err := Table(ctx, []*Scenario{s}, base, seeds, nil)
	if err != nil {
		return Soundness{}, err
	}
	return rows[0], nil
}

// Table is Sound for many scenarios, in their order. What has the same twin is played with it, so that a
// table takes little more than half the time of its rows. done, where not nil, is told how many worlds
// of how many have been played, one call at a time.
func Table(ctx context.Context, list []*Scenario, base uint64, seeds int, done func(played, of int)) ([]Soundness, error) {
	if err := CheckSeeds(seeds); err != nil {
		return nil, err
	}
	for _, s := range list {
		if !s.Attack() {
			return nil, fmt.Errorf("scenario %q has no attack to compare with honesty: give a group a play", s.Name)
		}
	}
	groups, err := byTwin(list)
	if err != nil {
		return nil, err
	}
	found := make([][]comparison, len(list))
	for i := range found {
		found[i] = make([]comparison, seeds)
	}
	played := tally{of: (len(list) + len(groups)) * seeds, tell: done}
	err = parallel(ctx, len(groups)*seeds, func(ctx context.Context, i int) error {
		g, k := groups[i/seeds], i%seeds
		seed := seedOf(base, k)
		honest, err := Run(ctx, g.twin, seed)
		if err != nil {
			return err
		}
		played.one()
		for _, at := range g.rows {
			attack, err := Run(ctx, list[at], seed)
			if err != nil {
				return err
			}
			found[at][k] = compare(attack, honest)
			played.one()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows := make([]Soundness, len(list))
	for i, s := range list {
		rows[i] = soundness(s, found[i])
	}
	return rows, nil
}

// twins are the places in a list of scenarios that are compared with one honest twin, or of one without an
// attack, whose twin is nil.
type twins struct {
	twin *Scenario
	rows []int
}

// byTwin groups scenarios by their twin, which is played once for all of a group.
func byTwin(list []*Scenario) ([]*twins, error) {
	var groups []*twins
	known := map[string]*twins{}
	for i, s := range list {
		if !s.Attack() {
			groups = append(groups, &twins{rows: []int{i}})
			continue
		}
		twin := s.Twin()
		key, err := json.Marshal(twin.plain())
		if err != nil {
			return nil, err
		}
		g := known[string(key)]
		if g == nil {
			g = &twins{twin: twin}
			known[string(key)] = g
			groups = append(groups, g)
		}
		g.rows = append(g.rows, i)
	}
	return groups, nil
}

// plain is a scenario without what does not change how it is played, if nobody attacks in it.
func (s Scenario) plain() Scenario {
	s.Name, s.About, s.Kind, s.Works, s.Why, s.Repaired = "", "", "", false, "", ""
	for _, groups := range []*[]Group{&s.Validators, &s.Miners, &s.Newcomers} {
		*groups = slices.Clone(*groups)
		for i := range *groups {
			g := &(*groups)[i]
			g.Name, g.Given, g.Twin = "", false, ""
			if g.Play == "" {
				g.Team = ""
			}
		}
	}
	return s
}

// soundness is the row that the comparisons of all seeds make.
func soundness(s *Scenario, found []comparison) Soundness {
	row := Soundness{Scenario: s.Name, Market: s.Market, Profile: s.Profile, Seeds: len(found)}
	row.Pay = estimate(found, func(c comparison) float64 { return c.pay })
	row.Harm = estimate(found, func(c comparison) float64 { return c.harm })
	row.Concentration = estimate(found, func(c comparison) float64 { return c.concentration })
	row.Detected = medianEpoch(found)
	return row
}

// CheckSeeds tells whether so many seeds make an estimate.
func CheckSeeds(n int) error { return inside("seeds", float64(n), 2, 10_000) }

// comparison is what one seed says.
type comparison struct {
	pay, harm, concentration float64
	detected                 int
}

// Attackers tells of each player whether it attacks: those who have a team and a play that is not honest
// and not given, and the honest who share their team.
func (r *Result) Attackers() []bool {
	teams := map[string]bool{}
	for _, p := range r.Players {
		if p.Play != Honest && p.Team != "" && !p.Given {
			teams[p.Team] = true
		}
	}
	attacks := make([]bool, len(r.Players))
	for i, p := range r.Players {
		attacks[i] = teams[p.Team] && !p.Given
	}
	return attacks
}

// Means is what honest mining is multiplied by to cost what mining cost the attackers of a run: the
// honest incentive that Soundness.Pay is of.
func Means(attack, honest *Result) float64 {
	attacks := attack.Attackers()
	return equal(attack.sum(attacks, 0, len(attack.Epochs)), honest.sum(attacks, 0, len(honest.Epochs)))
}

// compare holds an attack against its twin.
func compare(attack, honest *Result) comparison {
	attacks := attack.Attackers()
	rest := make([]bool, len(attacks))
	for i := range rest {
		rest[i] = !attacks[i]
	}
	var c comparison
	c.pay = ratio(attack.sum(attacks, 0, len(attack.Epochs)), honest.sum(attacks, 0, len(honest.Epochs)))
	if before := honest.sum(rest, 0, len(honest.Epochs)).pay(); before > 0 {
		c.harm = 1 - attack.sum(rest, 0, len(attack.Epochs)).pay()/before
	}
	c.concentration = attack.concentration()
	c.detected = detection(attack, honest, attacks)
	return c
}

// means is what a side got, as miners and as validators, and what mining cost it.
type means struct{ miner, validator, cost float64 }

func (m means) pay() float64 { return m.miner + m.validator }

// maxRatio is the most that an attack is said to earn of honesty: where honesty earns nothing at all
// there is no number for it, and a mean needs one.
const maxRatio = 1000

// ratio is pay against honest pay at equal means, at most maxRatio.
func ratio(a, h means) float64 {
	if a.pay() == 0 {
		return 0
	}
	return min(a.pay()/(h.validator+h.miner*equal(a, h)), maxRatio)
}

// equal is what honest mining is multiplied by to cost as much as the attack's. Where nobody mines, or
// mining costs nothing, it is 1.
func equal(a, h means) float64 {
	if a.cost > 0 && h.cost > 0 {
		return a.cost / h.cost
	}
	return 1
}

// sum adds up what some players earned and what mining cost them, from one epoch to before another.
func (r *Result) sum(of []bool, from, to int) means {
	var m means
	for _, e := range r.Epochs[from:to] {
		for i, in := range of {
			if !in {
				continue
			}
			m.miner += float64(e.Miner[i])
			m.validator += float64(e.Validator[i])
			if r.Players[i].Mines {
				m.cost += e.Cost[i]
			}
		}
	}
	return m
}

// concentration is the largest share of all pay, a team counting as one.
func (r *Result) concentration() float64 {
	shares, all := map[string]float64{}, 0.0
	for uid, p := range r.Players {
		name := p.Team
		if name == "" {
			name = fmt.Sprint("uid ", uid)
		}
		for _, e := range r.Epochs {
			paid := float64(e.Miner[uid] + e.Validator[uid])
			shares[name] += paid
			all += paid
		}
	}
	largest := 0.0
	for _, name := range sortedKeys(shares) {
		largest = max(largest, shares[name])
	}
	if all == 0 {
		return 0
	}
	return largest / all
}

// detection is the epoch from which on the attack earned no more than half of honesty, or -1.
func detection(attack, honest *Result, attacks []bool) int {
	last := len(attack.Epochs)
	for last > 0 {
		a, h := attack.sum(attacks, last-1, last), honest.sum(attacks, last-1, last)
		if h.pay() > 0 && ratio(a, h) > profitable {
			break
		}
		last--
	}
	if last == len(attack.Epochs) {
		return -1
	}
	return last
}

// medianEpoch is the median of the epochs of detection, never counting as later than all others.
func medianEpoch(found []comparison) int {
	var list []int
	for _, c := range found {
		if c.detected < 0 {
			list = append(list, math.MaxInt)
			continue
		}
		list = append(list, c.detected)
	}
	slices.Sort(list)
	if m := list[len(list)/2]; m != math.MaxInt {
		return m
	}
	return -1
}
