package app

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
)

// FinalizeBlock executes a block and writes every address in its events and logs as SS58. The
// SDK's own modules emit bech32; nobody outside ever sees it (design decision 3). The result is
// the same on every node, and events are not part of the app hash.
func (a *App) FinalizeBlock(req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	a.door.Lock()
	res, err := a.BaseApp.FinalizeBlock(req)
	a.block, a.height = req.Txs, uint64(req.Height)
	// BaseApp tells the time, which the store keeps with each version, only to the SDK's own type.
	a.state.SetCommitHeader(cmtproto.Header{ChainID: a.ChainID(), Height: req.Height, Time: req.Time})
	a.door.Unlock()
	if err != nil {
		return nil, err
	}
	a.rewriteEvents(res.Events)
	for _, tx := range res.TxResults {
		tx.Log = a.rewrite.Rewrite(tx.Log)
		a.rewriteEvents(tx.Events)
	}
	return res, nil
}

// Commit makes the block's changes the state, and tells the pool.
func (a *App) Commit() (*abci.ResponseCommit, error) {
	a.door.Lock()
	defer a.door.Unlock()
	res, err := a.BaseApp.Commit()
	if err == nil {
		a.committed(a.block)
		a.block = nil
	}
	return res, err
}

// CheckTx admits a transaction to the mempool; its log shows SS58 as well.
func (a *App) CheckTx(req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	a.door.Lock()
	res, err := a.atTheDoor(req)
	a.door.Unlock()
	if err == nil {
		res.Log = a.rewrite.Rewrite(res.Log)
		a.rewriteEvents(res.Events)
	}
	return res, err
}

// Query answers a read call; the log of a refusal shows SS58.
func (a *App) Query(ctx context.Context, req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	res, err := a.BaseApp.Query(ctx, req)
	if err == nil {
		res.Log = a.rewrite.Rewrite(res.Log)
	}
	return res, err
}

func (a *App) rewriteEvents(events []abci.Event) {
	for i := range events {
		for j := range events[i].Attributes {
			at := &events[i].Attributes[j]
			at.Value = a.rewrite.Rewrite(at.Value)
		}
	}
}

// Rewrite replaces the bech32 addresses in a text or JSON document by SS58.
func (a *App) Rewrite(text string) string { return a.rewrite.Rewrite(text) }
