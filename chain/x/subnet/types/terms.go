package types

// AdjustBurn moves a price after one adjustment interval in which regs uids were sold against
// a target (chain §3.3): alpha is of 2^64-1, prices are rao, the result lies in [min, max].
type AdjustBurn func(current uint64, regs, target uint32, alpha, min, max uint64) uint64

// At is the terms as they stand in a block, before its transactions. The original adjusts the
// price block by block; nothing but registrations and hyperparameters enters the rule, so the
// adjustments a subnet has missed while nobody looked are made here, all at once, and a quiet
// subnet costs no write (design 10).
//
// The work is bounded three times over: there is one step for each whole interval since the
// last settlement, and a subnet is settled at every epoch, so at most tempo/interval steps
// (65,535) are due; steps end as soon as one leaves the price where it was, and with no sales
// each earlier one lowers it by at least 1 rao towards min_burn; and interval, tempo (whose 0
// switches epochs off) and target are root's to set. Each step is a handful of integer
// operations.
func (t Terms) At(block uint64, h *Hyperparameters, adjust AdjustBurn) Terms {
	interval := max(h.AdjustmentInterval, 1)
	if block < t.LastAdjustment || block-t.LastAdjustment < interval {
		return t
	}
	elapsed := (block - t.LastAdjustment) / interval
	t.Burn = t.step(h, adjust)
	t.RegsInterval = 0
	t.LastAdjustment += elapsed * interval
	for i := uint64(1); i < elapsed; i++ {
		next := t.step(h, adjust)
		if next == t.Burn {
			break
		}
		t.Burn = next
	}
	return t
}

// step is the price after one interval. When a subnet sold something but no more than its
// target, the original moves the difficulty of proof of work in place of the price (chain
// §3.3, case D: all our registrations are burns), so the price stands.
func (t Terms) step(h *Hyperparameters, adjust AdjustBurn) uint64 {
	if t.RegsInterval > 0 && t.RegsInterval <= h.TargetRegsPerInterval {
		return t.Burn
	}
	return adjust(t.Burn, t.RegsInterval, h.TargetRegsPerInterval, h.AdjustmentAlpha, h.MinBurn, h.MaxBurn)
}

// Rebase makes the terms follow a new interval, or begin: the block after this one makes one
// adjustment if more than an interval has gone by since the last, and no more, as the
// original's block-by-block rule would. It also moves price and difficulty into their bounds, so that a
// bound holds from the block that sets it.
func (t Terms) Rebase(block uint64, h *Hyperparameters) Terms {
	if next := block + 1; next > h.AdjustmentInterval {
		t.LastAdjustment = max(t.LastAdjustment, next-h.AdjustmentInterval)
	}
	t.Burn = min(max(t.Burn, h.MinBurn), h.MaxBurn)
	t.Difficulty = min(max(t.Difficulty, h.MinDifficulty), h.MaxDifficulty)
	return t
}

// Sold is the number of registrations already made in this block.
func (t Terms) Sold(block uint64) uint32 {
	if t.RegsBlock == block {
		return t.RegsThisBlock
	}
	return 0
}

// Sell counts one registration at the current price in this block.
func (t Terms) Sell(block uint64) Terms {
	t.RegsThisBlock = t.Sold(block) + 1
	t.RegsBlock = block
	t.RegsInterval++
	t.Recycled += t.Burn
	return t
}
