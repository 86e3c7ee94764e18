package incentive

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
)

// InitGenesis restores the module's whole state.
func (k *Keeper) InitGenesis(ctx context.Context, g types.GenesisState) error {
	if err := g.Params.Validate(); err != nil {
		return fmt.Errorf("incentive genesis: %w", err)
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.perBlock.Set(ctx, g.BlockEmission); err != nil {
		return err
	}
	if err := k.initRoot(ctx, g); err != nil {
		return fmt.Errorf("incentive genesis, root: %w", err)
	}
	for _, s := range g.Subnets {
		if err := k.initSubnet(ctx, s); err != nil {
			return fmt.Errorf("incentive genesis, subnet %d: %w", s.Netuid, err)
		}
	}
	return nil
}

func (k *Keeper) initRoot(ctx context.Context, g types.GenesisState) error {
	for _, r := range g.RootWeights {
		if err := k.weights.Set(ctx, collections.Join(subnettypes.RootNetuid, uint16(r.Uid)), r.Packed); err != nil {
			return err
		}
	}
	if g.Root == nil {
		return nil
	}
	return k.root.Set(ctx, *g.Root)
}

func (k *Keeper) initSubnet(ctx context.Context, s types.GenesisSubnet) error {
	netuid := uint16(s.Netuid)
	next := s.Emission.NextEpoch
	s.Emission.NextEpoch = 0 // not queued yet
	if err := k.schedule(ctx, netuid, &s.Emission, next); err != nil {
		return err
	}
	if err := k.emissions.Set(ctx, netuid, s.Emission); err != nil {
		return err
	}
	if err := k.vectors.Set(ctx, netuid, s.Vectors); err != nil {
		return err
	}
	if err := k.setPermits(ctx, netuid, packBits(s.Vectors.Permit)); err != nil {
		return err
	}
	for _, r := range s.Weights {
		if err := k.weights.Set(ctx, collections.Join(netuid, uint16(r.Uid)), r.Packed); err != nil {
			return err
		}
	}
	for _, r := range s.Bonds {
		if err := k.bonds.Set(ctx, collections.Join(netuid, uint16(r.Uid)), r.Packed); err != nil {
			return err
		}
	}
	for _, c := range s.Commits {
		if err := k.commits.Set(ctx, collections.Join(netuid, uint16(c.Uid)), c.Commits); err != nil {
			return err
		}
	}
	for _, p := range s.Payouts {
		if err := k.payouts.Set(ctx, collections.Join(netuid, p.EpochIndex%uint64(max(s.Keep, 1))), p); err != nil {
			return err
		}
	}
	if s.Loaded != nil {
		return k.loaded.Set(ctx, netuid, *s.Loaded)
	}
	return nil
}

// ExportGenesis is the inverse of InitGenesis.
func (k *Keeper) ExportGenesis(ctx context.Context) (types.GenesisState, error) {
	var g types.GenesisState
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return g, err
	}
	if g.BlockEmission, err = k.perBlock.Get(ctx); err != nil && !notFound(err) {
		return g, err
	}
	if g.RootWeights, err = exportRows(ctx, k.weights, subnettypes.RootNetuid); err != nil {
		return g, err
	}
	switch d, err := k.root.Get(ctx); {
	case err == nil:
		g.Root = &d
	case !notFound(err):
		return g, err
	}
	err = k.emissions.Walk(ctx, nil, func(netuid uint16, e types.Emission) (bool, error) {
		s, err := k.exportSubnet(ctx, netuid, e)
		s.Keep = g.Params.PayoutHistory
		g.Subnets = append(g.Subnets, s)
		return false, err
	})
	return g, err
}

func (k *Keeper) exportSubnet(ctx context.Context, netuid uint16, e types.Emission) (types.GenesisSubnet, error) {
	s := types.GenesisSubnet{Netuid: uint32(netuid), Emission: e}
	var err error
	if s.Vectors, err = k.vectors.Get(ctx, netuid); err != nil {
		return s, err
	}
	if s.Weights, err = exportRows(ctx, k.weights, netuid); err != nil {
		return s, err
	}
	if s.Bonds, err = exportRows(ctx, k.bonds, netuid); err != nil {
		return s, err
	}
	err = k.commits.Walk(ctx, collections.NewPrefixedPairRange[uint16, uint16](netuid),
		func(key collections.Pair[uint16, uint16], c types.Commits) (bool, error) {
			s.Commits = append(s.Commits, types.GenesisCommits{Uid: uint32(key.K2()), Commits: c})
			return false, nil
		})
	if err != nil {
		return s, err
	}
	rng := collections.NewPrefixedPairRange[uint16, uint64](netuid)
	err = k.payouts.Walk(ctx, rng, func(_ collections.Pair[uint16, uint64], p types.Payout) (bool, error) {
		s.Payouts = append(s.Payouts, p)
		return false, nil
	})
	if err != nil {
		return s, err
	}
	p, err := k.loaded.Get(ctx, netuid)
	if notFound(err) {
		return s, nil
	}
	s.Loaded = &p
	return s, err
}

func exportRows(ctx context.Context, m collections.Map[collections.Pair[uint16, uint16], []byte], netuid uint16) ([]types.Row, error) {
	var rows []types.Row
	rng := collections.NewPrefixedPairRange[uint16, uint16](netuid)
	err := m.Walk(ctx, rng, func(key collections.Pair[uint16, uint16], packed []byte) (bool, error) {
		rows = append(rows, types.Row{Uid: uint32(key.K2()), Packed: packed})
		return false, nil
	})
	return rows, err
}
