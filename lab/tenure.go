package lab

import (
	"cmp"
	"slices"
)

// This file is who holds which uid: players apply for one, and the ledger decides.

// aDay, in epochs of the usual tempo, is how long a player that lost its uid waits before it wants one
// again, unless its play is eager: what made it the worst takes a while to mend.
const aDay = 20

// register hands in the applications of this epoch and adds what they cost.
func (w *world) register(cost []float64) error {
	price, err := w.ledger.Price()
	if err != nil {
		return err
	}
	w.public.Price = epochsOfWork(price)
	who := w.applicants()
	if len(who) == 0 {
		return nil
	}
	list := make([]Application, len(who))
	for i, p := range who {
		list[i] = Application{Player: p.id, Fresh: p.uid != outside, MaxCost: rao(p.budget()), Stakes: !p.mines}
	}
	entries, err := w.ledger.Register(list)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if e.UID != Refused {
			cost[who[i].id] += epochsOfWork(e.Cost)
			w.take(who[i], e.UID)
		}
	}
	w.seat()
	return nil
}

// applicants are the players that want a uid and would pay the price of it, in the order of the luck of
// each.
func (w *world) applicants() []*player {
	type application struct {
		p    *player
		luck float64
	}
	var list []application
	for _, p := range w.players {
		if w.wants(p) && w.public.Price <= p.budget() {
			list = append(list, application{p, p.random.Float64()})
		}
	}
	slices.SortStableFunc(list, func(a, b application) int { return cmp.Compare(a.luck, b.luck) })
	who := make([]*player, len(list))
	for i, a := range list {
		who[i] = a.p
	}
	return who
}

func (w *world) wants(p *player) bool {
	switch {
	case w.epoch < w.firstChange():
		return false
	case p.uid != outside:
		return p.mines && p.play.Reregister != nil && p.play.Reregister(p.with, w.minerView(p))
	}
	return w.epoch >= p.comes && (p.play.Eager || w.epoch-p.since >= aDay)
}

// firstChange is the epoch from which on players come: until weights have been paid for, all uids look
// the same to the pruning rule.
func (w *world) firstChange() int { return 3 + w.scenario.Subnet.CommitReveal }

// budget is the most that a player pays for a registration, in epochs of an honest miner's work.
func (p *player) budget() float64 {
	if p.group.Budget > 0 {
		return p.group.Budget
	}
	return usualBudget
}

// take has a player leave whatever it serves for another uid. Whoever served that is outside, and what
// validators remember of it is of no use.
func (w *world) take(p *player, uid int) {
	w.moved = true
	if uid < len(w.holders) {
		if before := w.holders[uid]; before.uid == uid {
			before.uid, before.since = outside, w.epoch
		}
	}
	for _, v := range w.players {
		if v.judge != nil {
			v.judge.Forget(uid)
		}
	}
	w.sit(p, uid)
	p.since = w.epoch
}

// sit puts a player in the place of a uid, the next one if there is no such.
func (w *world) sit(p *player, uid int) {
	if uid == len(w.holders) {
		w.holders = append(w.holders, nil)
		w.public.Rows, w.public.Before = append(w.public.Rows, nil), append(w.public.Before, nil)
		w.public.Incentive, w.public.Mines = append(w.public.Incentive, 0), append(w.public.Mines, false)
	}
	w.holders[uid], p.uid = p, uid
	w.public.Rows[uid], w.public.Incentive[uid] = nil, 0
}

// seat finds who serves which uid now.
func (w *world) seat() {
	w.miners, w.validators = w.miners[:0], w.validators[:0]
	clear(w.teams)
	for uid, p := range w.holders {
		serves := p.uid == uid
		w.public.Mines[uid] = serves && p.mines
		switch {
		case !serves:
		case p.mines:
			w.miners = append(w.miners, p)
			if p.team != "" {
				w.teams[p.team] = append(w.teams[p.team], uid)
			}
		default:
			w.validators = append(w.validators, p)
		}
	}
	for i, row := range w.public.Rows { // rows are as long as there are uids
		for row != nil && len(row) < len(w.holders) {
			row = append(row, 0)
		}
		w.public.Rows[i] = row
	}
}
