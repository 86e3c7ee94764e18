package lab

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/neuron/validator"
)

// Moments of an epoch, 0 its first block and 1 its last. Honest validators set weights before those
// with a play, who so see what is public by then.
const (
	honestPart = 0.5
	playPart   = 0.9
)

// outside is the uid of a player that has none.
const outside = -1

// player is somebody who has a uid or wants one.
type player struct {
	id     int // place in the world
	uid    int // the newest, which it serves; or outside
	group  *Group
	team   string
	play   Play
	with   Options
	mines  bool
	skill  float64
	random *rand.Rand
	judge  Judge // validators that measure
	comes  int   // epoch from which on it wants a uid
	since  int   // epoch in which its hotkey took the uid, or in which it lost the last one
	view   MinerView
}

// world is a scenario under way.
type world struct {
	scenario   *Scenario
	ledger     Ledger
	epoch      int
	players    []*player
	holders    []*player // by uid
	miners     []*player // who serve a uid, in the order of their uids
	validators []*player
	teams      map[string][]int // miners' uids by team
	moved      bool             // whether a uid has changed hands, so that players and uids differ
	public     Public
	network    network
}

func newWorld(s *Scenario, seed uint64, open func(Founding) (Ledger, error)) (*world, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	w := &world{scenario: s, teams: map[string][]int{}}
	var stake []uint64
	for _, side := range []struct {
		groups []Group
		mines  bool
	}{{s.Validators, false}, {s.Miners, true}, {s.Newcomers, true}} {
		for i := range side.groups {
			g := &side.groups[i]
			for k := range max(g.Count, s.newcomers(g)) {
				p, err := newPlayer(g, k, side.mines, len(w.players), seed)
				if err != nil {
					return nil, err
				}
				w.players = append(w.players, p)
				if g.PerEpoch == 0 {
					stake = append(stake, rao(g.Stake))
				}
			}
		}
	}
	f := Founding{Rules: s.Subnet, UIDs: s.uids(), Players: len(w.players)}
	var err error
	if w.ledger, err = open(f); err != nil {
		return nil, err
	}
	return w, w.prepare(f, stake[:min(f.UIDs, len(stake))])
}

func newPlayer(g *Group, k int, mines bool, id int, seed uint64) (*player, error) {
	play, err := PlayNamed(g.Play)
	if err != nil {
		return nil, err
	}
	with, err := play.options(g.With)
	if err != nil {
		return nil, err
	}
	p := &player{
		id: id, uid: outside, group: g, team: g.team(), play: play, with: with, mines: mines,
		skill: g.Skill.at(k, g.Count), random: rand.New(rand.NewPCG(seed, uint64(id)+1)),
	}
	if g.PerEpoch > 0 {
		p.skill = g.Skill.From + (g.Skill.To-g.Skill.From)*p.random.Float64()
		p.comes = int(float64(k) / g.PerEpoch)
	}
	p.since = p.comes - aDay // nothing keeps it from applying at once
	return p, nil
}

// prepare founds the subnet and opens the validators' markets.
func (w *world) prepare(f Founding, stake []uint64) error {
	s := w.scenario
	market, err := MarketNamed(s.Market)
	if err != nil {
		return err
	}
	profile, err := market.profile(s.Profile)
	if err != nil {
		return err
	}
	for _, p := range w.players {
		p.view = MinerView{World: &w.public, Skill: p.skill, Random: p.random}
		if !p.mines && !p.play.Blind {
			if p.judge, err = market.New(profile, f.UIDs); err != nil {
				return fmt.Errorf("judge of market %s: %w", market.Name, err)
			}
		}
	}
	w.public.Immunity = s.Subnet.Immunity
	if err := w.ledger.Found(stake); err != nil {
		return err
	}
	for uid := range stake {
		w.sit(w.players[uid], uid)
		w.players[uid].since = 0
	}
	w.moved = len(stake) < len(w.players)
	w.network = newNetwork(s, f.UIDs)
	w.seat()
	return nil
}

// play plays one epoch and settles it.
func (w *world) play() (Epoch, error) {
	w.public.Epoch, w.public.Stake = w.epoch, w.ledger.Stake()
	copy(w.public.Before, w.public.Rows)
	cost := make([]float64, len(w.players))
	if err := w.register(cost); err != nil {
		return Epoch{}, err
	}
	w.public.Stake = w.ledger.Stake()
	for round := range w.scenario.Rounds {
		for i, v := range w.validators {
			if v.judge == nil {
				continue
			}
			if err := w.round(v, i, round); err != nil {
				return Epoch{}, fmt.Errorf("market %s: %w", w.scenario.Market, err)
			}
		}
	}
	if err := w.speak(); err != nil {
		return Epoch{}, err
	}
	w.work(cost)
	got, err := w.ledger.Settle()
	if err != nil {
		return Epoch{}, err
	}
	copy(w.public.Incentive, got.Incentive)
	w.epoch++
	return w.kept(got, cost), nil
}

