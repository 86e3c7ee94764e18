package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	jsonrpc "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmttypes "github.com/cometbft/cometbft/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	beacontypes "github.com/ergon-network/ergon/chain/x/beacon/types"
)

// BlockInfo is one block: who made it when, and what its transactions asked for.
type BlockInfo struct {
	Height   uint64
	Time     time.Time
	Hash     string // hex, upper case
	AppHash  string // of the state before the block
	Proposer string // hex address of the producer's key
	Txs      []TxInfo
}

// TxInfo is a transaction in a block. A refused one is in it too: it took its fee and changed
// nothing else.
type TxInfo struct {
	Hash    string // hex, upper case
	Height  uint64
	Calls   []string // types of its messages, "MsgAddStake"
	Refusal *Refusal // nil: it happened
	Events  []Event  // the ledger's own
}

// ErrNoBlock is wrapped when the node does not have a block: it is not made yet, or was pruned.
var ErrNoBlock = errors.New("the node does not have this block")

// ErrTxNotFound is wrapped when no block has a transaction of that hash.
var ErrTxNotFound = errors.New("no such transaction")

// BlockInfo reads a block; height 0 is the latest.
func (c *Client) BlockInfo(ctx context.Context, height uint64) (*BlockInfo, error) {
	if height == 0 {
		var err error
		if height, err = c.Height(ctx); err != nil {
			return nil, err
		}
	}
	h := int64(height)
	block, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultBlock, error) { return c.rpc.Block(ctx, &h) })
	if err != nil {
		return nil, c.unread(ctx, height, err)
	}
	results, err := c.Block(ctx, height)
	if err != nil {
		return nil, err
	}
	if len(results.Txs) != len(block.Block.Txs) {
		return nil, fmt.Errorf("block %d has %d transactions and %d results", height, len(block.Block.Txs), len(results.Txs))
	}
	out := &BlockInfo{
		Height: height, Time: block.Block.Time, Hash: block.BlockID.Hash.String(), AppHash: block.Block.AppHash.String(),
		Proposer: block.Block.ProposerAddress.String(),
	}
	events := map[int][]Event{}
	for _, e := range results.Events(Filter{}) {
		events[e.Tx] = append(events[e.Tx], e)
	}
	for i, raw := range block.Block.Txs {
		if !beacontypes.IsVotes(raw) { // the producers' values are no transaction
			out.Txs = append(out.Txs, c.txInfo(raw, results, i, events[i]))
		}
	}
	return out, nil
}

// unread says why a block could not be read: the node's own words do not tell what it has.
func (c *Client) unread(ctx context.Context, height uint64, err error) error {
	var answered *jsonrpc.RPCError
	if errors.As(err, &answered) {
		if status, failed := c.Status(ctx); failed == nil {
			first, last := uint64(status.SyncInfo.EarliestBlockHeight), uint64(status.SyncInfo.LatestBlockHeight)
			if height < first || height > last {
				return fmt.Errorf("block %d: %w: it has %d to %d", height, ErrNoBlock, first, last)
			}
		}
	}
	return fmt.Errorf("read block %d: %w", height, err)
}

func (c *Client) txInfo(raw cmttypes.Tx, results Block, at int, events []Event) TxInfo {
	t := TxInfo{Hash: strings.ToUpper(hex.EncodeToString(raw.Hash())), Height: results.Height, Calls: []string{}, Events: events}
	if r := results.Txs[at]; r.Code != 0 {
		t.Refusal = &Refusal{Codespace: r.Codespace, Code: r.Code, Log: r.Log}
	}
	tx, err := c.enc.TxConfig.TxDecoder()(raw)
	if err != nil {
		return t // of a release that this program does not know
	}
	for _, m := range tx.GetMsgs() {
		name := sdk.MsgTypeURL(m)
		t.Calls = append(t.Calls, name[strings.LastIndexByte(name, '.')+1:])
	}
	return t
}

// Tx finds a transaction by its hash, hex. Errors wrap ErrTxNotFound: it is in no block that the node
// knows of. Whether it still may get into one its sender knows: it may for 60 blocks.
func (c *Client) Tx(ctx context.Context, hash string) (*TxInfo, error) {
	want, err := hex.DecodeString(hash)
	if err != nil || len(want) != 32 {
		return nil, fmt.Errorf("%w: %q is no hash of 64 hexadecimal digits", ErrTxNotFound, hash)
	}
	height, err := c.heightOf(ctx, want)
	if err != nil {
		return nil, err
	}
	b, err := c.BlockInfo(ctx, height)
	if err != nil {
		return nil, err
	}
	for i := range b.Txs {
		if strings.EqualFold(b.Txs[i].Hash, hash) {
			return &b.Txs[i], nil
		}
	}
	return nil, fmt.Errorf("%w: block %d does not have %s", ErrTxNotFound, height, hash)
}

// heightOf asks the node's index of transactions, and where that does not know it the latest blocks:
// the index is written behind them, and never completed if the node was killed in between.
func (c *Client) heightOf(ctx context.Context, hash []byte) (uint64, error) {
	if found, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultTx, error) { return c.rpc.Tx(ctx, hash, false) }); err == nil {
		return uint64(found.Height), nil
	}
	head, err := c.Height(ctx)
	if err != nil {
		return 0, err
	}
	for height := head; height > 0 && head-height < lifetime; height-- {
		h := int64(height)
		block, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultBlock, error) { return c.rpc.Block(ctx, &h) })
		if err != nil {
			return 0, fmt.Errorf("read block %d: %w", height, err)
		}
		if block.Block.Txs.IndexByHash(hash) >= 0 {
			return height, nil
		}
	}
	return 0, fmt.Errorf("%w: %x is in no block up to %d", ErrTxNotFound, hash, head)
}

// pace is how many blocks BlockTime looks back over.
const pace = 100

// BlockTime is how long the latest blocks took on average; 0 on a ledger of one block.
func (c *Client) BlockTime(ctx context.Context) (time.Duration, error) {
	status, err := c.Status(ctx)
	if err != nil {
		return 0, err
	}
	head := status.SyncInfo.LatestBlockHeight
	from := max(head-pace, status.SyncInfo.EarliestBlockHeight, 1)
	if from >= head {
		return 0, nil
	}
	first, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultCommit, error) { return c.rpc.Commit(ctx, &from) })
	if err != nil {
		return 0, fmt.Errorf("read block %d: %w", from, err)
	}
	return status.SyncInfo.LatestBlockTime.Sub(first.Time) / time.Duration(head-from), nil
}
