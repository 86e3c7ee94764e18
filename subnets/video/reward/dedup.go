package reward

import (
	"cmp"
	"math"
	"slices"
)

// Commit is a miner's answer to a round, bound to a content hash. Order says when it arrived, lower first: a count
// by the validator, not the miner's clock.
type Commit struct {
	UID    uint16
	Order  uint64
	SHA256 string // hex; "" for no answer
}

// GateDuplicate is the gate of a verdict on a copy.
const GateDuplicate = "duplicate"

// Duplicates maps each uid whose content somebody else committed earlier in the round to that earlier uid. The first
// commit wins, so answering with another's file harms the copier only (video §11 #1, #3). Equal orders go to the
// lower uid. Several answers of one uid may be equal.
func Duplicates(round []Commit) map[uint16]uint16 {
	sorted := slices.Clone(round)
	slices.SortFunc(sorted, func(a, b Commit) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.UID, b.UID))
	})
	first := make(map[string]uint16, len(sorted))
	copies := map[uint16]uint16{}
	for _, c := range sorted {
		if c.SHA256 == "" {
			continue
		}
		owner, seen := first[c.SHA256]
		switch {
		case !seen:
			first[c.SHA256] = c.UID
		case owner != c.UID:
			copies[c.UID] = owner
		}
	}
	return copies
}

// MetricTuple is what the code of 2026 compares to find copies. Base is nil where it was not measured.
type MetricTuple struct {
	VMAF, Rate, Threshold float64
	Base                  *float64
}

// SameMetrics is the copy test of 2026: VMAF and base VMAF within 0.2 and rates within 0.01, for one clip and
// threshold (video §6.4). The default profile compares content instead.
func SameMetrics(a, b MetricTuple) bool {
	const points, rate, slack = 0.2, 0.01, 1e-9
	if a.Threshold != b.Threshold || (a.Base == nil) != (b.Base == nil) {
		return false
	}
	if a.Base != nil && math.Abs(*a.Base-*b.Base) > points+slack {
		return false
	}
	return math.Abs(a.VMAF-b.VMAF) <= points+slack && math.Abs(a.Rate-b.Rate) <= rate+slack
}
