package app_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	pruningtypes "github.com/cosmos/cosmos-sdk/store/v2/pruning/types"
	"github.com/cosmos/cosmos-sdk/store/v2/snapshots"
	snapshottypes "github.com/cosmos/cosmos-sdk/store/v2/snapshots/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// busy is a ledger on which something of everything has happened.
func busy(t *testing.T, db dbm.DB, base ...func(*baseapp.BaseApp)) *testnode.World {
	t.Helper()
	w, err := testnode.NewWorld(db, 10, []string{"alice", "bob"}, base...)
	require.NoError(t, err)
	alice, bob := testnode.Key("alice"), testnode.Key("bob")
	for s := range 2 {
		netuid, err := w.Subnet(fmt.Sprintf("market-%d", s))
		require.NoError(t, err)
		for i := range 4 {
			_, err := w.Register(alice, testnode.Key(fmt.Sprintf("hot-%d", i)), netuid)
			require.NoError(t, err)
		}
	}
	validator := testnode.Key("hot-0")
	require.NoError(t, w.Stake(alice, validator, 1000*testnode.TAO))
	_, err = w.Must(alice, &staketypes.MsgBecomeDelegate{Coldkey: alice.Address(), Hotkey: validator.Address()})
	require.NoError(t, err)
	require.NoError(t, w.Stake(bob, validator, 500*testnode.TAO))
	_, err = w.Must(validator, &subnettypes.MsgServeAxon{Hotkey: validator.Address(), Netuid: 1, Axon: subnettypes.Axon{Version: 1, Ip: "8.8.8.8", IpType: 4, Port: 8091, Protocol: 4}})
	require.NoError(t, err)
	require.NoError(t, w.Until(w.Height+12)) // permits
	require.NoError(t, w.Weigh(validator, 1, []uint32{1, 2, 3}, []uint32{10, 20, 30}))
	require.NoError(t, w.Until(w.Height+25))
	return w
}

// work is what happens in block i of a ledger that goes on: transfers to new and old accounts,
// stake, registrations; some of it refused.
func work(t *testing.T, w *testnode.Node, i int) [][]byte {
	t.Helper()
	bob := testnode.Key("bob")
	var msg sdk.Msg
	switch i % 5 {
	case 0:
		to := testnode.Key(fmt.Sprintf("new-%d", i)).Address()
		msg = &banktypes.MsgSend{FromAddress: bob.Address(), ToAddress: to, Amount: sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewInt(1000)))}
	case 1:
		msg = &staketypes.MsgAddStake{Coldkey: bob.Address(), Hotkey: testnode.Key("hot-0").Address(), Amount: testnode.TAO}
	case 2:
		msg = &subnettypes.MsgRegister{Coldkey: bob.Address(), Hotkey: testnode.Key(fmt.Sprintf("late-%d", i)).Address(), Netuid: 1}
	case 3:
		msg = &staketypes.MsgRemoveStake{Coldkey: bob.Address(), Hotkey: testnode.Key("hot-0").Address(), Amount: uint64(i) * testnode.TAO}
	default:
		return nil
	}
	tx, err := w.Sign(bob, msg)
	require.NoError(t, err)
	return [][]byte{tx}
}

func same(t *testing.T, a *app.App, actx sdk.Context, b *app.App, bctx sdk.Context) {
	t.Helper()
	require.NoError(t, a.Difference(actx, b, bctx), "an export forgets it, or an import makes it up: see genesis.go of the module that owns the store")
	require.Equal(t, a.Digest(actx), b.Digest(bctx))
}

