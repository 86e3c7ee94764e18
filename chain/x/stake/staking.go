package stake

import (
	"context"
	"errors"
	"math/big"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// AddStake moves amount from the coldkey's balance to its stake on the hotkey and returns what was
// moved: the existential deposit stays behind by itself (chain §2.3).
func (k Keeper) AddStake(ctx context.Context, coldkey, hotkey []byte, amount uint64) (uint64, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return 0, err
	}
	staked, err := k.stakeable(ctx, params, coldkey, amount)
	if err != nil {
		return 0, err
	}
	h, err := k.hotkeyByAccount(ctx, hotkey)
	if err != nil {
		return 0, err
	}
	id, _, err := k.ColdkeyID(ctx, coldkey) // an unknown coldkey is id 0, who owns nothing
	if err != nil {
		return 0, err
	}
	if err := k.mayStake(ctx, params, h, id); err != nil {
		return 0, err
	}
	if err := k.updateTotals(ctx, func(t *types.Totals) error { return grow(&t.Staked, staked) }); err != nil {
		return 0, err
	}
	if id, err = k.EnsureColdkey(ctx, coldkey); err != nil {
		return 0, err
	}
	if err := k.put(ctx, params, &h, id, amount, staked); err != nil {
		return 0, err
	}
	if err := k.countStake(ctx, params, id, h.Id); err != nil {
		return 0, err
	}
	emit(ctx, types.EventStakeAdded, hotkeyAttribute(hotkey), coldkeyAttribute(coldkey), amountAttribute(staked))
	return staked, k.deposit(ctx, coldkey, staked)
}

// stakeable checks the coldkey's side and returns how much of amount leaves the balance (chain
// §2.3, checks 1 and 6).
func (k Keeper) stakeable(ctx context.Context, params types.Params, coldkey []byte, amount uint64) (uint64, error) {
	if err := checkAccount(coldkey); err != nil {
		return 0, err
	}
	if amount == 0 {
		return 0, types.ErrAmountZero.Wrap("stake at least 1 rao")
	}
	balance, keep := k.FreeBalance(ctx, coldkey), params.ExistentialDeposit
	if balance < amount {
		return 0, types.ErrNotEnoughBalance.Wrapf("balance %d rao cannot pay %d rao: fund the coldkey", balance, amount)
	}
	if balance <= keep {
		return 0, types.ErrNotEnoughBalance.Wrapf("balance %d rao is within the existential deposit of %d rao: fund the coldkey", balance, keep)
	}
	return min(amount, balance-keep), nil
}

// mayStake is checks 3 and 4 of chain §2.3, and ours: nobody nominates a hotkey that pays its
// nominators back.
func (k Keeper) mayStake(ctx context.Context, params types.Params, h types.Hotkey, coldkeyID uint64) error {
	nominates := coldkeyID != h.Owner
	if nominates && !h.Delegate {
		return types.ErrNotDelegate.Wrapf("%s is no delegate and not yours: stake on a delegate", keys.SS58(h.Account))
	}
	if err := k.checkRate(ctx, params, coldkeyID, h, types.ErrStakeRate); err != nil || !nominates {
		return err
	}
	releasing, err := k.releasing.Has(ctx, h.Id)
	if err != nil {
		return errorsmod.Wrapf(err, "look up release of hotkey %d", h.Id)
	}
	if releasing {
		return types.ErrReleasing.Wrapf("%s lost its last uid: choose another delegate, or wait until it has registered again", keys.SS58(h.Account))
	}
	return nil
}

// put adds staked rao of a coldkey to its stake on h and writes h. The nominator minimum is compared
// with the amount asked, before the existential deposit was held back (check 5). The caller has
// counted the rao in the total, so the sums here fit.
func (k Keeper) put(ctx context.Context, params types.Params, h *types.Hotkey, coldkeyID, asked, staked uint64) error {
	if coldkeyID == h.Owner {
		h.Own += staked
		return k.setHotkey(ctx, *h)
	}
	held, err := k.holding(ctx, h.Id, coldkeyID)
	if err != nil {
		return err
	}
	before := h.Nominations()
	if worth := before.Value(held); worth+asked < params.NominatorMin {
		return types.ErrNominationTooSmall.Wrapf("%d rao here and %d more are below the minimum of %d rao: add more", worth, asked, params.NominatorMin)
	}
	after, bought, err := before.Buy(staked)
	if err != nil {
		return types.ErrPoolCoarse.Wrapf("%s: stake more at once, or choose another delegate", err)
	}
	h.SetNominations(after)
	if err := k.setHolding(ctx, h, coldkeyID, held, new(big.Int).Add(held, bought)); err != nil {
		return err
	}
	return k.setHotkey(ctx, *h)
}

// Want is how much of a stake is meant: so many rao, or all there is at that moment.
type Want struct {
	Rao uint64
	All bool
}

func (w Want) check() error {
	switch {
	case w.All && w.Rao > 0:
		return types.ErrAmountAndAll.Wrapf("%d rao and all: give one of them", w.Rao)
	case !w.All && w.Rao == 0:
		return types.ErrAmountZero.Wrap("remove at least 1 rao")
	}
	return nil
}

