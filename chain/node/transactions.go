package node

import (
	"context"

	"github.com/cometbft/cometbft/rpc/client/local"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"

	"github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"

	beacontypes "github.com/ergon-network/ergon/chain/x/beacon/types"
)

// The first entry of a block is no transaction: it carries the producers' values for the beacon.
// The engine counts and indexes it as one, and the SDK's queries would fail to decode it.

// signedOnly is the node's client for the SDK's queries: a search finds what somebody signed.
type signedOnly struct {
	*local.Local
	search search
}

// TxSearch implements client.CometRPC.
func (c signedOnly) TxSearch(ctx context.Context, query string, prove bool, page, perPage *int, orderBy string) (*rpctypes.ResultTxSearch, error) {
	return c.search.txs(within(ctx), query+" AND tx.acc_seq EXISTS", prove, page, perPage, orderBy)
}

// tolerant is a transaction configuration that reads a first entry as a transaction without
// content, for queries that show a block as it is.
type tolerant struct{ client.TxConfig }

// TxDecoder implements client.TxEncodingConfig.
func (t tolerant) TxDecoder() sdk.TxDecoder {
	decode := t.TxConfig.TxDecoder()
	return func(raw []byte) (sdk.Tx, error) {
		if beacontypes.IsVotes(raw) {
			return t.NewTxBuilder().GetTx(), nil
		}
		return decode(raw)
	}
}
