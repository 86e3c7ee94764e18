package lab

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/neuron/validator"
)

// Moments of an epoch, 0 its first block and 1 its last. Honest validators set weights before those
// with a play, who so see what is public by then.
const (
	honestPart = 0.5
	playPart   = 0.9
)

// player is somebody with a uid.
type player struct {
	uid    int
	group  *Group
	team   string
	play   Play
	with   Options
	mines  bool
	skill  float64
	noise  float64
	random *rand.Rand
	judge  Judge // validators that measure
	since  int   // epoch in which its hotkey took the uid
}

// world is a scenario under way.
type world struct {
	scenario *Scenario
	subnet   *subnet
	players  []*player
	teams    map[string][]int // miners' uids by team
	public   Public
	answers  []Answer
}

func newWorld(s *Scenario, seed uint64) (*world, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	w := &world{scenario: s, teams: map[string][]int{}}
	var stake []uint64
	for _, side := range []struct {
		groups []Group
		mines  bool
	}{{s.Validators, false}, {s.Miners, true}} {
		for i := range side.groups {
			g := &side.groups[i]
			for k := range g.Count {
				p, err := newPlayer(g, k, side.mines, len(w.players), seed)
				if err != nil {
					return nil, err
				}
				w.players = append(w.players, p)
				stake = append(stake, uint64(g.Stake*float64(issuance.TAO)))
			}
		}
	}
	return w, w.prepare(stake)
}

func newPlayer(g *Group, k int, mines bool, uid int, seed uint64) (*player, error) {
	play, err := PlayNamed(g.Play)
	if err != nil {
		return nil, err
	}
	with, err := play.options(g.With)
	if err != nil {
		return nil, err
	}
	return &player{
		uid: uid, group: g, team: g.team(), play: play, with: with, mines: mines,
		skill: g.Skill.at(k, g.Count), noise: g.Noise, random: rand.New(rand.NewPCG(seed, uint64(uid)+1)),
	}, nil
}

func (w *world) prepare(stake []uint64) error {
	s, n := w.scenario, len(w.players)
	market, err := MarketNamed(s.Market)
	if err != nil {
		return err
	}
	profile, err := market.profile(s.Profile)
	if err != nil {
		return err
	}
	for _, p := range w.players {
		if p.mines && p.team != "" {
			w.teams[p.team] = append(w.teams[p.team], p.uid)
		}
		if !p.mines && !p.play.Blind {
			if p.judge, err = market.New(profile, n); err != nil {
				return fmt.Errorf("judge of market %s: %w", market.Name, err)
			}
		}
	}
	if w.subnet, err = newSubnet(s.Subnet, stake); err != nil {
		return err
	}
	w.public = Public{
		Stake: w.subnet.stake, Rows: make([][]float64, n), Before: make([][]float64, n), Incentive: make([]uint16, n), Mines: make([]bool, n),
	}
	for i, p := range w.players {
		w.public.Mines[i] = p.mines
	}
	return nil
}

// epoch plays one epoch and settles it.
func (w *world) epoch() (settled, []float64, error) {
	w.public.Epoch = w.subnet.epoch
	copy(w.public.Before, w.public.Rows)
	cost := w.renew()
	for round := range w.scenario.Rounds {
		for _, v := range w.players {
			if v.judge == nil {
				continue
			}
			if err := w.round(v, round); err != nil {
				return settled{}, nil, fmt.Errorf("market %s: %w", w.scenario.Market, err)
			}
		}
	}
	for _, uid := range w.subnet.reveal() {
		w.public.Rows[uid] = shares(w.subnet.rows[uid], len(w.players))
	}
	for _, late := range []bool{false, true} {
		for _, v := range w.players {
			if !v.mines && late == (v.play.Weigh != nil) {
				if err := w.vote(v, late); err != nil {
					return settled{}, nil, err
				}
			}
		}
	}
	w.work(cost)
	result, err := w.subnet.settle()
	if err != nil {
		return settled{}, nil, err
	}
	copy(w.public.Incentive, result.out.Incentive)
	return result, cost, nil
}

