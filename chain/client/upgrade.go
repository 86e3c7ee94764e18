package client

import (
	"context"

	upgradetypes "github.com/ergon-network/ergon/chain/x/upgrade/types"
	"github.com/ergon-network/ergon/keys"
)

// Upgrades tells which release is planned, which are past, and the form of each module's state.
func (c *Client) Upgrades(ctx context.Context) (*upgradetypes.QueryUpgradesResponse, error) {
	return read(ctx, c, "upgrades", upgradetypes.NewQueryClient(c.query).Upgrades, &upgradetypes.QueryUpgradesRequest{})
}

// ScheduleUpgrade names the release whose rules begin at a height; info says where it is.
func (c *Client) ScheduleUpgrade(ctx context.Context, root *keys.Pair, name string, height uint64, info string) (*Receipt, error) {
	return c.Submit(ctx, root, &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: upgradetypes.Plan{Name: name, Height: height, Info: info}})
}

// CancelUpgrade drops the plan of that name.
func (c *Client) CancelUpgrade(ctx context.Context, root *keys.Pair, name string) (*Receipt, error) {
	return c.Submit(ctx, root, &upgradetypes.MsgCancelUpgrade{Root: root.Address(), Name: name})
}
