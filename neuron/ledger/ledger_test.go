package ledger

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/presence"
)

// world is a ledger with one subnet, read as a neuron reads it after every block.
type world struct {
	*testnode.World
	t      *testing.T
	netuid uint32
	rows   []metagraph.Neuron
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w, err := testnode.NewWorld(nil, 10, []string{"cold"})
	require.NoError(t, err)
	netuid, err := w.Subnet("x")
	require.NoError(t, err)
	return &world{World: w, t: t, netuid: netuid}
}

// read gives the subnet's rows; nil where there is no such subnet.
func (w *world) read() (rows []metagraph.Neuron) {
	w.t.Helper()
	ctx, err := w.Context()
	require.NoError(w.t, err)
	g, err := incentive.Querier{Keeper: w.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: w.netuid})
	if err != nil {
		require.ErrorIs(w.t, unknownSubnet(err), metagraph.ErrNoSubnet)
		return nil
	}
	for _, n := range g.Neurons {
		rows = append(rows, row(n))
	}
	return rows
}

// block executes transactions and checks that nobody who follows the events misses a change.
func (w *world) block(what string, txs ...[]byte) {
	w.t.Helper()
	res, err := w.Block(txs...)
	require.NoError(w.t, err)
	b := client.Block{Begin: res.Events, Txs: res.TxResults}
	for i, tx := range res.TxResults {
		require.Zero(w.t, tx.Code, "%s %d: %s", what, i, tx.Log)
	}
	before := w.rows
	w.rows = w.read()
	if !slices.Equal(before, w.rows) {
		require.True(w.t, touches(b, fmt.Sprint(w.netuid)), "%s, block %d: the metagraph changed and no event says so: %+v", what, w.Height, res)
	}
}

func (w *world) do(what string, signer *keys.Pair, msg sdk.Msg) {
	w.t.Helper()
	tx, err := w.Sign(signer, msg)
	require.NoError(w.t, err)
	before := w.rows
	w.block(what, tx)
	require.NotEqual(w.t, before, w.rows, "%s changes nothing here, so it shows nothing", what)
}

// Whatever changes a metagraph, the events of its block say so: a neuron reads it only then.
func TestEveryChangeOfAMetagraphIsHeardOf(t *testing.T) {
	w := newWorld(t)
	cold, hot, other, fresh := testnode.Key("cold"), testnode.Key("hot"), testnode.Key("other"), testnode.Key("fresh")
	for _, hotkey := range []*keys.Pair{hot, other} {
		w.do("register", cold, &subnettypes.MsgRegister{Coldkey: cold.Address(), Hotkey: hotkey.Address(), Netuid: w.netuid})
	}
	w.do("serve", hot, &subnettypes.MsgServeAxon{Hotkey: hot.Address(), Netuid: w.netuid, Axon: subnettypes.Axon{Ip: "198.51.100.7", IpType: 4, Port: 8091}})
	w.do("add stake", cold, &staketypes.MsgAddStake{Coldkey: cold.Address(), Hotkey: hot.Address(), Amount: 100 * testnode.TAO})
	for w.Height < 40 { // permits, epochs and payouts
		w.block("nothing")
	}
	w.do("set weights", hot, &incentivetypes.MsgSetWeights{Hotkey: hot.Address(), Netuid: w.netuid, Uids: []uint32{1}, Values: []uint32{1}})
	for w.Height < 80 {
		w.block("pay")
	}
	w.do("move stake", cold, &staketypes.MsgMoveStake{Coldkey: cold.Address(), From: hot.Address(), To: other.Address(), Amount: testnode.TAO})
	w.do("remove stake", cold, &staketypes.MsgRemoveStake{Coldkey: cold.Address(), Hotkey: hot.Address(), Amount: testnode.TAO})
	w.do("swap the hotkey", cold, &staketypes.MsgSwapHotkey{Coldkey: cold.Address(), Old: other.Address(), New: fresh.Address()})
	w.do("dissolve", w.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: w.Owner.Address(), Netuid: w.netuid})
	require.Empty(t, w.rows)
}

// The ledger's words for a rate limit become a number of blocks; other refusals stay as they are.
func TestRateLimitsSayHowLong(t *testing.T) {
	w := newWorld(t)
	hot, cold := testnode.Key("hot"), testnode.Key("cold")
	_, err := w.Register(cold, hot, w.netuid)
	require.NoError(t, err)
	_, err = w.Must(w.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: w.Owner.Address(), Netuid: w.netuid, Name: "serving_rate_limit", Value: "50"})
	require.NoError(t, err)
	serve := func(port uint32) *abci.ExecTxResult {
		r, err := w.Deliver(hot, &subnettypes.MsgServeAxon{Hotkey: hot.Address(), Netuid: w.netuid, Axon: subnettypes.Axon{Ip: "198.51.100.7", IpType: 4, Port: port}})
		require.NoError(t, err)
		return r
	}
	require.Zero(t, serve(1).Code)
	refused := serve(2)
	require.NotZero(t, refused.Code)
	err = soon(&client.Refusal{Codespace: refused.Codespace, Code: refused.Code, Log: refused.Log})
	blocks, ok := presence.BlocksLeft(fmt.Errorf("serve: %w", err))
	require.True(t, ok, refused.Log)
	require.EqualValues(t, 49, blocks)
	require.ErrorIs(t, err, subnettypes.ErrServingRateLimitExceeded)

	other := errors.New("broken")
	require.Equal(t, other, soon(other))
	require.NoError(t, soon(nil))
	require.Equal(t, other, unknownSubnet(other))
}
