package lab

import (
	"github.com/ergon-network/ergon/consensus/price"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// door is how a subnet lets players in: how many, at what price, and in whose place.
type door struct {
	uids     int // how many there are at most
	burn     uint64
	sold     uint32   // in this interval
	adjusted uint64   // block in which it began
	holder   []int    // player by uid
	released []uint64 // rao that came back to a player when it lost a uid
}

func newDoor(f Founding) door {
	// The first interval begins after the founding, whose registrations are not demand.
	return door{uids: f.UIDs, burn: f.Rules.Burn(), adjusted: f.Rules.Opening() + 1, released: make([]uint64, f.Players)}
}

// Price implements Ledger.
func (s *subnet) Price() (uint64, error) {
	s.adjust(s.rules.Door(s.epoch))
	return s.door.burn, nil
}

// adjust moves the price for every interval that has ended before a block (chain §3.3).
func (s *subnet) adjust(block uint64) {
	d, length := &s.door, uint64(s.rules.AdjustmentInterval)
	for price.Due(block, d.adjusted, length) {
		target := uint32(s.rules.Registrations)
		interval := price.Interval{Registrations: d.sold, Burn: d.sold, Target: target}
		if burn, _ := interval.Moves(); burn {
			d.burn = price.Term{Current: d.burn, Alpha: AdjustmentAlpha, Min: MinBurn, Max: MaxBurn}.Next(d.sold, target)
		}
		d.sold, d.adjusted = 0, d.adjusted+length
	}
}

// Register implements Ledger.
func (s *subnet) Register(list []Application) ([]Admission, error) {
	block := s.rules.Door(s.epoch)
	s.adjust(block)
	entries := make([]Admission, len(list))
	for i, a := range list {
		entries[i] = s.admit(a, block)
	}
	for i, a := range list {
		if uid := entries[i].UID; a.Stakes && uid != Refused && s.door.holder[uid] == a.Player {
			s.stake[uid] = s.door.released[a.Player]
			s.door.released[a.Player] = 0
		}
	}
	return entries, nil
}

// admit gives a player a uid: the next one while there is room, else that of whom the pruning rule
// chooses, whose stake goes back to its owner (chain §3.1, §3.5).
func (s *subnet) admit(a Application, block uint64) Admission {
	d := &s.door
	// Three times the target may be given out in an interval.
	if d.sold >= 3*uint32(s.rules.Registrations) || d.burn > a.MaxCost {
		return Admission{UID: Refused}
	}
	uid := len(s.stake)
	if uid < d.uids {
		s.enter(block, a.Player)
	} else {
		var ok bool
		if uid, ok = s.choose(block); !ok {
			return Admission{UID: Refused}
		}
		d.released[d.holder[uid]] += s.stake[uid]
		s.replace(uid, block, a.Player)
	}
	d.sold++
	return Admission{UID: uid, Cost: d.burn}
}

// choose is the uid that the subnet's pruning rule gives up (yuma §6). The owner of the subnet has none
// that would be protected.
func (s *subnet) choose(block uint64) (int, bool) {
	t := yuma.Tenure{RegisteredAt: s.registeredAt, Block: block, ImmunityPeriod: s.rules.ImmunityPeriod()}
	if s.params.Variant == yuma.V2024 {
		uid, ok := t.Prune2024(s.pruning)
		return int(uid), ok
	}
	uid, ok := t.Prune2026(s.emission, nil, yuma.MinNonImmune2026)
	return int(uid), ok
}
