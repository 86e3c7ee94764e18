package app

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// nested is a message that carries others, signed by others: x/authz's.
type nested interface {
	GetMessages() ([]sdk.Msg, error)
}

// maxNesting bounds messages within messages.
const maxNesting = 4

// refuseFrozen refuses whatever a coldkey signs, or has somebody else sign for it, while its swap is
// announced (chain §2.5): but for the execution of a swap, which anybody may ask for.
func (a *App) refuseFrozen(ctx sdk.Context, tx sdk.Tx) error {
	others := false
	for _, m := range tx.GetMsgs() {
		if _, ok := m.(*staketypes.MsgExecuteColdkeySwap); ok {
			continue
		}
		others = true
		if n, ok := m.(nested); ok {
			if err := a.refuseNested(ctx, n, maxNesting); err != nil {
				return err
			}
		}
	}
	signed, ok := tx.(authsigning.SigVerifiableTx)
	if !others || !ok {
		return nil
	}
	signers, err := signed.GetSigners()
	if err != nil {
		return err
	}
	return a.refuseSigners(ctx, signers)
}

func (a *App) refuseNested(ctx sdk.Context, outer nested, depth int) error {
	if depth == 0 {
		return errorsmod.Wrapf(staketypes.ErrTooMany, "messages within messages: nest at most %d deep", maxNesting)
	}
	msgs, err := outer.GetMessages()
	if err != nil {
		return err
	}
	for _, m := range msgs {
		if n, ok := m.(nested); ok {
			if err := a.refuseNested(ctx, n, depth-1); err != nil {
				return err
			}
		}
		signers, _, err := a.Encoding.Codec.GetMsgV1Signers(m)
		if err != nil {
			return err
		}
		if err := a.refuseSigners(ctx, signers); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) refuseSigners(ctx sdk.Context, signers [][]byte) error {
	for _, s := range signers {
		due, frozen, err := a.Stake.Frozen(ctx, s)
		if err != nil {
			return err
		}
		if frozen {
			return errorsmod.Wrapf(staketypes.ErrSwapPending, "%s is frozen: its swap can be executed from block %d on", keys.SS58(s), due)
		}
	}
	return nil
}
