package subnet

import (
	"context"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

type msgServer struct{ k *Keeper }

// NewMsgServer serves the module's messages: it decodes them and calls the keeper.
func NewMsgServer(k *Keeper) types.MsgServer { return msgServer{k} }

// account reads an address of a message; what says whose it is.
func (k *Keeper) account(what, text string) ([]byte, error) {
	id, err := k.addresses.StringToBytes(text)
	if err != nil {
		return nil, types.ErrInvalidAddress.Wrapf("%s %.64q: %v", what, text, err)
	}
	// keys.SS58 and the hotkey's account both need the 32 bytes of a public key.
	if len(id) != 32 {
		return nil, types.ErrInvalidAddress.Wrapf("%s %.64q holds %d bytes, want 32", what, text, len(id))
	}
	return id, nil
}

func (s msgServer) CreateSubnet(ctx context.Context, m *types.MsgCreateSubnet) (*types.MsgCreateSubnetResponse, error) {
	coldkey, err := s.k.account("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	netuid, locked, err := s.k.CreateSubnet(ctx, coldkey, m.Name, m.MaxCost)
	if err != nil {
		return nil, err
	}
	return &types.MsgCreateSubnetResponse{Netuid: uint32(netuid), Locked: locked}, nil
}

func (s msgServer) Register(ctx context.Context, m *types.MsgRegister) (*types.MsgRegisterResponse, error) {
	coldkey, err := s.k.account("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	hotkey, err := s.k.account("hotkey", m.Hotkey)
	if err != nil {
		return nil, err
	}
	netuid, err := types.Netuid(m.Netuid)
	if err != nil {
		return nil, err
	}
	uid, burned, err := s.k.Register(ctx, netuid, hotkey, coldkey, m.MaxCost)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterResponse{Uid: uint32(uid), Burned: burned}, nil
}

func (s msgServer) ServeAxon(ctx context.Context, m *types.MsgServeAxon) (*types.MsgServeAxonResponse, error) {
	hotkey, err := s.k.account("hotkey", m.Hotkey)
	if err != nil {
		return nil, err
	}
	netuid, err := types.Netuid(m.Netuid)
	if err != nil {
		return nil, err
	}
	if err := s.k.ServeAxon(ctx, netuid, hotkey, m.Axon); err != nil {
		return nil, err
	}
	return &types.MsgServeAxonResponse{}, nil
}

func (s msgServer) SetHyperparameter(ctx context.Context, m *types.MsgSetHyperparameter) (*types.MsgSetHyperparameterResponse, error) {
	coldkey, err := s.k.account("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	netuid, err := types.Netuid(m.Netuid)
	if err != nil {
		return nil, err
	}
	if err := s.k.SetHyperparameter(ctx, netuid, coldkey, m.Name, m.Value); err != nil {
		return nil, err
	}
	return &types.MsgSetHyperparameterResponse{}, nil
}

func (s msgServer) RootRegister(ctx context.Context, m *types.MsgRootRegister) (*types.MsgRootRegisterResponse, error) {
	coldkey, err := s.k.account("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	hotkey, err := s.k.account("hotkey", m.Hotkey)
	if err != nil {
		return nil, err
	}
	uid, replaced, err := s.k.RootRegister(ctx, hotkey, coldkey)
	if err != nil {
		return nil, err
	}
	return &types.MsgRootRegisterResponse{Uid: uint32(uid), Replaced: textOf(replaced)}, nil
}

func (s msgServer) DissolveSubnet(ctx context.Context, m *types.MsgDissolveSubnet) (*types.MsgDissolveSubnetResponse, error) {
	coldkey, err := s.k.account("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	netuid, err := types.Netuid(m.Netuid)
	if err != nil {
		return nil, err
	}
	unlocked, err := s.k.DissolveSubnet(ctx, netuid, coldkey)
	if err != nil {
		return nil, err
	}
	return &types.MsgDissolveSubnetResponse{Unlocked: unlocked}, nil
}

func (s msgServer) TransferSubnet(ctx context.Context, m *types.MsgTransferSubnet) (*types.MsgTransferSubnetResponse, error) {
	coldkey, err := s.k.account("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	to, err := s.k.account("new_owner", m.NewOwner)
	if err != nil {
		return nil, err
	}
	netuid, err := types.Netuid(m.Netuid)
	if err != nil {
		return nil, err
	}
	if err := s.k.TransferSubnet(ctx, netuid, coldkey, to); err != nil {
		return nil, err
	}
	return &types.MsgTransferSubnetResponse{}, nil
}

func (s msgServer) SetParam(ctx context.Context, m *types.MsgSetParam) (*types.MsgSetParamResponse, error) {
	root, err := s.k.account("root", m.Root)
	if err != nil {
		return nil, err
	}
	if err := s.k.SetParam(ctx, root, m.Name, m.Value); err != nil {
		return nil, err
	}
	return &types.MsgSetParamResponse{}, nil
}
