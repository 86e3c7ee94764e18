package types

import "github.com/ergon-network/ergon/consensus/price"

// AdjustBurn moves a term, the price or the difficulty, after one adjustment interval in which
// regs uids were given out against a target (chain §3.3): alpha is of 2^64-1, the result lies in
// [min, max].
type AdjustBurn func(current uint64, regs, target uint32, alpha, min, max uint64) uint64

// At is the terms as they stand in a block, before its transactions. The original adjusts both
// block by block; nothing but registrations and hyperparameters enters the rule, so the
// adjustments a subnet has missed while nobody looked are made here, all at once, and a quiet
// subnet costs no write (design 10).
//
// The work is bounded three times over: there is one step for each whole interval since the
// last settlement, and a subnet is settled at every epoch, so at most tempo/interval steps
// (65,535) are due; steps end as soon as one leaves both terms where they were, and with no
// registrations each earlier one lowers one of them by at least 1 towards its minimum; and
// interval, tempo (whose 0 switches epochs off) and target are root's to set. Each step is a
// handful of integer operations.
func (t Terms) At(block uint64, h *Hyperparameters, adjust AdjustBurn) Terms {
	interval := max(h.AdjustmentInterval, 1)
	if block < t.LastAdjustment || block-t.LastAdjustment < interval {
		return t
	}
	elapsed := (block - t.LastAdjustment) / interval
	t = t.step(h, adjust)
	t.RegsInterval, t.PowRegsInterval = 0, 0
	t.LastAdjustment += elapsed * interval
	for i := uint64(1); i < elapsed; i++ {
		next := t.step(h, adjust)
		if next == t {
			break
		}
		t = next
	}
	return t
}

// step moves the terms that one interval moves (chain §3.3, cases A to F).
func (t Terms) step(h *Hyperparameters, adjust AdjustBurn) Terms {
	regs, target := t.RegsInterval, h.TargetRegsPerInterval
	i := price.Interval{Registrations: regs, Pow: t.PowRegsInterval, Burn: regs - t.PowRegsInterval, Target: target}
	burn, difficulty := i.Moves()
	if burn {
		t.Burn = adjust(t.Burn, regs, target, h.AdjustmentAlpha, h.MinBurn, h.MaxBurn)
	}
	if difficulty {
		t.Difficulty = adjust(t.Difficulty, regs, target, h.AdjustmentAlpha, h.MinDifficulty, h.MaxDifficulty)
	}
	return t
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

// Sold is the number of registrations already made in this block, of either kind.
func (t Terms) Sold(block uint64) uint32 {
	if t.RegsBlock == block {
		return t.RegsThisBlock
	}
	return 0
}

// Sell counts one registration at the current price in this block.
func (t Terms) Sell(block uint64) Terms {
	t = t.count(block)
	t.Recycled += t.Burn
	return t
}

// Work counts one registration by proof of work in this block.
func (t Terms) Work(block uint64) Terms {
	t = t.count(block)
	t.PowRegsInterval++
	return t
}

func (t Terms) count(block uint64) Terms {
	t.RegsThisBlock = t.Sold(block) + 1
	t.RegsBlock = block
	t.RegsInterval++
	return t
}
