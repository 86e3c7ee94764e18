package types

// MaxRootMembers is how many hotkeys the root network has at most (chain §1.4).
const MaxRootMembers = 64

// RootNetuid is the netuid under which the members of the root network are kept as neurons.
const RootNetuid uint16 = 0

// At is the state as it stands in a block: a new interval begins every adjustment_interval
// blocks, counted from block 0, and what the last one counted is void.
func (r RootNetwork) At(block uint64, rules RootRules) RootNetwork {
	interval := max(rules.AdjustmentInterval, 1)
	if block < r.IntervalStart || block-r.IntervalStart < interval {
		return r
	}
	r.IntervalStart += (block - r.IntervalStart) / interval * interval
	r.RegsInterval = 0
	return r
}

// Joined is how many registrations were already made in this block.
func (r RootNetwork) Joined(block uint64) uint32 {
	if r.RegsBlock == block {
		return r.RegsThisBlock
	}
	return 0
}

// Join counts one registration in this block.
func (r RootNetwork) Join(block uint64) RootNetwork {
	r.RegsThisBlock = r.Joined(block) + 1
	r.RegsBlock = block
	r.RegsInterval++
	return r
}

// Most is how many may join in an interval: three times the target (chain §3.7).
func (r RootRules) Most() uint32 { return 3 * r.TargetRegsPerInterval }

// Opens is the first block after this one that takes a registration; 0 = none ever does.
func (r RootNetwork) Opens(block uint64, rules RootRules) uint64 {
	if rules.MaxRegsPerBlock == 0 || rules.Most() == 0 {
		return 0
	}
	now := r.At(block+1, rules)
	if now.RegsInterval < rules.Most() {
		return block + 1
	}
	return now.IntervalStart + rules.AdjustmentInterval
}

func (r RootRules) validate() error {
	switch {
	case r.TargetRegsPerInterval > maxU16:
		return ErrParams.Wrapf("root_target_regs_per_interval %d is above %d", r.TargetRegsPerInterval, maxU16)
	case r.AdjustmentInterval == 0 || r.AdjustmentInterval > maxBlocks:
		return ErrParams.Wrapf("root_adjustment_interval %d is outside 1..%d blocks", r.AdjustmentInterval, uint64(maxBlocks))
	case r.MaxRegsPerBlock > maxU16:
		return ErrParams.Wrapf("root_max_regs_per_block %d is above %d", r.MaxRegsPerBlock, maxU16)
	}
	return nil
}
