package app

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/chain/mempool"
	"github.com/ergon-network/ergon/chain/ss58"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// welcome refuses at the door what the ledger would certainly refuse later: a fee that cannot be
// paid, a neuron's call of somebody who is none, weights without the stake for them, a registration
// where no uid is for sale (chain §2.2). It reads the state of the last block and writes nothing.
func (a *App) welcome(ctx sdk.Context, tx *mempool.Tx, decoded sdk.Tx) error {
	if !tx.Call.Free() {
		if owed := a.pool.Fees(tx.Signer) + tx.Fee; !a.canPay(ctx, tx.Signer, owed) {
			return fees.ErrCannotPay.Wrapf("the fees of this and what waits before it are %d rao, the balance is %d: fund the account",
				owed, a.Stake.FreeBalance(ctx, []byte(tx.Signer)))
		}
		return nil
	}
	next := ctx.WithBlockHeight(a.LastBlockHeight() + 1) // the first block that it can be in
	switch {
	case tx.Call.Neuron:
		hotkey, err := ss58.Codec{}.StringToBytes(tx.Call.Hotkey)
		if err != nil {
			return err
		}
		if err := a.speaksFor(next, tx.Signer, hotkey); err != nil {
			return err
		}
		updated, err := a.Incentive.AtTheDoor(next, tx.Call.Netuid, hotkey, tx.Call.Lane == fees.Weights)
		tx.Rank = ^updated // who has waited longest goes first
		return err
	case tx.Call.Lane == fees.Registrations && tx.Call.Netuid != 0:
		_, work := decoded.GetMsgs()[0].(*subnettypes.MsgRegisterPow)
		return a.Subnet.AtTheDoor(next, tx.Call.Netuid, work)
	}
	return nil
}

// speaksFor tells whether a signer is the hotkey, or the coldkey that owns it: some calls of a
// neuron are signed by its owner, and naming another's hotkey opens no door.
func (a *App) speaksFor(ctx sdk.Context, signer string, hotkey []byte) error {
	if signer == string(hotkey) {
		return nil
	}
	id, known, err := a.Stake.HotkeyID(ctx, hotkey)
	if err != nil || !known {
		return err // the neuron's own check says that it is none
	}
	h, err := a.Stake.Hotkey(ctx, id)
	if err != nil {
		return err
	}
	owner, known, err := a.Stake.ColdkeyID(ctx, []byte(signer))
	if err == nil && (!known || owner != h.Owner) {
		return staketypes.ErrNonAssociatedColdkey.Wrapf("%s does not own %s: sign with the owner", keys.SS58([]byte(signer)), keys.SS58(hotkey))
	}
	return err
}
