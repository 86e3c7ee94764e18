package yuma

import (
	"slices"
	"testing"
)

// subnet is the state a ledger keeps between epochs, in its simplest form.
type subnet struct {
	in      Input
	weights [][]Pair
	bonds   [][]Pair
	ws      Workspace
	trace   Trace
}

func newSubnet(p Params, n int) *subnet {
	s := &subnet{weights: make([][]Pair, n), bonds: make([][]Pair, n)}
	s.ws.Trace = &s.trace
	s.in = Input{
		Params:       p,
		Emission:     1_000_000_000,
		Stake:        make([]uint64, n),
		LastUpdate:   make([]uint64, n),
		RegisteredAt: make([]uint64, n),
		Permit:       make([]bool, n),
	}
	return s
}

// setWeights stores a row the way set_weights does and returns the stored values.
func (s *subnet) setWeights(uid int, uids, values []uint16) []uint16 {
	stored := MaxUpscale(values)
	s.weights[uid] = MakePairs(uids, stored)
	s.in.LastUpdate[uid] = s.in.Block
	return stored
}

// replace puts a newcomer at uid, with what each variant leaves of its predecessor (yuma §2).
func (s *subnet) replace(uid int, stake uint64) {
	s.in.Stake[uid] = stake
	s.in.RegisteredAt[uid] = s.in.Block
	if s.in.Variant == V2024 {
		return
	}
	s.in.Permit[uid] = false
	s.in.LastUpdate[uid] = s.in.Block
	s.weights[uid], s.bonds[uid] = nil, nil
	for _, row := range s.weights {
		for k := range row {
			if int(row[k].UID) == uid {
				row[k].Value = 0
			}
		}
	}
}

// resetBonds deletes every bond towards uid.
func (s *subnet) resetBonds(uid int) {
	for i, row := range s.bonds {
		s.bonds[i] = slices.DeleteFunc(row, func(p Pair) bool { return int(p.UID) == uid })
	}
}

// epoch runs one epoch and stores what it decides.
func (s *subnet) epoch(t testing.TB) *Output {
	t.Helper()
	s.in.Weights.Reset()
	s.in.Bonds.Reset()
	for i := range s.weights {
		s.in.Weights.Append(s.weights[i]...)
		s.in.Bonds.Append(s.bonds[i]...)
	}
	out, err := s.ws.Epoch(&s.in)
	if err != nil {
		t.Fatalf("epoch at block %d: %v", s.in.Block, err)
	}
	copy(s.in.Permit, out.Permit)
	for i := range s.bonds {
		s.bonds[i] = slices.Clone(out.Bonds.Row(i))
	}
	return out
}
