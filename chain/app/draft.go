package app

import (
	"context"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/ergon-network/ergon/chain/crypto"
	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/keys"
)

// gasLimit covers the largest call, 4096 weights, several times over.
const gasLimit = 100_000_000

// Draft is a transaction before it is signed.
type Draft struct {
	Msgs     []sdk.Msg
	PubKey   cryptotypes.PubKey // of the account that signs
	Size     int                // of its signature in bytes; 0: a single key's
	ChainID  string
	Number   uint64 // of the account
	Sequence uint64
	Until    uint64 // the last block it may be in; 0: no limit
	Pay      bool   // offer a fee for what is free within the quota
}

// signMode is over the transaction's bytes as they are sent.
const signMode = signing.SignMode_SIGN_MODE_DIRECT

// Sign makes the transaction of a single key.
func (d Draft) Sign(ctx context.Context, enc Encoding, signer *keys.Pair) ([]byte, error) {
	d.PubKey = crypto.NewPubKey(signer.Public())
	payload, err := d.Payload(ctx, enc)
	if err != nil {
		return nil, err
	}
	signature, err := signer.Sign(payload)
	if err != nil {
		return nil, err
	}
	return d.Finish(enc, signature)
}

// Payload is what has to be signed.
func (d Draft) Payload(ctx context.Context, enc Encoding) ([]byte, error) {
	b, err := d.build(enc, nil)
	if err != nil {
		return nil, err
	}
	data := authsigning.SignerData{
		ChainID: d.ChainID, AccountNumber: d.Number, Sequence: d.Sequence, PubKey: d.PubKey,
		Address: sdk.AccAddress(d.PubKey.Address()).String(),
	}
	return authsigning.GetSignBytesAdapter(ctx, enc.TxConfig.SignModeHandler(), signMode, data, b.GetTx())
}

// Finish is the transaction with its signature.
func (d Draft) Finish(enc Encoding, signature []byte) ([]byte, error) {
	b, err := d.build(enc, signature)
	if err != nil {
		return nil, err
	}
	return enc.TxConfig.TxEncoder()(b.GetTx())
}

// Fee is what the transaction will cost at most, in rao; 0 when it is free. It may be a few rao
// over the quote of the finished bytes, and the ledger takes the quote.
func (d Draft) Fee(enc Encoding) (uint64, error) {
	if !d.Pay && fees.MayBeFree(d.Msgs) {
		return 0, nil
	}
	size := d.Size
	if size == 0 {
		size = keys.SignatureSize
	}
	calls, _ := fees.Calls(d.Msgs)
	b, err := d.buildWith(enc, make([]byte, size), fees.Quote(1<<20, calls))
	if err != nil {
		return 0, err
	}
	raw, err := enc.TxConfig.TxEncoder()(b.GetTx())
	return fees.Quote(len(raw), calls), err
}

func (d Draft) build(enc Encoding, signature []byte) (client.TxBuilder, error) {
	fee, err := d.Fee(enc)
	if err != nil {
		return nil, err
	}
	return d.buildWith(enc, signature, fee)
}

func (d Draft) buildWith(enc Encoding, signature []byte, fee uint64) (client.TxBuilder, error) {
	b := enc.TxConfig.NewTxBuilder()
	if err := b.SetMsgs(d.Msgs...); err != nil {
		return nil, err
	}
	b.SetGasLimit(gasLimit)
	b.SetTimeoutHeight(d.Until)
	if fee > 0 {
		b.SetFeeAmount(sdk.NewCoins(sdk.NewCoin(Denom, math.NewIntFromUint64(fee))))
	}
	return b, b.SetSignatures(signing.SignatureV2{
		PubKey: d.PubKey, Sequence: d.Sequence, Data: &signing.SingleSignatureData{SignMode: signMode, Signature: signature},
	})
}
