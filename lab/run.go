package lab

import (
	"context"
	"fmt"
	"slices"
)

// Player is somebody of a run.
type Player struct {
	UID   int    `json:"uid"`
	Name  string `json:"name"` // of its group
	Play  string `json:"play"`
	Team  string `json:"team,omitempty"`
	Mines bool   `json:"mines"`
	Given bool   `json:"given,omitempty"` // part of the world, see Group
}

// Epoch is what one epoch decided. Lists are by uid.
type Epoch struct {
	Miner     []uint64  `json:"miner_rao"`
	Validator []uint64  `json:"validator_rao"`
	Owner     uint64    `json:"owner_rao"`
	Unissued  uint64    `json:"unissued_rao"`
	Cost      []float64 `json:"cost"` // of mining; an honest miner's work is 1
	Incentive []uint16  `json:"incentive"`
	Dividends []uint16  `json:"dividends"`
	Trust     []uint16  `json:"validator_trust"`
}

// Result is a whole run.
type Result struct {
	Scenario string   `json:"scenario"`
	Market   string   `json:"market"`
	Profile  string   `json:"profile,omitempty"`
	Seed     uint64   `json:"seed"`
	Players  []Player `json:"players"`
	Epochs   []Epoch  `json:"epochs"`
	Stake    []uint64 `json:"stake_rao"` // at the end
}

// Run plays a scenario. The same scenario and seed give the same result. The error is ctx's when it
// ends first.
func Run(ctx context.Context, s *Scenario, seed uint64) (*Result, error) {
	return Follow(ctx, s, seed, nil)
}

// Follow is Run with somebody looking on.
func Follow(ctx context.Context, s *Scenario, seed uint64, watch Watch) (*Result, error) {
	w, err := newWorld(s, seed)
	if err != nil {
		return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	w.subnet.watch = watch
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
	r.Stake = append(r.Stake, w.subnet.stake...)
	return r, nil
}

func (w *world) who() []Player {
	list := make([]Player, len(w.players))
	for i, p := range w.players {
		list[i] = Player{UID: p.uid, Name: p.group.label(), Play: p.play.Name, Team: p.team, Mines: p.mines, Given: p.group.Given}
	}
	return list
}

func (w *world) play() (Epoch, error) {
	got, cost, err := w.epoch()
	if err != nil {
		return Epoch{}, err
	}
	return got.epoch(cost), nil
}

// epoch is what is kept of an epoch.
func (s settled) epoch(cost []float64) Epoch {
	return Epoch{
		Miner: s.miner, Validator: s.validator, Owner: s.owner, Unissued: s.unissued, Cost: cost,
		Incentive: slices.Clone(s.out.Incentive), Dividends: slices.Clone(s.out.Dividends), Trust: slices.Clone(s.out.ValidatorTrust),
	}
}
