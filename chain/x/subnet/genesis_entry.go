package subnet

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// initPublished stores what genesis lists of proof of work, identities and commitments.
func (k *Keeper) initPublished(ctx context.Context, g *types.GenesisState) error {
	for _, b := range g.Work {
		if err := k.work.Set(ctx, ring(b.Block), b); err != nil {
			return fmt.Errorf("store the hash of block %d: %w", b.Block, err)
		}
	}
	for _, gi := range g.Identities {
		var err error
		if gi.Netuid != 0 {
			err = k.subnetIdentities.Set(ctx, uint16(gi.Netuid), gi.Identity)
		} else {
			err = k.identities.Set(ctx, gi.Coldkey, gi.Identity)
		}
		if err != nil {
			return fmt.Errorf("store the identity of (%d, %d): %w", gi.Netuid, gi.Coldkey, err)
		}
	}
	for _, gc := range g.Commitments {
		if err := k.commitments.Set(ctx, collections.Join(uint16(gc.Netuid), uint16(gc.Uid)), gc.Commitment); err != nil {
			return fmt.Errorf("store the commitment of (%d, %d): %w", gc.Netuid, gc.Uid, err)
		}
	}
	return nil
}

// exportPublished is the inverse of initPublished.
func (k *Keeper) exportPublished(ctx context.Context, g *types.GenesisState) error {
	err := k.work.Walk(ctx, nil, func(_ uint16, b types.WorkBlock) (bool, error) {
		g.Work = append(g.Work, b)
		return false, nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(g.Work, func(a, b types.WorkBlock) int { return int(a.Block) - int(b.Block) })
	err = k.eachIdentity(ctx, func(gi types.GenesisIdentity) error {
		g.Identities = append(g.Identities, gi)
		return nil
	})
	if err != nil {
		return err
	}
	return k.commitments.Walk(ctx, nil, func(at collections.Pair[uint16, uint16], c types.Commitment) (bool, error) {
		g.Commitments = append(g.Commitments, types.GenesisCommitment{Netuid: uint32(at.K1()), Uid: uint32(at.K2()), Commitment: c})
		return false, nil
	})
}

// eachIdentity goes through the coldkeys' identities, then through the subnets'.
func (k *Keeper) eachIdentity(ctx context.Context, fn func(types.GenesisIdentity) error) error {
	err := k.identities.Walk(ctx, nil, func(id uint64, i types.Identity) (bool, error) {
		return false, fn(types.GenesisIdentity{Coldkey: id, Identity: i})
	})
	if err != nil {
		return err
	}
	return k.subnetIdentities.Walk(ctx, nil, func(netuid uint16, i types.Identity) (bool, error) {
		return false, fn(types.GenesisIdentity{Netuid: uint32(netuid), Identity: i})
	})
}

// soundPublished tests that identities and commitments are somebody's and that the deposits add
// up to what the locks account holds for them.
func (k *Keeper) soundPublished(ctx context.Context, network types.Network) error {
	var deposits uint64
	err := k.eachIdentity(ctx, func(gi types.GenesisIdentity) error {
		deposits += gi.Identity.Deposit
		if gi.Netuid == 0 {
			return nil
		}
		_, err := k.Get(ctx, uint16(gi.Netuid))
		return err
	})
	if err != nil {
		return types.ErrInvariant.Wrapf("identity: %v", err)
	}
	if deposits != network.Deposits {
		return types.ErrInvariant.Wrapf("network counts deposits of %d rao, the identities hold %d", network.Deposits, deposits)
	}
	err = k.commitments.Walk(ctx, nil, func(at collections.Pair[uint16, uint16], _ types.Commitment) (bool, error) {
		_, err := k.Neuron(ctx, at.K1(), at.K2())
		return false, err
	})
	if err != nil {
		return types.ErrInvariant.Wrapf("commitment: %v", err)
	}
	return nil
}
