package node

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmtnode "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/rpc/client/local"
	dbm "github.com/cosmos/cosmos-db"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servergrpc "github.com/cosmos/cosmos-sdk/server/grpc"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/consensus/beacon"
)

// Node is a running ledger node.
type Node struct {
	app     *app.App
	comet   *cmtnode.Node
	search  search
	rpc     *http.Server
	rest    *http.Server
	grpc    *grpc.Server
	failed  chan error
	stopped chan struct{} // closed by Stop
	once    sync.Once
}

// Run starts the node in dir and blocks until ctx ends or the node fails. Everything it
// acknowledged is on disk when it returns.
func Run(ctx context.Context, dir string, logger *slog.Logger) error {
	n, err := Start(ctx, dir, logger)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-n.failed:
	case err = <-n.app.Halted():
	}
	return errors.Join(err, n.Stop())
}

// Start opens the ledger in dir and starts its services.
func Start(ctx context.Context, dir string, logger *slog.Logger) (*Node, error) {
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	cmt := cometConfig(dir, c)
	doc, err := cmttypes.GenesisDocFromFile(cmt.GenesisFile())
	if err != nil {
		return nil, fmt.Errorf("read genesis: %w", err)
	}
	a, err := openApp(dir, doc.ChainID, c, 0, appLogger(logger))
	if err != nil {
		return nil, err
	}
	n := &Node{app: a, failed: make(chan error, 2), stopped: make(chan struct{})}
	n.app.SetBlockBudget(budget(time.Duration(c.BlockTime)))
	if err := n.start(ctx, cmt, doc, logger); err != nil {
		return nil, errors.Join(err, n.Stop())
	}
	go n.keepPeers(c.Peers, redialEvery(time.Duration(c.BlockTime)))
	return n, n.serve(c, cmt.RPC, logger)
}

func (n *Node) start(ctx context.Context, cmt *cmtcfg.Config, doc *cmttypes.GenesisDoc, logger *slog.Logger) error {
	nodeKey, err := p2p.LoadNodeKey(cmt.NodeKeyFile())
	if err != nil {
		return fmt.Errorf("read node key: %w", err)
	}
	pv := privval.LoadFilePV(cmt.PrivValidatorKeyFile(), cmt.PrivValidatorStateFile())
	n.app.SetBeaconSecret(beacon.NewSecret(pv.Key.PrivKey.Bytes(), ledgerDigest(doc)))
	provider := func() (*cmttypes.GenesisDoc, error) { return doc, nil }
	n.comet, err = cmtnode.NewNodeWithContext(ctx, cmt, pv, nodeKey,
		proxy.NewLocalClientCreator(server.NewCometABCIWrapper(bounded{n.app})), provider, cmtcfg.DefaultDBProvider,
		cmtnode.DefaultMetricsProvider(cmt.Instrumentation), cometLogger{logger})
	if err != nil {
		return fmt.Errorf("build consensus node: %w", err)
	}
	if err := n.comet.Start(); err != nil {
		return fmt.Errorf("start consensus node: %w", err)
	}
	return nil
}

// ledgerDigest tells a ledger from every other, a copy that was started anew included: the values
// that a producer adds to its votes must never be those that it revealed elsewhere.
func ledgerDigest(doc *cmttypes.GenesisDoc) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %d ", doc.ChainID, doc.GenesisTime.UnixNano(), doc.InitialHeight)
	h.Write(doc.AppState)
	return h.Sum(nil)
}

// serve opens the engine's interface, and REST and gRPC over the node's own local client.
func (n *Node) serve(c Config, rpc *cmtcfg.RPCConfig, logger *slog.Logger) error {
	env, err := n.comet.ConfigureRPC()
	if err != nil {
		return errors.Join(fmt.Errorf("configure RPC: %w", err), n.Stop())
	}
	n.search = search{env, searchTime}
	if c.RPC != "" {
		if err := n.serveRPC(c.RPC, rpc, logger); err != nil {
			return errors.Join(err, n.Stop())
		}
	}
	enc := n.app.Encoding
	cc := client.Context{}.WithClient(signedOnly{local.New(n.comet), n.search}).WithCodec(enc.Codec).WithInterfaceRegistry(enc.Registry).
		WithTxConfig(tolerant{enc.TxConfig}).WithLegacyAmino(enc.Amino).WithChainID(n.comet.GenesisDoc().ChainID)
	n.app.RegisterTxService(cc)
	n.app.RegisterTendermintService(cc)
	n.app.RegisterNodeService(cc, *serverconfig.DefaultConfig())
	if c.REST != "" {
		if err := n.serveREST(c.REST, cc, logger); err != nil {
			return errors.Join(err, n.Stop())
		}
	}
	if c.GRPC != "" {
		if err := n.serveGRPC(c.GRPC, cc); err != nil {
			return errors.Join(err, n.Stop())
		}
	}
	return nil
}

