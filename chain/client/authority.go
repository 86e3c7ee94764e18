package client

import (
	"context"

	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	beacontypes "github.com/ergon-network/ergon/chain/x/beacon/types"
	"github.com/ergon-network/ergon/keys"
)

// Root is the SS58 address of the account with the powers of root; empty: nobody.
func (c *Client) Root(ctx context.Context) (string, error) {
	r, err := read(ctx, c, "who is root", authoritytypes.NewQueryClient(c.query).Params, &authoritytypes.QueryParamsRequest{})
	if err != nil {
		return "", err
	}
	return r.Params.Root, nil
}

// Beacon is the ledger's randomness now, and each producer's part in it.
func (c *Client) Beacon(ctx context.Context) (*beacontypes.QueryBeaconResponse, error) {
	return read(ctx, c, "beacon", beacontypes.NewQueryClient(c.query).Beacon, &beacontypes.QueryBeaconRequest{})
}

// AddProducer lets one more key produce blocks, from two blocks on.
func (c *Client) AddProducer(ctx context.Context, root *keys.Pair, p authoritytypes.Producer) (*Receipt, error) {
	return c.Submit(ctx, root, &authoritytypes.MsgAddProducer{Root: root.Address(), Name: p.Name, PubKey: p.PubKey, Power: p.Power})
}

// RemoveProducer takes a key out of the set of producers.
func (c *Client) RemoveProducer(ctx context.Context, root *keys.Pair, pubKey []byte) (*Receipt, error) {
	return c.Submit(ctx, root, &authoritytypes.MsgRemoveProducer{Root: root.Address(), PubKey: pubKey})
}

// SetPower changes a producer's voting power.
func (c *Client) SetPower(ctx context.Context, root *keys.Pair, pubKey []byte, power int64) (*Receipt, error) {
	return c.Submit(ctx, root, &authoritytypes.MsgSetPower{Root: root.Address(), PubKey: pubKey, Power: power})
}

// SetRoot hands the powers of root to another account. Only that one can give them back.
func (c *Client) SetRoot(ctx context.Context, root *keys.Pair, newRoot string) (*Receipt, error) {
	return c.Submit(ctx, root, &authoritytypes.MsgSetRoot{Root: root.Address(), NewRoot: newRoot})
}