// renew lets miners take new hotkeys, and says what that cost each.
func (w *world) renew() []float64 {
	cost := make([]float64, len(w.players))
	for _, p := range w.players {
		if p.play.Reregister == nil || !p.mines {
			continue
		}
		if !p.play.Reregister(p.with, w.minerView(p)) {
			continue
		}
		cost[p.uid] += w.scenario.Subnet.Registration
		p.since = w.subnet.epoch
		w.subnet.replace(p.uid)
		w.public.Rows[p.uid] = nil
		for _, v := range w.players {
			if v.judge != nil {
				v.judge.Forget(p.uid)
			}
		}
	}
	return cost
}

// work adds what the epoch cost each miner. A team on one backend shares the work of one.
func (w *world) work(cost []float64) {
	for _, p := range w.players {
		if !p.mines {
			continue
		}
		effort := 1.0
		if p.play.Effort != nil {
			effort = p.play.Effort(p.with)
		}
		if p.play.OneBackend && w.teams[p.team][0] != p.uid {
			effort = 0
		}
		cost[p.uid] += effort + w.scenario.Subnet.UIDCost
	}
}

func (w *world) minerView(p *player) *MinerView {
	return &MinerView{World: &w.public, UID: p.uid, Age: w.subnet.epoch - p.since, Skill: p.skill, Team: w.teams[p.team], Random: p.random}
}

// round is one validator asking every miner once.
func (w *world) round(v *player, round int) error {
	w.answers = w.answers[:0]
	q := Question{Epoch: w.subnet.epoch, Round: round, Validator: v.uid}
	for _, p := range w.players {
		if !p.mines {
			continue
		}
		deed := Deed{Quality: p.skill, Claim: p.skill, Of: Own}
		if p.play.Answer != nil {
			deed = p.play.Answer(p.with, w.minerView(p), q)
		}
		if !deed.Silent {
			w.answers = append(w.answers, Answer{UID: p.uid, Deed: deed})
		}
	}
	w.arrive(v.random)
	return v.judge.Round(v.random, w.answers, func(x float64) float64 {
		return min(max(x+v.noise*v.random.NormFloat64(), 0), 1)
	})
}

// arrive orders answers as a network would, by luck; a copy comes after what it copies unless that
// leaked before it was sent.
func (w *world) arrive(r *rand.Rand) {
	r.Shuffle(len(w.answers), func(i, k int) { w.answers[i], w.answers[k] = w.answers[k], w.answers[i] })
	rank := func(a Answer) int {
		switch {
		case a.Of == Own || a.Of == a.UID:
			return 1
		case a.Early:
			return 0
		}
		return 2
	}
	slices.SortStableFunc(w.answers, func(a, b Answer) int { return rank(a) - rank(b) })
	for i := range w.answers {
		w.answers[i].Order = i
	}
}

// vote sets a validator's weights.
func (w *world) vote(v *player, late bool) error {
	var scores []float64
	if v.judge != nil {
		scores = v.judge.Scores()
	} else {
		scores = make([]float64, len(w.players))
	}
	part := honestPart
	if late {
		view := &VoterView{World: &w.public, UID: v.uid, Scores: scores, Team: w.teams[v.team], Random: v.random}
		scores, part = v.play.Weigh(v.with, view), playPart
	}
	row, err := w.row(scores)
	if err != nil {
		return fmt.Errorf("weights of uid %d, %s: %w", v.uid, v.group.label(), err)
	}
	if len(row) == 0 {
		return nil
	}
	w.subnet.set(v.uid, row, part)
	if w.scenario.Subnet.CommitReveal == 0 {
		w.public.Rows[v.uid] = shares(row, len(w.players))
	}
	return nil
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
	kept, weights, err := validator.Process(uids, values, len(w.players), w.scenario.Subnet.MinWeights, w.scenario.Subnet.MaxWeight, 0)
	if err != nil {
		return nil, err
	}
	out, emitted, err := validator.Emit(kept, weights)
	if err != nil {
		return nil, err
	}
	row := make([]yuma.Pair, len(out))
	for i := range out {
		row[i] = yuma.Pair{UID: out[i], Value: emitted[i]}
	}
	return row, nil
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
