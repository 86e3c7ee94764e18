package yuma

import (
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// This file holds the rules of weight submission that need no ledger state (yuma §7.1).

// MaxUpscale returns values stretched so that the largest is 65535, as a submitted row is stored.
// Rounding is that of yuma §3.1: the two ranges of the maximum may differ by one unit.
func MaxUpscale(values []uint16) []uint16 {
	wide := make(vector, len(values))
	for i, v := range values {
		wide[i] = fixed.FromU16(v)
	}
	return maxUpscale(nil, wide)
}

// CheckMaxLimited tells whether no value is more than limit/65535 of the sum. A limit of 65535,
// and a row that sums to nothing, always pass.
func CheckMaxLimited(values []uint16, limit uint16) bool {
	if limit == 65535 || len(values) == 0 {
		return true
	}
	var total uint64
	for _, v := range values {
		total += uint64(v)
	}
	if total == 0 {
		return true
	}
	// Ratios have 32 fraction bits, as in the rest of the epoch.
	share := fixed.MulDiv(uint64(slices.Max(values)), uint64(fixed.One), total)
	return share <= uint64(fixed.FromProportion(limit))
}

// IsSelfWeight tells whether a submission is the one weight that needs no permit: on oneself.
func IsSelfWeight(uid uint16, uids []uint16, values []uint16) bool {
	return len(values) == 1 && len(uids) > 0 && uids[0] == uid
}

// CheckMaxWeight applies the max weight limit to a row already max-upscaled; a self-weight is
// exempt.
func CheckMaxWeight(uid uint16, uids, upscaled []uint16, limit uint16) bool {
	return IsSelfWeight(uid, uids, upscaled) || CheckMaxLimited(upscaled, limit)
}

// CheckLength tells whether a submission is long enough in a subnet of n uids: at least
// min(minAllowed, n) values, or a self-weight.
func CheckLength(uid uint16, uids, values []uint16, minAllowed uint16, n int) bool {
	return IsSelfWeight(uid, uids, values) || len(uids) >= min(int(minAllowed), n)
}

// CheckCount tells whether a submission names no more uids than the subnet has.
func CheckCount(uids []uint16, n int) bool { return len(uids) <= n }

// Duplicate returns the first uid that a submission names twice, if there is one.
func Duplicate(uids []uint16) (uint16, bool) {
	var seen [MaxPairs / 64]uint64
	for _, uid := range uids {
		bit := uint64(1) << (uid % 64)
		if seen[uid/64]&bit != 0 {
			return uid, true
		}
		seen[uid/64] |= bit
	}
	return 0, false
}

// Absent returns the first uid of a submission that is not below n, if there is one.
func Absent(uids []uint16, n int) (uint16, bool) {
	i := slices.IndexFunc(uids, func(uid uint16) bool { return int(uid) >= n })
	if i < 0 {
		return 0, false
	}
	return uids[i], true
}

// Normalize returns floor(value · 65535 / sum) of each value, zeros when the sum is 0: how clients
// turn raw weights into a row.
func Normalize(values []uint64) []uint16 {
	out := make([]uint16, len(values))
	var total uint64
	for _, v := range values {
		total = saturatingAdd(total, v)
	}
	for i, v := range values {
		out[i] = uint16(min(fixed.MulDiv(v, 65535, total), 65535))
	}
	return out
}

// MakePairs zips a submission into the row that is stored, in the given order. The shorter list
// decides the length.
func MakePairs(uids, values []uint16) []Pair {
	row := make([]Pair, min(len(uids), len(values)))
	for i := range row {
		row[i] = Pair{uids[i], values[i]}
	}
	return row
}