// RemoveStake moves the coldkey's own stake back to its balance and returns what was moved. It asks
// neither for a delegate nor for a uid: but for the rate limit, one's own stake can always be
// withdrawn. A nomination that would be left below the minimum is closed and paid out whole (chain
// §2.3).
func (k Keeper) RemoveStake(ctx context.Context, coldkey, hotkey []byte, want Want) (uint64, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return 0, err
	}
	h, id, err := k.staked(ctx, coldkey, hotkey, want)
	if err != nil {
		return 0, err
	}
	removed, err := k.takeOut(ctx, params, &h, id, want)
	if err != nil {
		return 0, err
	}
	if err := k.unstaked(ctx, removed); err != nil {
		return 0, err
	}
	if err := k.countStake(ctx, params, id, h.Id); err != nil {
		return 0, err
	}
	emit(ctx, types.EventStakeRemoved, hotkeyAttribute(hotkey), coldkeyAttribute(coldkey), amountAttribute(removed))
	return removed, k.withdraw(ctx, coldkey, removed)
}

// staked is what every call that takes stake off a hotkey asks first. An unknown coldkey is id 0,
// who holds nothing.
func (k Keeper) staked(ctx context.Context, coldkey, hotkey []byte, want Want) (h types.Hotkey, coldkeyID uint64, err error) {
	if h, err = k.hotkeyByAccount(ctx, hotkey); err != nil {
		return h, 0, err
	}
	if err := checkAccount(coldkey); err != nil {
		return h, 0, err
	}
	if err := want.check(); err != nil {
		return h, 0, err
	}
	coldkeyID, _, err = k.ColdkeyID(ctx, coldkey)
	return h, coldkeyID, err
}

// takeOut takes what is wanted out of a coldkey's stake on h, writes h, and returns how much it was:
// more than wanted if a nomination would be left below the minimum.
func (k Keeper) takeOut(ctx context.Context, params types.Params, h *types.Hotkey, coldkeyID uint64, want Want) (uint64, error) {
	worth, held, err := k.worth(ctx, *h, coldkeyID)
	if err != nil {
		return 0, err
	}
	amount := want.Rao
	if want.All {
		amount = worth
	}
	if worth < amount || worth == 0 {
		return 0, types.ErrNotEnoughStake.Wrapf("%d rao staked on %s, %d asked: ask for at most what is there", worth, keys.SS58(h.Account), amount)
	}
	if err := k.checkRate(ctx, params, coldkeyID, *h, types.ErrUnstakeRate); err != nil {
		return 0, err
	}
	if coldkeyID == h.Owner {
		h.Own -= amount
		return amount, k.setHotkey(ctx, *h)
	}
	if worth-amount < params.NominatorMin {
		amount = worth
	}
	after, left, err := h.Nominations().Sell(held, amount)
	if err != nil {
		return 0, errorsmod.Wrapf(err, "sell %d rao of hotkey %d", amount, h.Id)
	}
	h.SetNominations(after)
	if err := k.setHolding(ctx, h, coldkeyID, held, left); err != nil {
		return 0, err
	}
	return amount, k.setHotkey(ctx, *h)
}

// worth is a coldkey's stake on a hotkey in rao, and for a nominator the shares it holds.
func (k Keeper) worth(ctx context.Context, h types.Hotkey, coldkeyID uint64) (uint64, *big.Int, error) {
	if coldkeyID == h.Owner {
		return h.Own, new(big.Int), nil
	}
	held, err := k.holding(ctx, h.Id, coldkeyID)
	if err != nil {
		return 0, nil, err
	}
	return h.Nominations().Value(held), held, nil
}

// unstaked counts amount out of the staked total.
func (k Keeper) unstaked(ctx context.Context, amount uint64) error {
	return k.updateTotals(ctx, func(t *types.Totals) error {
		if t.Staked < amount {
			return types.ErrInvariant.Wrapf("unstake %d of %d rao", amount, t.Staked)
		}
		t.Staked -= amount
		return nil
	})
}

// holding returns a coldkey's shares of a hotkey's pool, 0 when it has none.
func (k Keeper) holding(ctx context.Context, hotkeyID, coldkeyID uint64) (*big.Int, error) {
	raw, err := k.holdings.Get(ctx, collections.Join(hotkeyID, coldkeyID))
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return nil, errorsmod.Wrapf(err, "read holding of coldkey %d on hotkey %d", coldkeyID, hotkeyID)
	}
	return new(big.Int).SetBytes(raw), nil
}

// setHolding replaces a holding and keeps the index and h's count of nominators in step. No shares
// leave no entry, and no entries leave nothing to release.
func (k Keeper) setHolding(ctx context.Context, h *types.Hotkey, coldkeyID uint64, before, after *big.Int) error {
	key, index := collections.Join(h.Id, coldkeyID), collections.Join(coldkeyID, h.Id)
	var err error
	switch {
	case after.Sign() == 0:
		h.Nominators--
		err = errors.Join(k.holdings.Remove(ctx, key), k.backed.Remove(ctx, index))
		if h.Nominators == 0 {
			err = errors.Join(err, k.releasing.Remove(ctx, h.Id))
		}
	case before.Sign() == 0:
		h.Nominators++
		err = errors.Join(k.holdings.Set(ctx, key, after.Bytes()), k.backed.Set(ctx, index))
	default:
		err = k.holdings.Set(ctx, key, after.Bytes())
	}
	return errorsmod.Wrapf(err, "write holding of coldkey %d on hotkey %d", coldkeyID, h.Id)
}
