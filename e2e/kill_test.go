package e2e

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/explorer"
)

// history is what the ledger acknowledged up to a height.
type history struct {
	blocks   []string
	results  [][]string           // of each block's transactions, in order
	balances map[string][2]uint64 // free and staked of an address at that height
}

// remember reads the history up to a height from one node.
func remember(t *testing.T, c *chain, node string, height uint64, addresses []string) history {
	t.Helper()
	ctx := context.Background()
	rpc, err := rpchttp.New("http://"+node, "/websocket")
	require.NoError(t, err)
	h := history{balances: map[string][2]uint64{}}
	for i := int64(1); i <= int64(height); i++ {
		b, err := rpc.Block(ctx, &i)
		require.NoError(t, err)
		h.blocks = append(h.blocks, b.BlockID.Hash.String())
		var hashes []string
		for _, raw := range b.Block.Txs {
			tx, err := rpc.Tx(ctx, raw.Hash(), false)
			require.NoError(t, err)
			require.Equal(t, i, tx.Height)
			hashes = append(hashes, hex.EncodeToString(raw.Hash())+" "+tx.TxResult.Log)
		}
		h.results = append(h.results, hashes)
	}
	for _, a := range addresses {
		b, err := c.Balance(client.At(ctx, height), a)
		require.NoError(t, err)
		h.balances[a] = [2]uint64{b.Free, b.Staked}
	}
	return h
}

// TestKilledProcessesComeBack kills a process of each kind in a running market. Nothing that was in a
// block is lost, the process comes back to its work, and pay goes on.
func TestKilledProcessesComeBack(t *testing.T) {
	long(t)
	t.Parallel()
	m := run(t, filepath.Join(t.TempDir(), "it's a net"), append([]string{"--subnet", "template"}, quick...)...)
	state := m.ready()
	node := m.port("producer-1-rpc")
	c := follow(t, node)
	c.paid(0)

	var addresses []string
	for _, name := range []string{"faucet", "owner", "template-validator-1", "template-honest"} {
		addresses = append(addresses, m.coldkey(name).Address())
	}
	owner := m.coldkey("owner")
	for _, v := range []struct {
		process string
		works   func(since uint64) // waits until the process is at work again
	}{
		{"template-validator-1", func(since uint64) {
			hotkey := neuron(t, state, "validator-1").Hotkey
			c.until("the validator sets weights again", awhile, func() bool { return c.weighed[hotkey] > since })
		}},
		{"template-honest", func(uint64) {
			before := neuron(t, m.ready(), "honest").Score
			m.await("the miner answers well again", awhile, func(s explorer.State) bool { return neuron(t, s, "honest").Score > before })
		}},
		{"producer-1", func(since uint64) {
			c.until("blocks go on", soon, func() bool { return c.ledger.Height() > since+5 })
		}},
	} {
		t.Run(v.process, func(t *testing.T) {
			receipt, err := c.Transfer(c.ctx, owner, addresses[3], 1)
			require.NoError(t, err)
			before := remember(t, c, node, receipt.Height, addresses)
			was := running(m.ready(), v.process)
			kill(t, was.PID, syscall.SIGKILL)

			m.await(v.process+" runs again", soon, func(s explorer.State) bool {
				now := running(s, v.process)
				return now.State == "running" && now.PID != was.PID && now.Restarts == was.Restarts+1
			})
			since := c.head()
			require.GreaterOrEqual(t, since, receipt.Height)
			v.works(since)
			require.Equal(t, before, remember(t, c, node, receipt.Height, addresses), "what was in a block has changed")
			p := c.paid(since)
			require.Positive(t, p.Validators)
			earned, _ := c.ledger.Earned(1, neuron(t, state, "honest").Hotkey)
			require.Positive(t, earned)
		})
	}
	auditAt(t, node, 0)
	m.interrupt(0)
}
