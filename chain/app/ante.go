package app

import (
	"strconv"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/ergon-network/ergon/chain/crypto"
	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/keys"
)

// EventFeePaid tells who paid how much for a transaction: coldkey, amount. The Recycled event
// beside it is the same money leaving the issuance.
const EventFeePaid = "FeePaid"

// newAnteHandler is the SDK's chain of checks with our fee policy in the place of its own
// (chain/fees), and with gas for sr25519 signatures.
func (a *App) newAnteHandler() sdk.AnteHandler {
	deliver := sdk.ChainAnteDecorators(
		workDecorator{a},
		ante.NewSetUpContextDecorator(),
		ante.NewExtensionOptionsDecorator(nil),
		ante.NewValidateBasicDecorator(),
		ante.NewTxTimeoutHeightDecorator(),
		ante.NewValidateMemoDecorator(a.Accounts),
		ante.NewConsumeGasForTxSizeDecorator(a.Accounts),
		feeDecorator{a},
		ante.NewSetPubKeyDecorator(a.Accounts),
		ante.NewValidateSigCountDecorator(a.Accounts),
		ante.NewSigGasConsumeDecorator(a.Accounts, consumeSignatureGas),
		ante.NewSigVerificationDecorator(a.Accounts, a.Encoding.TxConfig.SignModeHandler()),
		ante.NewIncrementSequenceDecorator(a.Accounts),
		frozenDecorator{a},
	)
	return func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		if !ctx.IsCheckTx() {
			return deliver(ctx, tx, simulate)
		}
		return a.checkAtTheDoor(ctx, tx, simulate, deliver)
	}
}

// checkAtTheDoor runs the checks for the mempool. They leave no trace: the state that waiting
// transactions are checked against is always that of the last block, and the pool, which has found
// this one's sequence to be next in line, is what remembers the others.
func (a *App) checkAtTheDoor(ctx sdk.Context, tx sdk.Tx, simulate bool, check sdk.AnteHandler) (sdk.Context, error) {
	// Until its first block, a node that was started again checks transactions as at height 0, where
	// signatures are of account 0: it would refuse everybody. No transaction is ever in block 0.
	if ctx.BlockHeight() == 0 {
		ctx = ctx.WithBlockHeight(max(a.LastBlockHeight(), 1))
	}
	branch, _ := ctx.CacheContext()
	if signer, sequence, err := soleSigner(tx); err == nil && !simulate {
		if account := a.Accounts.GetAccount(branch, signer); account != nil && account.GetSequence() != sequence {
			if err := account.SetSequence(sequence); err != nil {
				return ctx, err
			}
			a.Accounts.SetAccount(branch, account)
		}
	}
	out, err := check(branch, tx, simulate)
	return out.WithMultiStore(ctx.MultiStore()), err
}

// soleSigner is the account that signed a transaction, and with which sequence.
func soleSigner(tx sdk.Tx) (sdk.AccAddress, uint64, error) {
	signed, ok := tx.(authsigning.SigVerifiableTx)
	if !ok {
		return nil, 0, sdkerrors.ErrTxDecode.Wrapf("%T carries no signatures", tx)
	}
	signers, err := signed.GetSigners()
	if err != nil {
		return nil, 0, err
	}
	sigs, err := signed.GetSignaturesV2()
	if err != nil {
		return nil, 0, err
	}
	if len(signers) != 1 || len(sigs) != 1 {
		return nil, 0, fees.ErrSigners.Wrapf("it has %d signers and %d signatures: send one transaction for each", len(signers), len(sigs))
	}
	if len(signers[0]) != keys.PublicSize {
		return nil, 0, fees.ErrSigners.Wrapf("its account has %d bytes: sign with an sr25519 key", len(signers[0]))
	}
	return signers[0], sigs[0].Sequence, nil
}

// workDecorator opens an account for a first transaction that is a valid proof of work.
type workDecorator struct{ app *App }

// AnteHandle implements sdk.AnteDecorator.
func (d workDecorator) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if err := d.app.openByWork(ctx, tx); err != nil {
		return ctx, err
	}
	return next(ctx, tx, simulate)
}

// frozenDecorator refuses coldkeys that are about to be swapped.
type frozenDecorator struct{ app *App }

