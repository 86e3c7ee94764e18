package incentive

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
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
	v, err := k.vectors.Get(ctx, netuid)
	if err != nil {
		return err
	}
	if rows != int(sub.N) || len(v.Active) != int(sub.N) || len(v.Emission) != int(sub.N) {
		return fmt.Errorf("subnet %d has %d uids, %d weight rows, %d active flags, %d emissions", netuid, sub.N, rows, len(v.Active), len(v.Emission))
	}
	return nil
}
