package stake

import (
	"context"
	"math"
	"strconv"

	errorsmod "cosmossdk.io/errors"
	sdkmath "cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// The money path. The functions of this file are the only ones that call the bank to mint, burn or
// move; each is one arrow of the ledger:
//
//	mint      nothing -> stake account     (Payout)
//	deposit   balance -> stake account     (AddStake)
//	withdraw  stake account -> balance     (RemoveStake, release, owner cut)
//	Recycle   balance -> nothing           (registration burns, fees)
//	Lock      balance -> locks account     (subnet creation)
//	Unlock    locks account -> balance     (subnet end)
//	handOver  balance -> balance           (coldkey swap)

// FreeBalance is what an account holds outside stake and locks, in rao.
func (k Keeper) FreeBalance(ctx context.Context, account []byte) uint64 {
	amount := k.bank.GetBalance(ctx, account, types.Denom).Amount
	if !amount.IsUint64() {
		return math.MaxUint64 // more than can ever be issued: only a broken genesis gets here
	}
	return amount.Uint64()
}

// Issuance is the rao in existence: the bank's supply.
func (k Keeper) Issuance(ctx context.Context) (uint64, error) {
	amount := k.bank.GetSupply(ctx, types.Denom).Amount
	if !amount.IsUint64() {
		return 0, types.ErrOverflow.Wrapf("issuance of %s rao", amount)
	}
	return amount.Uint64(), nil
}

// Recycle burns amount from a balance, so that it may be mined again (chain §1.3). The balance
// must keep the existential deposit: ErrNotEnoughBalance.
func (k Keeper) Recycle(ctx context.Context, from []byte, amount uint64) error {
	if amount == 0 {
		return nil
	}
	if err := k.payable(ctx, from, amount); err != nil {
		return err
	}
	if err := k.deposit(ctx, from, amount); err != nil {
		return err
	}
	if err := k.bank.BurnCoins(ctx, types.ModuleName, coins(amount)); err != nil {
		return errorsmod.Wrapf(err, "burn %d rao", amount)
	}
	emit(ctx, types.EventRecycled, coldkeyAttribute(from), amountAttribute(amount))
	return k.updateTotals(ctx, func(t *types.Totals) error { return grow(&t.Recycled, amount) })
}

// Lock takes amount from a balance into the locks account; the caller remembers for whom. The
// balance must keep the existential deposit: ErrNotEnoughBalance.
func (k Keeper) Lock(ctx context.Context, from []byte, amount uint64) error {
	if amount == 0 {
		return nil
	}
	if err := k.payable(ctx, from, amount); err != nil {
		return err
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, from, types.LocksName, coins(amount)); err != nil {
		return errorsmod.Wrapf(err, "lock %d rao of %s", amount, keys.SS58(from))
	}
	emit(ctx, types.EventLocked, coldkeyAttribute(from), amountAttribute(amount))
	return nil
}

// Unlock gives amount back from the locks account. The caller checks that it is owed.
func (k Keeper) Unlock(ctx context.Context, to []byte, amount uint64) error {
	if amount == 0 {
		return nil
	}
	if err := checkAccount(to); err != nil {
		return err
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.LocksName, to, coins(amount)); err != nil {
		return errorsmod.Wrapf(err, "unlock %d rao for %s", amount, keys.SS58(to))
	}
	emit(ctx, types.EventUnlocked, coldkeyAttribute(to), amountAttribute(amount))
	return nil
}

// payable tells whether a balance can pay amount and keep the existential deposit.
func (k Keeper) payable(ctx context.Context, from []byte, amount uint64) error {
	if err := checkAccount(from); err != nil {
		return err
	}
	params, err := k.Params(ctx)
	if err != nil {
		return err
	}
	balance, keep := k.FreeBalance(ctx, from), params.ExistentialDeposit
	if balance < keep || balance-keep < amount {
		return types.ErrNotEnoughBalance.Wrapf("balance %d rao cannot pay %d rao and keep %d: fund the coldkey", balance, amount, keep)
	}
	return nil
}

func (k Keeper) mint(ctx context.Context, amount uint64) error {
	return errorsmod.Wrapf(k.bank.MintCoins(ctx, types.ModuleName, coins(amount)), "mint %d rao", amount)
}

func (k Keeper) deposit(ctx context.Context, from []byte, amount uint64) error {
	err := k.bank.SendCoinsFromAccountToModule(ctx, from, types.ModuleName, coins(amount))
	return errorsmod.Wrapf(err, "take %d rao from %s", amount, keys.SS58(from))
}

func (k Keeper) withdraw(ctx context.Context, to []byte, amount uint64) error {
	if amount == 0 {
		return nil
	}
	err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, to, coins(amount))
	return errorsmod.Wrapf(err, "pay %d rao to %s", amount, keys.SS58(to))
}

// handOver moves a whole balance to the key that takes the account's place, and tells how much.
func (k Keeper) handOver(ctx context.Context, from, to []byte) (uint64, error) {
	amount := k.FreeBalance(ctx, from)
	if amount == 0 {
		return 0, nil
	}
	err := k.bank.SendCoins(ctx, from, to, coins(amount))
	return amount, errorsmod.Wrapf(err, "move %d rao from %s to %s", amount, keys.SS58(from), keys.SS58(to))
}

func coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(types.Denom, sdkmath.NewIntFromUint64(amount)))
}

func amountAttribute(amount uint64) sdk.Attribute {
	return sdk.NewAttribute(types.AttributeAmount, strconv.FormatUint(amount, 10))
}
