package subnet

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// SetParam changes one global parameter on behalf of root (chain §4.4). Checks and errors in
// order: README.md.
func (k *Keeper) SetParam(ctx context.Context, account []byte, name, value string) error {
	root, err := k.isRoot(ctx, account)
	if err != nil {
		return err
	}
	if !root {
		return types.ErrBadOrigin.Wrapf("%s is not root; the global parameters are set by the network's governance", keys.SS58(account))
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	p, err := types.FindParam(name)
	if err != nil {
		return err
	}
	old := p.Get(&params)
	if err := p.Set(&params, value); err != nil {
		return err
	}
	if err := k.params.Set(ctx, params); err != nil {
		return err
	}
	emit(ctx, "ParamSet", "name", name, "old", old, "new", p.Get(&params), "coldkey", keys.SS58(account))
	return nil
}

func (k *Keeper) isRoot(ctx context.Context, account []byte) (bool, error) {
	root, err := k.authority.IsRoot(ctx, account)
	if err != nil {
		return false, fmt.Errorf("find root: %w", err)
	}
	return root, nil
}
