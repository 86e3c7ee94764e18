package app_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// pays makes a payment of rao from one named key to another.
func pays(from, to string, rao uint64) sdk.Msg {
	coins := sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewIntFromUint64(rao)))
	return &banktypes.MsgSend{FromAddress: testnode.Key(from).Address(), ToAddress: testnode.Key(to).Address(), Amount: coins}
}

// door asks whether a transaction would be let into the mempool.
func door(t *testing.T, a *app.App, tx []byte) error {
	t.Helper()
	res, err := a.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
	require.NoError(t, err)
	if res.Code == 0 {
		return nil
	}
	return &client.Refusal{Codespace: res.Codespace, Code: res.Code, Log: res.Log}
}

// draft is a transaction of the key's at a sequence counted from what the ledger has.
func draft(t *testing.T, m *testnode.World, who *keys.Pair, ahead uint64, pay bool, msgs ...sdk.Msg) []byte {
	t.Helper()
	ctx, err := m.Context()
	require.NoError(t, err)
	account := m.App.Accounts.GetAccount(ctx, who.Public())
	require.NotNil(t, account)
	d := app.Draft{Msgs: msgs, ChainID: testnode.ChainID, Number: account.GetAccountNumber(), Sequence: account.GetSequence() + ahead, Pay: pay}
	raw, err := d.Sign(context.Background(), m.App.Encoding, who)
	require.NoError(t, err)
	return raw
}

func free(t *testing.T, w *testnode.World, name string) uint64 {
	t.Helper()
	ctx, err := w.Context()
	require.NoError(t, err)
	return w.App.Stake.FreeBalance(ctx, testnode.Key(name).Public())
}

func TestFeesAreRecycledAndFailuresPayThem(t *testing.T) {
	m := newMarket(t, 100)
	ctx, err := m.Context()
	require.NoError(t, err)
	supply, err := m.App.Stake.Issuance(ctx)
	require.NoError(t, err)
	before := free(t, m.World, "m2")
	tx := draft(t, m.World, testnode.Key("m2"), 0, false, pays("m2", "stranger", 5000))
	quote := fees.Quote(len(tx), 1)
	res, err := m.Block(tx)
	require.NoError(t, err)
	r := res.TxResults[0]
	require.Zero(t, r.Code, r.Log)
	require.Equal(t, before-5000-quote, free(t, m.World, "m2"), "the quote is taken, not the few rao that were offered above it")
	require.Equal(t, testnode.Key("m2").Address(), client.Attribute(r.Events, app.EventFeePaid, "coldkey"))
	require.NotEmpty(t, client.Attribute(r.Events, "Recycled", "amount"))

	refused := draft(t, m.World, testnode.Key("m2"), 0, false, pays("m2", "stranger", before))
	more := fees.Quote(len(refused), 1)
	res, err = m.Block(refused)
	require.NoError(t, err)
	require.NotZero(t, res.TxResults[0].Code)
	require.NotEmpty(t, client.Attribute(res.TxResults[0].Events, app.EventFeePaid, "amount"), "who fails pays")
	require.Equal(t, before-5000-quote-more, free(t, m.World, "m2"))
	require.NoError(t, m.Check())
	ctx, err = m.Context()
	require.NoError(t, err)
	after, err := m.App.Stake.Issuance(ctx)
	require.NoError(t, err)
	totals, err := m.App.Stake.Totals(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, totals.Recycled, quote+more)
	minted := totals.Miners + totals.Validators + totals.Owners
	require.LessOrEqual(t, after, supply+minted-quote-more, "the issuance falls by the fees")
}

func TestWhoCannotPayIsRefusedAndNothingHappens(t *testing.T) {
	m := newMarket(t, 100)
	_, err := m.Must(m.Owner, pays("owner", "poor", fees.PerCall))
	require.NoError(t, err)
	poor := draft(t, m.World, testnode.Key("poor"), 0, false, pays("poor", "owner", 1))
	require.ErrorIs(t, door(t, m.App, poor), fees.ErrCannotPay)
	res, err := m.Block(poor)
	require.NoError(t, err)
	require.NotZero(t, res.TxResults[0].Code)
	require.EqualValues(t, fees.PerCall, free(t, m.World, "poor"))
	ctx, err := m.Context()
	require.NoError(t, err)
	require.Zero(t, m.App.Accounts.GetAccount(ctx, testnode.Key("poor").Public()).GetSequence(), "no sequence is used either")
}