func (n *Node) serveGRPC(address string, cc client.Context) error {
	cfg := serverconfig.DefaultConfig().GRPC
	srv, err := servergrpc.NewGRPCServer(cc, n.app, cfg)
	if err != nil {
		return fmt.Errorf("build gRPC server: %w", err)
	}
	lis, err := listen(address)
	if err != nil {
		return err
	}
	n.grpc = srv
	go func() { n.fail("gRPC", srv.Serve(lis)) }()
	return nil
}

// fail reports a service that ended by itself.
func (n *Node) fail(what string, err error) {
	if err == nil || errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) {
		return
	}
	select {
	case n.failed <- fmt.Errorf("%s server: %w", what, err):
	default:
	}
}

// Stop ends all services in order: the doors, consensus, storage.
func (n *Node) Stop() error {
	n.once.Do(func() { close(n.stopped) })
	var errs []error
	for _, door := range []*http.Server{n.rpc, n.rest} {
		if door != nil {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if door.Shutdown(ctx) != nil { // somebody still waits for an answer
				errs = append(errs, door.Close())
			}
			cancel()
		}
	}
	if n.grpc != nil {
		n.grpc.Stop()
	}
	if n.comet != nil && n.comet.IsRunning() {
		errs = append(errs, n.comet.Stop())
		n.comet.Wait()
	}
	if n.app != nil {
		errs = append(errs, n.app.Close())
	}
	return errors.Join(errs...)
}

// cometConfig derives the engine's configuration from ours. Timeouts follow the block time so
// that a fast localnet is not slowed by waits meant for 12 s blocks.
func cometConfig(dir string, c Config) *cmtcfg.Config {
	cmt := cmtcfg.DefaultConfig().SetRoot(dir)
	cmt.DBBackend = string(dbm.GoLevelDBBackend)
	cmt.RPC.ListenAddress = "" // serveRPC does
	cmt.RPC.MaxBodyBytes = 4 << 20
	cmt.RPC.GRPCListenAddress = ""
	cmt.P2P.ListenAddress = tcp(c.P2P)
	cmt.P2P.PersistentPeers = strings.Join(c.Peers, ",")
	cmt.P2P.AddrBookStrict = false // several nodes of one localnet share an address
	cmt.P2P.AllowDuplicateIP = true
	cmt.P2P.PexReactor = false
	block := time.Duration(c.BlockTime)
	cmt.Consensus.TimeoutCommit = block
	if block < 3*time.Second {
		cmt.Consensus.TimeoutPropose = max(block, 500*time.Millisecond)
		cmt.Consensus.TimeoutPrevote = max(block/2, 250*time.Millisecond)
		cmt.Consensus.TimeoutPrecommit = max(block/2, 250*time.Millisecond)
		cmt.Consensus.PeerGossipSleepDuration = 10 * time.Millisecond
	}
	cmt.Consensus.PeerQueryMaj23SleepDuration = min(2*time.Second, max(block, 250*time.Millisecond))
	cmt.P2P.HandshakeTimeout, cmt.P2P.DialTimeout = 5*time.Second, 3*time.Second
	if s := c.StateSync; s != nil {
		cmt.StateSync.Enable, cmt.StateSync.RPCServers = true, s.RPC
		cmt.StateSync.TrustHeight, cmt.StateSync.TrustHash = s.Height, s.Hash
		cmt.StateSync.DiscoveryTime = 5 * time.Second
	}
	cmt.Mempool.Type = cmtcfg.MempoolTypeApp // the application keeps the mempool (chain/app/lanes.go)
	cmt.Mempool.MaxTxBytes = 256 << 10
	cmt.Mempool.ReapInterval = min(max(block/10, 10*time.Millisecond), 200*time.Millisecond)
	cmt.Mempool.CheckTxRetryDelay = time.Second
	return cmt
}

// budget is how many transactions a block may hold so that executing it takes about a fifth of the
// block time, at half a millisecond each (docs/status.md). Small blocks keep their time in a flood.
func budget(block time.Duration) int { return max(64, int(block/5/(500*time.Microsecond))) }

func tcp(address string) string {
	if address == "" {
		return ""
	}
	return "tcp://" + address
}