// goOnAlike runs the same blocks on two ledgers and wants the same results and state.
func goOnAlike(t *testing.T, a, b *testnode.Node, blocks int) {
	t.Helper()
	for i := range blocks {
		txs := work(t, a, i)
		x, err := a.Block(txs...)
		require.NoError(t, err)
		y, err := b.Block(txs...)
		require.NoError(t, err)
		if len(x.TxResults) > 0 && x.TxResults[0].Code != 0 {
			a.Forget(testnode.Key("bob"))
		}
		require.Equal(t, x.TxResults, y.TxResults, "block %d", a.Height)
		require.Equal(t, x.Events, y.Events, "block %d", a.Height)
		require.Equal(t, x.ValidatorUpdates, y.ValidatorUpdates)
		if i%20 == 0 || i == blocks-1 {
			actx, err := a.Context()
			require.NoError(t, err)
			bctx, err := b.Context()
			require.NoError(t, err)
			same(t, a.App, actx, b.App, bctx)
		}
	}
}

func TestAnExportedLedgerGoesOnAsTheSame(t *testing.T) {
	w := busy(t, nil)
	doc, err := w.App.Export()
	require.NoError(t, err)
	require.Equal(t, w.Height+1, doc.InitialHeight)
	require.NoError(t, doc.ValidateAndComplete())
	require.NotContains(t, string(doc.AppState), "ergon1", "people read this file")

	again, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	n, err := testnode.Begin(again, doc)
	require.NoError(t, err)
	begun := again.GetContextForFinalizeBlock(nil)
	ctx, err := w.Context()
	require.NoError(t, err)
	same(t, w.App, ctx, again, begun)
	state, err := again.ExportState(begun)
	require.NoError(t, err)
	require.Equal(t, string(doc.AppState), string(state), "export, import, export")
	goOnAlike(t, w.Node, n, 200)
	second, err := again.Export()
	require.NoError(t, err)
	first, err := w.App.Export()
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestAForgottenEntryIsNamed(t *testing.T) {
	a, b := busy(t, nil), busy(t, nil)
	actx, err := a.Context()
	require.NoError(t, err)
	bctx, err := b.Context()
	require.NoError(t, err)
	same(t, a.App, actx, b.App, bctx)
	for _, key := range b.App.StoreKeys() {
		if key.Name() == "subnet" {
			bctx.KVStore(key).Set([]byte{77, 1, 2}, []byte{9})
		}
	}
	require.NotEqual(t, a.App.Digest(actx), b.App.Digest(bctx))
	require.EqualError(t, a.App.Difference(actx, b.App, bctx), "store subnet, prefix 77, key 4d0102 is in the second ledger only: , 09")
}

// TestReplayRestartAndStateSyncGiveTheSameAppHash runs one history four ways.
func TestReplayRestartAndStateSyncGiveTheSameAppHash(t *testing.T) {
	store, err := snapshots.NewStore(dbm.NewMemDB(), filepath.Join(t.TempDir(), "snapshots"))
	require.NoError(t, err)
	options := snapshottypes.NewSnapshotOptions(0, 2)
	a := busy(t, nil, baseapp.SetSnapshot(store, options))
	replayed := busy(t, nil)
	db := dbm.NewMemDB()
	restarted := busy(t, db, baseapp.SetPruning(pruningtypes.NewPruningOptions(pruningtypes.PruningEverything)))
	require.Equal(t, a.App.LastCommitID(), replayed.App.LastCommitID())

	reopened, err := app.New(log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	require.Equal(t, a.App.LastCommitID(), reopened.LastCommitID())
	require.Equal(t, restarted.App.LastBlockHeight(), reopened.LastBlockHeight())

	synced, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), baseapp.SetChainID(testnode.ChainID), baseapp.SetSnapshot(emptyStore(t), options))
	require.NoError(t, err)
	_, err = a.App.SnapshotManager().Create(uint64(a.Height))
	require.NoError(t, err)
	stateSync(t, a.App, synced)
	require.Equal(t, a.App.LastCommitID(), synced.LastCommitID())

	all := []*testnode.Node{replayed.Node, testnode.Resume(reopened), testnode.Resume(synced)}
	for i := range 40 {
		txs := work(t, a.Node, i)
		want, err := a.Block(txs...)
		require.NoError(t, err)
		if len(want.TxResults) > 0 && want.TxResults[0].Code != 0 {
			a.Forget(testnode.Key("bob"))
		}
		for _, n := range all {
			got, err := n.Block(txs...)
			require.NoError(t, err)
			require.Equal(t, hex.EncodeToString(want.AppHash), hex.EncodeToString(got.AppHash), "block %d", n.Height)
			require.Equal(t, want.TxResults, got.TxResults)
		}
	}
}

