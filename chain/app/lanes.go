package app

import (
	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/chain/mempool"
)

// The application keeps the mempool itself (CometBFT's mempool type "app"), because only it can
// tell a validator's weights from a stranger's transfers. CheckTx and InsertTx admit a
// transaction, ReapTxs hands new ones to the peers, selectTxs fills a block, checkProposal holds
// others' blocks against the same rules, and Commit tells the pool what has become of it all.
//
// The engine calls CheckTx, InsertTx and ReapTxs at any time, also while a block executes: a.door
// lets one in at a time, and none while the state changes.

// SetBlockBudget bounds how many transactions this node puts in the blocks it proposes, so that
// executing a full one takes a fraction of the block time. It is the operator's affair, not a rule.
func (a *App) SetBlockBudget(txs int) { a.budget = txs }

// InsertTx admits a transaction that a peer has passed on.
func (a *App) InsertTx(req *abci.RequestInsertTx) (*abci.ResponseInsertTx, error) {
	res, err := a.CheckTx(&abci.RequestCheckTx{Tx: req.Tx, Type: abci.CheckTxType_New})
	if err != nil {
		return nil, err
	}
	if res.Code != abci.CodeTypeOK {
		// It may come again: what is refused now, for its sequence or for want of room, may fit later.
		return &abci.ResponseInsertTx{Code: abci.CodeTypeRetry}, nil
	}
	return &abci.ResponseInsertTx{Code: abci.CodeTypeOK}, nil
}

// ReapTxs hands out what peers have not been offered yet.
func (a *App) ReapTxs(req *abci.RequestReapTxs) (*abci.ResponseReapTxs, error) {
	a.door.Lock()
	defer a.door.Unlock()
	return &abci.ResponseReapTxs{Txs: a.pool.Fresh(req.MaxBytes)}, nil
}

// atTheDoor is CheckTx for whatever arrives: a transaction that makes the checks panic is refused.
func (a *App) atTheDoor(req *abci.RequestCheckTx) (res *abci.ResponseCheckTx, err error) {
	defer func() {
		if r := recover(); r != nil {
			res = sdkerrors.ResponseCheckTxWithEvents(sdkerrors.ErrPanic.Wrapf("the checks of a transaction: %v", r), 0, 0, nil, false)
		}
	}()
	return a.BaseApp.CheckTx(req)
}

// checkTx is baseapp's CheckTx with the pool around it; a.door is held.
func (a *App) checkTx(run sdk.RunTx, req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	gas, err := a.admit(run, req.Tx)
	if err != nil {
		return sdkerrors.ResponseCheckTxWithEvents(err, gas.GasWanted, gas.GasUsed, nil, false), nil
	}
	return &abci.ResponseCheckTx{GasWanted: int64(gas.GasWanted), GasUsed: int64(gas.GasUsed)}, nil
}

// admit puts a transaction into the pool, or says why not. What costs least is asked first: the
// signature comes after everything that can be answered without it.
func (a *App) admit(run sdk.RunTx, raw []byte) (sdk.GasInfo, error) {
	decoded, err := a.Encoding.TxConfig.TxDecoder()(raw)
	if err != nil {
		return sdk.GasInfo{}, sdkerrors.ErrTxDecode.Wrap(err.Error())
	}
	ctx := a.GetContextForCheckTx(raw)
	tx, err := a.waiting(raw, decoded)
	if err != nil {
		return sdk.GasInfo{}, err
	}
	next := a.sequence(ctx, tx.Signer)
	if err := a.pool.Fits(tx, next); err != nil {
		return sdk.GasInfo{}, err
	}
	if err := a.welcome(ctx, tx, decoded); err != nil {
		return sdk.GasInfo{}, err
	}
	gas, _, _, err := run(raw, decoded)
	if err != nil {
		return gas, err // the signature is not right: this says nothing about the account it names
	}
	if tx.Call.Free() {
		a.pool.Count(tx.Signer)
	}
	a.pool.Insert(tx, next)
	return gas, nil
}

