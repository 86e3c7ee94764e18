package incentive

import (
	"context"
	"encoding/binary"
	"fmt"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/keys"
)

// Querier answers the module's read calls.
type Querier struct{ *Keeper }

var _ types.QueryServer = Querier{}

// Params returns the module's parameters.
func (q Querier) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	p, err := q.params.Get(ctx)
	return &types.QueryParamsResponse{Params: p}, err
}

// Metagraph is a subnet with all its neurons; Full adds weights and bonds (chain §4.2).
func (q Querier) Metagraph(ctx context.Context, r *types.QueryMetagraphRequest) (*types.QueryMetagraphResponse, error) {
	if r.Netuid > 65535 {
		return nil, subnettypes.ErrSubnetDoesNotExist.Wrapf("netuid %d", r.Netuid)
	}
	netuid := uint16(r.Netuid)
	sub, err := q.subnet.Get(ctx, netuid)
	if err != nil {
		return nil, err
	}
	info, err := q.subnet.Info(ctx, sub)
	if err != nil {
		return nil, err
	}
	e, err := q.emissions.Get(ctx, netuid)
	if err != nil {
		return nil, err
	}
	out := &types.QueryMetagraphResponse{
		Subnet: info, Height: height(ctx), Rate: e.Rate, EpochIndex: e.EpochIndex,
		LastEpoch: e.LastEpoch, NextEpoch: e.NextEpoch, Pending: rolled(e, height(ctx)).Accrued,
	}
	out.Neurons, err = q.neurons(ctx, netuid, r.Full)
	return out, err
}

func (q Querier) neurons(ctx context.Context, netuid uint16, full bool) ([]types.NeuronInfo, error) {
	held, err := q.subnet.Neurons(ctx, netuid)
	if err != nil {
		return nil, err
	}
	v, err := q.vectors.Get(ctx, netuid)
	if err != nil {
		return nil, err
	}
	grow(&v, len(held))
	out := make([]types.NeuronInfo, len(held))
	for i, n := range held {
		if out[i], err = q.neuron(ctx, n, v); err != nil {
			return nil, err
		}
		key := collections.Join(netuid, uint16(n.Uid))
		row, err := q.weights.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		at := rowStamp(row)
		out[i].LastUpdate, out[i].WeighedAt, out[i].RevealedAt = at.updated, at.weighed, at.revealed
		if !full {
			continue
		}
		bonds, err := q.bonds.Get(ctx, key)
		if err != nil && !notFound(err) {
			return nil, err
		}
		out[i].Weights = livePairs(rowPairs(row), held, at.weighed)
		out[i].Bonds = livePairs(bonds, held, ^uint64(0))
	}
	return out, nil
}

func (q Querier) neuron(ctx context.Context, n subnettypes.Neuron, v types.Vectors) (types.NeuronInfo, error) {
	h, err := q.stake.Hotkey(ctx, n.Hotkey)
	if err != nil {
		return types.NeuronInfo{}, err
	}
	owner, err := q.stake.Coldkey(ctx, h.Owner)
	if err != nil {
		return types.NeuronInfo{}, err
	}
	i := n.Uid
	return types.NeuronInfo{
		Uid: i, Hotkey: keys.SS58(h.Account), Coldkey: keys.SS58(owner), Stake: h.Own + h.Pool,
		RegisteredAt: n.RegisteredAt, Active: v.Active[i], ValidatorPermit: v.Permit[i], Rank: v.Rank[i],
		Trust: v.Trust[i], Consensus: v.Consensus[i], Incentive: v.Incentive[i], Dividends: v.Dividends[i],
		ValidatorTrust: v.ValidatorTrust[i], PruningScore: v.Pruning[i], Emission: v.Emission[i], Axon: n.Axon, Prometheus: n.Prometheus,
	}, nil
}

// livePairs drops zero entries and entries towards a uid that changed hands after the row was set.
func livePairs(packed []byte, held []subnettypes.Neuron, updated uint64) []types.Pair {
	var out []types.Pair
	for ; len(packed) >= 4; packed = packed[4:] {
		uid, value := binary.LittleEndian.Uint16(packed), binary.LittleEndian.Uint16(packed[2:])
		if value == 0 || int(uid) >= len(held) || held[uid].RegisteredAt >= updated {
			continue
		}
		out = append(out, types.Pair{Uid: uint32(uid), Value: uint32(value)})
	}
	return out
}

// maxPayouts bounds one answer of Payouts.
const maxPayouts = 64

// Payouts lists the kept payouts of a subnet, newest first; Limit 0 means 16.
func (q Querier) Payouts(ctx context.Context, r *types.QueryPayoutsRequest) (*types.QueryPayoutsResponse, error) {
	if r.Netuid > 65535 {
		return nil, subnettypes.ErrSubnetDoesNotExist.Wrapf("netuid %d", r.Netuid)
	}
	params, err := q.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	e, err := q.emissions.Get(ctx, uint16(r.Netuid))
	if err != nil {
		return nil, subnettypes.ErrSubnetDoesNotExist.Wrapf("netuid %d", r.Netuid)
	}
	limit := min(r.Limit, maxPayouts)
	if limit == 0 {
		limit = 16
	}
	out := &types.QueryPayoutsResponse{}
	keep := uint64(params.PayoutHistory)
	for i := e.EpochIndex; i > 0 && e.EpochIndex-i < keep && uint64(len(out.Payouts)) < limit; i-- {
		p, err := q.payouts.Get(ctx, collections.Join(uint16(r.Netuid), (i-1)%keep))
		if notFound(err) || (err == nil && p.EpochIndex != i-1) {
			continue // loaded, not paid yet
		}
		if err != nil {
			return nil, err
		}
		info, err := q.payoutInfo(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("payout of epoch %d: %w", i-1, err)
		}
		out.Payouts = append(out.Payouts, info)
	}
	return out, nil
}

func (q Querier) payoutInfo(ctx context.Context, p types.Payout) (types.PayoutInfo, error) {
	owner, err := q.ownerAddress(ctx, p.Owner)
	if err != nil {
		return types.PayoutInfo{}, err
	}
	out := types.PayoutInfo{
		Netuid: p.Netuid, EpochIndex: p.EpochIndex, SettledAt: p.SettledAt, PaidAt: p.PaidAt,
		Accrued: p.Accrued, OwnerCut: p.OwnerCut, Owner: owner, Unissued: p.Unissued,
		Rewards: make([]types.RewardInfo, len(p.Rewards)),
	}
	for i, r := range p.Rewards {
		h, err := q.stake.Hotkey(ctx, r.Hotkey)
		if err != nil {
			return out, err
		}
		out.Rewards[i] = types.RewardInfo{Uid: r.Uid, Hotkey: keys.SS58(h.Account), Miner: r.Miner, Validator: r.Validator}
	}
	return out, nil
}
