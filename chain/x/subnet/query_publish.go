package subnet

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// Work is what a solver needs. Work for the latest block counts in the next two.
func (q queryServer) Work(ctx context.Context, r *types.QueryWorkRequest) (*types.QueryWorkResponse, error) {
	netuid, err := types.Netuid(r.Netuid)
	if err != nil {
		return nil, err
	}
	s, err := q.k.Get(ctx, netuid)
	if err != nil {
		return nil, err
	}
	now := height(ctx)
	b, err := q.k.workBlock(ctx, now, now+1)
	if err != nil {
		return nil, err
	}
	terms := s.Terms.At(now+1, &s.Hyper, q.k.rules.AdjustBurn)
	return &types.QueryWorkResponse{Block: b.Block, Hash: b.Hash, Difficulty: terms.Difficulty, Open: s.Hyper.PowRegistrationAllowed}, nil
}

func (q queryServer) Identity(ctx context.Context, r *types.QueryIdentityRequest) (*types.QueryIdentityResponse, error) {
	coldkey, err := q.k.account("coldkey", r.Coldkey)
	if err != nil {
		return nil, err
	}
	id, _, err := q.k.stake.ColdkeyID(ctx, coldkey) // 0, nobody's, if it has none
	if err != nil {
		return nil, err
	}
	return q.shownIdentity(ctx, id, 0, r.Coldkey)
}

func (q queryServer) SubnetIdentity(ctx context.Context, r *types.QuerySubnetIdentityRequest) (*types.QueryIdentityResponse, error) {
	netuid, err := types.Netuid(r.Netuid)
	if err != nil {
		return nil, err
	}
	if _, err := q.k.Get(ctx, netuid); err != nil {
		return nil, err
	}
	return q.shownIdentity(ctx, 0, netuid, fmt.Sprintf("subnet %d", netuid))
}

func (q queryServer) shownIdentity(ctx context.Context, coldkeyID uint64, netuid uint16, whose string) (*types.QueryIdentityResponse, error) {
	i, found, err := q.k.identity(ctx, coldkeyID, netuid)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, types.ErrIdentityNotFound.Wrapf("%s has set none", whose)
	}
	payer, err := q.k.stake.Coldkey(ctx, i.Payer)
	if err != nil {
		return nil, fmt.Errorf("find the payer of a deposit: %w", err)
	}
	return &types.QueryIdentityResponse{Payer: keys.SS58(payer), Deposit: i.Deposit, Block: i.Block, Info: i.Info}, nil
}

func (q queryServer) Commitment(ctx context.Context, r *types.QueryCommitmentRequest) (*types.QueryCommitmentResponse, error) {
	hotkey, netuid, err := q.k.signedFor("hotkey", r.Hotkey, r.Netuid)
	if err != nil {
		return nil, err
	}
	_, n, err := q.k.holder(ctx, netuid, hotkey)
	if err != nil {
		return nil, err
	}
	c, err := q.k.commitments.Get(ctx, collections.Join(netuid, uint16(n.Uid)))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrCommitmentNotFound.Wrapf("%s has published none on subnet %d", r.Hotkey, netuid)
	}
	if err != nil {
		return nil, err
	}
	return &types.QueryCommitmentResponse{Commitment: types.CommitmentInfo{Uid: n.Uid, Hotkey: r.Hotkey, Commitment: c}}, nil
}

func (q queryServer) Commitments(ctx context.Context, r *types.QueryCommitmentsRequest) (*types.QueryCommitmentsResponse, error) {
	netuid, err := types.Netuid(r.Netuid)
	if err != nil {
		return nil, err
	}
	if _, err := q.k.Get(ctx, netuid); err != nil {
		return nil, err
	}
	out := &types.QueryCommitmentsResponse{}
	err = q.k.commitments.Walk(ctx, collections.NewPrefixedPairRange[uint16, uint16](netuid),
		func(at collections.Pair[uint16, uint16], c types.Commitment) (bool, error) {
			n, err := q.k.Neuron(ctx, netuid, at.K2())
			if err != nil {
				return true, err
			}
			account, err := q.k.stake.HotkeyAccount(ctx, n.Hotkey)
			if err != nil {
				return true, fmt.Errorf("find hotkey id %d: %w", n.Hotkey, err)
			}
			out.Commitments = append(out.Commitments, types.CommitmentInfo{Uid: n.Uid, Hotkey: keys.SS58(account), Commitment: c})
			return false, nil
		})
	return out, err
}
