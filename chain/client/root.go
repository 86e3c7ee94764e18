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

// RootNetwork is the root network: its members, what they say, and what each subnet gets of it.
func (c *Client) RootNetwork(ctx context.Context) (*incentivetypes.QueryRootResponse, error) {
	return read(ctx, c, "the root network", incentivetypes.NewQueryClient(c.query).Root, &incentivetypes.QueryRootRequest{})
}