func emptyStore(t *testing.T) *snapshots.Store {
	t.Helper()
	store, err := snapshots.NewStore(dbm.NewMemDB(), filepath.Join(t.TempDir(), "snapshots"))
	require.NoError(t, err)
	return store
}

// stateSync hands a's snapshot to b, as two nodes do.
func stateSync(t *testing.T, a, b *app.App) {
	t.Helper()
	list, err := a.ListSnapshots(&abci.RequestListSnapshots{})
	require.NoError(t, err)
	require.Len(t, list.Snapshots, 1)
	s := list.Snapshots[0]
	offer, err := b.OfferSnapshot(&abci.RequestOfferSnapshot{Snapshot: s, AppHash: a.LastCommitID().Hash})
	require.NoError(t, err)
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer.Result)
	for i := range s.Chunks {
		chunk, err := a.LoadSnapshotChunk(&abci.RequestLoadSnapshotChunk{Height: s.Height, Format: s.Format, Chunk: i})
		require.NoError(t, err)
		bad, err := b.ApplySnapshotChunk(&abci.RequestApplySnapshotChunk{Index: i, Chunk: append(bytes.Clone(chunk.Chunk), 1), Sender: "liar"})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseApplySnapshotChunk_RETRY, bad.Result)
		got, err := b.ApplySnapshotChunk(&abci.RequestApplySnapshotChunk{Index: i, Chunk: chunk.Chunk})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseApplySnapshotChunk_ACCEPT, got.Result)
	}
}

func TestExportAtAnEarlierHeight(t *testing.T) {
	db := dbm.NewMemDB()
	w := busy(t, db)
	want, err := w.App.Export()
	require.NoError(t, err)
	height := w.Height
	require.NoError(t, w.Until(height+30))
	old, err := app.Open(app.Settings{Height: height}, log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	got, err := old.Export()
	require.NoError(t, err)
	require.Equal(t, want, got)
	_, err = app.Open(app.Settings{Height: height + 100}, log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
	require.ErrorContains(t, err, "was it pruned?")
}

func TestNothingToExportBeforeTheFirstBlock(t *testing.T) {
	n, err := testnode.New(nil, genesis.Options{})
	require.NoError(t, err)
	_, err = n.App.Export()
	require.ErrorContains(t, err, "no block yet")
}

// A grant that ends in the very block after which a ledger is exported is still in its state: it goes
// with the next block, here and there.
func TestAGrantThatEndsWithTheExportedBlockIsCarriedOver(t *testing.T) {
	w := busy(t, dbm.NewMemDB())
	hot, proxy := testnode.Key("hot-0"), testnode.Key("bob")
	_, err := w.Must(w.Owner, &banktypes.MsgSend{FromAddress: w.Owner.Address(), ToAddress: hot.Address(), Amount: sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewInt(testnode.TAO)))})
	require.NoError(t, err)
	ctx, err := w.Context()
	require.NoError(t, err)
	until := ctx.BlockTime().Add(2 * testnode.BlockTime) // one block is the grant's own
	grant, err := authz.NewMsgGrant(hot.Public(), proxy.Public(), authz.NewGenericAuthorization(sdk.MsgTypeURL(&banktypes.MsgSend{})), &until)
	require.NoError(t, err)
	_, err = w.Must(hot, grant)
	require.NoError(t, err)
	_, err = w.Block()
	require.NoError(t, err)

	doc, err := w.App.Export()
	require.NoError(t, err)
	require.Equal(t, until, doc.GenesisTime)
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	b, err := testnode.Begin(a, doc)
	require.NoError(t, err)
	goOnAlike(t, w.Node, b, 3)
}