func TestFeePolicyErrorsInOrder(t *testing.T) {
	m := newMarket(t, 100)
	who := testnode.Key("m2")
	many := make([]sdk.Msg, fees.MaxCalls+1)
	for i := range many {
		many[i] = pays("m2", "owner", 1)
	}
	deep := pays("m2", "owner", 1)
	for range fees.MaxDepth + 1 {
		deep = wrapped(who, deep)
	}
	for name, c := range map[string]struct {
		tx   []byte
		want error
	}{
		"too many calls": {draft(t, m.World, who, 0, false, many...), fees.ErrTooMany},
		"too deep":       {draft(t, m.World, who, 0, false, deep), fees.ErrTooDeep},
		"no fee":         {tampered(t, m, who, "", pays("m2", "owner", 1)), fees.ErrFeeTooLow},
		"a rao too few":  {tampered(t, m, who, "124999rao", pays("m2", "owner", 1)), fees.ErrFeeTooLow},
		"another coin":   {tampered(t, m, who, "500000gold", pays("m2", "owner", 1)), fees.ErrFeeCoin},
	} {
		require.ErrorIs(t, door(t, m.App, c.tx), c.want, name)
		res, err := m.Block(c.tx)
		require.NoError(t, err)
		r := res.TxResults[0]
		require.Truef(t, errors.Is(&client.Refusal{Codespace: r.Codespace, Code: r.Code}, c.want), "%s in a block: %s", name, r.Log)
	}
}

// tampered is a transaction that offers what it likes.
func tampered(t *testing.T, m *market, who *keys.Pair, fee string, msgs ...sdk.Msg) []byte {
	t.Helper()
	raw := draft(t, m.World, who, 0, false, msgs...)
	tx, err := m.App.Encoding.TxConfig.TxDecoder()(raw)
	require.NoError(t, err)
	b, err := m.App.Encoding.TxConfig.WrapTxBuilder(tx)
	require.NoError(t, err)
	coins, err := sdk.ParseCoinsNormalized(fee)
	require.NoError(t, err)
	b.SetFeeAmount(coins)
	raw, err = m.App.Encoding.TxConfig.TxEncoder()(b.GetTx())
	require.NoError(t, err)
	return raw
}

func TestTheDoorRefusesWhatCannotSucceed(t *testing.T) {
	m := newMarket(t, 100)
	weigh := func(who string, netuid uint32) sdk.Msg {
		return &incentivetypes.MsgSetWeights{Hotkey: testnode.Key(who).Address(), Netuid: netuid, Uids: []uint32{0}, Values: []uint32{1}}
	}
	stranger := testnode.Key("m2")
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, stranger, 0, false, weigh("m2", m.netuid))), incentivetypes.ErrNotRegistered)
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, m.hot[0], 0, false, weigh("v0-hot", 0))), incentivetypes.ErrNotRegistered, "not on root")
	require.NoError(t, door(t, m.App, draft(t, m.World, m.hot[0], 0, false, weigh("v0-hot", m.netuid))))
	set := func(name, value string) {
		_, err := m.Must(m.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: m.Owner.Address(), Netuid: m.netuid, Name: name, Value: value})
		require.NoError(t, err)
	}
	set("registration_allowed", "false")
	register := &subnettypes.MsgRegister{Coldkey: stranger.Address(), Hotkey: testnode.Key("newcomer").Address(), Netuid: m.netuid}
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, stranger, 0, false, register)), subnettypes.ErrSubNetRegistrationDisabled)
	require.NoError(t, door(t, m.App, draft(t, m.World, stranger, 0, true, register)), "whoever pays the fee may try")
}

