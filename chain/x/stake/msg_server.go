package stake

import (
	"context"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// msgServer turns messages into keeper calls. The SDK has checked that the coldkey signed.
type msgServer struct {
	types.UnimplementedMsgServer
	keeper Keeper
}

var _ types.MsgServer = (*msgServer)(nil)

// NewMsgServer answers the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return &msgServer{keeper: k} }

func (s msgServer) AddStake(ctx context.Context, m *types.MsgAddStake) (*types.MsgAddStakeResponse, error) {
	coldkey, hotkey, err := s.keeper.keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	staked, err := s.keeper.AddStake(ctx, coldkey, hotkey, m.Amount)
	if err != nil {
		return nil, err
	}
	return &types.MsgAddStakeResponse{Staked: staked}, nil
}

func (s msgServer) RemoveStake(ctx context.Context, m *types.MsgRemoveStake) (*types.MsgRemoveStakeResponse, error) {
	coldkey, hotkey, err := s.keeper.keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	removed, err := s.keeper.RemoveStake(ctx, coldkey, hotkey, m.Amount)
	if err != nil {
		return nil, err
	}
	return &types.MsgRemoveStakeResponse{Removed: removed}, nil
}

func (s msgServer) BecomeDelegate(ctx context.Context, m *types.MsgBecomeDelegate) (*types.MsgBecomeDelegateResponse, error) {
	coldkey, hotkey, err := s.keeper.keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.BecomeDelegate(ctx, coldkey, hotkey); err != nil {
		return nil, err
	}
	return &types.MsgBecomeDelegateResponse{}, nil
}

func (k Keeper) keyPair(coldkey, hotkey string) (cold, hot []byte, err error) {
	if cold, err = k.parse("coldkey", coldkey); err != nil {
		return nil, nil, err
	}
	hot, err = k.parse("hotkey", hotkey)
	return cold, hot, err
}

// parse reads the address of a key in either form; a module's address is refused.
func (k Keeper) parse(what, text string) ([]byte, error) {
	account, err := k.addresses.StringToBytes(text)
	if err != nil {
		return nil, types.ErrAccount.Wrapf("%s: %s", what, err)
	}
	return account, checkAccount(account)
}
