package stake

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// notTarget refuses to make a key a coldkey that an announced swap waits for: whoever could do that
// to it would keep the swap from ever being executed.
func (k Keeper) notTarget(ctx context.Context, account []byte) error {
	reserved, err := k.swapTargets.Has(ctx, account)
	if err != nil {
		return errorsmod.Wrap(err, "look up coldkey swap")
	}
	if reserved {
		return types.ErrSwapPending.Wrapf("%s is to take over another coldkey: wait until that swap is executed", keys.SS58(account))
	}
	return nil
}

// setSwap announces a swap.
func (k Keeper) setSwap(ctx context.Context, s types.ColdkeySwap) error {
	err := k.swaps.Set(ctx, s.Old, s)
	if err == nil {
		err = k.swapTargets.Set(ctx, s.New)
	}
	return errorsmod.Wrapf(err, "write coldkey swap of %s", keys.SS58(s.Old))
}
