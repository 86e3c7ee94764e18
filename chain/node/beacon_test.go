package node_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/node"
)

// TestAProducersValuesFlowAndGoOnAfterARestart runs the real engine: the values come with every
// vote, nothing is kept in the directory but the key, and blocks stay readable.
func TestAProducersValuesFlowAndGoOnAfterARestart(t *testing.T) {
	dir, c, _ := newDir(t)
	stop := start(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	until := func(chain *client.Client, height uint64) {
		for b := range chain.Follow(ctx, height) {
			if b.Height >= height {
				return
			}
		}
		t.Fatalf("the ledger did not reach block %d", height)
	}
	chain, err := client.Dial(ctx, c.RPC)
	require.NoError(t, err)
	until(chain, 15)
	before, err := chain.Beacon(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, before.Producers[0].Height, uint64(14))
	require.EqualValues(t, 10, before.Silent)

	block, err := chain.Block(ctx, 5)
	require.NoError(t, err)
	require.Len(t, block.Txs, 1)
	require.Zero(t, block.Txs[0].Code)
	for _, path := range []string{"/cosmos/tx/v1beta1/txs/block/5", "/cosmos/base/tendermint/v1beta1/blocks/5", "/ergon/beacon/v1/beacon"} {
		status, body := get(t, "http://"+c.REST+path)
		require.Equal(t, 200, status, "%s: %s", path, body)
	}
	stop()

	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	c = freshConfig(t)
	require.NoError(t, node.WriteConfig(copied, c))
	start(t, copied)
	chain, err = client.Dial(ctx, c.RPC)
	require.NoError(t, err)
	until(chain, before.Producers[0].Height+20)
	after, err := chain.Beacon(ctx)
	require.NoError(t, err)
	require.NotEqual(t, before.Mix, after.Mix)
	require.Zero(t, after.Producers[0].Withheld)
	require.EqualValues(t, 10, after.Silent, fmt.Sprint(after))
}
