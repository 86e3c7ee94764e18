// Package issuance holds the pure rules of money: how much a block creates, when that halves, and
// how a reward is divided among those who back a hotkey. Amounts are rao, 1e9 to a TAO.
package issuance

import (
	"math/bits"

	"github.com/ergon-network/ergon/consensus/fixed"
)

const (
	// TAO is one token in rao (chain §1.1).
	TAO uint64 = 1_000_000_000
	// Cap is the number of rao that issuance never reaches (chain §1.1).
	Cap = 21_000_000 * TAO
	// BaseBlockEmission is what a block creates before the first halving (chain §1.1).
	BaseBlockEmission = TAO
	// Halvings is the number of halvings after which a block creates nothing (chain §1.2).
	Halvings = 30
)

// halvings is the largest h with (Cap - issuance)·2^h <= Cap, for issuance below Cap (chain §1.2).
func halvings(issuance uint64) int {
	left := Cap - issuance
	// A quotient of 64-bit integers has its leading bit at h: left·2^h <= Cap < left·2^(h+1).
	return bits.Len64(Cap/left) - 1
}

// BlockEmission is what a block creates at an issuance: the base amount, halved each time half of
// what is left to issue has been issued. Halving follows issuance, not height (chain §1.2).
func BlockEmission(issuance uint64) uint64 {
	if issuance >= Cap {
		return 0
	}
	return BaseBlockEmission >> halvings(issuance)
}

// Threshold is the issuance from which on at least h halvings apply: Cap·(1 - 2^-h), rounded up.
func Threshold(h int) uint64 {
	if h < 0 {
		return 0
	}
	return Cap - Cap>>h // shifting by 64 and more gives 0
}

// NextHalving is the issuance at which the block emission next falls, and Cap once a block creates
// nothing any more.
func NextHalving(issuance uint64) uint64 {
	if BlockEmission(issuance) == 0 {
		return Cap
	}
	return Threshold(halvings(issuance) + 1)
}

// OwnerCut divides what a subnet earned between its owner and its epoch. cut is of 65535. The owner
// gets the floor and the epoch all the rest: the original floors both and loses a rao (chain §1.3).
func OwnerCut(amount uint64, cut uint16) (owner, rest uint64) {
	owner = fixed.MulDiv(amount, uint64(cut), 65535)
	return owner, amount - owner
}
