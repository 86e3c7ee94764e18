package client

import (
	"context"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/keys"
)

// SetRootWeights replaces the row of a root validator: what part of the emission each subnet
// should get, in any unit. Its coldkey signs.
func (c *Client) SetRootWeights(ctx context.Context, coldkey *keys.Pair, hotkey string, netuids, values []uint16, version uint64) (*Receipt, error) {
	m := &incentivetypes.MsgSetRootWeights{Coldkey: coldkey.Address(), Hotkey: hotkey, VersionKey: version}
	for _, n := range netuids {
		m.Netuids = append(m.Netuids, uint32(n))
	}
	for _, v := range values {
		m.Values = append(m.Values, uint32(v))
	}
	return c.Submit(ctx, coldkey, m)
}

// SetIncentiveParam changes one parameter of the emission and the root network; only root may.
func (c *Client) SetIncentiveParam(ctx context.Context, root *keys.Pair, name, value string) (*Receipt, error) {
	return c.Submit(ctx, root, &incentivetypes.MsgSetParam{Root: root.Address(), Name: name, Value: value})
}

// IncentiveParams are the parameters of the emission and the root network.
func (c *Client) IncentiveParams(ctx context.Context) (*incentivetypes.Params, error) {
	r, err := read(ctx, c, "emission parameters", incentivetypes.NewQueryClient(c.query).Params, &incentivetypes.QueryParamsRequest{})
	if err != nil {
		return nil, err
	}
	return &r.Params, nil
}

// RootNetwork is the root network: its members, what they say, and what each subnet gets of it.
func (c *Client) RootNetwork(ctx context.Context) (*incentivetypes.QueryRootResponse, error) {
	return read(ctx, c, "the root network", incentivetypes.NewQueryClient(c.query).Root, &incentivetypes.QueryRootRequest{})
}