// AnteHandle implements sdk.AnteDecorator.
func (d frozenDecorator) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if err := d.app.refuseFrozen(ctx, tx); err != nil {
		return ctx, err
	}
	return next(ctx, tx, simulate)
}

// feeDecorator holds a transaction against the fee policy and takes its fee.
type feeDecorator struct{ app *App }

// AnteHandle implements sdk.AnteDecorator. The fee in a transaction is the most that its signer is
// ready to pay; what is taken is the quote.
func (d feeDecorator) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	signer, _, err := soleSigner(tx)
	if err != nil {
		return ctx, err
	}
	_, fee, err := appraise(tx, len(ctx.TxBytes()))
	if err != nil && !simulate {
		return ctx, err
	}
	if fee > 0 && !simulate && !ctx.IsCheckTx() {
		if err := d.app.Stake.Recycle(ctx, signer, fee); err != nil {
			return ctx, fees.ErrCannotPay.Wrap(err.Error())
		}
		ctx.EventManager().EmitEvent(sdk.NewEvent(EventFeePaid,
			sdk.NewAttribute("coldkey", keys.SS58(signer)), sdk.NewAttribute("amount", strconv.FormatUint(fee, 10))))
	}
	return next(ctx, tx, simulate)
}

// appraise classes a transaction of so many bytes and tells what it costs, or why it is refused
// whoever sends it. The order of its checks is that of docs/fees.md.
func appraise(tx sdk.Tx, bytes int) (fees.Call, uint64, error) {
	feeTx, ok := tx.(sdk.FeeTx)
	if !ok {
		return fees.Call{}, 0, sdkerrors.ErrTxDecode.Wrapf("%T says nothing of fees", tx)
	}
	if feeTx.GetGas() == 0 {
		return fees.Call{}, 0, sdkerrors.ErrInvalidGasLimit.Wrap("the gas limit is 0: set one")
	}
	msgs := tx.GetMsgs()
	calls, depth := fees.Calls(msgs)
	if calls > fees.MaxCalls {
		return fees.Call{}, 0, fees.ErrTooMany.Wrapf("over %d, wrapped ones and outputs of transfers included: send several transactions", fees.MaxCalls)
	}
	if depth > fees.MaxDepth {
		return fees.Call{}, 0, fees.ErrTooDeep.Wrapf("over %d levels: sign with the account that was granted the call", fees.MaxDepth)
	}
	if len(feeTx.FeeGranter()) > 0 {
		return fees.Call{}, 0, fees.ErrFeeCoin.Wrap("a fee granter is named: leave it out")
	}
	var offered uint64
	switch coins := feeTx.GetFee(); {
	case len(coins) == 1 && coins[0].Denom == Denom && coins[0].Amount.IsUint64():
		offered = coins[0].Amount.Uint64()
	case len(coins) > 0:
		return fees.Call{}, 0, fees.ErrFeeCoin.Wrapf("%s is offered: offer whole %s", coins, Denom)
	}
	call := fees.Of(msgs, offered > 0)
	if call.Free() {
		return call, 0, nil
	}
	quote := fees.Quote(bytes, calls)
	if offered < quote {
		return call, 0, fees.ErrFeeTooLow.Wrapf("%d rao offered, %d bytes with %d calls cost %d: offer that much", offered, bytes, calls, quote)
	}
	return call, quote, nil
}

// consumeSignatureGas charges for each signature that has to be looked at. Accounts of this ledger
// are sr25519 keys, one or several; the SDK's other keys are refused.
func consumeSignatureGas(meter storetypes.GasMeter, sig signing.SignatureV2, params authtypes.Params) error {
	switch key := sig.PubKey.(type) {
	case *crypto.PubKey:
		meter.ConsumeGas(params.SigVerifyCostSecp256k1, "ante verify: sr25519")
	case *crypto.Multisig:
		if err := key.Validate(); err != nil {
			return sdkerrors.ErrInvalidPubKey.Wrap(err.Error())
		}
		meter.ConsumeGas(params.SigVerifyCostSecp256k1*uint64(key.Threshold), "ante verify: sr25519 multisig")
	default:
		return sdkerrors.ErrInvalidPubKey.Wrapf("%T: sign with an sr25519 key", sig.PubKey)
	}
	return nil
}
