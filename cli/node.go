package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
)

func newNodeCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "node", Short: "Run a ledger node",
		Example: "  ergon node init --balance alice=1000\n  ergon node start",
	}, newNodeInitCommand(e), newNodeJoinCommand(e), newNodeStartCommand(e), newNodeStatusCommand(e),
		newNodeSnapshotCommand(e), newNodeRestoreCommand(e), newNodeExportCommand(e), newProducersCommand(e), newNodeUpgradeCommand(e))
}

func newNodeInitCommand(e *env) *cobra.Command {
	o := genesis.Options{}
	conf := node.DefaultConfig()
	var dir, name, migrated string
	var balances []string
	var rootTempo uint16
	block := time.Duration(conf.BlockTime)
	c := &cobra.Command{
		Use: "init", Short: "Make a new ledger with this node as its only block producer", Args: cobra.NoArgs,
		Long: `Make a new ledger with this node as its only block producer. Its rules are those
of a profile:

  mainnet   public network of today
  localnet  short epochs, no rate limits, cheap subnets
  2023      as in November 2023: miners and validators get half each
  2024      as in June 2024: 41% miners, 41% validators, 18% owner

--balances reads the accounts of a ledger that is migrated: one "address,rao" a
line, SS58 and whole rao, a header "address,rao" if you like. With --root-tempo
0 there is no root network and the subnets share the emission equally.`,
		Example: "  ergon node init --profile localnet --block-time 1s --balance alice=1000\n" +
			"  ergon node init --profile 2023 --balances accounts.csv\n" +
			"  ergon node init --dir /srv/ledger --chain-id my-ledger --balance alice=1000 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("root-tempo") {
				o.TuneIncentive = func(p *incentivetypes.Params) { p.RootTempo = uint32(rootTempo) }
			}
			if migrated != "" {
				var err error
				if o.Balances, err = readBalances(migrated); err != nil {
					return err
				}
			}
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
	f.StringVar(&o.Profile, "profile", genesis.Mainnet, "rules to start under: "+strings.Join(genesis.Profiles(), ", "))
	f.Uint32Var(&o.Tempo, "tempo", 0, "blocks of an epoch; 0 keeps the profile's")
	f.Uint16Var(&rootTempo, "root-tempo", 0, "blocks of a root epoch, 0 for no root network; without the flag the profile's")
	f.StringArrayVar(&balances, "balance", nil, "ADDRESS=AMOUNT or WALLET=AMOUNT at genesis; repeatable")
	f.StringVar(&migrated, "balances", "", "CSV file of balances at genesis, address,rao")
	f.StringVar(&o.Root, "root", "", "SS58 address with the powers of root: it sets what nobody else may; empty: nobody")
	f.DurationVar(&block, "block-time", block, "time between two blocks")
	configFlags(c, &conf)
	return c
}

// configFlags are what an operator sets of a node, wherever one is made.
func configFlags(c *cobra.Command, conf *node.Config) {
	f := c.Flags()
	f.StringVar(&conf.RPC, "rpc", conf.RPC, "address of the RPC service")
	f.StringVar(&conf.P2P, "p2p", conf.P2P, "address for other nodes")
	f.StringVar(&conf.REST, "rest", conf.REST, "address of the REST service; empty turns it off")
	f.StringVar(&conf.GRPC, "grpc", conf.GRPC, "address of the gRPC service; empty turns it off")
	f.StringArrayVar(&conf.Peers, "peer", nil, "ID@HOST:PORT to stay connected to; repeatable")
	f.StringVar(&conf.Pruning.Mode, "pruning", "default", "states kept: nothing (forget nothing), default, everything (forget everything), custom")
	f.Uint64Var(&conf.Pruning.Keep, "pruning-keep", 0, "with --pruning custom: states kept")
	f.Uint64Var(&conf.Pruning.Interval, "pruning-interval", 0, "with --pruning custom: blocks between two clearings")
	f.Uint64Var(&conf.Pruning.KeepBlocks, "keep-blocks", 0, "blocks kept; 0 keeps all, which audits read")
	f.Uint64Var(&conf.Snapshots.Interval, "snapshot-interval", conf.Snapshots.Interval, "blocks between two snapshots for state-sync; 0 makes none")
	f.Uint32Var(&conf.Snapshots.Keep, "snapshot-keep", conf.Snapshots.Keep, "snapshots kept")
}

func readBalances(path string) ([]genesis.Balance, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--balances: %w", err)
	}
	defer file.Close()
	balances, err := genesis.ReadBalances(file)
	if err != nil {
		return nil, fmt.Errorf("--balances %s: %w", path, err)
	}
	return balances, nil
}

// makeLedger writes a ledger of one producer: this node.
func (e *env) makeLedger(dir, name string, o genesis.Options, conf node.Config) error {
	if conf.BlockTime <= 0 {
		return purse.Usage("a block time of %v; give a positive one", time.Duration(conf.BlockTime))
	}
	if err := conf.Pruning.Check(); err != nil {
		return purse.Usage("%v", err)
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
