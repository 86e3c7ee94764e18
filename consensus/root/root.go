// Package root decides how much of the block emission each subnet gets: the root epoch
// (chain §1.4). The validators of the root network weigh the subnets as a subnet's validators
// weigh miners, and what each subnet earns is its weight among them, squeezed by a curve of how
// much stake trusts it at all.
package root

import (
	"math/bits"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// MaxMembers is how many validators the root network has at most: its permits go to the 64 that
// hold its uids, all of them.
const MaxMembers = 64

// Params of the curve: rho is its slope, kappa of 65535 the trust that half of it answers to.
type Params struct{ Rho, Kappa uint16 }

// Weight is one entry of a row: what a member gives a subnet, of 65535. Netuid 0, root itself, may
// be weighed; what it gets is paid to nobody.
type Weight struct{ Netuid, Value uint16 }

// Member is a validator of the root network with all stake on its hotkey (rao) and its row.
// Entries towards a netuid that is not asked for do not count.
type Member struct {
	Stake   uint64
	Weights []Weight
}

// Share is a subnet's part of the block emission, from 0 to 1.
type Share struct{ fraction fixed.I64F64 }

// ShareFromRaw is the share of whole + fraction/2^64.
func ShareFromRaw(whole, fraction uint64) Share {
	return Share{fixed.I64F64FromRaw(int64(min(whole, 1)), fraction)}
}

// Raw is the inverse of ShareFromRaw.
func (s Share) Raw() (whole, fraction uint64) {
	hi, lo := s.fraction.Raw()
	return uint64(hi), lo
}

// Of returns the floor of the share of an amount. Shares of one epoch sum to at most one, so what
// they are of an amount sums to at most the amount.
func (s Share) Of(amount uint64) uint64 {
	whole, fraction := s.Raw()
	part, _ := bits.Mul64(fraction, amount)
	return whole*amount + part
}

// Shares runs the root epoch: the share of each netuid, in the order they are given. It reports
// false, and no shares, when there is nothing to decide with: no member, no stake, or no netuid.
// When nobody set weights, every share is 0.
func Shares(p Params, members []Member, netuids []uint16) ([]Share, bool) {
	return shares(p, members, netuids, normalised)
}

// SharesOf2023 is Shares as it was until March 2024: a row counts as stored, so that a validator
// that spread its weight over m subnets spoke m times louder. No ledger uses it.
func SharesOf2023(p Params, members []Member, netuids []uint16) ([]Share, bool) {
	return shares(p, members, netuids, func([]fixed.I64F64) {})
}

func shares(p Params, members []Member, netuids []uint16, level func(row []fixed.I64F64)) ([]Share, bool) {
	if len(members) == 0 || len(netuids) == 0 {
		return nil, false
	}
	stake := make([]fixed.I64F64, len(members))
	for i, m := range members {
		stake[i] = fixed.I64F64FromUint64(m.Stake)
	}
	if !normalise(stake) {
		return nil, false
	}
	rank, trust := make([]fixed.I64F64, len(netuids)), make([]fixed.I64F64, len(netuids))
	for i, m := range members {
		row := rowOf(m.Weights, netuids)
		level(row)
		for j, w := range row {
			if w == (fixed.I64F64{}) {
				continue
			}
			rank[j] = rank[j].Add(w.Mul(stake[i]))
			trust[j] = trust[j].Add(stake[i])
		}
	}
	rho := fixed.I64F64FromUint64(uint64(p.Rho))
	kappa := fixed.I64F64FromUint64(uint64(p.Kappa)).Div(fixed.I64F64FromUint64(65535))
	for j := range rank {
		rank[j] = rank[j].Mul(trust[j].Sigmoid(rho, kappa))
	}
	normalise(rank)
	out := make([]Share, len(rank))
	for j, r := range rank {
		out[j] = Share{r}
	}
	return out, true
}

// rowOf lays a row out over the netuids; of two entries for one netuid the last counts.
func rowOf(weights []Weight, netuids []uint16) []fixed.I64F64 {
	row := make([]fixed.I64F64, len(netuids))
	for _, w := range weights {
		for j, netuid := range netuids {
			if netuid == w.Netuid {
				row[j] = fixed.I64F64FromUint64(uint64(w.Value))
			}
		}
	}
	return row
}

func normalised(row []fixed.I64F64) { normalise(row) }

// normalise divides by the sum; it reports false and changes nothing when that is 0.
func normalise(v []fixed.I64F64) bool {
	var sum fixed.I64F64
	for _, x := range v {
		sum = sum.Add(x)
	}
	if sum == (fixed.I64F64{}) {
		return false
	}
	for i, x := range v {
		v[i] = x.Div(sum)
	}
	return true
}
