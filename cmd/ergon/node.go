package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
)

func newNodeCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "node", Short: "Run a ledger node",
		Example: "  ergon node init --balance alice=1000\n  ergon node start",
	}, newNodeInitCommand(e), newNodeStartCommand(e), newNodeStatusCommand(e))
}

func newNodeInitCommand(e *env) *cobra.Command {
	o := genesis.Options{}
	conf := node.DefaultConfig()
	var dir, name string
	var balances []string
	block := time.Duration(conf.BlockTime)
	c := &cobra.Command{
		Use: "init", Short: "Make a new ledger with this node as its only block producer", Args: cobra.NoArgs,
		Example: "  ergon node init --profile localnet --block-time 1s --balance alice=1000\n" +
			"  ergon node init --dir /srv/ledger --chain-id my-ledger --balance alice=1000 --json",
		RunE: func(*cobra.Command, []string) error {
			for _, text := range balances {
				b, err := purse.ParseBalance(e.walletDir, text)
				if err != nil {
					return err
				}
				o.Balances = append(o.Balances, b)
			}
			conf.BlockTime, o.Time = node.Duration(block), e.now()
			return e.makeLedger(dir, name, o, conf)
		},
	}
	f := c.Flags()
	f.StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory")
	f.StringVar(&name, "name", "producer", "the producer's name")
	f.StringVar(&o.ChainID, "chain-id", "ergon-local", "the ledger's name, part of every signature")
	f.StringVar(&o.Profile, "profile", genesis.Mainnet, "rules to start under: mainnet or localnet")
	f.Uint32Var(&o.Tempo, "tempo", 0, "blocks of an epoch; 0 keeps the profile's")
	f.StringArrayVar(&balances, "balance", nil, "ADDRESS=AMOUNT or WALLET=AMOUNT at genesis; repeatable")
	f.StringVar(&o.Root, "root", "", "SS58 address with the powers of root: it sets what nobody else may; empty: nobody")
	f.DurationVar(&block, "block-time", block, "time between two blocks")
	f.StringVar(&conf.RPC, "rpc", conf.RPC, "address of the RPC service")
	f.StringVar(&conf.P2P, "p2p", conf.P2P, "address for other nodes")
	f.StringVar(&conf.REST, "rest", conf.REST, "address of the REST service; empty turns it off")
	f.StringVar(&conf.GRPC, "grpc", conf.GRPC, "address of the gRPC service; empty turns it off")
	return c
}

// makeLedger writes a ledger of one producer: this node.
func (e *env) makeLedger(dir, name string, o genesis.Options, conf node.Config) error {
	if conf.BlockTime <= 0 {
		return purse.Usage("a block time of %v; give a positive one", time.Duration(conf.BlockTime))
	}
	id, err := node.Prepare(dir, name)
	if err != nil {
		return err
	}
	o.Producers = []authoritytypes.Producer{id.Producer}
	doc, err := genesis.New(o)
	if err != nil {
		return err
	}
	if err := node.Init(dir, doc, conf); err != nil {
		return err
	}
	var supply uint64
	for _, b := range o.Balances {
		supply += b.Rao
	}
	out := struct {
		Dir     string `json:"dir"`
		ChainID string `json:"chain_id"`
		Profile string `json:"profile"`
		ID      string `json:"id"`
		Supply  uint64 `json:"supply_rao,string"`
		RPC     string `json:"rpc"`
	}{dir, o.ChainID, o.Profile, id.ID, supply, conf.RPC}
	return e.print(out, func(w io.Writer) {
		pairs(w, "directory", dir, "ledger", o.ChainID, "rules", o.Profile, "peers dial", id.ID+"@"+conf.P2P, "supply", coin.Format(supply))
		fmt.Fprintf(w, "Start it with `ergon node start --dir %s`.\n", dir)
	})
}

func newNodeStartCommand(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "start", Short: "Run the node until Ctrl-C", Args: cobra.NoArgs,
		Long: `Run the node until Ctrl-C. It logs to standard error, with --json as one JSON
object a line.`,
		Example: "  ergon node start\n  ergon node start --dir /srv/ledger --log-level warn --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := e.logger(cmd)
			if err != nil {
				return err
			}
			log.Info("ledger node starts", "dir", dir)
			if err := node.Run(cmd.Context(), dir, log); err != nil {
				return err
			}
			log.Info("ledger node stopped", "dir", dir)
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", e.home(".ergon", "node"), "the node's directory")
	return c
}

// logger writes what a command that keeps running has to say.
func (e *env) logger(cmd *cobra.Command) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(e.logLevel)); err != nil {
		return nil, usage(cmd, fmt.Errorf("--log-level %q: use debug, info, warn or error", e.logLevel))
	}
	o := &slog.HandlerOptions{Level: level}
	if e.json {
		return slog.New(slog.NewJSONHandler(e.err, o)), nil
	}
	return slog.New(slog.NewTextHandler(e.err, o)), nil
}

func newNodeStatusCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how far a node is", Args: cobra.NoArgs,
		Example: "  ergon node status\n  ergon node status --node 10.0.0.7:26657 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			var s *rpctypes.ResultStatus
			err := e.step(ctx, "asking the node…", func(ctx context.Context) (err error) {
				s, err = c.Status(ctx)
				return err
			})
			if err != nil {
				return err
			}
			out := struct {
				ChainID    string    `json:"chain_id"`
				Height     int64     `json:"height"`
				BlockTime  time.Time `json:"block_time"`
				CatchingUp bool      `json:"catching_up"`
				ID         string    `json:"id"`
			}{c.ChainID(), s.SyncInfo.LatestBlockHeight, s.SyncInfo.LatestBlockTime, s.SyncInfo.CatchingUp, string(s.NodeInfo.ID())}
			return e.print(out, func(w io.Writer) {
				pairs(w, "ledger", out.ChainID, "block", out.Height, "of", out.BlockTime.Format(time.RFC3339),
					"catching up", yesno(out.CatchingUp), "node", out.ID)
			})
		}),
	}
}
