package incentive

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Invariants checks what must hold after every block: each scheduled subnet is queued exactly
// once, every uid has a weight row, no vector is longer than the subnet, every rate is the
// subnet's share, and the rates do not exceed the block emission. It reads all state: for tests
// and audits, not for the block.
func (k *Keeper) Invariants(ctx context.Context) error {
	if err := k.rootInvariants(ctx); err != nil {
		return err
	}
	queued := 0
	err := k.due.Walk(ctx, nil, func(key collections.Pair[uint64, uint16]) (bool, error) {
		queued++
		e, err := k.emissions.Get(ctx, key.K2())
		if err == nil && e.NextEpoch != key.K1() {
			err = fmt.Errorf("subnet %d is queued for block %d, its next epoch is %d", key.K2(), key.K1(), e.NextEpoch)
		}
		return false, err
	})
	if err != nil {
		return err
	}
	return k.emissions.Walk(ctx, nil, func(netuid uint16, e types.Emission) (bool, error) {
		if e.NextEpoch != 0 {
			queued--
		}
		return false, k.subnetInvariants(ctx, netuid, e, queued)
	})
}

func (k *Keeper) subnetInvariants(ctx context.Context, netuid uint16, e types.Emission, queued int) error {
	if queued < 0 {
		return fmt.Errorf("subnet %d has next epoch %d but is not queued", netuid, e.NextEpoch)
	}
	sub, err := k.subnet.Get(ctx, netuid)
	if err != nil {
		return err
	}
	rows := 0
	err = k.weights.Walk(ctx, collections.NewPrefixedPairRange[uint16, uint16](netuid),
		func(key collections.Pair[uint16, uint16], row []byte) (bool, error) {
			if key.K2() != uint16(rows) || (len(row)-rowHeader)%4 != 0 {
				return false, fmt.Errorf("subnet %d: weight row %d of %d bytes in place %d", netuid, key.K2(), len(row), rows)
			}
			rows++
			return false, nil
		})
	if err != nil {
		return err
	}
	if err := k.commitInvariants(ctx, sub, e.EpochIndex); err != nil {
		return err
	}
	v, err := k.vectors.Get(ctx, netuid)
	if err != nil {
		return err
	}
	if rows != int(sub.N) || len(v.Active) != int(sub.N) || len(v.Emission) != int(sub.N) {
		return fmt.Errorf("subnet %d has %d uids, %d weight rows, %d active flags, %d emissions", netuid, sub.N, rows, len(v.Active), len(v.Emission))
	}
	return nil
}

// commitInvariants: what waits belongs to a uid, is no more than may wait, is in order and not of
// the future, and the newest is not after the uid's last update.
func (k *Keeper) commitInvariants(ctx context.Context, sub subnettypes.Subnet, epoch uint64) error {
	netuid := uint16(sub.Netuid)
	return k.commits.Walk(ctx, collections.NewPrefixedPairRange[uint16, uint16](netuid),
		func(key collections.Pair[uint16, uint16], q types.Commits) (bool, error) {
			row, err := k.weights.Get(ctx, key)
			if err != nil {
				return false, fmt.Errorf("subnet %d uid %d has commits but no weight row: %w", netuid, key.K2(), err)
			}
			last := types.Commit{}
			for _, c := range q.Commits {
				if c.Epoch < last.Epoch || c.Block < last.Block || len(c.Hash) != 32 || len(c.Account) != 32 {
					return false, fmt.Errorf("subnet %d uid %d: commit %+v follows %+v", netuid, key.K2(), c, last)
				}
				last = c
			}
			if n := len(q.Commits); n == 0 || n > yuma.MaxCommits || last.Epoch > epoch || last.Block > rowUpdated(row) {
				return false, fmt.Errorf("subnet %d uid %d: %d commits, the newest of block %d and epoch %d; last update at block %d, epoch %d runs",
					netuid, key.K2(), n, last.Block, last.Epoch, rowUpdated(row), epoch)
			}
			return false, nil
		})
}
