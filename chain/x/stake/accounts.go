package stake

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// HotkeyID returns the internal id of a hotkey's account, and whether the ledger knows it. Ids
// count from 1; 0 is nobody.
func (k Keeper) HotkeyID(ctx context.Context, account []byte) (uint64, bool, error) {
	id, found, err := lookup(ctx, k.hotkeyIDs, account)
	return id, found, errorsmod.Wrap(err, "look up hotkey")
}

// Hotkey returns a hotkey's record, or ErrHotkeyNotFound.
func (k Keeper) Hotkey(ctx context.Context, id uint64) (types.Hotkey, error) {
	h, found, err := lookup(ctx, k.hotkeys, id)
	if err != nil {
		return h, errorsmod.Wrapf(err, "read hotkey %d", id)
	}
	if !found {
		return h, types.ErrHotkeyNotFound.Wrapf("hotkey id %d", id)
	}
	return h, nil
}

// StakeOf returns all stake on a hotkey, the owner's and the nominators', in rao.
func (k Keeper) StakeOf(ctx context.Context, hotkeyID uint64) (uint64, error) {
	h, err := k.Hotkey(ctx, hotkeyID)
	return h.Stake(), err
}

// ColdkeyID returns the internal id of a coldkey's account, and whether the ledger knows it. A
// coldkey is known once it has owned or backed a hotkey. Ids count from 1; 0 is nobody.
func (k Keeper) ColdkeyID(ctx context.Context, account []byte) (uint64, bool, error) {
	id, found, err := lookup(ctx, k.coldkeyIDs, account)
	return id, found, errorsmod.Wrap(err, "look up coldkey")
}

// Coldkey returns a coldkey's 32-byte account, or ErrColdkeyNotFound.
func (k Keeper) Coldkey(ctx context.Context, id uint64) ([]byte, error) {
	c, err := k.coldkeyRecord(ctx, id)
	return c.Account, err
}

func (k Keeper) coldkeyRecord(ctx context.Context, id uint64) (types.Coldkey, error) {
	c, found, err := lookup(ctx, k.coldkeys, id)
	if err != nil {
		return c, errorsmod.Wrapf(err, "read coldkey %d", id)
	}
	if !found {
		return c, types.ErrColdkeyNotFound.Wrapf("coldkey id %d", id)
	}
	return c, nil
}

// EnsureColdkey returns the id of a coldkey, giving it one when it has none.
func (k Keeper) EnsureColdkey(ctx context.Context, account []byte) (uint64, error) {
	if err := checkAccount(account); err != nil {
		return 0, err
	}
	id, found, err := k.ColdkeyID(ctx, account)
	if err != nil || found {
		return id, err
	}
	if err := k.notTarget(ctx, account); err != nil {
		return 0, err
	}
	count, err := k.coldkeyCount.Next(ctx)
	if err != nil {
		return 0, errorsmod.Wrap(err, "count coldkeys")
	}
	return count + 1, k.putColdkey(ctx, types.Coldkey{Id: count + 1, Account: account})
}

// putColdkey writes a new coldkey with its index entry.
func (k Keeper) putColdkey(ctx context.Context, c types.Coldkey) error {
	if err := k.setColdkey(ctx, c); err != nil {
		return err
	}
	return errorsmod.Wrapf(k.coldkeyIDs.Set(ctx, c.Account, c.Id), "index coldkey %d", c.Id)
}

func (k Keeper) setColdkey(ctx context.Context, c types.Coldkey) error {
	return errorsmod.Wrapf(k.coldkeys.Set(ctx, c.Id, c), "write coldkey %d", c.Id)
}

