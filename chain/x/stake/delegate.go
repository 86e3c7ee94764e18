package stake

import (
	"context"
	"strconv"

	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/pool"
	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// BecomeDelegate opens an owned hotkey to nominations at the default take and starts the clock of
// its coldkey's take raises (chain §2.4). There is no way back.
func (k Keeper) BecomeDelegate(ctx context.Context, coldkey, hotkey []byte) error {
	h, err := k.ownedHotkey(ctx, hotkey, coldkey)
	if err != nil {
		return err
	}
	if h.Delegate {
		return types.ErrAlreadyDelegate.Wrapf("%s takes %d of %d: nothing to do", keys.SS58(hotkey), h.Take, pool.TakeUnit)
	}
	params, err := k.Params(ctx)
	if err != nil {
		return err
	}
	owner, err := k.coldkeyRecord(ctx, h.Owner)
	if err != nil {
		return err
	}
	if left := tooSoon(ctx, owner.LastTx, params.TxRateLimit); left > 0 {
		return types.ErrDelegateRate.Wrapf("%d of %d blocks since the last call of %s have to pass: wait",
			left, params.TxRateLimit, keys.SS58(coldkey))
	}
	owner.LastTx = height(ctx)
	owner.LastTake = owner.LastTx
	if err := k.setColdkey(ctx, owner); err != nil {
		return err
	}
	return k.makeDelegate(ctx, h, params.DefaultTake)
}

// EnsureDelegate makes a hotkey a delegate at the default take if it is none yet, as a seat on root
// does (chain §2.4). The clock of take raises does not start.
func (k Keeper) EnsureDelegate(ctx context.Context, hotkeyID uint64) error {
	h, err := k.Hotkey(ctx, hotkeyID)
	if err != nil || h.Delegate {
		return err
	}
	params, err := k.Params(ctx)
	if err != nil {
		return err
	}
	return k.makeDelegate(ctx, h, params.DefaultTake)
}

func (k Keeper) makeDelegate(ctx context.Context, h types.Hotkey, take uint32) error {
	h.Delegate, h.Take = true, take
	if err := k.delegates.Set(ctx, h.Id); err != nil {
		return errorsmod.Wrapf(err, "list hotkey %d as a delegate", h.Id)
	}
	return k.setTake(ctx, types.EventDelegateAdded, h)
}

// setTake writes a delegate's record and tells of its take.
func (k Keeper) setTake(ctx context.Context, event string, h types.Hotkey) error {
	owner, err := k.Coldkey(ctx, h.Owner)
	if err != nil {
		return err
	}
	emit(ctx, event, coldkeyAttribute(owner), hotkeyAttribute(h.Account),
		sdk.NewAttribute(types.AttributeTake, strconv.FormatUint(uint64(h.Take), 10)))
	return k.setHotkey(ctx, h)
}

// DecreaseTake lowers the take of an owned delegate, at any time (chain §2.4).
func (k Keeper) DecreaseTake(ctx context.Context, coldkey, hotkey []byte, take uint32) error {
	h, params, err := k.ownedDelegate(ctx, coldkey, hotkey)
	if err != nil {
		return err
	}
	if take >= h.Take {
		return types.ErrTakeTooLow.Wrapf("take %d is not below the take of %d: give a lower one, or raise it", take, h.Take)
	}
	if take < params.MinTake {
		return types.ErrTakeTooLow.Wrapf("take %d is below the minimum of %d: give that or more", take, params.MinTake)
	}
	h.Take = take
	return k.setTake(ctx, types.EventTakeDecreased, h)
}

// IncreaseTake raises the take of an owned delegate: once per take_rate_limit for all hotkeys of
// the coldkey together (chain §2.4).
func (k Keeper) IncreaseTake(ctx context.Context, coldkey, hotkey []byte, take uint32) error {
	h, params, err := k.ownedDelegate(ctx, coldkey, hotkey)
	if err != nil {
		return err
	}
	if take <= h.Take {
		return types.ErrTakeTooLow.Wrapf("take %d is not above the take of %d: give a higher one, or lower it", take, h.Take)
	}
	if take > params.MaxTake {
		return types.ErrTakeTooHigh.Wrapf("take %d is above the maximum of %d: give that or less", take, params.MaxTake)
	}
	owner, err := k.coldkeyRecord(ctx, h.Owner)
	if err != nil {
		return err
	}
	if left := tooSoon(ctx, owner.LastTake, params.TakeRateLimit); left > 0 {
		return types.ErrDelegateRate.Wrapf("%s raised a take, or made a delegate, at block %d: %d of %d blocks left to wait",
			keys.SS58(coldkey), owner.LastTake, left, params.TakeRateLimit)
	}
	owner.LastTake = height(ctx)
	if err := k.setColdkey(ctx, owner); err != nil {
		return err
	}
	h.Take = take
	return k.setTake(ctx, types.EventTakeIncreased, h)
}

// ownedDelegate is what both changes of a take ask first. The original turns a hotkey that is no
// delegate into one here; ours refuses.
func (k Keeper) ownedDelegate(ctx context.Context, coldkey, hotkey []byte) (types.Hotkey, types.Params, error) {
	h, err := k.ownedHotkey(ctx, hotkey, coldkey)
	if err != nil {
		return h, types.Params{}, err
	}
	if !h.Delegate {
		return h, types.Params{}, types.ErrNotDelegate.Wrapf("%s is no delegate and has no take: make it one first", keys.SS58(hotkey))
	}
	params, err := k.Params(ctx)
	return h, params, err
}

// height is the block that is being executed.
func height(ctx context.Context) uint64 {
	return uint64(max(sdk.UnwrapSDKContext(ctx).BlockHeight(), 0))
}

// tooSoon is the rule of all limits in blocks (chain §2.4): an action passes if there is no limit,
// if there was none before, or if more than limit blocks have passed since. It returns how many
// are left.
func tooSoon(ctx context.Context, previous, limit uint64) (left uint64) {
	now := height(ctx)
	if limit == 0 || previous == 0 || now > previous+limit {
		return 0
	}
	return previous + limit + 1 - now
}
