package stake

import (
	"context"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// msgServer turns messages into keeper calls. The SDK has checked that the coldkey signed.
type msgServer struct{ keeper Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer answers the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

func (s msgServer) AddStake(ctx context.Context, m *types.MsgAddStake) (*types.MsgAddStakeResponse, error) {
	coldkey, hotkey, err := keyPair(m.Coldkey, m.Hotkey)
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
	coldkey, hotkey, err := keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	removed, err := s.keeper.RemoveStake(ctx, coldkey, hotkey, Want{Rao: m.Amount, All: m.All})
	if err != nil {
		return nil, err
	}
	return &types.MsgRemoveStakeResponse{Removed: removed}, nil
}

func (s msgServer) RemoveAllStake(ctx context.Context, m *types.MsgRemoveAllStake) (*types.MsgRemoveAllStakeResponse, error) {
	coldkey, err := types.ParseKey("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	after, err := optionalKey("after", m.After)
	if err != nil {
		return nil, err
	}
	hotkeys, next, err := s.keeper.RemoveAllStake(ctx, coldkey, after)
	if err != nil {
		return nil, err
	}
	return &types.MsgRemoveAllStakeResponse{Hotkeys: hotkeys, Next: optionalText(next)}, nil
}

func (s msgServer) MoveStake(ctx context.Context, m *types.MsgMoveStake) (*types.MsgMoveStakeResponse, error) {
	coldkey, from, err := keyPair(m.Coldkey, m.From)
	if err != nil {
		return nil, err
	}
	to, err := types.ParseKey("to", m.To)
	if err != nil {
		return nil, err
	}
	moved, err := s.keeper.MoveStake(ctx, coldkey, from, to, Want{Rao: m.Amount, All: m.All})
	if err != nil {
		return nil, err
	}
	return &types.MsgMoveStakeResponse{Moved: moved}, nil
}

func (s msgServer) BecomeDelegate(ctx context.Context, m *types.MsgBecomeDelegate) (*types.MsgBecomeDelegateResponse, error) {
	coldkey, hotkey, err := keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.BecomeDelegate(ctx, coldkey, hotkey); err != nil {
		return nil, err
	}
	return &types.MsgBecomeDelegateResponse{}, nil
}

func (s msgServer) DecreaseTake(ctx context.Context, m *types.MsgDecreaseTake) (*types.MsgDecreaseTakeResponse, error) {
	coldkey, hotkey, err := keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.DecreaseTake(ctx, coldkey, hotkey, m.Take); err != nil {
		return nil, err
	}
	return &types.MsgDecreaseTakeResponse{}, nil
}

func (s msgServer) IncreaseTake(ctx context.Context, m *types.MsgIncreaseTake) (*types.MsgIncreaseTakeResponse, error) {
	coldkey, hotkey, err := keyPair(m.Coldkey, m.Hotkey)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.IncreaseTake(ctx, coldkey, hotkey, m.Take); err != nil {
		return nil, err
	}
	return &types.MsgIncreaseTakeResponse{}, nil
}

func (s msgServer) SwapHotkey(ctx context.Context, m *types.MsgSwapHotkey) (*types.MsgSwapHotkeyResponse, error) {
	coldkey, old, err := keyPair(m.Coldkey, m.Old)
	if err != nil {
		return nil, err
	}
	fresh, err := types.ParseKey("new", m.New)
	if err != nil {
		return nil, err
	}
	cost, err := s.keeper.SwapHotkey(ctx, coldkey, old, fresh, m.MaxCost)
	if err != nil {
		return nil, err
	}
	return &types.MsgSwapHotkeyResponse{Cost: cost}, nil
}

func (s msgServer) ScheduleColdkeySwap(ctx context.Context, m *types.MsgScheduleColdkeySwap) (*types.MsgScheduleColdkeySwapResponse, error) {
	coldkey, fresh, err := keyPair(m.Coldkey, m.New)
	if err != nil {
		return nil, err
	}
	cost, due, err := s.keeper.ScheduleColdkeySwap(ctx, coldkey, fresh, m.MaxCost)
	if err != nil {
		return nil, err
	}
	return &types.MsgScheduleColdkeySwapResponse{Cost: cost, Due: due}, nil
}

func (s msgServer) ExecuteColdkeySwap(ctx context.Context, m *types.MsgExecuteColdkeySwap) (*types.MsgExecuteColdkeySwapResponse, error) {
	coldkey, err := types.ParseKey("coldkey", m.Coldkey)
	if err != nil {
		return nil, err
	}
	moved, err := s.keeper.ExecuteColdkeySwap(ctx, coldkey)
	if err != nil {
		return nil, err
	}
	return &types.MsgExecuteColdkeySwapResponse{Moved: moved}, nil
}

func (s msgServer) CancelColdkeySwap(ctx context.Context, m *types.MsgCancelColdkeySwap) (*types.MsgCancelColdkeySwapResponse, error) {
	root, coldkey, err := keyPair(m.Root, m.Coldkey)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.requireRoot(ctx, root); err != nil {
		return nil, err
	}
	if err := s.keeper.CancelColdkeySwap(ctx, coldkey); err != nil {
		return nil, err
	}
	return &types.MsgCancelColdkeySwapResponse{}, nil
}

func (s msgServer) SetParams(ctx context.Context, m *types.MsgSetParams) (*types.MsgSetParamsResponse, error) {
	root, err := types.ParseKey("root", m.Root)
	if err != nil {
		return nil, err
	}
	if err := s.keeper.requireRoot(ctx, root); err != nil {
		return nil, err
	}
	if err := s.keeper.SetParams(ctx, m.Params); err != nil {
		return nil, err
	}
	return &types.MsgSetParamsResponse{}, nil
}

// keyPair reads who signs and whom it is about.
func keyPair(signer, about string) (first, second []byte, err error) {
	if first, err = types.ParseKey("signer", signer); err != nil {
		return nil, nil, err
	}
	second, err = types.ParseKey("key", about)
	return first, second, err
}

// optionalKey reads an address that may be missing.
func optionalKey(what, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return types.ParseKey(what, text)
}

func optionalText(account []byte) string {
	if account == nil {
		return ""
	}
	return keys.SS58(account)
}
