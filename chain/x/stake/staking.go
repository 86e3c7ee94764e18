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
	id, known, err := k.ColdkeyID(ctx, coldkey)
	if err != nil {
		return 0, err
	}
	if err := k.updateTotals(ctx, func(t *types.Totals) error { return grow(&t.Staked, staked) }); err != nil {
		return 0, err
	}
	if known && id == h.Owner {
		h.Own += staked // within totals.staked, which was checked
	} else if err := k.nominate(ctx, params, &h, coldkey, amount, staked); err != nil {
		return 0, err
	}
	if err := k.setHotkey(ctx, h); err != nil {
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

// nominate puts staked rao of a coldkey that is not the owner into h's pool. The minimum is
// compared with the amount asked, before the existential deposit was held back (check 5).
func (k Keeper) nominate(ctx context.Context, params types.Params, h *types.Hotkey, coldkey []byte, asked, staked uint64) error {
	if !h.Delegate {
		return types.ErrNotDelegate.Wrapf("%s is no delegate and not yours: stake on a delegate", keys.SS58(h.Account))
	}
	if releasing, err := k.releasing.Has(ctx, h.Id); err != nil || releasing {
		if err != nil {
			return errorsmod.Wrapf(err, "look up release of hotkey %d", h.Id)
		}
		return types.ErrReleasing.Wrapf("%s lost its last uid: choose another delegate, or wait until it has registered again", keys.SS58(h.Account))
	}
	id, err := k.EnsureColdkey(ctx, coldkey)
	if err != nil {
		return err
	}
	held, err := k.holding(ctx, h.Id, id)
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
	return k.setHolding(ctx, h, id, held, new(big.Int).Add(held, bought))
}

// RemoveStake moves amount of the coldkey's own stake back to its balance and returns what was
// moved. It asks neither for a delegate nor for a uid: one's own stake can always be withdrawn. A
// nomination that would be left below the minimum is closed and paid out whole (chain §2.3).
func (k Keeper) RemoveStake(ctx context.Context, coldkey, hotkey []byte, amount uint64) (uint64, error) {
	h, err := k.hotkeyByAccount(ctx, hotkey)
	if err != nil {
		return 0, err
	}
	if err := checkAccount(coldkey); err != nil {
		return 0, err
	}
	if amount == 0 {
		return 0, types.ErrAmountZero.Wrap("remove at least 1 rao")
	}
	id, _, err := k.ColdkeyID(ctx, coldkey) // an unknown coldkey is id 0, who holds nothing
	if err != nil {
		return 0, err
	}
	removed := amount
	if id == h.Owner {
		err = removeOwn(&h, amount)
	} else {
		removed, err = k.removeNomination(ctx, &h, id, amount)
	}
	if err != nil {
		return 0, err
	}
	if err := k.setHotkey(ctx, h); err != nil {
		return 0, err
	}
	if err := k.unstaked(ctx, removed); err != nil {
		return 0, err
	}
	emit(ctx, types.EventStakeRemoved, hotkeyAttribute(hotkey), coldkeyAttribute(coldkey), amountAttribute(removed))
	return removed, k.withdraw(ctx, coldkey, removed)
}

func removeOwn(h *types.Hotkey, amount uint64) error {
	if h.Own < amount {
		return notEnoughStake(h, h.Own, amount)
	}
	h.Own -= amount
	return nil
}

func (k Keeper) removeNomination(ctx context.Context, h *types.Hotkey, coldkeyID, amount uint64) (uint64, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return 0, err
	}
	held, err := k.holding(ctx, h.Id, coldkeyID)
	if err != nil {
		return 0, err
	}
	before := h.Nominations()
	worth := before.Value(held)
	if worth < amount {
		return 0, notEnoughStake(h, worth, amount)
	}
	if worth-amount < params.NominatorMin {
		amount = worth
	}
	after, left, err := before.Sell(held, amount)
	if err != nil {
		return 0, errorsmod.Wrapf(err, "sell %d rao of hotkey %d", amount, h.Id)
	}
	h.SetNominations(after)
	return amount, k.setHolding(ctx, h, coldkeyID, held, left)
}

func notEnoughStake(h *types.Hotkey, has, wants uint64) error {
	return types.ErrNotEnoughStake.Wrapf("%d rao staked on %s, %d asked: ask for at most what is there", has, keys.SS58(h.Account), wants)
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
