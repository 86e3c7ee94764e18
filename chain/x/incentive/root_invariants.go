package incentive

import (
	"context"
	"fmt"
	"math/bits"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// rootInvariants checks who gets how much: every subnet's rate is its share of the block
// emission, all rates together are not more than it, every member of root has one row, and rows
// speak of subnets that exist.
func (k *Keeper) rootInvariants(ctx context.Context) error {
	known := map[uint16]bool{subnettypes.RootNetuid: true}
	var subs []subnettypes.Subnet
	err := k.subnet.Each(ctx, func(s subnettypes.Subnet) error {
		known[uint16(s.Netuid)] = true
		subs = append(subs, s)
		return nil
	})
	if err != nil {
		return err
	}
	if err := k.ratesAreShares(ctx, subs); err != nil {
		return err
	}
	d, err := k.root.Get(ctx)
	if err != nil && !notFound(err) {
		return err
	}
	for i, s := range d.Shares {
		if !known[uint16(s.Netuid)] || i > 0 && d.Shares[i-1].Netuid >= s.Netuid {
			return fmt.Errorf("root's decision of block %d names subnet %d, which does not exist or is out of order", d.Block, s.Netuid)
		}
	}
	return k.rowsOfMembers(ctx, known)
}

func (k *Keeper) ratesAreShares(ctx context.Context, subs []subnettypes.Subnet) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	perBlock, err := k.perBlock.Get(ctx)
	if err != nil {
		return err
	}
	shareOf, err := k.shareOf(ctx, params, len(subs))
	if err != nil {
		return err
	}
	var sum, carry uint64
	for _, s := range subs {
		e, err := k.emissions.Get(ctx, uint16(s.Netuid))
		if err != nil {
			return fmt.Errorf("emission of subnet %d: %w", s.Netuid, err)
		}
		want := shareOf(uint16(s.Netuid), perBlock)
		if !s.Hyper.RegistrationAllowed && !params.ClosedSubnetsEarn {
			want = 0
		}
		if e.Rate != want {
			return fmt.Errorf("subnet %d earns %d rao a block, its share of %d is %d", s.Netuid, e.Rate, perBlock, want)
		}
		if sum, carry = bits.Add64(sum, e.Rate, 0); carry != 0 || sum > perBlock {
			return fmt.Errorf("the subnets up to %d earn more than the block emission of %d rao", s.Netuid, perBlock)
		}
	}
	return nil
}

func (k *Keeper) rowsOfMembers(ctx context.Context, known map[uint16]bool) error {
	members, err := k.subnet.Neurons(ctx, subnettypes.RootNetuid)
	if err != nil {
		return err
	}
	count := 0
	rng := collections.NewPrefixedPairRange[uint16, uint16](subnettypes.RootNetuid)
	err = k.weights.Walk(ctx, rng, func(key collections.Pair[uint16, uint16], row []byte) (bool, error) {
		if key.K2() != uint16(count) {
			return false, fmt.Errorf("root: row of uid %d in place %d", key.K2(), count)
		}
		count++
		for _, w := range subnetWeights(row) {
			if !known[uint16(w.Netuid)] {
				return false, fmt.Errorf("root: uid %d weighs subnet %d, which does not exist", key.K2(), w.Netuid)
			}
		}
		return false, nil
	})
	if err == nil && count != len(members) {
		err = fmt.Errorf("root has %d members and %d rows", len(members), count)
	}
	return err
}
