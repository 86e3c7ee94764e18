package authority

import (
	"context"
	"fmt"
	"strconv"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/ss58"
	"github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/keys"
)

// msgServer turns messages into keeper calls. The SDK has checked that the account named root
// signed; that it is root is checked first in each.
type msgServer struct{ keeper Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer answers the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

func (s msgServer) AddProducer(ctx context.Context, m *types.MsgAddProducer) (*types.MsgAddProducerResponse, error) {
	root, err := s.root(ctx, m.Root)
	if err != nil {
		return nil, err
	}
	p := types.Producer{Name: m.Name, PubKey: m.PubKey, Power: m.Power}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	set, err := s.keeper.add(ctx, p)
	if err != nil {
		return nil, err
	}
	emit(ctx, types.EventProducerAdded, p, append(setAttributes(set), root, powerAttribute(p))...)
	return &types.MsgAddProducerResponse{}, nil
}

func (s msgServer) RemoveProducer(ctx context.Context, m *types.MsgRemoveProducer) (*types.MsgRemoveProducerResponse, error) {
	root, err := s.root(ctx, m.Root)
	if err != nil {
		return nil, err
	}
	if err := types.CheckKey(m.PubKey); err != nil {
		return nil, err
	}
	gone, left, err := s.keeper.remove(ctx, m.PubKey)
	if err != nil {
		return nil, err
	}
	height := strconv.FormatInt(sdk.UnwrapSDKContext(ctx).BlockHeight(), 10)
	emit(ctx, types.EventProducerRemoved, gone, append(setAttributes(left), root,
		sdk.NewAttribute(types.AttributeReason, types.ReasonRoot), sdk.NewAttribute(types.AttributeHeight, height))...)
	return &types.MsgRemoveProducerResponse{}, nil
}

func (s msgServer) SetPower(ctx context.Context, m *types.MsgSetPower) (*types.MsgSetPowerResponse, error) {
	root, err := s.root(ctx, m.Root)
	if err != nil {
		return nil, err
	}
	if err := types.CheckKey(m.PubKey); err != nil {
		return nil, err
	}
	if err := types.CheckPower(m.Power); err != nil {
		return nil, err
	}
	p, set, err := s.keeper.setPower(ctx, m.PubKey, m.Power)
	if err != nil {
		return nil, err
	}
	emit(ctx, types.EventProducerPowerSet, p, append(setAttributes(set), root, powerAttribute(p))...)
	return &types.MsgSetPowerResponse{}, nil
}

func (s msgServer) SetRoot(ctx context.Context, m *types.MsgSetRoot) (*types.MsgSetRootResponse, error) {
	root, err := s.root(ctx, m.Root)
	if err != nil {
		return nil, err
	}
	account, err := ss58.Codec{}.StringToBytes(m.NewRoot)
	if err != nil || len(account) != keys.PublicSize {
		return nil, types.ErrRoot.Wrapf("%q: give the SS58 address of an account that somebody holds the key of", m.NewRoot)
	}
	next := keys.SS58(account)
	if next == root.Value {
		return nil, types.ErrUnchanged.Wrapf("%s is root", next)
	}
	params, err := s.keeper.params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read who is root: %w", err)
	}
	params.Root = next
	if err := s.keeper.params.Set(ctx, params); err != nil {
		return nil, fmt.Errorf("write who is root: %w", err)
	}
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(types.EventRootSet, root, sdk.NewAttribute(types.AttributeRoot, next)))
	return &types.MsgSetRootResponse{}, nil
}

// root refuses everybody else, and returns the attribute that names the signer.
func (s msgServer) root(ctx context.Context, signer string) (sdk.Attribute, error) {
	account, err := ss58.Codec{}.StringToBytes(signer)
	if err != nil {
		return sdk.Attribute{}, types.ErrNotRoot.Wrap(err.Error())
	}
	is, err := s.keeper.IsRoot(ctx, account)
	if err != nil {
		return sdk.Attribute{}, err
	}
	if !is {
		return sdk.Attribute{}, types.ErrNotRoot.Wrapf("%s is not root: `ergon node producers list` shows who is", keys.SS58(account))
	}
	return sdk.NewAttribute(types.AttributeColdkey, keys.SS58(account)), nil
}

func powerAttribute(p types.Producer) sdk.Attribute {
	return sdk.NewAttribute(types.AttributePower, strconv.FormatInt(p.Power, 10))
}
