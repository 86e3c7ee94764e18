package lab

import (
	"context"
	"fmt"
)

// Player is somebody of a run.
type Player struct {
	UID   int    `json:"uid"`  // its place among the players, and its uid unless Epoch.UID says otherwise
	Name  string `json:"name"` // of its group
	Play  string `json:"play"`
	Team  string `json:"team,omitempty"`
	Mines bool   `json:"mines"`
	Given bool   `json:"given,omitempty"` // part of the world, see Group
}

// Epoch is what one epoch decided. Lists are by player, in the order of Result.Players: what its uids
// got together.
type Epoch struct {
	Miner     []uint64  `json:"miner_rao"`
	Validator []uint64  `json:"validator_rao"`
	Owner     uint64    `json:"owner_rao"`
	Unissued  uint64    `json:"unissued_rao"`
	Cost      []float64 `json:"cost"` // an honest miner's work is 1
	Incentive []uint16  `json:"incentive"`
	Dividends []uint16  `json:"dividends"`
	Trust     []uint16  `json:"validator_trust"`
	// UID is what each player serves, -1 without one, and Holder the player that each uid pays. Both are
	// empty as long as everybody has the uid of its place among the players.
	UID    []int `json:"uid,omitempty"`
	Holder []int `json:"holder,omitempty"`
}

// Holders are the players that the uids paid, by uid.
func (e *Epoch) Holders() []int {
	if e.Holder != nil {
		return e.Holder
	}
	list := make([]int, len(e.Miner))
	for i := range list {
		list[i] = i
	}
	return list
}

// Serves is the uid of a player, by its place among the players; -1 without one.
func (e *Epoch) Serves(player int) int {
	if e.UID != nil {
		return e.UID[player]
	}
	return player
}

// Result is a whole run.
type Result struct {
	Scenario string   `json:"scenario"`
	Market   string   `json:"market"`
	Profile  string   `json:"profile,omitempty"`
	Seed     uint64   `json:"seed"`
	Players  []Player `json:"players"`
	Epochs   []Epoch  `json:"epochs"`
	Stake    []uint64 `json:"stake_rao"` // by player, at the end, on hotkeys with a uid
}

// Run plays a scenario. The same scenario and seed give the same result. The error is ctx's when it
// ends first.
func Run(ctx context.Context, s *Scenario, seed uint64) (*Result, error) {
	return Follow(ctx, s, seed, nil)
}

// Follow is Run with somebody looking on.
func Follow(ctx context.Context, s *Scenario, seed uint64, watch Watch) (*Result, error) {
	return On(ctx, s, seed, func(f Founding) (Ledger, error) {
		pure, err := newSubnet(f)
		if err != nil {
			return nil, err
		}
		pure.watch = watch
		return pure, nil
	})
}

// Cast is the Result before the first epoch: who is going to play, and their first stakes.
func Cast(s *Scenario) (*Result, error) {
	w, err := newWorld(s, 0, func(f Founding) (Ledger, error) { return newSubnet(f) })
	if err != nil {
		return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	return &Result{Scenario: s.Name, Market: s.Market, Profile: s.Profile, Players: w.who(), Stake: byPlayer(w, w.ledger.Stake())}, nil
}

// On plays a scenario on another ledger than the pure one.
func On(ctx context.Context, s *Scenario, seed uint64, open func(Founding) (Ledger, error)) (*Result, error) {
	w, err := newWorld(s, seed, open)
	if err != nil {
		return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	r := &Result{Scenario: s.Name, Market: s.Market, Profile: s.Profile, Seed: seed, Players: w.who(), Epochs: make([]Epoch, 0, s.Epochs)}
	for range s.Epochs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := w.play()
		if err != nil {
			return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
		}
		r.Epochs = append(r.Epochs, e)
	}
	r.Stake = byPlayer(w, w.ledger.Stake())
	return r, nil
}

func (w *world) who() []Player {
	list := make([]Player, len(w.players))
	for i, p := range w.players {
		list[i] = Player{UID: p.id, Name: p.group.label(), Play: p.play.Name, Team: p.team, Mines: p.mines, Given: p.group.Given}
	}
	return list
}

// kept is what is kept of an epoch.
func (w *world) kept(s *Settled, cost []float64) Epoch {
	e := s.epoch(cost)
	if !w.moved {
		return e
	}
	e.Miner, e.Validator = byPlayer(w, s.Miner), byPlayer(w, s.Validator)
	e.Incentive, e.Dividends, e.Trust = byPlayer(w, s.Incentive), byPlayer(w, s.Dividends), byPlayer(w, s.Trust)
	e.UID, e.Holder = make([]int, len(w.players)), make([]int, len(w.holders))
	for i, p := range w.players {
		e.UID[i] = p.uid
	}
	for uid, p := range w.holders {
		e.Holder[uid] = p.id
	}
	return e
}

// byPlayer adds up what is by uid. A player has several uids until the old ones are pruned; those that
// validate have one.
func byPlayer[T uint16 | uint64](w *world, list []T) []T {
	out := make([]T, len(w.players))
	for uid, x := range list {
		out[w.holders[uid].id] += x
	}
	return out
}

func (s *Settled) epoch(cost []float64) Epoch {
	return Epoch{
		Miner: s.Miner, Validator: s.Validator, Owner: s.Owner, Unissued: s.Unissued, Cost: cost,
		Incentive: s.Incentive, Dividends: s.Dividends, Trust: s.Trust,
	}
}
