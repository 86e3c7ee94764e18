package yuma

// This file says when epochs run (yuma §6, chain §1.5).

// Never is the block of an epoch that will not come.
const Never = ^uint64(0)

// noEpoch is how many blocks the original reports for a subnet that never runs.
const noEpoch = 1000

// BlocksUntilEpoch is the 2024 schedule: subnets run every tempo+1 blocks, staggered by netuid.
// 0 means in this block; a tempo of 0 never runs and reports 1000.
func BlocksUntilEpoch(netuid, tempo uint16, block uint64) uint64 {
	if tempo == 0 {
		return noEpoch
	}
	period := uint64(tempo) + 1
	// Reduced before adding, so that no block number overflows.
	phase := (block%period + (uint64(netuid)+1)%period) % period
	return uint64(tempo) - phase
}

// EpochDue tells whether the 2024 schedule runs an epoch in this block.
func EpochDue(netuid, tempo uint16, block uint64) bool {
	return tempo != 0 && BlocksUntilEpoch(netuid, tempo, block) == 0
}

// NextEpoch is the first block after the given one in which the 2024 schedule runs an epoch, Never
// for a tempo of 0.
func NextEpoch(netuid, tempo uint16, block uint64) uint64 {
	if tempo == 0 || block == Never {
		return Never
	}
	return saturatingAdd(block+1, BlocksUntilEpoch(netuid, tempo, block+1))
}

// MaxEpochGap2026 is the number of blocks since its last step after which a subnet runs whatever
// its schedule says.
const MaxEpochGap2026 = 50_400

// Schedule2026 is what the 2026 schedule looks at.
type Schedule2026 struct {
	Tempo     uint16 // blocks between epochs; 0 never runs
	LastEpoch uint64 // block of the last epoch slot
	PendingAt uint64 // block a deferred or triggered epoch waits for, 0 for none
	LastStep  uint64 // block of the last epoch that ran
}

// FirstEpoch2026 is the LastEpoch a subnet created at block starts with: subnets are staggered by
// netuid.
func FirstEpoch2026(netuid, tempo uint16, block uint64) uint64 {
	if tempo == 0 {
		return block
	}
	return saturatingSub(block, uint64(netuid)%uint64(tempo))
}

// Due tells whether the epoch is due at block. It may still have to wait: at most two run in one
// block, the others set PendingAt to the next.
func (s Schedule2026) Due(block uint64) bool { return s.Tempo != 0 && block >= s.Next() }

// Next is the first block at which the epoch is due, possibly a past one; Never for a tempo of 0.
func (s Schedule2026) Next() uint64 {
	if s.Tempo == 0 {
		return Never
	}
	next := min(saturatingAdd(s.LastEpoch, uint64(s.Tempo)), saturatingAdd(s.LastStep, MaxEpochGap2026+1))
	if s.PendingAt > 0 {
		next = min(next, s.PendingAt)
	}
	return next
}
