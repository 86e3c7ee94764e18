package mempool

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/fees"
)

// Check holds a proposed block against the rules that every producer must keep: what a flood can
// take of a block is bounded even when a producer helps it.
type Check struct {
	max   Space
	used  [fees.Lanes]Space
	total int
	slots map[string]bool
	free  map[string]int
}

// NewCheck begins the check of a block on a ledger whose blocks hold maxBytes at most.
func NewCheck(maxBytes int64) *Check {
	return &Check{max: Space{Bytes: maxBytes, Txs: MaxTxs}, slots: map[string]bool{}, free: map[string]int{}}
}

// Add enters the block's next transaction.
func (c *Check) Add(signer string, size int, call fees.Call) error {
	if c.total++; c.total > MaxTxs {
		return fmt.Errorf("over %d transactions", MaxTxs)
	}
	used, most := &c.used[call.Lane], c.max.part(Most[call.Lane])
	used.Txs++
	used.Bytes += int64(size)
	if used.Txs > most.Txs || used.Bytes > most.Bytes {
		return fmt.Errorf("%d transactions of %d bytes in the lane %s, at most %d of %d", used.Txs, used.Bytes, call.Lane, most.Txs, most.Bytes)
	}
	if !call.Free() {
		return nil
	}
	slot := signer + call.Slot
	if c.slots[slot] {
		return fmt.Errorf("two free %s calls of %x about the same", call.Lane, signer)
	}
	c.slots[slot] = true
	if c.free[signer]++; c.free[signer] > FreePerBlock {
		return fmt.Errorf("over %d free calls of %x", FreePerBlock, signer)
	}
	return nil
}
