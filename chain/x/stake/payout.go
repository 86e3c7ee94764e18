package stake

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	"github.com/ergon-network/ergon/chain/x/stake/pool"
	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// Credit is what one hotkey earned in a settlement, rao.
type Credit = types.Credit

// Payout mints exactly the sum of the credits and the owner cut, once: the credits become stake,
// the cut goes to the free balance of the owning coldkey (chain §1.6). It costs the same whatever
// the number of nominators. With ownerCut 0 the owner's id is not looked at. An unknown id or a sum
// above 64 bits fails the whole payout, and nothing is minted.
func (k Keeper) Payout(ctx context.Context, credits []Credit, ownerColdkeyID uint64, ownerCut uint64) error {
	var paid types.Totals
	for _, c := range credits {
		if err := grow(&paid.Miners, c.Miner); err != nil {
			return err
		}
		if err := grow(&paid.Validators, c.Validator); err != nil {
			return err
		}
	}
	paid.Owners, paid.Staked = ownerCut, paid.Miners
	if err := grow(&paid.Staked, paid.Validators); err != nil {
		return err
	}
	minted := paid.Staked
	if err := grow(&minted, ownerCut); err != nil {
		return err
	}
	if minted == 0 {
		return nil
	}
	if err := k.count(ctx, paid); err != nil {
		return err
	}
	for _, c := range credits {
		if err := k.credit(ctx, c); err != nil {
			return err
		}
	}
	if err := k.mint(ctx, minted); err != nil {
		return err
	}
	return k.payOwner(ctx, ownerColdkeyID, ownerCut)
}

// count adds a payout to the totals. All stake fits in 64 bits when the total does, so this comes
// before the hotkeys' own sums.
func (k Keeper) count(ctx context.Context, paid types.Totals) error {
	return k.updateTotals(ctx, func(t *types.Totals) error {
		for _, sum := range [...]struct {
			total *uint64
			by    uint64
		}{{&t.Staked, paid.Staked}, {&t.Miners, paid.Miners}, {&t.Validators, paid.Validators}, {&t.Owners, paid.Owners}} {
			if err := grow(sum.total, sum.by); err != nil {
				return err
			}
		}
		return nil
	})
}

// credit divides one hotkey's reward between its owner and its nominators' pool.
func (k Keeper) credit(ctx context.Context, c Credit) error {
	if c.Miner == 0 && c.Validator == 0 {
		return nil
	}
	h, err := k.Hotkey(ctx, c.HotkeyID)
	if err != nil {
		return errorsmod.Wrap(err, "pay out")
	}
	// Without nominators, as every hotkey that is no delegate, all is the owner's.
	shared := pool.NominatorsPart(c.Validator, h.Take, h.Own, h.Pool)
	h.Pool += shared
	h.Own += c.Miner + c.Validator - shared
	return k.setHotkey(ctx, h)
}

func (k Keeper) payOwner(ctx context.Context, coldkeyID, cut uint64) error {
	if cut == 0 {
		return nil
	}
	owner, err := k.Coldkey(ctx, coldkeyID)
	if err != nil {
		return errorsmod.Wrapf(err, "pay an owner cut of %d rao", cut)
	}
	return k.withdraw(ctx, owner, cut)
}
