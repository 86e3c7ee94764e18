package app

import (
	"crypto/sha256"
	"encoding/binary"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// FirstAccountNumber is the account number that a key signs with before it has an account: half of
// a hash of the key, with the top bit set as in every number of a ledger account. Numbers are
// otherwise drawn from the block that opens the account, which nobody knows when they sign.
//
// A first transaction cannot be replayed: it raises the account's sequence, and accounts are never
// closed. An account that was opened in the meantime, by a transfer to it, has another number: the
// transaction is refused, and its sender signs again with the number that the ledger tells.
func FirstAccountNumber(account []byte) uint64 {
	digest := sha256.Sum256(append([]byte("ergon account of a first transaction\x00"), account...))
	return binary.BigEndian.Uint64(digest[:8]) | 1<<63
}

// openByWork lets a proof of work be its hotkey's first transaction (chain §3.2): whoever has no
// coins has no account, and the SDK refuses a signer without one. Work that would not be accepted
// opens nothing and is refused here, before its signature is looked at, so a flood of it costs less
// than a flood of bad signatures. What is opened here is undone with the transaction if a later
// check, the signature's first of all, refuses it.
func (a *App) openByWork(ctx sdk.Context, tx sdk.Tx) error {
	msgs := tx.GetMsgs()
	if len(msgs) != 1 {
		return nil
	}
	m, ok := msgs[0].(*subnettypes.MsgRegisterPow)
	if !ok {
		return nil
	}
	now := uint64(ctx.BlockHeight())
	if ctx.IsCheckTx() {
		now++ // the block that it can be in at the earliest
	}
	hotkey, err := a.Subnet.CheckWork(ctx, m, now)
	if err != nil || a.Accounts.HasAccount(ctx, hotkey) {
		return err
	}
	a.Accounts.SetAccount(ctx, authtypes.NewBaseAccount(hotkey, nil, FirstAccountNumber(hotkey), 0))
	return nil
}
