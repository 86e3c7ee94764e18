package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
	"github.com/ergon-network/ergon/keys"
)

const easy = 16

func takeWork(p *subnettypes.Params) {
	h := &p.Defaults
	h.PowRegistrationAllowed, h.MinDifficulty, h.Difficulty = true, 1, easy
}

// workWorld is a ledger with a subnet that takes easy work.
func workWorld(t *testing.T) *testnode.World {
	t.Helper()
	w, err := testnode.NewTunedWorld(dbm.NewMemDB(), genesis.Options{Tempo: 100, Tune: takeWork}, []string{"cold"})
	require.NoError(t, err)
	_, err = w.Subnet("market")
	require.NoError(t, err)
	return w
}

// solved is the work of a hotkey for the last block.
func solved(w *testnode.World, hotkey *keys.Pair, start uint64) *subnettypes.MsgRegisterPow {
	p := pow.New([pow.Size]byte(testnode.BlockHash(w.Height)), [pow.Size]byte(hotkey.Public()), 1)
	nonce := start
	for !pow.Meets(p.Seal(nonce), easy) {
		nonce++
	}
	seal := p.Seal(nonce)
	return &subnettypes.MsgRegisterPow{
		Hotkey: hotkey.Address(), Coldkey: testnode.Key("cold").Address(), Netuid: 1,
		BlockNumber: uint64(w.Height), Nonce: nonce, Work: seal[:],
	}
}

func first(t *testing.T, w *testnode.World, hotkey *keys.Pair, msgs ...sdk.Msg) []byte {
	t.Helper()
	tx, err := testnode.Sign(w.App.Encoding, hotkey, app.FirstAccountNumber(hotkey.Public()), 0, msgs...)
	require.NoError(t, err)
	return tx
}

func checkTx(t *testing.T, w *testnode.World, tx []byte) *abci.ResponseCheckTx {
	t.Helper()
	res, err := w.App.CheckTx(&abci.RequestCheckTx{Tx: tx})
	require.NoError(t, err)
	return res
}

func hasAccount(t *testing.T, w *testnode.World, who *keys.Pair) bool {
	t.Helper()
	ctx, err := w.Context()
	require.NoError(t, err)
	return w.App.Accounts.HasAccount(ctx, who.Public())
}

func TestProofOfWorkIsAnAccountsFirstTransaction(t *testing.T) {
	w := workWorld(t)
	hot := testnode.Key("hot")
	tx := first(t, w, hot, solved(w, hot, 0))
	require.Zero(t, checkTx(t, w, tx).Code)
	require.Zero(t, checkTx(t, w, first(t, w, testnode.Key("two"), solved(w, testnode.Key("two"), 0))).Code, "the mempool takes others'")
	require.False(t, hasAccount(t, w, hot), "a look at it opens nothing for good")
	res, err := w.Block(tx)
	require.NoError(t, err)
	require.Zero(t, res.TxResults[0].Code, res.TxResults[0].Log)
	require.True(t, hasAccount(t, w, hot))
	require.NoError(t, w.Check())

	// It goes on as any other account, and its first transaction does not come twice.
	require.NotZero(t, checkTx(t, w, tx).Code)
	_, err = w.Must(hot, &subnettypes.MsgSetCommitment{Hotkey: hot.Address(), Netuid: 1, Format: "raw", Data: []byte("x")})
	require.NoError(t, err)
	res, err = w.Block(tx)
	require.NoError(t, err)
	require.NotZero(t, res.TxResults[0].Code)

	// Work for the block before the last counts as well.
	late := testnode.Key("late")
	m := solved(w, late, 0)
	_, err = w.Block()
	require.NoError(t, err)
	res, err = w.Block(first(t, w, late, m))
	require.NoError(t, err)
	require.Zero(t, res.TxResults[0].Code, res.TxResults[0].Log)
}

