package node_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/internal/ports/porttest"
	"github.com/ergon-network/ergon/keys"
)

const tao = 1_000_000_000

func freeAddress(t *testing.T) string {
	t.Helper()
	return porttest.Address(t)
}

func freshConfig(t *testing.T) node.Config {
	t.Helper()
	return node.Config{
		RPC: freeAddress(t), P2P: freeAddress(t), REST: freeAddress(t), GRPC: freeAddress(t), BlockTime: node.Duration(50 * time.Millisecond),
	}
}

// newDir makes a ledger directory whose only producer is the node, with one rich account.
func newDir(t *testing.T) (dir string, c node.Config, rich *keys.Pair) {
	t.Helper()
	dir = t.TempDir()
	rich, err := keys.Generate()
	require.NoError(t, err)
	id, err := node.Prepare(dir, "solo")
	require.NoError(t, err)
	doc, err := genesis.New(genesis.Options{
		ChainID: "node-test", Time: time.Now(), Profile: genesis.Localnet, Producers: []authoritytypes.Producer{id.Producer},
		Balances: []genesis.Balance{{Address: rich.Address(), Rao: 1000 * tao}},
	})
	require.NoError(t, err)
	c = freshConfig(t)
	require.NoError(t, node.Init(dir, doc, c))
	return dir, c, rich
}

func start(t *testing.T, dir string) (stop func()) {
	t.Helper()
	n, err := node.Start(t.Context(), dir, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	var once bool
	stop = func() {
		if !once {
			once = true
			require.NoError(t, n.Stop())
		}
	}
	t.Cleanup(stop)
	return stop
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

func TestNodeServesClientsAndKeepsWhatItAcknowledged(t *testing.T) {
	dir, c, rich := newDir(t)
	stop := start(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	chain, err := client.Dial(ctx, c.RPC)
	require.NoError(t, err)

	hot, err := keys.Generate()
	require.NoError(t, err)
	_, err = chain.Transfer(ctx, hot, rich.Address(), 1)
	require.ErrorContains(t, err, "has no account yet")
	netuid, _, err := chain.CreateSubnet(ctx, rich, "test", 0)
	require.NoError(t, err)
	_, _, err = chain.Register(ctx, rich, hot.Address(), netuid, 1)
	require.Error(t, err, "the ledger refuses a price above max_cost")
	uid, receipt, err := chain.Register(ctx, rich, hot.Address(), netuid, 0)
	require.NoError(t, err)
	require.Zero(t, uid)
	require.NotZero(t, receipt.Height)
	_, err = chain.AddStake(ctx, rich, hot.Address(), 1_000_000*tao)
	require.ErrorIs(t, err, staketypes.ErrNotEnoughBalance)
	_, err = chain.AddStake(ctx, rich, hot.Address(), 100*tao)
	require.NoError(t, err)

	for _, path := range []string{
		"/ergon/subnet/v1/subnets", "/ergon/incentive/v1/metagraph/1", "/ergon/stake/v1/balance/" + rich.Address(),
		"/ergon/stake/v1/stakes/" + rich.Address(), "/ergon/stake/v1/issuance", "/ergon/authority/v1/producers",
		"/cosmos/auth/v1beta1/accounts/" + rich.Address(), "/cosmos/bank/v1beta1/balances/" + rich.Address(),
		"/cosmos/bank/v1beta1/denom_owners/rao", "/cosmos/tx/v1beta1/txs/" + receipt.Hash, "/ergon/stake/v1/balance/nonsense",
	} {
		status, body := get(t, "http://"+c.REST+path)
		require.NotContains(t, body, "ergon1", path)
		if !strings.HasSuffix(path, "nonsense") {
			require.Equalf(t, 200, status, "%s: %s", path, body)
		}
	}

	before, err := chain.Balance(ctx, rich.Address())
	require.NoError(t, err)
	stop()
	// What was acknowledged is on disk: a copy of the directory is all that a new process finds.
	// (The engine keeps the locks of its databases until the process ends.)
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	c = freshConfig(t)
	require.NoError(t, node.WriteConfig(copied, c))
	start(t, copied)
	chain, err = client.Dial(ctx, c.RPC)
	require.NoError(t, err)
	after, err := chain.Balance(ctx, rich.Address())
	require.NoError(t, err)
	require.Equal(t, before.Free, after.Free)
	blocks := 0
	for b := range chain.Follow(ctx, 1) {
		blocks++
		require.EqualValues(t, blocks, b.Height)
		if b.Height > receipt.Height+3 {
			break
		}
	}
}

func TestSeveralClientsOfOneKeyTakeTurns(t *testing.T) {
	dir, c, rich := newDir(t)
	start(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	to, err := keys.Generate()
	require.NoError(t, err)
	var all errgroup.Group
	for range 4 {
		all.Go(func() error {
			chain, err := client.Dial(ctx, c.RPC)
			if err == nil {
				_, err = chain.Transfer(ctx, rich, to.Address(), 10)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	chain, err := client.Dial(ctx, c.RPC)
	require.NoError(t, err)
	b, err := chain.Balance(ctx, to.Address())
	require.NoError(t, err)
	require.EqualValues(t, 40, b.Free)
}

func TestAnotherFormatIsRefusedWithARemedy(t *testing.T) {
	dir, _, _ := newDir(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "format"), []byte("ergon-ledger-0\n"), 0o600))
	_, err := node.Start(t.Context(), dir, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, node.ErrFormat)
	require.ErrorContains(t, err, "move the directory away")
	_, err = node.Start(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "ergon node init")
}

func TestSecondNodeOnOneDirectoryIsRefused(t *testing.T) {
	dir, _, _ := newDir(t)
	start(t, dir)
	_, err := node.Start(t.Context(), dir, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "another node")
	require.NotEmpty(t, fmt.Sprint(err))
}
