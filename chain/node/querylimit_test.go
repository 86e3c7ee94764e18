package node

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	jsonrpc "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/types/query"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/keys"
)

// TestOneQuestionIsBounded: no query reads a ledger from end to end, however it is asked.
func TestOneQuestionIsBounded(t *testing.T) {
	var balances []genesis.Balance
	for i := range uint64(2000) {
		var id [32]byte
		binary.BigEndian.PutUint64(id[:], i+1)
		balances = append(balances, genesis.Balance{Address: keys.SS58(id[:]), Rao: testnode.TAO})
	}
	n, err := testnode.New(nil, genesis.Options{Balances: balances}, baseapp.SetQueryGasLimit(queryGas/1000))
	require.NoError(t, err)
	for range 2 {
		_, err = n.Block()
		require.NoError(t, err)
	}
	ask := func(path string, data []byte) *abci.ResponseQuery {
		res, err := bounded{n.App}.Query(context.Background(), &abci.RequestQuery{Path: path, Data: data})
		require.NoError(t, err)
		return res
	}
	accounts := func(limit uint64) *abci.ResponseQuery {
		raw, err := (&authtypes.QueryAccountsRequest{Pagination: &query.PageRequest{Limit: limit}}).Marshal()
		require.NoError(t, err)
		return ask("/cosmos.auth.v1beta1.Query/Accounts", raw)
	}
	require.Zero(t, accounts(100).Code)
	refused := accounts(2000)
	require.EqualValues(t, 11, refused.Code, "out of gas: %s", refused.Log)
	require.Contains(t, refused.Log, "pagination.limit")

	for _, path := range []string{"/store/stake/subspace", "store/acc/subspace/", "/store/bank"} {
		require.EqualValues(t, 6, ask(path, []byte{0}).Code, path)
	}
	require.Zero(t, ask("/store/acc/key", []byte{1}).Code, "one key, for a proof")
	require.Contains(t, ask("/no/such", nil).Log, "unknown query path", "other answers are as they were")
}

// TestASearchEndsInTime: what the engine found until then must not be taken for all there is.
func TestASearchEndsInTime(t *testing.T) {
	endless := func(ctx *jsonrpc.Context) (string, error) {
		<-ctx.Context().Done()
		return "a part", nil
	}
	got, err := bound(time.Nanosecond, &jsonrpc.Context{}, endless)
	require.ErrorIs(t, err, errSearch)
	require.Empty(t, got)
	got, err = bound(time.Hour, &jsonrpc.Context{}, func(*jsonrpc.Context) (string, error) { return "all", nil })
	require.NoError(t, err)
	require.Equal(t, "all", got)
	gone, cancel := context.WithCancel(context.Background())
	cancel() // who asked has gone
	_, err = bound(time.Hour, within(gone), endless)
	require.ErrorIs(t, err, errSearch)
}
