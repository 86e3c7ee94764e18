package lab

import (
	"context"
	"errors"
	"fmt"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Archive is a subnet whose stakes and weights are given instead of played: an archived metagraph, a
// case of a paper, or what somebody drags on a page.
type Archive struct {
	Name   string `json:"name"`
	Subnet Subnet `json:"subnet"`
	// Epochs to settle; past the last frame its stakes and weights stay. 0: as many as there are frames.
	Epochs int     `json:"epochs"`
	Frames []Frame `json:"frames"`
}

// Frame is what an archive says of one epoch.
type Frame struct {
	Stake []float64 `json:"stake"` // TAO by uid; empty: as in the frame before
	// Weights by the uid that sets them, then by uid, not negative, of any scale. A row without an entry
	// sets none, and what the uid set before counts on.
	Weights [][]float64 `json:"weights"`
}

// Check reports the first thing in an archive that cannot be replayed.
func (a *Archive) Check() error {
	if len(a.Frames) == 0 || len(a.Frames[0].Stake) == 0 {
		return errors.New("the archive has no first frame with stakes: give one stake, in TAO, for each uid")
	}
	n := len(a.Frames[0].Stake)
	if err := inside("number of uids", float64(n), 1, MaxUIDs); err != nil {
		return err
	}
	if err := inside("epochs", float64(a.Epochs), 0, MaxEpochs); err != nil {
		return err
	}
	if err := inside("number of frames", float64(len(a.Frames)), 1, MaxEpochs); err != nil {
		return err
	}
	for e, f := range a.Frames {
		if err := f.check(n); err != nil {
			return fmt.Errorf("frame %d: %w", e, err)
		}
	}
	return a.Subnet.check()
}

func (f *Frame) check(n int) error {
	if len(f.Stake) != 0 && len(f.Stake) != n {
		return fmt.Errorf("it has %d stakes: give one for each of the %d uids, or none", len(f.Stake), n)
	}
	for uid, s := range f.Stake {
		if err := inside(fmt.Sprintf("stake of uid %d", uid), s, 0, 1e8); err != nil {
			return err
		}
	}
	if len(f.Weights) > n {
		return fmt.Errorf("it has weights of %d uids: there are %d", len(f.Weights), n)
	}
	for uid, row := range f.Weights {
		if len(row) != 0 && len(row) != n {
			return fmt.Errorf("the row of uid %d has %d weights: give one for each of the %d uids, or none", uid, len(row), n)
		}
		for to, w := range row {
			if err := inside(fmt.Sprintf("weight of uid %d for %d", uid, to), w, 0, 1e12); err != nil {
				return err
			}
		}
	}
	return nil
}

// Replay settles an archive with the exact code, epoch by epoch. Whoever sets weights in it is a
// validator, the others are miners. Pay is not added to the stakes, which are the archive's. The error
// is ctx's when it ends first.
func Replay(ctx context.Context, a *Archive, watch Watch) (*Result, error) {
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("archive %q: %w", a.Name, err)
	}
	n := len(a.Frames[0].Stake)
	s, err := newSubnet(Founding{Rules: a.Subnet, UIDs: n, Players: n})
	if err == nil {
		err = s.Found(make([]uint64, n))
	}
	if err != nil {
		return nil, fmt.Errorf("archive %q: %w", a.Name, err)
	}
	s.watch, s.given = watch, true
	r := &Result{Scenario: a.Name, Players: a.who()}
	epochs := a.Epochs
	if epochs == 0 {
		epochs = len(a.Frames)
	}
	var stake []uint64
	for e := range epochs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := a.Frames[min(e, len(a.Frames)-1)]
		if len(f.Stake) > 0 {
			stake = stake[:0]
			for _, tao := range f.Stake {
				stake = append(stake, uint64(tao*float64(issuance.TAO)))
			}
		}
		copy(s.stake, stake)
		got, err := s.replay(f)
		if err != nil {
			return nil, fmt.Errorf("archive %q: %w", a.Name, err)
		}
		r.Epochs = append(r.Epochs, got.epoch(make([]float64, len(s.stake))))
	}
	r.Stake = append(r.Stake, stake...)
	return r, nil
}

// replay settles an epoch in which every row of a frame is set at once.
func (s *subnet) replay(f Frame) (*Settled, error) {
	block := s.rules.Block(s.epoch, honestPart)
	if _, err := s.Reveal(); err != nil {
		return nil, err
	}
	for uid, row := range f.Weights {
		pairs := quantised(row)
		switch {
		case len(pairs) == 0:
			continue
		case s.rules.CommitReveal == 0:
			s.put(Ballot{UID: uid, Row: pairs}, block)
		default:
			s.hidden[uid] = append(s.hidden[uid], hiddenRow{pairs, block, s.epoch})
		}
		s.lastUpdate[uid] = block
	}
	return s.Settle()
}

// quantised is a row as it is sent: the largest weight is 65535.
func quantised(row []float64) []yuma.Pair {
	largest := 0.0
	for _, w := range row {
		largest = max(largest, w)
	}
	var pairs []yuma.Pair
	for uid, w := range row {
		if v := uint16(w/largest*65535 + 0.5); largest > 0 && v > 0 {
			pairs = append(pairs, yuma.Pair{UID: uint16(uid), Value: v})
		}
	}
	return pairs
}

func (a *Archive) who() []Player {
	list := make([]Player, len(a.Frames[0].Stake))
	for uid := range list {
		list[uid] = Player{UID: uid, Name: "miner", Play: Honest, Mines: true}
	}
	for _, f := range a.Frames {
		for uid, row := range f.Weights {
			if len(row) > 0 {
				list[uid].Name, list[uid].Mines = "validator", false
			}
		}
	}
	return list
}