func TestOneFreeCallOfAKindWaits(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 1)
	weigh := func(value uint32) sdk.Msg {
		return &incentivetypes.MsgSetWeights{Hotkey: m.hot[0].Address(), Netuid: m.netuid, Uids: []uint32{2, 3}, Values: []uint32{value, 1}}
	}
	old := draft(t, m.World, m.hot[0], 0, false, weigh(1))
	require.NoError(t, door(t, m.App, old))
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, m.hot[0], 1, false, weigh(2))), fees.ErrWaiting, "behind it is no place")
	newer := draft(t, m.World, m.hot[0], 0, false, weigh(7))
	require.NoError(t, door(t, m.App, newer), "in its place is")
	require.Equal(t, [][]byte{newer}, proposal(t, m.World, 1<<20))
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, m.hot[0], 3, false, weigh(2))), sdkerrors.ErrWrongSequence)

	reject := func(txs ...[]byte) bool {
		res, err := m.App.ProcessProposal(&abci.RequestProcessProposal{Height: m.Height + 1, Txs: txs})
		require.NoError(t, err)
		return res.Status == abci.ResponseProcessProposal_REJECT
	}
	require.False(t, reject(newer))
	require.True(t, reject(old, newer), "nor may a producer put two into a block")
	require.True(t, reject([]byte("no transaction")))
}

// proposal is what the node would put into the next block.
func proposal(t *testing.T, w *testnode.World, bytes int64) [][]byte {
	t.Helper()
	res, err := w.App.PrepareProposal(&abci.RequestPrepareProposal{Height: w.Height + 1, MaxTxBytes: bytes})
	require.NoError(t, err)
	return res.Txs
}

func TestSeveralTransactionsOfAnAccountGoInOrder(t *testing.T) {
	m := newMarket(t, 100)
	var txs [][]byte
	for i := range uint64(5) {
		tx := draft(t, m.World, testnode.Key("m2"), i, false, pays("m2", "stranger", 1000+i))
		require.NoError(t, door(t, m.App, tx))
		txs = append(txs, tx)
	}
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, testnode.Key("m2"), 2, false, pays("m2", "stranger", 1))), sdkerrors.ErrWrongSequence)
	require.Equal(t, txs, proposal(t, m.World, 1<<20))
	res, err := m.Block(txs[:3]...) // another producer took only three
	require.NoError(t, err)
	for _, r := range res.TxResults {
		require.Zero(t, r.Code, r.Log)
	}
	require.Equal(t, txs[3:], proposal(t, m.World, 1<<20), "the others wait on")
	next := draft(t, m.World, testnode.Key("m2"), 2, false, pays("m2", "stranger", 1))
	require.NoError(t, door(t, m.App, next))
	reaped, err := m.App.ReapTxs(&abci.RequestReapTxs{})
	require.NoError(t, err)
	require.Equal(t, append(append([][]byte{}, txs[3:]...), next), reaped.Txs, "peers are offered what still waits")
	again, err := m.App.InsertTx(&abci.RequestInsertTx{Tx: []byte("junk")})
	require.NoError(t, err)
	require.EqualValues(t, abci.CodeTypeRetry, again.Code)
}

func TestWhatCanNoLongerBePaidLeavesThePool(t *testing.T) {
	m := newMarket(t, 100)
	who := testnode.Key("m2")
	balance := free(t, m.World, "m2")
	spend := draft(t, m.World, who, 0, true, pays("m2", "owner", balance-fees.PerCall-fees.PerCall/2))
	left := draft(t, m.World, who, 1, false, pays("m2", "owner", 1))
	require.NoError(t, door(t, m.App, spend))
	require.NoError(t, door(t, m.App, left), "the door knows fees, not amounts")
	require.Len(t, proposal(t, m.World, 1<<20), 2)
	res, err := m.Block(spend)
	require.NoError(t, err)
	require.Zero(t, res.TxResults[0].Code, res.TxResults[0].Log)
	require.Empty(t, proposal(t, m.World, 1<<20))
	require.ErrorIs(t, door(t, m.App, draft(t, m.World, who, 0, false, pays("m2", "owner", 2))), fees.ErrCannotPay)
}
