package stake

import (
	"context"
	"fmt"
	"math/big"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// ReleaseBatch is how many nominations one block pays back at most, so that no block is held up by
// a hotkey with many nominators: each is a bank transfer, and in a ledger of 100,000 of them each
// changes leaves all over three trees, a fifth of a millisecond with their commit.
const ReleaseBatch = 64

// AddSlot counts a uid that the hotkey got on some subnet. If its nominators were being paid back,
// those who still hold their shares keep them.
func (k Keeper) AddSlot(ctx context.Context, hotkeyID uint64) error {
	h, err := k.Hotkey(ctx, hotkeyID)
	if err != nil {
		return err
	}
	if err := k.releasing.Remove(ctx, hotkeyID); err != nil {
		return errorsmod.Wrapf(err, "stop release of hotkey %d", hotkeyID)
	}
	h.Slots++
	return k.setHotkey(ctx, h)
}

// DropSlot counts a uid that the hotkey lost. Losing the last unstakes everyone (chain §3.5): the
// owner's stake returns to its balance at once, the nominators' over the next blocks.
func (k Keeper) DropSlot(ctx context.Context, hotkeyID uint64) error {
	h, err := k.lessSlot(ctx, hotkeyID)
	if err != nil {
		return err
	}
	if h.Slots > 0 {
		return k.setHotkey(ctx, h)
	}
	if h.Pool > 0 {
		if err := k.releasing.Set(ctx, hotkeyID); err != nil {
			return errorsmod.Wrapf(err, "queue release of hotkey %d", hotkeyID)
		}
	}
	own := h.Own
	h.Own = 0
	if err := k.setHotkey(ctx, h); err != nil {
		return err
	}
	if own == 0 {
		return nil
	}
	if err := k.unstaked(ctx, own); err != nil {
		return err
	}
	return k.release(ctx, h, h.Owner, own)
}

// release pays stake that the ledger gives back unasked.
func (k Keeper) release(ctx context.Context, h types.Hotkey, coldkeyID, amount uint64) error {
	account, err := k.Coldkey(ctx, coldkeyID)
	if err != nil {
		return err
	}
	emit(ctx, types.EventStakeReleased, hotkeyAttribute(h.Account), coldkeyAttribute(account), amountAttribute(amount))
	return k.withdraw(ctx, account, amount)
}

// BeginBlock pays back up to ReleaseBatch nominations: first those of hotkeys that lost their last
// uid, the lowest hotkey id first, then those that a raised minimum left too small. With none of
// both it writes nothing.
func (k Keeper) BeginBlock(ctx context.Context) error {
	budget := ReleaseBatch
	for budget > 0 {
		id, waiting, err := k.nextRelease(ctx)
		if err != nil {
			return err
		}
		if !waiting {
			break
		}
		used, err := k.releaseGuarded(ctx, id, budget)
		if err != nil {
			return err
		}
		budget -= max(used, 1)
	}
	return k.sweepSome(ctx, max(budget, 0))
}

func (k Keeper) nextRelease(ctx context.Context) (id uint64, waiting bool, err error) {
	it, err := k.releasing.Iterate(ctx, nil)
	if err != nil {
		return 0, false, errorsmod.Wrap(err, "read release queue")
	}
	defer func() { _ = it.Close() }()
	if !it.Valid() {
		return 0, false, nil
	}
	id, err = it.Key()
	return id, err == nil, errorsmod.Wrap(err, "read release queue")
}

// releaseGuarded releases some nominations of one hotkey. If that fails the hotkey leaves the queue,
// so its nominators withdraw by themselves.
func (k Keeper) releaseGuarded(ctx context.Context, id uint64, limit int) (used int, err error) {
	used, ok := k.guarded(ctx, id, func(ctx context.Context) (int, error) { return k.releaseSome(ctx, id, limit) })
	if ok {
		return used, nil
	}
	return 0, errorsmod.Wrapf(k.releasing.Remove(ctx, id), "drop hotkey %d from the release queue", id)
}

// guarded keeps one hotkey's trouble from stopping the chain: what fails is undone and reported.
func (k Keeper) guarded(ctx context.Context, id uint64, op func(context.Context) (int, error)) (done int, ok bool) {
	done, failure := attempt(ctx, op)
	if failure == nil {
		return done, true
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.Logger().Error("release of nominations failed; they stay staked", "hotkey_id", id, "err", failure)
	attributes := []sdk.Attribute{sdk.NewAttribute(types.AttributeReason, failure.Error())}
	if h, err := k.Hotkey(ctx, id); err == nil {
		attributes = append(attributes, hotkeyAttribute(h.Account))
	}
	emit(ctx, types.EventReleaseFailed, attributes...)
	return 0, false
}

// attempt runs op and keeps what it wrote only if it neither fails nor panics.
func attempt(ctx context.Context, op func(context.Context) (int, error)) (done int, err error) {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	defer func() {
		if r := recover(); r != nil {
			done, err = 0, fmt.Errorf("release nominations: %v", r)
		}
	}()
	if done, err = op(cached); err != nil {
		return 0, err
	}
	write()
	return done, nil
}

// releaseSome closes up to limit holdings of one hotkey; the last one takes it off the queue.
func (k Keeper) releaseSome(ctx context.Context, id uint64, limit int) (int, error) {
	h, err := k.Hotkey(ctx, id)
	if err != nil {
		return 0, err
	}
	holders, err := k.holders(ctx, id, limit)
	if err != nil {
		return 0, err
	}
	var sum uint64
	for _, coldkeyID := range holders {
		paid, err := k.closeHolding(ctx, &h, coldkeyID)
		if err != nil {
			return 0, err
		}
		sum += paid
	}
	if err := k.setHotkey(ctx, h); err != nil {
		return 0, err
	}
	return len(holders), k.unstaked(ctx, sum)
}

func (k Keeper) closeHolding(ctx context.Context, h *types.Hotkey, coldkeyID uint64) (uint64, error) {
	held, err := k.holding(ctx, h.Id, coldkeyID)
	if err != nil {
		return 0, err
	}
	after, paid := h.Nominations().Close(held)
	h.SetNominations(after)
	if err := k.setHolding(ctx, h, coldkeyID, held, new(big.Int)); err != nil {
		return 0, err
	}
	return paid, k.release(ctx, *h, coldkeyID, paid)
}

// holders lists the coldkey ids of a hotkey's first holdings, at most limit.
func (k Keeper) holders(ctx context.Context, hotkeyID uint64, limit int) ([]uint64, error) {
	it, err := k.holdings.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](hotkeyID))
	if err != nil {
		return nil, errorsmod.Wrapf(err, "list holdings of hotkey %d", hotkeyID)
	}
	defer func() { _ = it.Close() }()
	var ids []uint64
	for ; it.Valid() && len(ids) < limit; it.Next() {
		key, err := it.Key()
		if err != nil {
			return nil, errorsmod.Wrapf(err, "list holdings of hotkey %d", hotkeyID)
		}
		ids = append(ids, key.K2())
	}
	return ids, nil
}
