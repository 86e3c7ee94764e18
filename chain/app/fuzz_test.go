package app_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// twins are two ledgers of the same history, to see by one what the other should be.
type twins struct{ a, b *testnode.World }

func newTwins(t testing.TB) twins {
	make := func() *testnode.World {
		w, err := testnode.NewWorld(nil, 10, []string{"alice", "bob"})
		require.NoError(t, err)
		netuid, err := w.Subnet("fuzzed")
		require.NoError(t, err)
		_, err = w.Register(testnode.Key("alice"), testnode.Key("hot"), netuid)
		require.NoError(t, err)
		return w
	}
	return twins{make(), make()}
}

// sequences of the accounts that the corpus signs with.
func sequences(t testing.TB, w *testnode.World) (out [4]uint64) {
	ctx, err := w.Context()
	require.NoError(t, err)
	for i, name := range []string{"alice", "bob", "hot", "owner"} {
		out[i] = w.App.Accounts.GetAccount(ctx, testnode.Key(name).Public()).GetSequence()
	}
	return out
}

// try puts bytes through the door and into a block of one twin. If they were refused before any
// sequence was used, an empty block must bring the other to the same state; if not, the same block.
func (w twins) try(t testing.TB, raw []byte) {
	door, err := w.a.App.CheckTx(&abci.RequestCheckTx{Tx: raw, Type: abci.CheckTxType_New})
	require.NoError(t, err)
	before := sequences(t, w.a)
	res, err := w.a.Block(raw)
	require.NoError(t, err)
	refused := res.TxResults[0].Code != 0 && before == sequences(t, w.a)
	if !refused && len(raw) > 0 && door.Code != 0 && res.TxResults[0].Code == 0 {
		t.Logf("taken by a block and not at the door: %s", door.Log)
	}
	var twin *abci.ResponseFinalizeBlock
	if refused {
		twin, err = w.b.Block()
	} else {
		twin, err = w.b.Block(raw)
	}
	require.NoError(t, err)
	require.Equal(t, twin.AppHash, res.AppHash, "refused: %v", refused)
}

// corpus is good transactions, and each of them a little wrong in many places.
func corpus(t testing.TB, w *testnode.World) (good, bad [][]byte) {
	alice, hot := testnode.Key("alice"), testnode.Key("hot")
	for _, c := range []struct {
		who  string
		msgs []sdk.Msg
	}{
		{"alice", []sdk.Msg{pays("alice", "bob", 5)}},
		{"alice", []sdk.Msg{pays("alice", "bob", 5), pays("alice", "bob", 6)}},
		{"alice", []sdk.Msg{wrapped(alice, pays("alice", "bob", 5))}},
		{"alice", []sdk.Msg{&staketypes.MsgAddStake{Coldkey: alice.Address(), Hotkey: hot.Address(), Amount: 1}}},
		{"alice", []sdk.Msg{&subnettypes.MsgRegister{Coldkey: alice.Address(), Hotkey: testnode.Key("n").Address(), Netuid: 1}}},
		{"hot", []sdk.Msg{&incentivetypes.MsgSetWeights{Hotkey: hot.Address(), Netuid: 1, Uids: []uint32{0}, Values: []uint32{1}}}},
	} {
		ctx, err := w.Context()
		require.NoError(t, err)
		account := w.App.Accounts.GetAccount(ctx, testnode.Key(c.who).Public())
		d := app.Draft{Msgs: c.msgs, ChainID: testnode.ChainID, Number: account.GetAccountNumber(), Sequence: account.GetSequence()}
		raw, err := d.Sign(t.Context(), w.App.Encoding, testnode.Key(c.who))
		require.NoError(t, err)
		good = append(good, raw)
		for at := 0; at < len(raw); at += 41 {
			wrong := append([]byte{}, raw...)
			wrong[at] ^= 1 << (at % 8)
			bad = append(bad, wrong, raw[:at])
		}
	}
	return good, bad
}

// FuzzTransaction: no bytes panic a node, and what is refused changes nothing.
func FuzzTransaction(f *testing.F) {
	w := newTwins(f)
	good, bad := corpus(f, w.a)
	for _, raw := range append(good, bad...) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { w.try(t, raw) })
}

// TestMutatedTransactions is a short walk of the fuzz target's kind in every test run: several
// bytes wrong, cut, doubled, or two transactions joined.
func TestMutatedTransactions(t *testing.T) {
	w := newTwins(t)
	good, _ := corpus(t, w.a)
	random := rand.New(rand.NewPCG(7, 11))
	for range 400 {
		raw := slices.Clone(good[random.IntN(len(good))])
		for range random.IntN(4) {
			raw[random.IntN(len(raw))] = byte(random.Uint32())
		}
		switch at := random.IntN(len(raw)); random.IntN(4) {
		case 0:
			raw = raw[:at]
		case 1:
			raw = slices.Concat(raw[:at], raw)
		case 2:
			raw = slices.Concat(raw[:at], good[random.IntN(len(good))])
		}
		w.try(t, raw)
	}
}
