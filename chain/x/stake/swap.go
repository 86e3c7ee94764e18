package stake

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// SwapHotkey gives everything of an owned hotkey to a new key and returns what it cost: owner,
// stake, nominations, uids, rewards under way. All of that names the hotkey by its id, so only the
// record and the index change (chain §2.5). Coins on the old hotkey's own account stay there.
func (k Keeper) SwapHotkey(ctx context.Context, coldkey, old, fresh []byte, maxCost uint64) (uint64, error) {
	h, err := k.ownedHotkey(ctx, old, coldkey)
	if err != nil {
		return 0, err
	}
	owner, err := k.coldkeyRecord(ctx, h.Owner)
	if err != nil {
		return 0, err
	}
	params, err := k.swapAllowed(ctx, owner, old, fresh)
	if err != nil {
		return 0, err
	}
	if err := k.unusedHotkey(ctx, fresh); err != nil {
		return 0, err
	}
	if err := k.paySwap(ctx, params, owner, maxCost); err != nil {
		return 0, err
	}
	h.Account = fresh
	err = errors.Join(k.hotkeyIDs.Remove(ctx, old), k.hotkeyIDs.Set(ctx, fresh, h.Id))
	if err != nil {
		return 0, errorsmod.Wrapf(err, "index hotkey %d", h.Id)
	}
	k.openAccount(ctx, fresh)
	emit(ctx, types.EventHotkeySwapped, coldkeyAttribute(coldkey), sdk.NewAttribute(types.AttributeOld, keys.SS58(old)),
		sdk.NewAttribute(types.AttributeNew, keys.SS58(fresh)), sdk.NewAttribute(types.AttributeCost, strconv.FormatUint(params.SwapCost, 10)))
	return params.SwapCost, k.setHotkey(ctx, h)
}

// swapAllowed is what both kinds of swap ask first: the coldkey's rate limit, and two different keys.
func (k Keeper) swapAllowed(ctx context.Context, c types.Coldkey, old, fresh []byte) (types.Params, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return params, err
	}
	if left := tooSoon(ctx, c.LastTx, params.TxRateLimit); left > 0 {
		return params, types.ErrSwapRate.Wrapf("%s made its last call at block %d: wait %d blocks", keys.SS58(c.Account), c.LastTx, left)
	}
	if err := checkAccount(fresh); err != nil {
		return params, err
	}
	if bytes.Equal(old, fresh) {
		return params, types.ErrSameKey.Wrapf("%s is the old key: name a new one", keys.SS58(old))
	}
	return params, nil
}

// unusedHotkey refuses a new hotkey that the ledger knows: with a uid as the original does, and
// without, where the original overwrites an owner and loses stake.
func (k Keeper) unusedHotkey(ctx context.Context, account []byte) error {
	id, known, err := k.HotkeyID(ctx, account)
	if err != nil || !known {
		return err
	}
	h, err := k.Hotkey(ctx, id)
	if err != nil {
		return err
	}
	if h.Slots > 0 {
		return types.ErrHotkeyRegistered.Wrapf("%s holds %d uids: make a new hotkey", keys.SS58(account), h.Slots)
	}
	return types.ErrKeyInUse.Wrapf("%s has an owner already: make a new hotkey", keys.SS58(account))
}

// paySwap recycles the price of a swap, at most maxCost (0: any), and notes the call.
func (k Keeper) paySwap(ctx context.Context, params types.Params, payer types.Coldkey, maxCost uint64) error {
	cost := params.SwapCost
	if maxCost != 0 && cost > maxCost {
		return types.ErrMaxCost.Wrapf("a swap costs %d rao, max_cost is %d: raise it, or do without", cost, maxCost)
	}
	if err := k.payable(ctx, payer.Account, cost); err != nil {
		if errors.Is(err, types.ErrNotEnoughBalance) {
			return types.ErrSwapBalance.Wrap(err.Error())
		}
		return err
	}
	if err := k.Recycle(ctx, payer.Account, cost); err != nil {
		return err
	}
	payer.LastTx = height(ctx)
	return k.setColdkey(ctx, payer)
}
