package lab

import (
	"fmt"
	"math"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// firstBlock is where the first epoch of a world begins. It is not 0, as block 0 reads as "never" in a
// neuron's clocks.
const firstBlock = 1

// subnet is the ledger's side of a world: what one subnet stores between two epochs, moved by the
// functions that the ledger calls. It has no opinion of its own.
type subnet struct {
	rules  Subnet
	params yuma.Params
	work   yuma.Workspace
	watch  Watch // nil: nobody looks

	epoch        int // index of the one under way
	lastStep     uint64
	stake        []uint64 // rao
	lastUpdate   []uint64
	weighedAt    []uint64
	registeredAt []uint64
	permit       []bool
	rows         [][]yuma.Pair // that count now
	bonds        yuma.Rows
	hidden       [][]hiddenRow // by uid, oldest first

	weights yuma.Rows // memory of the next input
}

// Watch sees an epoch as it is settled: what went in and what came out, before what was stored changes.
// Both are only valid during the call.
type Watch func(epoch int, in *yuma.Input, out *yuma.Output)

// hiddenRow waits for its reveal.
type hiddenRow struct {
	row   []yuma.Pair
	block uint64
	epoch int
}

// settled is what an epoch decided.
type settled struct {
	miner, validator []uint64     // rao by uid
	owner, unissued  uint64       // rao
	out              *yuma.Output // valid until the next epoch
}

func newSubnet(rules Subnet, stake []uint64) (*subnet, error) {
	p, err := rules.params()
	if err != nil {
		return nil, err
	}
	n := len(stake)
	s := &subnet{
		rules: rules, params: p, stake: append([]uint64(nil), stake...), lastUpdate: make([]uint64, n), weighedAt: make([]uint64, n),
		registeredAt: make([]uint64, n), permit: make([]bool, n), rows: make([][]yuma.Pair, n), hidden: make([][]hiddenRow, n),
	}
	for range n {
		s.bonds.Append()
	}
	return s, nil
}

// params are the hyperparameters in the units of the ledger.
func (n *Subnet) params() (yuma.Params, error) {
	variant, err := yuma.ParseVariant(n.Yuma)
	if err != nil {
		return yuma.Params{}, err
	}
	p := yuma.DefaultParams(variant)
	u16 := func(x float64) uint16 { return uint16(x * math.MaxUint16) }
	p.Kappa, p.BondsPenalty = u16(n.Kappa), u16(n.BondsPenalty)
	p.BondsMovingAverage = uint64(n.BondsAverage * yuma.BondsScale)
	p.MaxAllowedValidators = uint16(n.Permits)
	p.LiquidAlpha = n.LiquidAlpha
	p.AlphaLow, p.AlphaHigh = u16(n.AlphaLow), u16(n.AlphaHigh)
	if n.Yuma3 != nil {
		p.Yuma3 = *n.Yuma3
	}
	if variant == yuma.V2026 {
		p.ActivityCutoff = yuma.ActivityCutoff2026(activityFactor, n.Tempo)
	}
	return p, nil
}

// activityFactor is the default of a new subnet (yuma §4.1).
const activityFactor = 13889

// block is the height at a moment of the epoch under way: part 0 is its first block, 1 its last.
func (s *subnet) block(part float64) uint64 {
	tempo := float64(s.rules.Tempo)
	return firstBlock + uint64(s.epoch)*uint64(s.rules.Tempo) + uint64(part*(tempo-1))
}

// set takes a row of weights at a moment of the epoch, or hides it where the subnet hides weights.
func (s *subnet) set(uid int, row []yuma.Pair, part float64) {
	at := s.block(part)
	s.lastUpdate[uid] = at
	if s.rules.CommitReveal == 0 {
		s.rows[uid], s.weighedAt[uid] = row, at
		return
	}
	s.hidden[uid] = append(s.hidden[uid], hiddenRow{row, at, s.epoch})
}

// reveal opens the rows whose epoch has come, and returns their uids.
func (s *subnet) reveal() []int {
	var open []int
	for uid, list := range s.hidden {
		for len(list) > 0 {
			state := yuma.RevealAt(uint64(list[0].epoch), uint64(s.rules.CommitReveal), uint64(s.epoch))
			if state == yuma.RevealEarly {
				break
			}
			if state == yuma.RevealOpen {
				s.rows[uid], s.weighedAt[uid] = list[0].row, list[0].block
				open = append(open, uid)
			}
			list = list[1:]
		}
		s.hidden[uid] = list
	}
	return open
}

// settle runs the epoch and pays it: the owner's cut is taken, rewards become stake of the hotkeys.
func (s *subnet) settle() (settled, error) {
	n := len(s.stake)
	s.weights.Reset()
	for _, row := range s.rows {
		s.weights.Append(row...)
	}
	accrued := uint64(s.rules.Emission * float64(issuance.TAO) * float64(s.rules.Tempo))
	cut, amount := issuance.OwnerCut(accrued, uint16(s.rules.OwnerCut*math.MaxUint16))
	in := yuma.Input{
		Params: s.params, Block: s.block(1) + 1, Emission: amount, Stake: s.stake, LastUpdate: s.lastUpdate, WeighedAt: s.weighedAt,
		RegisteredAt: s.registeredAt, Permit: s.permit, Weights: s.weights, Bonds: s.bonds, Tempo: uint64(s.rules.Tempo), LastMechanismStep: s.lastStep,
	}
	out, err := s.work.Epoch(&in)
	if err != nil {
		return settled{}, fmt.Errorf("epoch %d: %w", s.epoch, err)
	}
	if s.watch != nil {
		s.watch(s.epoch, &in, out)
	}
	s.lastStep = in.Block
	result := settled{miner: append([]uint64(nil), out.Server...), validator: append([]uint64(nil), out.Validator...), owner: cut, unissued: amount, out: out}
	copy(s.permit, out.Permit)
	s.bonds.Reset()
	for uid := range n {
		s.bonds.Append(out.Bonds.Row(uid)...)
		paid := out.Server[uid] + out.Validator[uid]
		s.stake[uid] += paid
		result.unissued -= paid
	}
	s.epoch++
	return result, nil
}

// replace gives a uid to a new hotkey: what the ledger kept of the one before goes, its stake to its
// owner.
func (s *subnet) replace(uid int) {
	s.stake[uid], s.lastUpdate[uid], s.weighedAt[uid] = 0, 0, 0
	s.registeredAt[uid] = s.block(0)
	s.permit[uid], s.rows[uid], s.hidden[uid] = false, nil, nil
	var rest yuma.Rows
	for i := range s.stake {
		if i == uid {
			rest.Append()
			continue
		}
		rest.Append(s.bonds.Row(i)...)
	}
	s.bonds = rest
}
