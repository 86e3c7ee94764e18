package subnet

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

type queryServer struct{ k *Keeper }

// NewQueryServer serves the module's queries.
func NewQueryServer(k *Keeper) types.QueryServer { return queryServer{k} }

// Info is a subnet with what follows from its record: the owner's address, and the price a
// registration in the next block pays.
func (k *Keeper) Info(ctx context.Context, s types.Subnet) (types.SubnetInfo, error) {
	owner, err := k.stake.Coldkey(ctx, s.Owner)
	if err != nil {
		return types.SubnetInfo{}, fmt.Errorf("find the owner of subnet %d: %w", s.Netuid, err)
	}
	terms := s.Terms.At(height(ctx)+1, &s.Hyper, k.rules.AdjustBurn)
	s.Hyper.Difficulty = terms.Difficulty
	return types.SubnetInfo{
		Netuid: s.Netuid, Name: s.Name, Mechanism: s.Mechanism, Owner: keys.SS58(owner),
		RegisteredAt: s.RegisteredAt, Locked: s.Locked, N: s.N,
		Burn: terms.Burn, NextAdjustment: terms.LastAdjustment + s.Hyper.AdjustmentInterval,
		Recycled: terms.Recycled, Hyper: s.Hyper, RegsInterval: terms.RegsInterval,
	}, nil
}

func (q queryServer) Subnets(ctx context.Context, _ *types.QuerySubnetsRequest) (*types.QuerySubnetsResponse, error) {
	out, err := q.k.creation(ctx)
	if err != nil {
		return nil, err
	}
	err = q.k.Each(ctx, func(s types.Subnet) error {
		info, err := q.k.Info(ctx, s)
		out.Subnets = append(out.Subnets, info)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// creation is what a creation in the next block would meet.
func (k *Keeper) creation(ctx context.Context) (*types.QuerySubnetsResponse, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	network, err := k.network.Get(ctx)
	if err != nil {
		return nil, err
	}
	next := height(ctx) + 1
	out := &types.QuerySubnetsResponse{
		LockCost: k.lockCost(params, network, next), Height: next - 1, Limit: params.SubnetLimit, Deposits: network.Deposits,
		Opens: max(opens(params, network), next),
	}
	if network.Count < params.SubnetLimit {
		return out, nil
	}
	s, _, err := k.weakest(ctx, params, next)
	out.Ends = s.Netuid
	return out, err
}

func (q queryServer) Subnet(ctx context.Context, r *types.QuerySubnetRequest) (*types.QuerySubnetResponse, error) {
	netuid, err := types.Netuid(r.Netuid)
	if err != nil {
		return nil, err
	}
	s, err := q.k.Get(ctx, netuid)
	if err != nil {
		return nil, err
	}
	info, err := q.k.Info(ctx, s)
	if err != nil {
		return nil, err
	}
	return &types.QuerySubnetResponse{Subnet: info}, nil
}

func (q queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	p, err := q.k.params.Get(ctx)
	return &types.QueryParamsResponse{Params: p}, err
}

func (q queryServer) RootMembers(ctx context.Context, _ *types.QueryRootMembersRequest) (*types.QueryRootMembersResponse, error) {
	return q.k.RootMembers(ctx)
}

func (q queryServer) Changes(ctx context.Context, r *types.QueryChangesRequest) (*types.QueryChangesResponse, error) {
	netuid, err := types.Netuid(r.Netuid)
	if err != nil {
		return nil, err
	}
	changes, err := q.k.Changes(ctx, netuid, r.Limit)
	return &types.QueryChangesResponse{Changes: changes}, err
}

func (q queryServer) Neuron(ctx context.Context, r *types.QueryNeuronRequest) (*types.QueryNeuronResponse, error) {
	netuid, err := types.Netuid(r.Netuid)
	if err != nil {
		return nil, err
	}
	hotkey, err := q.k.account("hotkey", r.Hotkey)
	if err != nil {
		return nil, err
	}
	if _, err := q.k.Get(ctx, netuid); err != nil {
		return nil, err
	}
	uid, registered, err := q.k.uidOf(ctx, netuid, hotkey)
	if err != nil {
		return nil, err
	}
	if !registered {
		return nil, types.ErrHotKeyNotRegisteredInSubNet.Wrapf("%s holds no uid of subnet %d", r.Hotkey, netuid)
	}
	n, err := q.k.Neuron(ctx, netuid, uid)
	if err != nil {
		return nil, err
	}
	return &types.QueryNeuronResponse{Uid: n.Uid, RegisteredAt: n.RegisteredAt, Axon: n.Axon, Prometheus: n.Prometheus}, nil
}
