package node

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	rpccore "github.com/cometbft/cometbft/rpc/core"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"
	jsonrpc "github.com/cometbft/cometbft/rpc/jsonrpc/types"
)

// searchTime bounds one search of the engine's index of transactions or blocks, which goes through
// everything that fits each condition before it looks at the page that was asked for.
const searchTime = 2 * time.Second

// errSearch says what to do about a search that was not done in time.
var errSearch = fmt.Errorf("the search takes longer than %s: narrow it, as with tx.height = 1200 or a range of heights, or read the blocks", searchTime)

// search is the engine's two searches, bounded in time.
type search struct {
	env  *rpccore.Environment
	time time.Duration
}

// txs is the engine's tx_search.
func (s search) txs(ctx *jsonrpc.Context, query string, prove bool, page, perPage *int, orderBy string) (*rpctypes.ResultTxSearch, error) {
	return bound(s.time, ctx, func(ctx *jsonrpc.Context) (*rpctypes.ResultTxSearch, error) {
		return s.env.TxSearch(ctx, query, prove, page, perPage, orderBy)
	})
}

// blocks is the engine's block_search.
func (s search) blocks(ctx *jsonrpc.Context, query string, page, perPage *int, orderBy string) (*rpctypes.ResultBlockSearch, error) {
	return bound(s.time, ctx, func(ctx *jsonrpc.Context) (*rpctypes.ResultBlockSearch, error) {
		return s.env.BlockSearch(ctx, query, page, perPage, orderBy)
	})
}

// bound runs a search that looks at its context. The engine takes what was found until then for all
// there is; this does not.
func bound[T any](most time.Duration, asked *jsonrpc.Context, run func(*jsonrpc.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(asked.Context(), most)
	defer cancel()
	res, err := run(within(ctx))
	if ctx.Err() != nil {
		var none T
		return none, errSearch
	}
	return res, err
}

// within is a request of the engine's under a context.
func within(ctx context.Context) *jsonrpc.Context {
	return &jsonrpc.Context{HTTPReq: (&http.Request{}).WithContext(ctx)}
}

// serveRPC opens the engine's interface as the engine does, but for its searches.
func (n *Node) serveRPC(address string, c *cmtcfg.RPCConfig, logger *slog.Logger) error {
	routes := n.search.env.GetRoutes()
	routes["tx_search"] = rpcserver.NewRPCFunc(n.search.txs, "query,prove,page,per_page,order_by")
	routes["block_search"] = rpcserver.NewRPCFunc(n.search.blocks, "query,page,per_page,order_by")

	config := rpcserver.DefaultConfig()
	config.MaxRequestBatchSize, config.MaxBodyBytes = c.MaxRequestBatchSize, c.MaxBodyBytes
	config.MaxHeaderBytes, config.MaxOpenConnections = c.MaxHeaderBytes, c.MaxOpenConnections
	config.WriteTimeout = max(config.WriteTimeout, c.TimeoutBroadcastTxCommit+time.Second)
	log := cometLogger{logger}
	sockets := rpcserver.NewWebsocketManager(routes, rpcserver.ReadLimit(config.MaxBodyBytes), rpcserver.WriteChanCapacity(c.WebSocketWriteBufferSize),
		rpcserver.OnDisconnect(func(remote string) {
			_ = n.comet.EventBus().UnsubscribeAll(context.Background(), remote) // it had subscribed to nothing
		}))
	sockets.SetLogger(log)
	mux := http.NewServeMux()
	mux.HandleFunc("/websocket", sockets.WebsocketHandler)
	rpcserver.RegisterRPCFuncs(mux, routes, log)
	lis, err := rpcserver.Listen(tcp(address), config.MaxOpenConnections)
	if err != nil {
		return fmt.Errorf("listen on %s (is another program using it?): %w", address, err)
	}
	n.rpc = &http.Server{
		Handler:     rpcserver.PreChecksHandler(rpcserver.RecoverAndLogHandler(http.MaxBytesHandler(mux, config.MaxBodyBytes), log), config),
		ReadTimeout: config.ReadTimeout, ReadHeaderTimeout: config.ReadTimeout, WriteTimeout: config.WriteTimeout, MaxHeaderBytes: config.MaxHeaderBytes,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	go func() { n.fail("RPC", n.rpc.Serve(lis)) }()
	return nil
}
