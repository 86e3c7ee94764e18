package client

import (
	"context"
	"fmt"
	"strconv"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// Transfer sends rao from a coldkey's balance to another account.
func (c *Client) Transfer(ctx context.Context, from *keys.Pair, to string, rao uint64) (*Receipt, error) {
	if _, err := keys.ParseSS58(to); err != nil {
		return nil, fmt.Errorf("destination: %w", err)
	}
	return c.Submit(ctx, from, TransferCall(from.Address(), to, rao))
}

// TransferCall is a transfer before it is signed.
func TransferCall(from, to string, rao uint64) sdk.Msg {
	coins := sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewIntFromUint64(rao)))
	return &banktypes.MsgSend{FromAddress: from, ToAddress: to, Amount: coins}
}

// CreateSubnet locks the current cost, at most maxCost rao (0 = any), and returns the netuid.
func (c *Client) CreateSubnet(ctx context.Context, coldkey *keys.Pair, name string, maxCost uint64) (uint16, *Receipt, error) {
	r, err := c.Submit(ctx, coldkey, &subnettypes.MsgCreateSubnet{Coldkey: coldkey.Address(), Name: name, MaxCost: maxCost})
	if err != nil {
		return 0, nil, err
	}
	netuid, err := number(r, "NetworkAdded", "netuid")
	return uint16(netuid), r, err
}

// Register buys a uid on a subnet for a hotkey, paying at most maxCost rao (0 = any).
func (c *Client) Register(ctx context.Context, coldkey *keys.Pair, hotkey string, netuid uint16, maxCost uint64) (uint16, *Receipt, error) {
	r, err := c.Submit(ctx, coldkey, &subnettypes.MsgRegister{Coldkey: coldkey.Address(), Hotkey: hotkey, Netuid: uint32(netuid), MaxCost: maxCost})
	if err != nil {
		return 0, nil, err
	}
	uid, err := number(r, "NeuronRegistered", "uid")
	return uint16(uid), r, err
}

func number(r *Receipt, event, key string) (uint64, error) {
	n, err := strconv.ParseUint(r.Attribute(event, key), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("transaction %s has no %s.%s: %w", r.Hash, event, key, err)
	}
	return n, nil
}

// ServeAxon publishes where a registered hotkey listens.
func (c *Client) ServeAxon(ctx context.Context, hotkey *keys.Pair, netuid uint16, axon subnettypes.Axon) (*Receipt, error) {
	return c.Submit(ctx, hotkey, &subnettypes.MsgServeAxon{Hotkey: hotkey.Address(), Netuid: uint32(netuid), Axon: axon})
}

// SetHyperparameter changes one parameter of a subnet the coldkey owns.
func (c *Client) SetHyperparameter(ctx context.Context, coldkey *keys.Pair, netuid uint16, name, value string) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &subnettypes.MsgSetHyperparameter{Coldkey: coldkey.Address(), Netuid: uint32(netuid), Name: name, Value: value})
}

// SetWeights replaces the hotkey's weight row on a subnet; uids[i] gets values[i] of 65535.
func (c *Client) SetWeights(ctx context.Context, hotkey *keys.Pair, netuid uint16, uids, values []uint16, version uint64) (*Receipt, error) {
	return c.Submit(ctx, hotkey, &incentivetypes.MsgSetWeights{
		Hotkey: hotkey.Address(), Netuid: uint32(netuid), Uids: wide(uids), Values: wide(values), VersionKey: version,
	})
}

// CommitWeights hides the hotkey's next weight row behind its hash, a yuma.Commitment's.
func (c *Client) CommitWeights(ctx context.Context, hotkey *keys.Pair, netuid uint16, hash [32]byte) (*Receipt, error) {
	return c.Submit(ctx, hotkey, &incentivetypes.MsgCommitWeights{Hotkey: hotkey.Address(), Netuid: uint32(netuid), Hash: hash[:]})
}

// RevealWeights discloses the row, salt and version key whose hash was committed.
func (c *Client) RevealWeights(ctx context.Context, hotkey *keys.Pair, netuid uint16, uids, values, salt []uint16, version uint64) (*Receipt, error) {
	return c.Submit(ctx, hotkey, &incentivetypes.MsgRevealWeights{
		Hotkey: hotkey.Address(), Netuid: uint32(netuid), Uids: wide(uids), Values: wide(values), Salt: wide(salt), VersionKey: version,
	})
}

func wide(numbers []uint16) []uint32 {
	out := make([]uint32, len(numbers))
	for i, n := range numbers {
		out[i] = uint32(n)
	}
	return out
}
