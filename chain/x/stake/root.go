package stake

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// requireRoot refuses everybody but the root account.
func (k Keeper) requireRoot(ctx context.Context, account []byte) error {
	is, err := k.root.IsRoot(ctx, account)
	if err != nil {
		return err
	}
	if !is {
		return types.ErrNotRoot.Wrapf("%s is not the root account: governance decides this", keys.SS58(account))
	}
	return nil
}

// SetParams replaces the module's parameters and tells what changed. If the nominator minimum
// rises, the nominations below it are paid back over the next blocks.
func (k Keeper) SetParams(ctx context.Context, p types.Params) error {
	if err := p.Validate(); err != nil {
		return err
	}
	before, err := k.Params(ctx)
	if err != nil {
		return err
	}
	if err := k.params.Set(ctx, p); err != nil {
		return err
	}
	for _, row := range types.ParamTable() {
		if old, now := row.Get(&before), row.Get(&p); old != now {
			emit(ctx, types.EventParamSet, sdk.NewAttribute(types.AttributeName, row.Name),
				sdk.NewAttribute(types.AttributeOld, old), sdk.NewAttribute(types.AttributeNew, now))
		}
	}
	if p.NominatorMin <= before.NominatorMin {
		return nil
	}
	return k.startSweep(ctx, p.NominatorMin)
}
