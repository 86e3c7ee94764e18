// Package testnode drives the ledger's state machine block by block, without networking and
// without a wall clock: InitChain, FinalizeBlock, Commit. Tests and benchmarks use it; so does
// whoever wants a year of blocks in minutes.
package testnode

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// ChainID of every test ledger.
const ChainID = "ergon-test"

// BlockTime is how much later each block is than the one before.
const BlockTime = 12 * time.Second

// epoch is block 0's time: fixed, so that two runs are identical.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Node is a ledger at some height.
type Node struct {
	App    *app.App
	Height int64
	seq    map[string]uint64
}

// New starts a ledger in db (nil: in memory) under the options; ChainID, time and producers are
// filled in.
func New(db dbm.DB, o genesis.Options, base ...func(*baseapp.BaseApp)) (*Node, error) {
	if db == nil {
		db = dbm.NewMemDB()
	}
	a, err := app.New(log.NewNopLogger(), db, append([]func(*baseapp.BaseApp){baseapp.SetChainID(ChainID)}, base...)...)
	if err != nil {
		return nil, err
	}
	o.ChainID, o.Time = ChainID, epoch
	if o.Profile == "" {
		o.Profile = genesis.Localnet
	}
	if o.TuneIncentive == nil {
		o.TuneIncentive = ShareEqually
	}
	if len(o.Producers) == 0 {
		o.Producers = []authoritytypes.Producer{{Name: "test", PubKey: make([]byte, 32), Power: 10}}
		o.Producers[0].PubKey[0] = 1
	}
	tune := o.Tune
	o.Tune = func(p *subnettypes.Params) {
		p.Defaults.CommitRevealWeightsEnabled = false // most tests are about weights, not how they are hidden
		if tune != nil {
			tune(p)
		}
	}
	doc, err := genesis.New(o)
	if err != nil {
		return nil, err
	}
	return Begin(a, doc)
}

// Begin makes a ledger of a genesis in an application that holds nothing yet.
func Begin(a *app.App, doc *cmttypes.GenesisDoc) (*Node, error) {
	params := doc.ConsensusParams.ToProto()
	_, err := a.InitChain(&abci.RequestInitChain{
		ChainId: doc.ChainID, Time: doc.GenesisTime, ConsensusParams: &params, AppStateBytes: doc.AppState, InitialHeight: doc.InitialHeight,
	})
	if err != nil {
		return nil, fmt.Errorf("init chain: %w", err)
	}
	return &Node{App: a, Height: doc.InitialHeight - 1, seq: map[string]uint64{}}, nil
}

// Resume drives an application that holds a ledger already.
func Resume(a *app.App) *Node {
	return &Node{App: a, Height: a.LastBlockHeight(), seq: map[string]uint64{}}
}

// ShareEqually is a ledger without a root network: what New makes unless the options tune it.
func ShareEqually(p *incentivetypes.Params) { p.RootTempo = 0 }

// Block executes and commits one block with the transactions.
func (n *Node) Block(txs ...[]byte) (*abci.ResponseFinalizeBlock, error) {
	n.Height++
	res, err := n.App.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: n.Height, Hash: BlockHash(n.Height), Time: epoch.Add(time.Duration(n.Height) * BlockTime), Txs: txs,
	})
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", n.Height, err)
	}
	_, err = n.App.Commit()
	return res, err
}

// BlockHash is the hash of a test ledger's block: there is no header, so it is made up.
func BlockHash(height int64) []byte {
	hash := sha256.Sum256(fmt.Append(nil, "ergon test block ", height))
	return hash[:]
}

// Deliver executes one message from the signer in a block of its own and returns its result.
func (n *Node) Deliver(signer *keys.Pair, msgs ...sdk.Msg) (*abci.ExecTxResult, error) {
	tx, err := n.Sign(signer, msgs...)
	if err != nil {
		return nil, err
	}
	res, err := n.Block(tx)
	if err != nil {
		return nil, err
	}
	if res.TxResults[0].Code != 0 {
		n.Forget(signer) // a refused transaction may or may not have used its sequence
	}
	return res.TxResults[0], nil
}

// Context is a read-only view of the last committed state.
func (n *Node) Context() (sdk.Context, error) { return n.App.CreateQueryContext(0, false) }

// Forget drops the cached sequence of a signer, so that the next Sign reads it from the ledger.
func (n *Node) Forget(signer *keys.Pair) { delete(n.seq, signer.Address()) }

// Sign makes a transaction with the signer's next sequence; that of a signer without an account is
// its first.
func (n *Node) Sign(signer *keys.Pair, msgs ...sdk.Msg) ([]byte, error) {
	ctx, err := n.Context()
	if err != nil {
		return nil, err
	}
	account := n.App.Accounts.GetAccount(ctx, signer.Public())
	if account == nil {
		return Sign(n.App.Encoding, signer, app.FirstAccountNumber(signer.Public()), 0, msgs...)
	}
	seq, cached := n.seq[signer.Address()]
	if !cached {
		seq = account.GetSequence()
	}
	n.seq[signer.Address()] = seq + 1
	return Sign(n.App.Encoding, signer, account.GetAccountNumber(), seq, msgs...)
}

// Sign makes a transaction of the messages under the given account number and sequence.
func Sign(enc app.Encoding, signer *keys.Pair, number, seq uint64, msgs ...sdk.Msg) ([]byte, error) {
	d := app.Draft{Msgs: msgs, ChainID: ChainID, Number: number, Sequence: seq}
	return d.Sign(context.Background(), enc, signer)
}
