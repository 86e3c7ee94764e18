package app

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/baseapp/txnrunner"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/beacon"
	beacontypes "github.com/ergon-network/ergon/chain/x/beacon/types"
	beaconrules "github.com/ergon-network/ergon/consensus/beacon"
)

// A block's first entry holds its producers' values for the beacon; transactions follow it. This
// file wraps whatever chooses and checks the transactions, which then see nothing of the entry.

// wireValues sets the handlers of votes, and of the entry once it is in a block.
func (a *App) wireValues() {
	a.SetPreBlocker(a.preBlock)
	a.SetExtendVoteHandler(a.extendVote)
	a.SetVerifyVoteExtensionHandler(verifyVoteExtension)
	a.SetBlockSTMTxRunner(entryRunner{txnrunner.NewDefaultRunner(a.Encoding.TxConfig.TxDecoder())})
}

// withValues puts the values before the transactions that choose picks for what room is left.
func (a *App) withValues(choose sdk.PrepareProposalHandler) sdk.PrepareProposalHandler {
	return func(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
		if !carriesValues(ctx, req.Height, len(req.LocalLastCommit.Votes)) {
			return choose(ctx, req)
		}
		entry, err := a.Beacon.Assemble(ctx, ctx.ChainID(), uint64(req.Height-1), req.LocalLastCommit)
		if err != nil {
			return nil, err
		}
		rest := *req
		rest.MaxTxBytes = max(0, req.MaxTxBytes-cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{entry}))
		res, err := choose(ctx, &rest)
		if err != nil {
			ctx.Logger().Error("no transactions could be chosen; the block is proposed without any", "height", req.Height, "err", err)
			res = &abci.ResponsePrepareProposal{}
		}
		return &abci.ResponsePrepareProposal{Txs: append([][]byte{entry}, res.Txs...)}, nil
	}
}

// checkValues refuses a block whose first entry is not what the votes brought, and hands the rest
// to check.
func (a *App) checkValues(check sdk.ProcessProposalHandler) sdk.ProcessProposalHandler {
	return func(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
		if !carriesValues(ctx, req.Height, len(req.ProposedLastCommit.Votes)) {
			return check(ctx, req)
		}
		commit := commitOf(ctx, req.Height, req.ProposedLastCommit)
		if err := a.Beacon.Check(ctx, first(req.Txs), commit); err != nil {
			ctx.Logger().Error("proposal refused", "height", req.Height, "err", err)
			return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
		}
		rest := *req
		rest.Txs = req.Txs[1:]
		return check(ctx, &rest)
	}
}

// preBlock begins an upgrade where one is due and takes the values of a decided block in, before
// anything else happens in it.
func (a *App) preBlock(ctx sdk.Context, req *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
	if err := a.beginRelease(ctx); err != nil {
		return nil, err
	}
	res, err := a.modules.PreBlock(ctx)
	if err != nil {
		return nil, err
	}
	commit := commitOf(ctx, req.Height, req.DecidedLastCommit)
	if !carriesValues(ctx, req.Height, len(commit.Info.Votes)) {
		commit.Info.Votes = nil
	}
	return res, a.Beacon.Advance(ctx, first(req.Txs), commit)
}

// carriesValues tells whether a block has an entry of values: where the votes for the block
// before were extended. A ledger's first block has no votes.
func carriesValues(ctx sdk.Context, height int64, votes int) bool {
	p := ctx.ConsensusParams().Abci
	return votes > 0 && p != nil && p.VoteExtensionsEnableHeight != 0 && height > p.VoteExtensionsEnableHeight
}

func commitOf(ctx sdk.Context, height int64, info abci.CommitInfo) beacon.Commit {
	return beacon.Commit{ChainID: ctx.ChainID(), Height: uint64(height - 1), Info: info}
}

func first(txs [][]byte) []byte {
	if len(txs) == 0 {
		return nil
	}
	return txs[0]
}

// SetBeaconSecret makes the node add its values to its votes. It is called before the node starts;
// without it, its votes bring nothing.
func (a *App) SetBeaconSecret(s beaconrules.Secret) { a.secret = &s }

// extendVote adds the producer's value for a height to its vote. It depends on the height alone,
// so a second round, or a node that was started again, reveals nothing else.
func (a *App) extendVote(_ sdk.Context, req *abci.RequestExtendVote) (*abci.ResponseExtendVote, error) {
	if a.secret == nil {
		return &abci.ResponseExtendVote{}, nil
	}
	return &abci.ResponseExtendVote{VoteExtension: beacontypes.Extension(a.secret.At(uint64(req.Height)))}, nil
}

// verifyVoteExtension looks at the form alone. A vote that is refused does not count for the
// block, so a refusal that depended on anything else could stop the ledger; a value that leads
// nowhere does no harm.
func verifyVoteExtension(_ sdk.Context, req *abci.RequestVerifyVoteExtension) (*abci.ResponseVerifyVoteExtension, error) {
	status := abci.ResponseVerifyVoteExtension_ACCEPT
	if _, _, err := beacontypes.ReadExtension(req.VoteExtension); err != nil {
		status = abci.ResponseVerifyVoteExtension_REJECT
	}
	return &abci.ResponseVerifyVoteExtension{Status: status}, nil
}

// entryRunner executes a block's transactions. An entry of values is none: it gets an empty
// result of its own, so that results and entries stay side by side.
type entryRunner struct{ sdk.TxRunner }

func (r entryRunner) Run(ctx context.Context, ms storetypes.MultiStore, txs [][]byte, deliver sdk.DeliverTxFunc) ([]*abci.ExecTxResult, error) {
	if !beacontypes.IsVotes(first(txs)) {
		return r.TxRunner.Run(ctx, ms, txs, deliver)
	}
	results, err := r.TxRunner.Run(ctx, ms, txs[1:], deliver)
	if err != nil {
		return nil, err
	}
	entry := &abci.ExecTxResult{Codespace: beacontypes.ModuleName, Info: "values of the block producers: no transaction"}
	return append([]*abci.ExecTxResult{entry}, results...), nil
}
