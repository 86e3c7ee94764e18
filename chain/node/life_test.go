package node_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/keys"
)

func quiet(string) {}

// reach waits until a node has a block.
func reach(t *testing.T, address string, height uint64) *client.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, address)
	require.NoError(t, err)
	for {
		h, err := c.Height(ctx)
		require.NoError(t, err)
		if h >= height {
			return c
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// copied is the directory of a stopped node, free of the locks that the engine keeps in a process.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

func TestSnapshotRestoreAndExportCarryALedgerOn(t *testing.T) {
	dir, c, rich := newDir(t)
	stop := start(t, dir)
	chain := reach(t, c.RPC, 3)
	to, err := keys.Generate()
	require.NoError(t, err)
	_, err = chain.Transfer(t.Context(), rich, to.Address(), 777)
	require.NoError(t, err)
	stop()

	from := copied(t, dir)
	file := filepath.Join(t.TempDir(), "ledger.snapshot")
	made, err := node.MakeSnapshot(from, file, quiet)
	require.NoError(t, err)
	_, err = node.MakeSnapshot(copied(t, from), file, quiet)
	require.ErrorContains(t, err, "exists")
	read, err := node.ReadSnapshot(file)
	require.NoError(t, err)
	require.Equal(t, made, read)
	kept, err := node.ListSnapshots(from)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.EqualValues(t, made.Height, kept[0].Height)

	_, err = node.Restore(t.Context(), t.TempDir(), "solo", file, "ABCD", freshConfig(t), quiet)
	require.ErrorContains(t, err, "of another history; nothing was written")
	_, err = node.Restore(t.Context(), from, "solo", file, "", freshConfig(t), quiet)
	require.ErrorContains(t, err, "is not empty")

	again := filepath.Join(t.TempDir(), "again")
	c = freshConfig(t)
	_, err = node.Restore(t.Context(), again, "solo", file, made.BlockHash, c, quiet)
	require.NoError(t, err)
	produce(t, dir, again)
	start(t, again)
	balance(t, reach(t, c.RPC, uint64(made.Height)+3), to.Address(), 777)

	doc, err := node.Export(copied(t, dir), 0)
	require.NoError(t, err)
	require.Equal(t, made.Height+1, doc.InitialHeight)
	early, err := node.Export(copied(t, dir), 2)
	require.NoError(t, err)
	require.EqualValues(t, 3, early.InitialHeight)
	third := t.TempDir()
	_, err = node.Prepare(third, "solo")
	require.NoError(t, err)
	c = freshConfig(t)
	require.NoError(t, node.Init(third, doc, c))
	produce(t, dir, third)
	start(t, third)
	balance(t, reach(t, c.RPC, uint64(made.Height)+3), to.Address(), 777)
}

// produce lets the node in to sign for the producer of the one in from.
func produce(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(from, "config", "priv_validator_key.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(to, "config", "priv_validator_key.json"), raw, 0o600))
}

func balance(t *testing.T, c *client.Client, address string, want uint64) {
	t.Helper()
	b, err := c.Balance(t.Context(), address)
	require.NoError(t, err)
	require.Equal(t, want, b.Free)
}

func TestASpoiledSnapshotLeavesNothing(t *testing.T) {
	dir, c, _ := newDir(t)
	stop := start(t, dir)
	reach(t, c.RPC, 3)
	stop()
	file := filepath.Join(t.TempDir(), "ledger.snapshot")
	_, err := node.MakeSnapshot(copied(t, dir), file, quiet)
	require.NoError(t, err)
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":        func(b []byte) []byte { return b[:len(b)/2] },
		"no archive": func([]byte) []byte { return []byte("hello") },
		"one bit": func(b []byte) []byte { // in the state's chunk, the last part
			b[len(b)-2048] ^= 1
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad")
			require.NoError(t, os.WriteFile(bad, spoil(append([]byte{}, raw...)), 0o600))
			to := filepath.Join(t.TempDir(), "to")
			require.NoError(t, os.MkdirAll(to, 0o700))
			_, err := node.Restore(t.Context(), to, "x", bad, "", freshConfig(t), quiet)
			require.Error(t, err)
			left, err := os.ReadDir(to)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestJoinTakesTheGenesisThatWasMeant(t *testing.T) {
	dir, c, _ := newDir(t)
	start(t, dir)
	reach(t, c.RPC, 2)
	doc, peer, err := node.FetchGenesis(t.Context(), c.RPC, "", quiet)
	require.NoError(t, err)
	digest, err := node.Digest(doc)
	require.NoError(t, err)
	onDisk, _, err := node.FetchGenesis(t.Context(), filepath.Join(dir, "config", "genesis.json"), digest, quiet)
	require.NoError(t, err)
	require.Equal(t, doc.ChainID, onDisk.ChainID)
	other := strings.Map(func(r rune) rune { // every digit is another one
		if r == '0' {
			return '1'
		}
		return '0'
	}, digest)
	_, _, err = node.FetchGenesis(t.Context(), c.RPC, other, quiet)
	require.ErrorIs(t, err, node.ErrDigest)

	_, err = node.Join(t.TempDir(), "x", doc, freshConfig(t))
	require.ErrorContains(t, err, "--peer")
	own := freshConfig(t)
	own.Peers = []string{"nonsense"}
	_, err = node.Join(t.TempDir(), "x", doc, own)
	require.ErrorContains(t, err, "ID@HOST:PORT")
	own.Peers = []string{peer}
	joined := t.TempDir()
	_, err = node.Join(joined, "x", doc, own)
	require.NoError(t, err)
	start(t, joined)
	reach(t, own.RPC, 3)

	_, err = node.Trust(t.Context(), []string{c.RPC}, 0, "")
	require.ErrorContains(t, err, "name two")
	trusted, err := node.Trust(t.Context(), []string{c.RPC, own.RPC}, 2, "")
	require.NoError(t, err)
	require.EqualValues(t, 2, trusted.Height)
	_, err = node.Trust(t.Context(), []string{c.RPC, own.RPC}, 2, trusted.Hash)
	require.NoError(t, err)
	_, err = node.Trust(t.Context(), []string{c.RPC, own.RPC}, 3, trusted.Hash)
	require.ErrorContains(t, err, "one of them lies")
}

func TestPruningModes(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "", `{"mode":"nothing"}`: "", `{"mode":"everything","keep_blocks":100}`: "", `{"mode":"custom","keep":100,"interval":10}`: "",
		`{"mode":"all"}`: "use nothing, default, everything, custom", `{"mode":"default","keep":3}`: "use custom with them",
		`{"mode":"custom","keep":1,"interval":10}`: "keep at least 2 states", `{"mode":"custom","keep":10,"interval":1}`: "every 10 blocks or more",
	} {
		var p node.Pruning
		require.NoError(t, json.Unmarshal([]byte(text), &p))
		dir, c, _ := newDir(t)
		c.Pruning = p
		require.NoError(t, node.WriteConfig(dir, c))
		if want == "" {
			start(t, dir)
			continue
		}
		_, err := node.Export(dir, 0)
		require.ErrorContains(t, err, want, text)
	}
}