// EnsureOwned returns the id of a hotkey that coldkey owns. A hotkey the ledger does not know yet
// becomes coldkey's, for good, and gets an account, so that it can sign without ever having held
// coins (design 3). One that belongs to another coldkey is ErrNonAssociatedColdkey (chain §3.1 step 6).
func (k Keeper) EnsureOwned(ctx context.Context, hotkey, coldkey []byte) (uint64, error) {
	if err := checkAccount(hotkey); err != nil {
		return 0, err
	}
	id, found, err := k.HotkeyID(ctx, hotkey)
	if err != nil {
		return 0, err
	}
	if found {
		_, err := k.ownedHotkey(ctx, hotkey, coldkey)
		return id, err
	}
	owner, err := k.EnsureColdkey(ctx, coldkey)
	if err != nil {
		return 0, err
	}
	count, err := k.hotkeyCount.Next(ctx)
	if err != nil {
		return 0, errorsmod.Wrap(err, "count hotkeys")
	}
	id = count + 1
	if err := k.putHotkey(ctx, types.Hotkey{Id: id, Account: hotkey, Owner: owner}); err != nil {
		return 0, err
	}
	emit(ctx, types.EventHotkeyCreated, hotkeyAttribute(hotkey), coldkeyAttribute(coldkey))
	return id, nil
}

// putHotkey writes a new hotkey with what belongs to it: the index entry, the entries in the lists
// of its owner and of delegates, and the account.
func (k Keeper) putHotkey(ctx context.Context, h types.Hotkey) error {
	if err := k.setHotkey(ctx, h); err != nil {
		return err
	}
	if err := k.hotkeyIDs.Set(ctx, h.Account, h.Id); err != nil {
		return errorsmod.Wrapf(err, "index hotkey %d", h.Id)
	}
	if err := k.backed.Set(ctx, collections.Join(h.Owner, h.Id)); err != nil {
		return errorsmod.Wrapf(err, "list hotkey %d under its owner", h.Id)
	}
	if h.Delegate {
		if err := k.delegates.Set(ctx, h.Id); err != nil {
			return errorsmod.Wrapf(err, "list hotkey %d as a delegate", h.Id)
		}
	}
	k.openAccount(ctx, h.Account)
	return nil
}

// openAccount lets a key sign without ever having held coins.
func (k Keeper) openAccount(ctx context.Context, account []byte) {
	if addr := sdk.AccAddress(account); !k.account.HasAccount(ctx, addr) {
		k.account.SetAccount(ctx, k.account.NewAccountWithAddress(ctx, addr))
	}
}

func (k Keeper) setHotkey(ctx context.Context, h types.Hotkey) error {
	return errorsmod.Wrapf(k.hotkeys.Set(ctx, h.Id, h), "write hotkey %d", h.Id)
}

// hotkeyByAccount returns the record of a hotkey, or ErrHotkeyNotFound.
func (k Keeper) hotkeyByAccount(ctx context.Context, account []byte) (types.Hotkey, error) {
	if err := checkAccount(account); err != nil {
		return types.Hotkey{}, err
	}
	id, found, err := k.HotkeyID(ctx, account)
	if err != nil {
		return types.Hotkey{}, err
	}
	if !found {
		return types.Hotkey{}, types.ErrHotkeyNotFound.Wrapf("%s has never registered: register it first", keys.SS58(account))
	}
	return k.Hotkey(ctx, id)
}

// ownedHotkey returns the record of a hotkey that coldkey owns: ErrHotkeyNotFound, then
// ErrNonAssociatedColdkey (chain §2.4).
func (k Keeper) ownedHotkey(ctx context.Context, hotkey, coldkey []byte) (types.Hotkey, error) {
	h, err := k.hotkeyByAccount(ctx, hotkey)
	if err != nil {
		return h, err
	}
	if err := checkAccount(coldkey); err != nil {
		return h, err
	}
	id, found, err := k.ColdkeyID(ctx, coldkey)
	if err != nil {
		return h, err
	}
	if !found || id != h.Owner {
		return h, types.ErrNonAssociatedColdkey.Wrapf("%s does not own %s: sign with the owner, or use another hotkey",
			keys.SS58(coldkey), keys.SS58(hotkey))
	}
	return h, nil
}

func checkAccount(account []byte) error {
	if len(account) != types.AccountSize {
		return types.ErrAccount.Wrapf("%x has %d bytes, a key has %d: give the key's SS58 address", account, len(account), types.AccountSize)
	}
	return nil
}

func hotkeyAttribute(account []byte) sdk.Attribute {
	return sdk.NewAttribute(types.AttributeHotkey, keys.SS58(account))
}

func coldkeyAttribute(account []byte) sdk.Attribute {
	return sdk.NewAttribute(types.AttributeColdkey, keys.SS58(account))
}