func TestWorkThatIsRefusedOpensNoAccount(t *testing.T) {
	w := workWorld(t)
	hot := testnode.Key("hot")
	good := solved(w, hot, 0)
	nothing := &banktypes.MsgSend{FromAddress: hot.Address(), ToAddress: hot.Address(), Amount: sdk.NewCoins(sdk.NewCoin(app.Denom, math.OneInt()))}
	broken := func(change func(*subnettypes.MsgRegisterPow)) []byte {
		m := *good
		m.Work = append([]byte(nil), good.Work...)
		change(&m)
		return first(t, w, hot, &m)
	}
	foreign, err := testnode.Sign(w.App.Encoding, hot, 7, 0, good)
	require.NoError(t, err)
	later, err := testnode.Sign(w.App.Encoding, hot, app.FirstAccountNumber(hot.Public()), 1, good)
	require.NoError(t, err)
	forged := first(t, w, hot, good)
	forged[len(forged)-1] ^= 1
	for name, tx := range map[string][]byte{
		"another seal":        broken(func(m *subnettypes.MsgRegisterPow) { m.Nonce++ }),
		"too easy":            broken(func(m *subnettypes.MsgRegisterPow) { m.Work[0] = 0xff }),
		"an old block":        broken(func(m *subnettypes.MsgRegisterPow) { m.BlockNumber -= 2 }),
		"no subnet":           broken(func(m *subnettypes.MsgRegisterPow) { m.Netuid = 9 }),
		"no work":             broken(func(m *subnettypes.MsgRegisterPow) { m.Work = nil }),
		"another number":      foreign,
		"another sequence":    later,
		"a bad signature":     forged,
		"with a second call":  first(t, w, hot, good, nothing),
		"another first call":  first(t, w, hot, nothing),
		"a claimed other key": func() []byte { m := *good; m.Hotkey = testnode.Key("cold").Address(); return first(t, w, hot, &m) }(),
	} {
		require.NotZero(t, checkTx(t, w, tx).Code, name)
	}
	// Also where a producer includes them.
	txs := [][]byte{forged, foreign, later, first(t, w, hot, good, nothing), broken(func(m *subnettypes.MsgRegisterPow) { m.Nonce++ })}
	res, err := w.Block(txs...)
	require.NoError(t, err)
	for i, r := range res.TxResults {
		require.NotZero(t, r.Code, "%d", i)
	}
	require.False(t, hasAccount(t, w, hot))
	require.NoError(t, w.Check())
}

// The hash that work is for is state: a node that was started again, from any copy of the state,
// takes the same work as the others, and so does one that replays the block.
func TestWorkCountsAfterARestart(t *testing.T) {
	db := dbm.NewMemDB()
	w, err := testnode.NewTunedWorld(db, genesis.Options{Tempo: 100, Tune: takeWork}, []string{"cold"})
	require.NoError(t, err)
	_, err = w.Subnet("market")
	require.NoError(t, err)
	hot := testnode.Key("hot")
	tx := first(t, w, hot, solved(w, hot, 0))
	again, err := app.New(log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	w.App = again
	require.Zero(t, checkTx(t, w, tx).Code, "before its first block")
	res, err := w.Block(tx)
	require.NoError(t, err)
	require.Zero(t, res.TxResults[0].Code, res.TxResults[0].Log)
}

// Somebody who sends a coin to the hotkey opens its account with another number: the first
// transaction is refused, and the ordinary way is open.
func TestAnAccountOpenedMeanwhileSignsAnew(t *testing.T) {
	w := workWorld(t)
	hot, cold := testnode.Key("hot"), testnode.Key("cold")
	m := solved(w, hot, 0)
	tx := first(t, w, hot, m)
	_, err := w.Must(cold, &banktypes.MsgSend{FromAddress: cold.Address(), ToAddress: hot.Address(), Amount: sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewInt(1000)))})
	require.NoError(t, err)
	require.NotZero(t, checkTx(t, w, tx).Code)
	_, err = w.Must(hot, m)
	require.NoError(t, err)
}

func BenchmarkRefusingWork(b *testing.B) {
	w, err := testnode.NewTunedWorld(dbm.NewMemDB(), genesis.Options{Tempo: 100, Tune: takeWork}, []string{"cold"})
	require.NoError(b, err)
	_, err = w.Subnet("market")
	require.NoError(b, err)
	hot := testnode.Key("hot")
	good := solved(w, hot, 0)
	for name, change := range map[string]func(*subnettypes.MsgRegisterPow){
		"seal":      func(m *subnettypes.MsgRegisterPow) { m.Nonce++ },
		"signature": func(*subnettypes.MsgRegisterPow) {},
	} {
		b.Run(name, func(b *testing.B) {
			m := *good
			change(&m)
			tx, err := testnode.Sign(w.App.Encoding, hot, 7, 0, &m)
			require.NoError(b, err)
			for b.Loop() {
				if res, err := w.App.CheckTx(&abci.RequestCheckTx{Tx: tx}); err != nil || res.Code == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}
