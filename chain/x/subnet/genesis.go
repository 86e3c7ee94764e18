package subnet

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// InitGenesis fills an empty store. The ids it names are those of stake's genesis.
func (k *Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.network.Set(ctx, g.Network); err != nil {
		return err
	}
	if err := k.root.Set(ctx, g.Root); err != nil {
		return err
	}
	for _, s := range g.Subnets {
		if err := k.subnets.Set(ctx, uint16(s.Netuid), s); err != nil {
			return fmt.Errorf("store subnet %d: %w", s.Netuid, err)
		}
	}
	for _, c := range g.Changes {
		if err := k.changes.Set(ctx, collections.Join(uint16(c.Netuid), c.Slot), c.Change); err != nil {
			return fmt.Errorf("store change %d of subnet %d: %w", c.Slot, c.Netuid, err)
		}
	}
	for _, gn := range g.Neurons {
		netuid, n := uint16(gn.Netuid), gn.Neuron
		if err := k.neurons.Set(ctx, collections.Join(netuid, uint16(n.Uid)), n); err != nil {
			return fmt.Errorf("store uid %d of subnet %d: %w", n.Uid, netuid, err)
		}
		if err := k.uids.Set(ctx, collections.Join(netuid, n.Hotkey), uint16(n.Uid)); err != nil {
			return fmt.Errorf("index hotkey id %d of subnet %d: %w", n.Hotkey, netuid, err)
		}
	}
	return k.initPublished(ctx, g)
}

// ExportGenesis is the whole state; the index of uids follows from the neurons.
func (k *Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if g.Network, err = k.network.Get(ctx); err != nil {
		return nil, err
	}
	if g.Root, err = k.root.Get(ctx); err != nil {
		return nil, err
	}
	if err := k.exportNeurons(ctx, g, types.RootNetuid); err != nil {
		return nil, err
	}
	err = k.Each(ctx, func(s types.Subnet) error {
		g.Subnets = append(g.Subnets, s)
		return k.exportNeurons(ctx, g, uint16(s.Netuid))
	})
	if err != nil {
		return nil, err
	}
	err = k.changes.Walk(ctx, nil, func(key collections.Pair[uint16, uint32], c types.Change) (bool, error) {
		g.Changes = append(g.Changes, types.GenesisChange{Netuid: uint32(key.K1()), Slot: key.K2(), Change: c})
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return g, k.exportPublished(ctx, g)
}

func (k *Keeper) exportNeurons(ctx context.Context, g *types.GenesisState, netuid uint16) error {
	neurons, err := k.Neurons(ctx, netuid)
	for _, n := range neurons {
		g.Neurons = append(g.Neurons, types.GenesisNeuron{Netuid: uint32(netuid), Neuron: n})
	}
	return err
}

// Invariants tests what must hold after every block (chain §9): uids and hotkeys are inverse,
// every subnet's uids are 0..n-1 within its limit, prices lie in their bounds, counts match.
// It reads the whole state: for tests and audits.
func (k *Keeper) Invariants(ctx context.Context) error {
	network, err := k.network.Get(ctx)
	if err != nil {
		return err
	}
	root, err := k.root.Get(ctx)
	if err != nil {
		return err
	}
	if root.N > types.MaxRootMembers {
		return types.ErrInvariant.Wrapf("root has %d members, at most %d", root.N, types.MaxRootMembers)
	}
	if err := k.inverse(ctx, types.RootNetuid, root.N); err != nil {
		return err
	}
	subnets, slots := uint32(0), root.N
	err = k.Each(ctx, func(s types.Subnet) error {
		subnets, slots = subnets+1, slots+s.N
		s.Terms = s.Terms.At(height(ctx), &s.Hyper, k.rules.AdjustBurn)
		if err := s.Validate(); err != nil {
			return types.ErrInvariant.Wrapf("subnet %d: %v", s.Netuid, err)
		}
		return k.inverse(ctx, uint16(s.Netuid), s.N)
	})
	if err != nil {
		return err
	}
	if subnets != network.Count {
		return types.ErrInvariant.Wrapf("network counts %d subnets, there are %d", network.Count, subnets)
	}
	if err := k.noOrphans(ctx, slots); err != nil {
		return err
	}
	if err := k.noLooseChanges(ctx); err != nil {
		return err
	}
	return k.soundPublished(ctx, network)
}

// noLooseChanges tests that the change logs are as long as their subnets say, and of no other.
func (k *Keeper) noLooseChanges(ctx context.Context) error {
	var said, kept uint64
	err := k.Each(ctx, func(s types.Subnet) error {
		said += min(s.Changes, types.KeptChanges)
		return nil
	})
	if err != nil {
		return err
	}
	err = k.changes.Walk(ctx, nil, func(key collections.Pair[uint16, uint32], _ types.Change) (bool, error) {
		kept++
		s, err := k.subnets.Get(ctx, key.K1())
		if err == nil && uint64(key.K2()) >= min(s.Changes, types.KeptChanges) {
			err = types.ErrInvariant.Wrapf("subnet %d: change in slot %d, the log has %d", s.Netuid, key.K2(), s.Changes)
		}
		return false, err
	})
	if err != nil {
		return types.ErrInvariant.Wrapf("change logs: %v", err)
	}
	if said != kept {
		return types.ErrInvariant.Wrapf("the subnets count %d kept changes, there are %d", said, kept)
	}
	return nil
}

// inverse tests that the uids of a subnet, or of root, are 0..count-1 and that each is found by its hotkey.
func (k *Keeper) inverse(ctx context.Context, netuid uint16, count uint32) error {
	neurons, err := k.Neurons(ctx, netuid)
	if err != nil {
		return err
	}
	if len(neurons) != int(count) {
		return types.ErrInvariant.Wrapf("subnet %d: n is %d, there are %d neurons", netuid, count, len(neurons))
	}
	for i, n := range neurons {
		uid, ok, err := k.UID(ctx, netuid, n.Hotkey)
		if err != nil {
			return err
		}
		if n.Uid != uint32(i) || !ok || uint32(uid) != n.Uid {
			return types.ErrInvariant.Wrapf("subnet %d: slot %d says uid %d, hotkey id %d is found at uid %d (%t)", netuid, i, n.Uid, n.Hotkey, uid, ok)
		}
	}
	return nil
}

// noOrphans tests that no neuron or index entry is left over beyond the slots in use.
func (k *Keeper) noOrphans(ctx context.Context, slots uint32) error {
	var neurons, uids uint32
	err := k.neurons.Walk(ctx, nil, func(collections.Pair[uint16, uint16], types.Neuron) (bool, error) {
		neurons++
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.uids.Walk(ctx, nil, func(collections.Pair[uint16, uint64], uint16) (bool, error) {
		uids++
		return false, nil
	})
	if err != nil {
		return err
	}
	if neurons != slots || uids != slots {
		return types.ErrInvariant.Wrapf("%d uids in use, %d neuron records, %d index entries", slots, neurons, uids)
	}
	return nil
}
