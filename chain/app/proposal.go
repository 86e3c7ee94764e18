package app

import (
	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// prepareProposal fills a block from the pool. What the engine hands over is empty: its own
// mempool only passes transactions on.
func (a *App) prepareProposal(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	return &abci.ResponsePrepareProposal{Txs: a.selectTxs(ctx, req.MaxTxBytes)}, nil
}

// processProposal accepts a block that keeps the rules of the lanes.
func (a *App) processProposal(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	if err := a.checkProposal(ctx, req.Txs); err != nil {
		ctx.Logger().Error("refused a proposed block", "height", req.Height, "reason", err)
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}
