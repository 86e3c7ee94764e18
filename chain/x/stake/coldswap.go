package stake

import (
	"context"
	"errors"
	"strconv"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// ScheduleColdkeySwap announces that a new key takes over all of a coldkey's: balance, stake,
// hotkeys, subnets. It returns the price and the first block in which anybody may execute it. The
// old key is frozen until then, and cannot take the announcement back: whoever stole it could as
// well. Only root can, for who was the victim, or named a wrong key.
func (k Keeper) ScheduleColdkeySwap(ctx context.Context, coldkey, fresh []byte, maxCost uint64) (cost, due uint64, err error) {
	c, err := k.coldkeyByAccount(ctx, coldkey)
	if err != nil {
		return 0, 0, err
	}
	if due, frozen, err := k.Frozen(ctx, coldkey); err != nil || frozen {
		if err != nil {
			return 0, 0, err
		}
		return 0, 0, types.ErrSwapPending.Wrapf("%s is to be swapped from block %d on: execute that, or ask root to cancel it", keys.SS58(coldkey), due)
	}
	params, err := k.swapAllowed(ctx, c, coldkey, fresh)
	if err != nil {
		return 0, 0, err
	}
	if err := k.unusedKey(ctx, fresh); err != nil {
		return 0, 0, err
	}
	if err := k.paySwap(ctx, params, c, maxCost); err != nil {
		return 0, 0, err
	}
	due = height(ctx) + params.ColdkeySwapDelay
	emit(ctx, types.EventSwapScheduled, coldkeyAttribute(coldkey), newAttribute(fresh),
		sdk.NewAttribute(types.AttributeDue, strconv.FormatUint(due, 10)),
		sdk.NewAttribute(types.AttributeCost, strconv.FormatUint(params.SwapCost, 10)))
	return params.SwapCost, due, k.setSwap(ctx, types.ColdkeySwap{Old: coldkey, New: fresh, Due: due})
}

func (k Keeper) coldkeyByAccount(ctx context.Context, account []byte) (types.Coldkey, error) {
	if err := checkAccount(account); err != nil {
		return types.Coldkey{}, err
	}
	id, known, err := k.ColdkeyID(ctx, account)
	if err != nil {
		return types.Coldkey{}, err
	}
	if !known {
		return types.Coldkey{}, types.ErrColdkeyNotFound.Wrapf("%s owns and backs nothing: transfer its balance instead", keys.SS58(account))
	}
	return k.coldkeyRecord(ctx, id)
}

// unusedKey refuses a new coldkey that is a coldkey, a hotkey, or about to take another's place.
func (k Keeper) unusedKey(ctx context.Context, account []byte) error {
	_, coldkey, err := k.ColdkeyID(ctx, account)
	if err != nil {
		return err
	}
	_, hotkey, err := k.HotkeyID(ctx, account)
	if err != nil {
		return err
	}
	if coldkey || hotkey {
		return types.ErrKeyInUse.Wrapf("%s owns or backs hotkeys, or is one: make a new coldkey", keys.SS58(account))
	}
	return k.notTarget(ctx, account)
}

// ExecuteColdkeySwap carries out an announced swap and returns the free balance that moved. All
// state names the coldkey by its id, so only the record, the index and the balance change.
func (k Keeper) ExecuteColdkeySwap(ctx context.Context, coldkey []byte) (uint64, error) {
	s, err := k.swapOf(ctx, coldkey)
	if err != nil {
		return 0, err
	}
	if now := height(ctx); now < s.Due {
		return 0, types.ErrSwapEarly.Wrapf("the swap of %s is due at block %d: wait %d blocks", keys.SS58(coldkey), s.Due, s.Due-now)
	}
	c, err := k.coldkeyByAccount(ctx, coldkey)
	if err != nil {
		return 0, err
	}
	if err := k.dropSwap(ctx, s); err != nil {
		return 0, err
	}
	c.Account = s.New
	if err := k.coldkeyIDs.Remove(ctx, s.Old); err != nil {
		return 0, errorsmod.Wrapf(err, "index coldkey %d", c.Id)
	}
	if err := k.putColdkey(ctx, c); err != nil {
		return 0, err
	}
	k.openAccount(ctx, s.New)
	moved, err := k.handOver(ctx, s.Old, s.New)
	emit(ctx, types.EventColdkeySwapped, coldkeyAttribute(s.Old), newAttribute(s.New), amountAttribute(moved))
	return moved, err
}

// CancelColdkeySwap withdraws an announced swap, and the old key is free again. Its caller has
// checked that root asks.
func (k Keeper) CancelColdkeySwap(ctx context.Context, coldkey []byte) error {
	s, err := k.swapOf(ctx, coldkey)
	if err != nil {
		return err
	}
	emit(ctx, types.EventSwapCancelled, coldkeyAttribute(s.Old), newAttribute(s.New))
	return k.dropSwap(ctx, s)
}

// Frozen tells whether an account may sign nothing because it is to be swapped, and from which
// block on that can be done.
func (k Keeper) Frozen(ctx context.Context, account []byte) (due uint64, frozen bool, err error) {
	s, frozen, err := lookup(ctx, k.swaps, account)
	return s.Due, frozen, errorsmod.Wrap(err, "look up coldkey swap")
}

func (k Keeper) swapOf(ctx context.Context, coldkey []byte) (types.ColdkeySwap, error) {
	s, found, err := lookup(ctx, k.swaps, coldkey)
	if err != nil {
		return s, errorsmod.Wrap(err, "look up coldkey swap")
	}
	if !found {
		return s, types.ErrNoSwap.Wrapf("%s: schedule the swap first", keys.SS58(coldkey))
	}
	return s, nil
}

// setSwap announces a swap.
func (k Keeper) setSwap(ctx context.Context, s types.ColdkeySwap) error {
	err := errors.Join(k.swaps.Set(ctx, s.Old, s), k.swapTargets.Set(ctx, s.New))
	return errorsmod.Wrapf(err, "write coldkey swap of %s", keys.SS58(s.Old))
}

func (k Keeper) dropSwap(ctx context.Context, s types.ColdkeySwap) error {
	err := errors.Join(k.swaps.Remove(ctx, s.Old), k.swapTargets.Remove(ctx, s.New))
	return errorsmod.Wrapf(err, "drop coldkey swap of %s", keys.SS58(s.Old))
}

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

func newAttribute(account []byte) sdk.Attribute {
	return sdk.NewAttribute(types.AttributeNew, keys.SS58(account))
}
