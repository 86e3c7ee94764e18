package lab

import (
	"fmt"
	"slices"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// subnet is the pure Ledger: what one subnet stores between two epochs, moved by the functions that the
// ledger calls. It has no opinion of its own.
type subnet struct {
	rules  Subnet
	params yuma.Params
	work   yuma.Workspace
	watch  Watch // nil: nobody looks
	given  bool  // rows are an archive's, which says that they were taken
	door   door

	epoch        int // index of the one under way
	lastStep     uint64
	stake        []uint64 // rao
	lastUpdate   []uint64
	weighedAt    []uint64
	registeredAt []uint64
	permit       []bool
	pruning      []uint16      // scores of the last epoch, 2024
	emission     []uint64      // of the last epoch, rao
	rows         [][]yuma.Pair // that count now
	bonds        yuma.Rows
	hidden       [][]hiddenRow // by uid, oldest first

	weights yuma.Rows // memory of the next input
}

var _ Ledger = (*subnet)(nil)

// Watch sees an epoch as it is settled: what went in and what came out, before what was stored changes.
// Both are only valid during the call.
type Watch func(epoch int, in *yuma.Input, out *yuma.Output)

// hiddenRow waits for its reveal.
type hiddenRow struct {
	row   []yuma.Pair
	block uint64
	epoch int
}

func newSubnet(f Founding) (*subnet, error) {
	p, err := f.Rules.Params()
	if err != nil {
		return nil, err
	}
	return &subnet{rules: f.Rules, params: p, door: newDoor(f)}, nil
}

// Found implements Ledger.
func (s *subnet) Found(stake []uint64) error {
	for player, rao := range stake {
		s.enter(s.rules.Opening(), player)
		s.stake[player] = rao
	}
	return nil
}

// enter appends a uid for a player.
func (s *subnet) enter(block uint64, player int) {
	s.stake, s.permit = append(s.stake, 0), append(s.permit, false)
	s.lastUpdate, s.weighedAt, s.registeredAt = append(s.lastUpdate, block), append(s.weighedAt, block), append(s.registeredAt, block)
	s.pruning, s.emission = append(s.pruning, 0), append(s.emission, 0)
	s.rows, s.hidden = append(s.rows, nil), append(s.hidden, nil)
	s.bonds.Append()
	s.door.holder = append(s.door.holder, player)
}

// replace gives a uid to another hotkey: what the ledger kept of the one before goes.
func (s *subnet) replace(uid int, block uint64, player int) {
	s.stake[uid], s.permit[uid] = 0, false
	s.lastUpdate[uid], s.weighedAt[uid], s.registeredAt[uid] = block, block, block
	s.pruning[uid], s.emission[uid] = newcomerScore, 0
	s.rows[uid], s.hidden[uid] = nil, nil
	var rest yuma.Rows
	for i := range s.stake {
		if i == uid {
			rest.Append()
			continue
		}
		rest.Append(s.bonds.Row(i)...)
	}
	s.bonds = rest
	s.door.holder[uid] = player
}

// newcomerScore keeps a uid that was just filled from being pruned before its first epoch (chain §3.5).
const newcomerScore = 65535

// Stake implements Ledger.
func (s *subnet) Stake() []uint64 { return s.stake }

// Weigh implements Ledger.
func (s *subnet) Weigh(votes []Ballot, part float64) ([]bool, error) {
	taken := make([]bool, len(votes))
	block := s.rules.Block(s.epoch, part)
	for i, v := range votes {
		taken[i] = s.set(v, block)
	}
	return taken, nil
}

// set takes a row of weights, or hides it where the subnet hides weights, unless it is refused (yuma §7.1).
func (s *subnet) set(v Ballot, block uint64) bool {
	if block-s.lastUpdate[v.UID] < uint64(s.rules.WeightsRateLimit) {
		return false
	}
	if s.rules.CommitReveal == 0 {
		if !s.mayWeigh(v) {
			return false
		}
		s.put(v, block)
		s.lastUpdate[v.UID] = block
		return true
	}
	s.expire(v.UID)
	if len(s.hidden[v.UID]) >= yuma.MaxCommits {
		return false
	}
	s.hidden[v.UID] = append(s.hidden[v.UID], hiddenRow{v.Row, block, s.epoch})
	s.lastUpdate[v.UID] = block
	return true
}

// put has a row count from now on; it was made in a block.
func (s *subnet) put(v Ballot, block uint64) { s.rows[v.UID], s.weighedAt[v.UID] = v.Row, block }

// mayWeigh tells whether a row is one that the ledger takes of this uid.
func (s *subnet) mayWeigh(v Ballot) bool {
	if s.given {
		return true
	}
	uids, values := make([]uint16, len(v.Row)), make([]uint16, len(v.Row))
	for i, p := range v.Row {
		uids[i], values[i] = p.UID, p.Value
	}
	own := uint16(v.UID)
	return (s.permit[v.UID] || yuma.IsSelfWeight(own, uids, values)) &&
		yuma.CheckLength(own, uids, values, uint16(s.rules.MinWeights), len(s.stake)) &&
		yuma.CheckMaxWeight(own, uids, values, s.rules.MaxWeightLimit())
}

// Reveal implements Ledger.
func (s *subnet) Reveal() ([]Ballot, error) {
	var open []Ballot
	for uid := range s.hidden {
		s.expire(uid)
		if len(s.hidden[uid]) == 0 || s.reveals(s.hidden[uid][0]) != yuma.RevealOpen {
			continue
		}
		first := s.hidden[uid][0]
		v := Ballot{UID: uid, Row: first.row}
		if !s.mayWeigh(v) {
			continue
		}
		s.put(v, first.block)
		s.hidden[uid] = s.hidden[uid][1:]
		open = append(open, v)
	}
	return open, nil
}

// expire forgets the hidden rows of a uid whose epoch is over.
func (s *subnet) expire(uid int) {
	for len(s.hidden[uid]) > 0 && s.reveals(s.hidden[uid][0]) == yuma.RevealExpired {
		s.hidden[uid] = s.hidden[uid][1:]
	}
}

func (s *subnet) reveals(h hiddenRow) yuma.RevealState {
	return yuma.RevealAt(uint64(h.epoch), uint64(s.rules.CommitReveal), uint64(s.epoch))
}

// Settle implements Ledger: the owner's cut is taken, rewards become stake of the hotkeys.
func (s *subnet) Settle() (*Settled, error) {
	s.weights.Reset()
	for _, row := range s.rows {
		s.weights.Append(row...)
	}
	accrued := s.rules.Rate() * s.rules.Period()
	cut, amount := issuance.OwnerCut(accrued, s.rules.OwnerShare())
	in := yuma.Input{
		Params: s.params, Block: s.rules.Block(s.epoch+1, 0), Emission: amount, Stake: s.stake, LastUpdate: s.lastUpdate, WeighedAt: s.weighedAt,
		RegisteredAt: s.registeredAt, Permit: s.permit, Weights: s.weights, Bonds: s.bonds, Tempo: uint64(s.rules.Tempo), LastMechanismStep: s.lastStep,
	}
	out, err := s.work.Epoch(&in)
	if err != nil {
		return nil, fmt.Errorf("epoch %d: %w", s.epoch, err)
	}
	if s.watch != nil {
		s.watch(s.epoch, &in, out)
	}
	s.lastStep = in.Block
	result := &Settled{
		Miner: slices.Clone(out.Server), Validator: slices.Clone(out.Validator), Owner: cut, Unissued: amount,
		Incentive: slices.Clone(out.Incentive), Dividends: slices.Clone(out.Dividends), Trust: slices.Clone(out.ValidatorTrust),
	}
	copy(s.permit, out.Permit)
	copy(s.emission, out.Emission)
	copy(s.pruning, out.PruningScores)
	s.bonds.Reset()
	for uid := range s.stake {
		s.bonds.Append(out.Bonds.Row(uid)...)
		paid := out.Server[uid] + out.Validator[uid]
		s.stake[uid] += paid
		result.Unissued -= paid
	}
	s.epoch++
	return result, nil
}
