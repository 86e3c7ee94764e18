package incentive

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/keys"
)

// SetParam changes one parameter of the module on behalf of root (chain §4.4). What decides about
// rates takes effect from the next block on.
func (k *Keeper) SetParam(ctx context.Context, m *types.MsgSetParam) (*types.MsgSetParamResponse, error) {
	account, err := k.address.StringToBytes(m.Root)
	if err != nil {
		return nil, err
	}
	if is, err := k.authority.IsRoot(ctx, account); err != nil {
		return nil, fmt.Errorf("find root: %w", err)
	} else if !is {
		return nil, types.ErrBadOrigin.Wrapf("%s is not root; these parameters are set by the network's governance", keys.SS58(account))
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	p, err := types.FindParam(m.Name)
	if err != nil {
		return nil, err
	}
	old := p.Get(&params)
	if err := p.Set(&params, m.Value); err != nil {
		return nil, err
	}
	if err := k.params.Set(ctx, params); err != nil {
		return nil, err
	}
	emit(ctx, types.EventParamSet, "name", m.Name, "old", old, "new", p.Get(&params), "coldkey", keys.SS58(account))
	if m.Name != "root_tempo" && m.Name != "closed_subnets_earn" {
		return &types.MsgSetParamResponse{}, nil
	}
	perBlock, err := k.perBlock.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &types.MsgSetParamResponse{}, k.reprice(ctx, perBlock, height(ctx)+1)
}
