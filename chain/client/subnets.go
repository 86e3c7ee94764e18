package client

import (
	"context"
	"fmt"

	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// DissolveSubnet ends a subnet the coldkey owns; what it locked returns to the balance.
func (c *Client) DissolveSubnet(ctx context.Context, coldkey *keys.Pair, netuid uint16) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &subnettypes.MsgDissolveSubnet{Coldkey: coldkey.Address(), Netuid: uint32(netuid)})
}

// TransferSubnet gives a subnet the coldkey owns, with its lock, to another coldkey.
func (c *Client) TransferSubnet(ctx context.Context, coldkey *keys.Pair, netuid uint16, to string) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &subnettypes.MsgTransferSubnet{Coldkey: coldkey.Address(), Netuid: uint32(netuid), NewOwner: to})
}

// RootRegister makes a hotkey of the coldkey's a member of the root network and returns its uid.
func (c *Client) RootRegister(ctx context.Context, coldkey *keys.Pair, hotkey string) (uint16, *Receipt, error) {
	r, err := c.Submit(ctx, coldkey, &subnettypes.MsgRootRegister{Coldkey: coldkey.Address(), Hotkey: hotkey})
	if err != nil {
		return 0, nil, err
	}
	uid, err := number(r, "RootRegistered", "uid")
	return uint16(uid), r, err
}

// SetSubnetParam changes one global parameter of the subnets; only root may.
func (c *Client) SetSubnetParam(ctx context.Context, root *keys.Pair, name, value string) (*Receipt, error) {
	return c.Submit(ctx, root, &subnettypes.MsgSetParam{Root: root.Address(), Name: name, Value: value})
}

// SubnetParams are the global parameters of the subnets.
func (c *Client) SubnetParams(ctx context.Context) (*subnettypes.Params, error) {
	r, err := read(ctx, c, "subnet parameters", subnettypes.NewQueryClient(c.query).Params, &subnettypes.QueryParamsRequest{})
	if err != nil {
		return nil, err
	}
	return &r.Params, nil
}

// RootMembers lists the members of the root network by uid.
func (c *Client) RootMembers(ctx context.Context) (*subnettypes.QueryRootMembersResponse, error) {
	return read(ctx, c, "members of root", subnettypes.NewQueryClient(c.query).RootMembers, &subnettypes.QueryRootMembersRequest{})
}

// Changes lists what was last changed of a subnet, the newest first; limit 0 is all that is kept.
func (c *Client) Changes(ctx context.Context, netuid uint16, limit uint32) ([]subnettypes.ChangeInfo, error) {
	r, err := read(ctx, c, fmt.Sprintf("changes of subnet %d", netuid), subnettypes.NewQueryClient(c.query).Changes,
		&subnettypes.QueryChangesRequest{Netuid: uint32(netuid), Limit: limit})
	if err != nil {
		return nil, err
	}
	return r.Changes, nil
}

// Root is the account with the powers of root; empty = nobody.
func (c *Client) Root(ctx context.Context) (string, error) {
	r, err := read(ctx, c, "who is root", authoritytypes.NewQueryClient(c.query).Params, &authoritytypes.QueryParamsRequest{})
	if err != nil {
		return "", err
	}
	return r.Params.Root, nil
}
