package node_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// TestClientsHearWhatHappens subscribes to a ledger's events and reads its blocks and transactions.
func TestClientsHearWhatHappens(t *testing.T) {
	dir, c, rich := newDir(t)
	stop := start(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	chain, err := client.Dial(ctx, c.RPC)
	require.NoError(t, err)
	hot, err := keys.Generate()
	require.NoError(t, err)

	mine := client.Filter{Types: []string{"stakeadded"}, Where: map[string]string{"hotkey": hot.Address()}}
	heard := chain.Events(ctx, 1, mine) // before anything of it is true
	all := chain.Events(ctx, 1, client.Filter{})
	netuid, _, err := chain.CreateSubnet(ctx, rich, "test", 0)
	require.NoError(t, err)
	_, _, err = chain.Register(ctx, rich, hot.Address(), netuid, 0)
	require.NoError(t, err)
	var last *client.Receipt
	for i := range uint64(3) {
		last, err = chain.AddStake(ctx, rich, hot.Address(), (i+1)*tao)
		require.NoError(t, err)
	}
	before := uint64(0)
	for i := range uint64(3) {
		ev := <-heard
		require.Equal(t, "StakeAdded", ev.Type)
		require.Equal(t, map[string]string{"hotkey": hot.Address(), "coldkey": rich.Address(), "amount": fmt.Sprint((i + 1) * tao)}, ev.Attributes)
		require.Greater(t, ev.Height, before, "in order, each once")
		require.Positive(t, ev.Tx, "entry 0 holds the producers' values")
		before = ev.Height
	}
	require.Equal(t, last.Height, before)
	for ev := range all {
		require.NotContains(t, []string{"tx", "message", "transfer", "coin_spent"}, ev.Type, "the SDK's own events")
		if ev.Height == last.Height && ev.Type == "StakeAdded" {
			break
		}
	}

	b, err := chain.BlockInfo(ctx, last.Height)
	require.NoError(t, err)
	require.Len(t, b.Txs, 1, "the producers' values are no transaction")
	require.Equal(t, last.Hash, b.Txs[0].Hash)
	require.Equal(t, []string{"MsgAddStake"}, b.Txs[0].Calls)
	require.Nil(t, b.Txs[0].Refusal)
	require.WithinDuration(t, time.Now(), b.Time, time.Minute)
	_, err = chain.BlockInfo(ctx, 1<<40)
	require.ErrorIs(t, err, client.ErrNoBlock)
	_, err = chain.Block(ctx, 1<<40)
	require.ErrorIs(t, err, client.ErrNoBlock)
	pace, err := chain.BlockTime(ctx)
	require.NoError(t, err)
	require.Positive(t, pace)
	require.Less(t, pace, time.Minute)

	stop() // and comes back, as another process would: the engine keeps its locks until this one ends
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	start(t, copied)
	last, err = chain.AddStake(ctx, rich, hot.Address(), 4*tao)
	require.NoError(t, err)
	ev, more := <-heard
	require.True(t, more, "the subscription outlives the node")
	require.Equal(t, fmt.Sprint(4*tao), ev.Attributes["amount"])
	require.Equal(t, last.Height, ev.Height)
	cancel()
	for range heard { // ends with its context
		t.Fatal("an event that was not asked for")
	}
}

// TestATransactionCanBeAskedForLater hands one in without waiting, and one that is refused in its block.
func TestATransactionCanBeAskedForLater(t *testing.T) {
	dir, c, rich := newDir(t)
	start(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	chain, err := client.Dial(ctx, c.RPC)
	require.NoError(t, err)
	to, err := keys.Generate()
	require.NoError(t, err)
	_, err = chain.Transfer(client.WithoutWaiting(ctx), rich, to.Address(), 7*tao)
	var sent *client.Sent
	require.ErrorAs(t, err, &sent)
	_, err = chain.AddStake(client.WithoutWaiting(ctx), rich, to.Address(), tao) // of a hotkey that nobody registered
	var doomed *client.Sent
	require.ErrorAs(t, err, &doomed)

	find := func(hash string) (tx *client.TxInfo) {
		require.Eventually(t, func() bool { tx, err = chain.Tx(ctx, hash); return err == nil }, time.Minute, 20*time.Millisecond)
		return tx
	}
	done := find(sent.Hash)
	require.Nil(t, done.Refusal)
	require.LessOrEqual(t, done.Height, sent.Until)
	balance, err := chain.Balance(ctx, to.Address())
	require.NoError(t, err)
	require.EqualValues(t, 7*tao, balance.Free)
	refused := find(doomed.Hash)
	require.ErrorIs(t, refused.Refusal, staketypes.ErrHotkeyNotFound)
	for _, hash := range []string{"", "nonsense", to.Address(), fmt.Sprintf("%064d", 0)} {
		_, err = chain.Tx(ctx, hash)
		require.ErrorIs(t, err, client.ErrTxNotFound, hash)
	}

	status, body := get(t, "http://"+c.RPC+"/tx_search?query=%22tx.height%3E0%22")
	require.Equal(t, 200, status)
	require.Contains(t, body, sent.Hash, "the engine's search works")
	status, body = get(t, "http://"+c.REST+"/cosmos/tx/v1beta1/txs?query=tx.height%3E0")
	require.Equal(t, 200, status)
	require.Contains(t, body, sent.Hash)
	socket, err := rpchttp.New("http://"+c.RPC, "/websocket")
	require.NoError(t, err)
	require.NoError(t, socket.Start())
	defer func() { require.NoError(t, socket.Stop()) }()
	blocks, err := socket.Subscribe(ctx, "test", "tm.event='NewBlock'")
	require.NoError(t, err)
	select {
	case <-blocks:
	case <-ctx.Done():
		t.Fatal("the engine's subscriptions do not work")
	}
}
