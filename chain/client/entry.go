package client

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/ergon-network/ergon/chain/app"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
	"github.com/ergon-network/ergon/keys"
)

// Work is what a solver has to know: the latest block and the difficulty of the next.
func (c *Client) Work(ctx context.Context, netuid uint16) (*subnettypes.QueryWorkResponse, error) {
	return read(ctx, c, fmt.Sprintf("work of subnet %d", netuid), subnettypes.NewQueryClient(c.query).Work, &subnettypes.QueryWorkRequest{Netuid: uint32(netuid)})
}

// RegisterPow gets a uid for a hotkey with work for a block. It may be the hotkey's first
// transaction: no coins and no account are needed. Work that came too late is refused as
// InvalidWorkBlock, or not included within the two blocks it is good for.
func (c *Client) RegisterPow(ctx context.Context, hotkey *keys.Pair, coldkey string, netuid uint16, block, nonce uint64, seal [pow.Size]byte) (uint16, *Receipt, error) {
	m := &subnettypes.MsgRegisterPow{
		Hotkey: hotkey.Address(), Coldkey: coldkey, Netuid: uint32(netuid), BlockNumber: block, Nonce: nonce, Work: seal[:],
	}
	r, err := c.first(ctx, hotkey, m)
	if errors.Is(err, sdkerrors.ErrUnauthorized) { // somebody opened the account: sign with its number
		r, err = c.first(ctx, hotkey, m)
	}
	if err != nil {
		return 0, nil, err
	}
	uid, err := number(r, "NeuronRegistered", "uid")
	return uint16(uid), r, err
}

// first submits a proof of work, of a hotkey that may have no account yet. It reads the account anew:
// work that was not included leaves a sequence behind that an account which was never opened has not.
func (c *Client) first(ctx context.Context, hotkey *keys.Pair, m *subnettypes.MsgRegisterPow) (*Receipt, error) {
	a := c.account(hotkey.Address())
	a.mu.Lock()
	err := c.introduce(ctx, a, hotkey)
	a.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return c.submit(ctx, hotkey, pow.MaxAge-1, m)
}

// introduce is refresh for a key that may have no account: it signs with the number that the
// ledger gives to one that a first transaction opens.
func (c *Client) introduce(ctx context.Context, a *account, signer *keys.Pair) error {
	res, err := c.info(ctx, signer.Address())
	switch {
	case status.Code(err) == codes.NotFound:
		a.number, a.next, a.known = app.FirstAccountNumber(signer.Public()), 0, true
	case err != nil:
		return fmt.Errorf("read account %s: %w", signer.Address(), err)
	default:
		a.number, a.next, a.known = res.Info.AccountNumber, res.Info.Sequence, true
	}
	return nil
}

// ServePrometheus publishes where a registered hotkey shows its metrics.
func (c *Client) ServePrometheus(ctx context.Context, hotkey *keys.Pair, netuid uint16, record subnettypes.Prometheus) (*Receipt, error) {
	return c.Submit(ctx, hotkey, &subnettypes.MsgServePrometheus{Hotkey: hotkey.Address(), Netuid: uint32(netuid), Prometheus: record})
}

// SetIdentity says who the coldkey is, or with a netuid who runs that subnet of its.
func (c *Client) SetIdentity(ctx context.Context, coldkey *keys.Pair, netuid uint16, info subnettypes.IdentityInfo) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &subnettypes.MsgSetIdentity{Coldkey: coldkey.Address(), Netuid: uint32(netuid), Info: info})
}

// ClearIdentity takes back what SetIdentity said; the deposit returns.
func (c *Client) ClearIdentity(ctx context.Context, coldkey *keys.Pair, netuid uint16) (*Receipt, error) {
	return c.Submit(ctx, coldkey, &subnettypes.MsgClearIdentity{Coldkey: coldkey.Address(), Netuid: uint32(netuid)})
}

// Identity is what a coldkey says of itself.
func (c *Client) Identity(ctx context.Context, coldkey string) (*subnettypes.QueryIdentityResponse, error) {
	return read(ctx, c, "identity of "+coldkey, subnettypes.NewQueryClient(c.query).Identity, &subnettypes.QueryIdentityRequest{Coldkey: coldkey})
}

// SubnetIdentity is what a subnet's owner says of it.
func (c *Client) SubnetIdentity(ctx context.Context, netuid uint16) (*subnettypes.QueryIdentityResponse, error) {
	return read(ctx, c, fmt.Sprintf("identity of subnet %d", netuid), subnettypes.NewQueryClient(c.query).SubnetIdentity, &subnettypes.QuerySubnetIdentityRequest{Netuid: uint32(netuid)})
}

// SetCommitment publishes up to 128 bytes under the hotkey's uid: as they are (format raw), or a
// hash (see CommitmentFormats).
func (c *Client) SetCommitment(ctx context.Context, hotkey *keys.Pair, netuid uint16, format string, data []byte) (*Receipt, error) {
	return c.Submit(ctx, hotkey, &subnettypes.MsgSetCommitment{Hotkey: hotkey.Address(), Netuid: uint32(netuid), Format: format, Data: data})
}

// Commitment is what a hotkey has published on a subnet.
func (c *Client) Commitment(ctx context.Context, netuid uint16, hotkey string) (*subnettypes.CommitmentInfo, error) {
	r, err := read(ctx, c, "commitment of "+hotkey, subnettypes.NewQueryClient(c.query).Commitment, &subnettypes.QueryCommitmentRequest{Netuid: uint32(netuid), Hotkey: hotkey})
	if err != nil {
		return nil, err
	}
	return &r.Commitment, nil
}

// Commitments lists what a subnet's neurons have published, by uid.
func (c *Client) Commitments(ctx context.Context, netuid uint16) ([]subnettypes.CommitmentInfo, error) {
	r, err := read(ctx, c, fmt.Sprintf("commitments of subnet %d", netuid), subnettypes.NewQueryClient(c.query).Commitments, &subnettypes.QueryCommitmentsRequest{Netuid: uint32(netuid)})
	if err != nil {
		return nil, err
	}
	return r.Commitments, nil
}
