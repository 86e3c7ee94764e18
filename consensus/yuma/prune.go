package yuma

import "math"

// This file chooses the uid that gives way to a newcomer in a full subnet (yuma §6, chain §3.5).

// Tenure is the part of the choice that both variants share.
type Tenure struct {
	RegisteredAt   []uint64 // by uid
	Block          uint64   // now
	ImmunityPeriod uint64   // blocks after registration during which a uid is protected
}

// Immune tells whether uid is still protected.
func (t Tenure) Immune(uid int) bool {
	return uid >= 0 && uid < len(t.RegisteredAt) &&
		saturatingSub(t.Block, t.RegisteredAt[uid]) < t.ImmunityPeriod
}

// Prune2024 picks the lowest pruning score outside immunity, ties going to the highest uid. When
// no score outside immunity is below 65535 it picks the lowest among the immune, ties going to the
// lowest uid, and uid 0 if even those are 65535. It reports false in an empty subnet. The caller
// sets the score of the chosen uid to 65535, so that it is not picked again before the next epoch.
func (t Tenure) Prune2024(scores []uint16) (uid uint16, ok bool) {
	n := min(len(scores), len(t.RegisteredAt))
	mortal, immune := -1, -1
	lowest, lowestImmune := uint16(math.MaxUint16), uint16(math.MaxUint16)
	for i, score := range scores[:n] {
		if t.Immune(i) {
			if score < lowestImmune {
				immune, lowestImmune = i, score
			}
		} else if score < lowest || mortal >= 0 && score == lowest {
			mortal, lowest = i, score
		}
	}
	switch {
	case mortal >= 0:
		return uint16(mortal), true
	case immune >= 0:
		return uint16(immune), true
	}
	return 0, n > 0
}

// MinNonImmune2026 is how many uids outside immunity the 2026 form leaves in place by default.
const MinNonImmune2026 = 10

// Prune2026 picks the lowest (emission, registration block, uid) outside immunity while more than
// minNonImmune such uids remain, and the lowest among the immune otherwise. protected uids, those
// of the subnet owner, are never picked nor counted; nil protects none. It reports false when
// nobody can be picked.
func (t Tenure) Prune2026(emission []uint64, protected []bool, minNonImmune int) (uid uint16, ok bool) {
	n := min(len(emission), len(t.RegisteredAt))
	mortal, immune, mortals := -1, -1, 0
	for i := range n {
		if i < len(protected) && protected[i] {
			continue
		}
		if t.Immune(i) {
			immune = t.weaker(emission, immune, i)
			continue
		}
		mortals++
		mortal = t.weaker(emission, mortal, i)
	}
	choice := immune
	if mortals > minNonImmune {
		choice = mortal
	}
	return uint16(max(choice, 0)), choice >= 0
}

// weaker returns the uid to prune of two, best being the lower one or -1.
func (t Tenure) weaker(emission []uint64, best, i int) int {
	switch {
	case best < 0 || emission[i] < emission[best]:
		return i
	case emission[i] == emission[best] && t.RegisteredAt[i] < t.RegisteredAt[best]:
		return i
	}
	return best
}
