package subnet

import (
	"context"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// signedFor reads the signer and the netuid of a message; what says whose key signs.
func (k *Keeper) signedFor(what, account string, netuid uint32) ([]byte, uint16, error) {
	id, err := k.account(what, account)
	if err != nil {
		return nil, 0, err
	}
	n, err := types.Netuid(netuid)
	return id, n, err
}

func (s msgServer) RegisterPow(ctx context.Context, m *types.MsgRegisterPow) (*types.MsgRegisterPowResponse, error) {
	uid, err := s.k.RegisterPow(ctx, m)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterPowResponse{Uid: uint32(uid)}, nil
}

func (s msgServer) ServePrometheus(ctx context.Context, m *types.MsgServePrometheus) (*types.MsgServePrometheusResponse, error) {
	hotkey, netuid, err := s.k.signedFor("hotkey", m.Hotkey, m.Netuid)
	if err != nil {
		return nil, err
	}
	if err := s.k.ServePrometheus(ctx, netuid, hotkey, m.Prometheus); err != nil {
		return nil, err
	}
	return &types.MsgServePrometheusResponse{}, nil
}

func (s msgServer) SetIdentity(ctx context.Context, m *types.MsgSetIdentity) (*types.MsgSetIdentityResponse, error) {
	coldkey, netuid, err := s.k.signedFor("coldkey", m.Coldkey, m.Netuid)
	if err != nil {
		return nil, err
	}
	deposit, err := s.k.SetIdentity(ctx, coldkey, netuid, m.Info)
	if err != nil {
		return nil, err
	}
	return &types.MsgSetIdentityResponse{Deposit: deposit}, nil
}

func (s msgServer) ClearIdentity(ctx context.Context, m *types.MsgClearIdentity) (*types.MsgClearIdentityResponse, error) {
	coldkey, netuid, err := s.k.signedFor("coldkey", m.Coldkey, m.Netuid)
	if err != nil {
		return nil, err
	}
	returned, err := s.k.ClearIdentity(ctx, coldkey, netuid)
	if err != nil {
		return nil, err
	}
	return &types.MsgClearIdentityResponse{Returned: returned}, nil
}

func (s msgServer) SetCommitment(ctx context.Context, m *types.MsgSetCommitment) (*types.MsgSetCommitmentResponse, error) {
	hotkey, netuid, err := s.k.signedFor("hotkey", m.Hotkey, m.Netuid)
	if err != nil {
		return nil, err
	}
	if err := s.k.SetCommitment(ctx, netuid, hotkey, m.Format, m.Data); err != nil {
		return nil, err
	}
	return &types.MsgSetCommitmentResponse{}, nil
}
