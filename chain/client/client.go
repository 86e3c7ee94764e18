// Package client is how everything off the chain talks to the ledger: the command line, miners,
// validators, the localnet and its page.
//
//	c, err := client.Dial(ctx, "http://127.0.0.1:26657")
//	sub, err := c.Metagraph(ctx, 1)
//	receipt, err := c.Register(ctx, coldkey, hotkeyAddress, 1, maxCost)
//
// One Client is safe for concurrent use and should be shared: it keeps each signer's sequence.
// Reads and broadcasts are repeated while the node cannot be reached, until the context ends or
// Patience runs out, so a restarting node is not an error. Refusals by the ledger are *Refusal
// and match the module's registered errors with errors.Is.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	jsonrpc "github.com/cometbft/cometbft/rpc/jsonrpc/types"

	sdkclient "github.com/cosmos/cosmos-sdk/client"

	"github.com/ergon-network/ergon/chain/app"
)

// Patience is how long an unreachable node is waited for when the context allows it.
const Patience = 20 * time.Second

// ErrUnreachable is wrapped by errors that mean that no node answered.
var ErrUnreachable = errors.New("cannot be reached")

// Pauses between two tries while the node is down, and between two looks for a transaction.
const (
	retryPause   = 200 * time.Millisecond
	inclusionGap = 50 * time.Millisecond
)

// Client is a connection to one ledger node.
type Client struct {
	url     string
	chainID string
	rpc     *rpchttp.HTTP
	enc     app.Encoding
	query   sdkclient.Context

	mu      sync.Mutex
	signers map[string]*account
}

// Dial connects to a node's RPC address (host:port or an http URL) and learns its chain id.
func Dial(ctx context.Context, address string) (*Client, error) {
	url := address
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 60 * time.Second}
	rpc, err := rpchttp.NewWithClient(url, "/websocket", &http.Client{Transport: transport, Timeout: 30 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("ledger node %q: %w", address, err)
	}
	enc, err := app.MakeEncoding()
	if err != nil {
		return nil, err
	}
	c := &Client{url: url, rpc: rpc, enc: enc, signers: map[string]*account{}}
	status, err := retry(ctx, c, rpc.Status)
	if err != nil {
		return nil, err
	}
	c.chainID = status.NodeInfo.Network
	c.query = sdkclient.Context{}.WithClient(rpc).WithCodec(enc.Codec).WithInterfaceRegistry(enc.Registry).WithChainID(c.chainID)
	return c, nil
}

// ChainID is the ledger's name, part of every signature.
func (c *Client) ChainID() string { return c.chainID }

// Status is the node's own view: latest height, whether it is catching up, its key.
func (c *Client) Status(ctx context.Context) (*rpctypes.ResultStatus, error) {
	return retry(ctx, c, c.rpc.Status)
}

// Height is the latest committed block: the one that reads see. The node's own status is a moment
// ahead of it, when a block is stored but not executed yet.
func (c *Client) Height(ctx context.Context) (uint64, error) {
	info, err := retry(ctx, c, c.rpc.ABCIInfo)
	if err != nil {
		return 0, err
	}
	return uint64(info.Response.LastBlockHeight), nil
}

// retry calls f until it succeeds, fails for a reason of its own, or the node stays away.
func retry[T any](ctx context.Context, c *Client, f func(context.Context) (T, error)) (T, error) {
	deadline := time.Now().Add(Patience)
	var away error // of an earlier try
	for {
		v, err := f(ctx)
		if away != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) { // the time was up in the middle of a try
			return v, fmt.Errorf("ledger node %s %w: %w", c.url, ErrUnreachable, errors.Join(ctx.Err(), away))
		}
		if err == nil || !unreachable(err) {
			return v, err
		}
		away = err
		if time.Now().After(deadline) {
			return v, fmt.Errorf("ledger node %s %w; is it running (`ergon node start`)?: %w", c.url, ErrUnreachable, err)
		}
		select {
		case <-ctx.Done():
			return v, fmt.Errorf("ledger node %s %w: %w", c.url, ErrUnreachable, errors.Join(ctx.Err(), err))
		case <-time.After(retryPause):
		}
	}
}

// unreachable tells a dead connection from an answer. The RPC client wraps transport errors in
// text, so the types that mean "the node answered" are what is looked for.
//
// A node that was just started takes no transactions until it knows that it is not behind: it
// answers, and is still as good as away for a moment.
func unreachable(err error) bool {
	if strings.Contains(err.Error(), "node is catching up") && !errors.Is(err, context.Canceled) {
		return true
	}
	var answered *jsonrpc.RPCError
	var refused *Refusal
	if errors.As(err, &answered) || errors.As(err, &refused) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	text := err.Error()
	for _, sign := range []string{"connection refused", "post failed", "EOF", "connection reset", "broken pipe", "i/o timeout", "wait for first block"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
