package incentive

import (
	"context"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

// billion is the unit of a share in answers.
const billion = 1_000_000_000

// Root returns the root network: its members, what they say, and what each subnet gets of it.
func (q Querier) Root(ctx context.Context, _ *types.QueryRootRequest) (*types.QueryRootResponse, error) {
	params, err := q.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	out := &types.QueryRootResponse{Height: height(ctx), Tempo: params.RootTempo}
	if next := yuma.NextEpoch(subnettypes.RootNetuid, uint16(params.RootTempo), out.Height); next != yuma.Never {
		out.NextEpoch = next
	}
	d, err := q.root.Get(ctx)
	if err != nil && !notFound(err) {
		return nil, err
	}
	out.DecidedAt = d.Block
	if out.BlockEmission, err = q.perBlock.Get(ctx); err != nil {
		return nil, err
	}
	if out.Members, err = q.members(ctx); err != nil {
		return nil, err
	}
	out.Subnets, err = q.shares(ctx, params)
	return out, err
}

func (q Querier) members(ctx context.Context) ([]types.RootMember, error) {
	held, err := q.subnet.Neurons(ctx, subnettypes.RootNetuid)
	if err != nil {
		return nil, err
	}
	rows, err := rowsOf(ctx, q.weights, subnettypes.RootNetuid, len(held))
	if err != nil {
		return nil, err
	}
	out := make([]types.RootMember, len(held))
	for i, n := range held {
		h, err := q.stake.Hotkey(ctx, n.Hotkey)
		if err != nil {
			return nil, err
		}
		owner, err := q.stake.Coldkey(ctx, h.Owner)
		if err != nil {
			return nil, err
		}
		out[i] = types.RootMember{
			Uid: n.Uid, Hotkey: keys.SS58(h.Account), Coldkey: keys.SS58(owner), Stake: h.Own + h.Pool,
			RegisteredAt: n.RegisteredAt, LastUpdate: rowUpdated(rows[i]), Weights: subnetWeights(rows[i]),
		}
	}
	return out, nil
}

func (q Querier) shares(ctx context.Context, params types.Params) ([]types.RootSubnet, error) {
	var out []types.RootSubnet
	err := q.subnet.Each(ctx, func(s subnettypes.Subnet) error {
		e, err := q.emissions.Get(ctx, uint16(s.Netuid))
		out = append(out, types.RootSubnet{Netuid: s.Netuid, Rate: e.Rate})
		return err
	})
	if err != nil {
		return nil, err
	}
	shareOf, err := q.shareOf(ctx, params, len(out))
	for i := range out {
		out[i].Share = shareOf(uint16(out[i].Netuid), billion)
	}
	return out, err
}
