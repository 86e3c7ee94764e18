package app

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
)

// AccountKeeper is the SDK's, but a new account's number does not follow from the app hash. That
// hash contains the versions of the state tree, so a ledger that goes on from an exported state
// would number its new accounts otherwise than the one that it was exported from.
type AccountKeeper struct{ authkeeper.AccountKeeper }

// NewAccountWithAddress makes an account that is not stored yet.
func (k AccountKeeper) NewAccountWithAddress(ctx context.Context, addr sdk.AccAddress) sdk.AccountI {
	return k.AccountKeeper.NewAccountWithAddress(hashless(ctx), addr)
}

// NewAccount gives an account its number.
func (k AccountKeeper) NewAccount(ctx context.Context, acc sdk.AccountI) sdk.AccountI {
	return k.AccountKeeper.NewAccount(hashless(ctx), acc)
}

func hashless(ctx context.Context) context.Context {
	c := sdk.UnwrapSDKContext(ctx)
	h := c.BlockHeader()
	h.AppHash = nil
	return c.WithBlockHeader(h)
}