// waiting is a transaction as the pool holds it.
func (a *App) waiting(raw []byte, decoded sdk.Tx) (*mempool.Tx, error) {
	signer, sequence, err := soleSigner(decoded)
	if err != nil {
		return nil, err
	}
	call, fee, err := appraise(decoded, len(raw))
	if err != nil {
		return nil, err
	}
	tx := &mempool.Tx{Bytes: raw, Key: mempool.KeyOf(raw), Signer: string(signer), Sequence: sequence, Call: call, Fee: fee}
	if timed, ok := decoded.(sdk.TxWithTimeoutHeight); ok {
		tx.Until = timed.GetTimeoutHeight()
	}
	return tx, nil
}

// sequence is what the ledger expects of a signer next: 0 of one that it does not know.
func (a *App) sequence(ctx sdk.Context, signer string) uint64 {
	if account := a.Accounts.GetAccount(ctx, sdk.AccAddress(signer)); account != nil {
		return account.GetSequence()
	}
	return 0
}

// committed brings the pool up to date with a block; a.door is held.
func (a *App) committed(txs [][]byte) {
	touched := map[string]bool{}
	if a.pool.Len() > 0 {
		for _, raw := range txs {
			if signer, known := a.pool.Signer(mempool.KeyOf(raw)); known {
				touched[signer] = true
			} else if decoded, err := a.Encoding.TxConfig.TxDecoder()(raw); err == nil {
				if signer, _, err := soleSigner(decoded); err == nil {
					touched[string(signer)] = true
				}
			}
		}
	}
	a.pool.Committed(a.height, touched, func(signer string) uint64 { return a.sequence(a.GetContextForCheckTx(nil), signer) })
}

// selectTxs fills a block of at most maxBytes from the pool. An account that can no longer pay for
// its first paid transaction moves no further by itself, so what waits of it is dropped.
func (a *App) selectTxs(ctx sdk.Context, maxBytes int64) [][]byte {
	a.door.Lock()
	defer a.door.Unlock()
	spent, broke := map[string]uint64{}, []string{}
	chosen := a.pool.Select(mempool.Space{Bytes: maxBytes, Txs: a.budget}, func(tx *mempool.Tx) bool {
		spent[tx.Signer] += tx.Fee
		if tx.Fee == 0 || a.canPay(ctx, tx.Signer, spent[tx.Signer]) {
			return true
		}
		if spent[tx.Signer] == tx.Fee {
			broke = append(broke, tx.Signer)
		}
		return false
	})
	out := make([][]byte, len(chosen))
	for i, tx := range chosen {
		out[i] = tx.Bytes
	}
	for _, signer := range broke {
		a.pool.Drop(signer)
	}
	return out
}

func (a *App) canPay(ctx sdk.Context, signer string, rao uint64) bool {
	params, err := a.Stake.Params(ctx)
	if err != nil {
		return false
	}
	balance := a.Stake.FreeBalance(ctx, []byte(signer))
	return balance >= params.ExistentialDeposit && balance-params.ExistentialDeposit >= rao
}

// checkProposal holds a proposed block's transactions against the rules of the lanes.
func (a *App) checkProposal(ctx sdk.Context, txs [][]byte) error {
	most := int64(1) << 62
	if block := ctx.ConsensusParams().Block; block != nil && block.MaxBytes > 0 {
		most = block.MaxBytes
	}
	check := mempool.NewCheck(most)
	for _, raw := range txs {
		decoded, err := a.Encoding.TxConfig.TxDecoder()(raw)
		if err != nil {
			return err
		}
		signer, _, err := soleSigner(decoded)
		if err != nil {
			return err
		}
		call, _, err := appraise(decoded, len(raw))
		if err != nil {
			return err
		}
		if err := check.Add(string(signer), len(raw), call); err != nil {
			return fees.ErrFull.Wrap(err.Error())
		}
	}
	return nil
}
