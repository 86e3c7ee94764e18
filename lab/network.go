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
	silent  []int // uids that gave none

	// By uid, all in rounds.
	made []float64 // until its own work is done
	way  []float64 // that its answer is under way
	at   []float64 // after the question that its answer arrives
}

func newNetwork(s *Scenario, uids int) network {
	n := network{made: make([]float64, uids), way: make([]float64, uids), at: make([]float64, uids)}
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
	}
	if n.timed {
		// Who asks first moves on from round to round, so that a slow miner is late for everybody in turn.
		w.clock((i + w.epoch*w.scenario.Rounds + round) % len(w.validators))
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

// clock finds when the answers to one validator arrive, who has asked so many others before it, and drops
// those that are late.
func (w *world) clock(before int) {
	n := &w.network
	backends := map[string]int{} // answers that a team's one machine has made for this validator
	for _, a := range n.answers {
		if p := w.holders[a.UID]; p.play.OneBackend && !a.copies() {
			backends[p.team]++
		}
	}
	queue := map[string]int{}
	for _, a := range n.answers {
		p := w.holders[a.UID]
		n.made[a.UID], n.way[a.UID] = 0, 0
		if p.group.Delay > 0 {
			n.way[a.UID] = p.group.Delay * p.random.ExpFloat64()
		}
		if p.group.Speed == 0 || a.copies() {
			continue
		}
		place := before + 1
		if p.play.OneBackend {
			queue[p.team]++
			place = before*backends[p.team] + queue[p.team]
		}
		n.made[a.UID] = float64(place) / p.group.Speed
	}
	for _, a := range n.answers {
		n.at[a.UID] = n.arrival(a)
	}
	n.answers = slices.DeleteFunc(n.answers, func(a Answer) bool {
		late := n.at[a.UID] > 1
		if late {
			n.silent = append(n.silent, a.UID)
		}
		return late
	})
}

// maxHands is through how many hands an answer may have gone. Two that copy each other have none.
const maxHands = 8

// arrival is when an answer is there: a copy waits for what it copies, unless that leaked.
func (n *network) arrival(a Answer) float64 {
	t := n.made[a.UID]
	for range maxHands {
		if !a.copies() || !a.Early {
			t += n.way[a.UID]
		}
		if !a.copies() {
			break
		}
		from := slices.IndexFunc(n.answers, func(o Answer) bool { return o.UID == a.Of })
		if from < 0 {
			break
		}
		a = n.answers[from]
		t += n.made[a.UID]
	}
	return t
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
