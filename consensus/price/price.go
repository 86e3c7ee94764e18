// Package price holds the pure rules of what it costs to take part: the price and the proof-of-work
// difficulty of a uid (chain §3.3) and the lock of a new subnet (chain §3.6).
package price

import (
	"math"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// Interval counts the registrations of one adjustment interval.
type Interval struct {
	Registrations uint32 // all of them
	Pow           uint32 // by proof of work
	Burn          uint32 // by burn
	Target        uint32 // how many the subnet aims at
}

// Moves tells which of the two terms the interval adjusts (chain §3.3, cases A to F). Too many
// registrations raise the term of the more used way in, too few lower that of the less used one;
// with both ways equally used both terms move.
func (i Interval) Moves() (burn, difficulty bool) {
	if i.Pow == i.Burn {
		return true, true
	}
	crowded := i.Registrations > i.Target
	difficulty = crowded == (i.Pow > i.Burn)
	return !difficulty, difficulty
}

// Due tells whether a subnet's terms are adjusted in this block.
func Due(block, lastAdjustment, interval uint64) bool {
	return block >= lastAdjustment && block-lastAdjustment >= interval
}

// Term is one adjusted number: the burn in rao or the difficulty.
type Term struct {
	Current  uint64
	Alpha    uint64 // weight of the current value, of 2^64-1
	Min, Max uint64 // bounds of the next value; Max wins where they contradict
}

// Next is the term after an interval: current·(R+G)/(2G) blended with the current value, in fixed
// point of 18 fraction bits with every step truncated, and clamped. A target of 0 leaves the term
// where it is, clamped: there is nothing to measure the interval against.
func (t Term) Next(registrations, target uint32) uint64 {
	number := fixed.I110F18FromUint64
	current := number(t.Current)
	next := current
	if target > 0 {
		updated := current.Mul(number(uint64(registrations) + uint64(target))).Div(number(2 * uint64(target)))
		alpha := number(t.Alpha).Div(number(math.MaxUint64))
		next = alpha.Mul(current).Add(number(1).Sub(alpha).Mul(updated))
	}
	return min(max(next.Uint64(), t.Min), t.Max)
}

// Lock is what the price of a subnet depends on.
type Lock struct {
	Last      uint64 // rao locked by the last subnet, the minimum before the first
	LastBlock uint64 // block of that registration, 0 before the first
	Min       uint64 // rao
	Interval  uint64 // blocks after which the doubled price has halved back
}

// Cost is the rao that a subnet registered at block has to lock: twice the last lock, falling
// linearly, never under the minimum (chain §3.6). The first subnet pays the last lock undoubled;
// so, as in the original, does one after a registration in block 0. The fall per block is rounded
// down, so dust stays in the price. An interval of 0 counts as 1.
func (l Lock) Cost(block uint64) uint64 {
	price := l.Last
	if l.LastBlock != 0 {
		price = saturatingMul(price, 2)
	}
	passed := block - min(block, l.LastBlock)
	fall := saturatingMul(l.Last/max(l.Interval, 1), passed)
	return max(l.Min, price-min(price, fall))
}

func saturatingMul(a, b uint64) uint64 { return fixed.MulDiv(a, b, 1) }