// speak is the validators' part: what they hid becomes public, and they set weights, the honest ones
// first.
func (w *world) speak() error {
	opened, err := w.ledger.Reveal()
	if err != nil {
		return err
	}
	for _, v := range opened {
		w.public.Rows[v.UID] = shares(v.Row, len(w.holders))
	}
	if err := w.vote(false); err != nil {
		return err
	}
	return w.vote(true)
}

// work adds what the epoch cost each player. A team on one backend shares the work of one.
func (w *world) work(cost []float64) {
	for _, p := range w.holders {
		if p.mines {
			cost[p.id] += w.scenario.Subnet.UIDCost
		}
	}
	for _, p := range w.validators {
		if p.judge != nil {
			cost[p.id] += p.group.Cost
		}
	}
	for _, p := range w.miners {
		effort := 1.0
		if p.play.Effort != nil {
			effort = p.play.Effort(p.with, w.minerView(p))
		}
		if p.play.OneBackend && w.teams[p.team][0] != p.uid {
			effort = 0
		}
		if p.group.Cost > 0 {
			effort *= p.group.Cost
		}
		cost[p.id] += effort
	}
}

func (w *world) minerView(p *player) *MinerView {
	p.view.UID, p.view.Age, p.view.Team = p.uid, w.epoch-p.since, w.teams[p.team]
	return &p.view
}

// vote has the validators with a play, or those without, set their weights in one block.
func (w *world) vote(late bool) error {
	var votes []Ballot
	for _, v := range w.validators {
		if late != (v.play.Weigh != nil) {
			continue
		}
		row, err := w.weigh(v)
		if err != nil {
			return fmt.Errorf("weights of uid %d, %s: %w", v.uid, v.group.label(), err)
		}
		if len(row) > 0 {
			votes = append(votes, Ballot{UID: v.uid, Row: row})
		}
	}
	part := honestPart
	if late {
		part = playPart
	}
	taken, err := w.ledger.Weigh(votes, part)
	if err != nil || w.scenario.Subnet.CommitReveal != 0 {
		return err
	}
	for i, v := range votes {
		if taken[i] {
			w.public.Rows[v.UID] = shares(v.Row, len(w.holders))
		}
	}
	return nil
}

// weigh is the row that a validator sends.
func (w *world) weigh(v *player) ([]yuma.Pair, error) {
	n := len(w.holders)
	var scores []float64
	if v.judge != nil {
		scores = v.judge.Scores()[:n]
	} else {
		scores = make([]float64, n)
	}
	if v.play.Weigh != nil {
		scores = v.play.Weigh(v.with, &VoterView{World: &w.public, UID: v.uid, Scores: scores, Team: w.teams[v.team], Random: v.random})
	}
	return w.row(scores)
}

// row makes of scores what a validator sends (wire §8.4); nothing where nobody earned anything.
func (w *world) row(scores []float64) ([]yuma.Pair, error) {
	uids, values := make([]uint16, 0, len(scores)), make([]float32, 0, len(scores))
	positive := false
	for uid, s := range scores {
		uids, values = append(uids, uint16(uid)), append(values, float32(s))
		positive = positive || s > 0
	}
	if !positive {
		return nil, nil
	}
	rules := &w.scenario.Subnet
	limit := float64(rules.MaxWeightLimit()) / math.MaxUint16
	kept, weights, err := validator.Process(uids, values, len(w.holders), rules.MinWeights, limit, 0)
	if err != nil {
		return nil, err
	}
	out, emitted, err := validator.Emit(kept, weights)
	if err != nil {
		return nil, err
	}
	return yuma.MakePairs(out, emitted), nil
}

// shares is a row as everybody reads it.
func shares(row []yuma.Pair, n int) []float64 {
	out, sum := make([]float64, n), 0.0
	for _, p := range row {
		out[p.UID] += float64(p.Value)
		sum += float64(p.Value)
	}
	for i := range out {
		out[i] /= math.Max(sum, 1)
	}
	return out
}

// seedOf gives the i-th seed of a scenario: the same for an attack and its twin.
func seedOf(base uint64, i int) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "ergon lab %d %d", base, i)
	return h.Sum64()
}
