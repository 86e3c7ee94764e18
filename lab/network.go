package lab

import (
	"cmp"
	"slices"
)

// network is how answers travel: an answer is made at the speed of its miner's machine and is under way
// for a while. One that is not there when the round is over might as well not have been given.
type network struct {
	timed   bool // whether anybody's answers take time
	answers []Answer
	silent  []int     // uids that gave none
	at      []float64 // rounds after the question that the answer of a uid arrives
}

func newNetwork(s *Scenario, uids int) network {
	n := network{at: make([]float64, uids)}
	for _, g := range s.groups() {
		n.timed = n.timed || g.Speed > 0 || g.Delay > 0
	}
	return n
}

// round is one validator, the i-th of those who serve, asking every miner once.
func (w *world) round(v *player, i, round int) error {
	n := &w.network
	n.answers, n.silent = n.answers[:0], n.silent[:0]
	q := Question{Epoch: w.epoch, Round: round, Validator: v.uid}
	// Who asks first moves on from round to round, so that a slow miner is late for everybody in turn.
	turn := (i + w.epoch*w.scenario.Rounds + round) % len(w.validators)
	for _, p := range w.miners {
		deed := Deed{Quality: p.skill, Claim: p.skill, Of: Own}
		if p.play.Answer != nil {
			deed = p.play.Answer(p.with, w.minerView(p), q)
		}
		if deed.Silent {
			n.silent = append(n.silent, p.uid)
			continue
		}
		n.answers = append(n.answers, Answer{UID: p.uid, Deed: deed})
		if n.timed {
			n.at[p.uid] = w.made(p, turn) + p.underway()
		}
	}
	if n.timed {
		w.lateness()
	}
	n.arrive(v)
	err := v.judge.Round(v.random, n.answers, func(x float64) float64 {
		return min(max(x+v.group.Noise*v.random.NormFloat64(), 0), 1)
	})
	if waiter, books := v.judge.(Waiter); books && err == nil && len(n.silent) > 0 {
		slices.Sort(n.silent)
		err = waiter.Silent(n.silent)
	}
	return err
}

// made is when a miner's own answer is ready. Those of a team on one backend wait for each other.
func (w *world) made(p *player, turn int) float64 {
	if p.group.Speed == 0 {
		return 0
	}
	before, each := turn, 1
	if p.play.OneBackend {
		team := w.teams[p.team]
		each = len(team)
		before = turn*each + slices.Index(team, p.uid)
	}
	return float64(before+1) / p.group.Speed
}

// underway is how long an answer takes from one to the other.
func (p *player) underway() float64 {
	if p.group.Delay == 0 {
		return 0
	}
	return p.group.Delay * p.random.ExpFloat64()
}

// lateness has copies wait for what they copy, and drops what comes after the round.
func (w *world) lateness() {
	n := &w.network
	for _, a := range n.answers {
		of := a.Of
		if !a.copies() || of >= len(w.holders) || !slices.ContainsFunc(n.answers, func(o Answer) bool { return o.UID == of }) {
			continue
		}
		n.at[a.UID] = n.at[of]
		if !a.Early {
			n.at[a.UID] += w.holders[a.UID].underway()
		}
	}
	n.answers = slices.DeleteFunc(n.answers, func(a Answer) bool {
		late := n.at[a.UID] > 1
		if late {
			n.silent = append(n.silent, a.UID)
		}
		return late
	})
}

// copies tells whether an answer is somebody else's.
func (a *Answer) copies() bool { return a.Of != Own && a.Of != a.UID }

// arrive orders answers by their time and those of one time by luck; a copy comes after what it copies
// unless that leaked before it was sent.
func (n *network) arrive(v *player) {
	answers := n.answers
	v.random.Shuffle(len(answers), func(i, k int) { answers[i], answers[k] = answers[k], answers[i] })
	rank := func(a Answer) int {
		switch {
		case !a.copies():
			return 1
		case a.Early:
			return 0
		}
		return 2
	}
	slices.SortStableFunc(answers, func(a, b Answer) int {
		if d := cmp.Compare(n.at[a.UID], n.at[b.UID]); d != 0 {
			return d
		}
		return rank(a) - rank(b)
	})
	for i := range answers {
		answers[i].Order = i
	}
}
