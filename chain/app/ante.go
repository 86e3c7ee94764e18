package app

import (
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/ergon-network/ergon/chain/crypto"
)

// newAnteHandler is the SDK's own chain of checks with one addition: sr25519 signatures cost
// gas too. Calls are free of fees in this release; quotas come with the fee policy.
func (a *App) newAnteHandler() (sdk.AnteHandler, error) {
	check, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   a.Accounts,
		BankKeeper:      a.Bank,
		SignModeHandler: a.Encoding.TxConfig.SignModeHandler(),
		SigGasConsumer:  consumeSignatureGas,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		// Until its first block, a node that was started again checks transactions as at height 0, where
		// signatures are of account 0: it would refuse everybody. No transaction is ever in block 0.
		if ctx.IsCheckTx() && ctx.BlockHeight() == 0 {
			ctx = ctx.WithBlockHeight(max(a.LastBlockHeight(), 1))
		}
		if err := a.openByWork(ctx, tx); err != nil {
			return ctx, err
		}
		ctx, err := check(ctx, tx, simulate)
		if err != nil {
			return ctx, err
		}
		return ctx, a.refuseFrozen(ctx, tx)
	}, nil
}

func consumeSignatureGas(meter storetypes.GasMeter, sig signing.SignatureV2, params authtypes.Params) error {
	if _, ok := sig.PubKey.(*crypto.PubKey); ok {
		meter.ConsumeGas(params.SigVerifyCostSecp256k1, "ante verify: sr25519")
		return nil
	}
	return ante.DefaultSigVerificationGasConsumer(meter, sig, params)
}
