package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/neuron/miner"
	"github.com/ergon-network/ergon/neuron/presence"
	"github.com/ergon-network/ergon/subnets"
	_ "github.com/ergon-network/ergon/subnets/all" // every market registers itself
)

// neuronFlags are what a miner or a validator is told.
type neuronFlags struct {
	market  string
	netuid  uint16
	n       subnets.Neuron
	encoder string
	access  string
	options map[string]string
}

func newMinerCommand(e *env) *cobra.Command {
	var f neuronFlags
	run := &cobra.Command{
		Use: "run", Short: "Serve a market with a registered hotkey", Args: cobra.NoArgs,
		Example: "  ergon miner run --subnet template --strategy honest --listen 127.0.0.1:8091\n" +
			"  ergon miner run --subnet video --encoder './my.sh {in} {out} {task}' --listen 127.0.0.1:8091 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.runNeuron(c, &f, func(m subnets.Market) (func(context.Context, subnets.Neuron) error, error) {
				miner.BoundMemory()
				f.n.Options = f.options
				if f.encoder != "" {
					f.n.Strategy = "command"
					f.n.Options = map[string]string{"encoder": f.encoder}
					maps.Copy(f.n.Options, f.options)
				}
				_, err := m.Strategy(f.n.Strategy)
				return m.Miner, err
			})
		},
	}
	f.register(e, run)
	run.Flags().StringVar(&f.n.Strategy, "strategy", "", "how to mine; `ergon miner strategies` lists them")
	run.Flags().StringVar(&f.encoder, "encoder", "", "own program for markets that take one: './my.sh {in} {out} {task}'")
	run.Flags().StringVar(&f.access, "access-log", "", "file that gets a line for every request; - for standard error")
	run.Flags().StringVar(&f.n.Advertise, "advertise", "", "address that validators should use; empty: the one of --listen")
	run.Flags().StringToStringVar(&f.options, "set", nil, "what a market's miner wants to know beyond this: NAME=VALUE")
	list := &cobra.Command{
		Use: "strategies", Short: "List the ways to mine that ship with the markets", Args: cobra.NoArgs, Example: "  ergon miner strategies\n  ergon miner strategies --json",
		RunE: func(*cobra.Command, []string) error { return e.printStrategies() },
	}
	return group(&cobra.Command{Use: "miner", Short: "Do a market's work", Example: "  ergon miner strategies"}, run, list)
}

func newValidatorCommand(e *env) *cobra.Command {
	var f neuronFlags
	run := &cobra.Command{
		Use: "run", Short: "Measure a market's miners and set weights", Args: cobra.NoArgs,
		Example: "  ergon validator run --subnet template --status 127.0.0.1:8095\n  ergon validator run --subnet video --profile ergon --clips ~/Videos --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.runNeuron(c, &f, func(m subnets.Market) (func(context.Context, subnets.Neuron) error, error) {
				return m.Validator, nil
			})
		},
	}
	f.register(e, run)
	run.Flags().StringVar(&f.n.Status, "status", "", "address of the read API; empty: none")
	run.Flags().StringVar(&f.n.Profile, "profile", "", "reward profile; empty: the market's first")
	run.Flags().StringVar(&f.n.Clips, "clips", "", "folder of input files")
	return group(&cobra.Command{
		Use: "validator", Short: "Judge a market's work", Example: "  ergon validator run --subnet template",
	}, run)
}

func (f *neuronFlags) register(e *env, c *cobra.Command) {
	c.Flags().StringVar(&f.market, "subnet", e.market, "market")
	c.Flags().Uint16Var(&f.netuid, "netuid", 0, "subnet; 0 looks the market's name up")
	c.Flags().StringVar(&f.n.Dir, "dir", "", "own state; empty: .ergon/<role>-<market>-<wallet>")
	c.Flags().StringVar(&f.n.Listen, "listen", fallback(e.getenv("ERGON_LISTEN"), "0.0.0.0:8091"), "axon address (env ERGON_LISTEN)")
	c.Flags().StringVar(&f.n.S3, "s3", e.getenv("ERGON_S3"), "object store, s3://KEY:SECRET@host:port/bucket (env ERGON_S3)")
	c.Flags().Lookup("s3").DefValue = "" // it holds a key
	c.Flags().BoolVar(&f.n.Loopback, "loopback", e.getenv("ERGON_LOOPBACK") == "1", "peers may be on this machine: a localnet (env ERGON_LOOPBACK=1)")
}

// runNeuron opens what a neuron needs and runs it until it is stopped.
func (e *env) runNeuron(c *cobra.Command, f *neuronFlags, choose func(subnets.Market) (func(context.Context, subnets.Neuron) error, error)) error {
	ctx := c.Context()
	m, err := subnets.Lookup(f.market)
	if err != nil {
		return usage(c, err)
	}
	run, err := choose(m)
	if err != nil {
		return usage(c, err)
	}
	if f.n.Log, err = e.logger(c); err != nil {
		return err
	}
	if f.n.Hotkey, err = e.hotkeyPair(ctx); err != nil {
		return fmt.Errorf("%w: %w", errKey, err)
	}
	if f.n.Chain, err = e.dial(ctx); err != nil {
		return err
	}
	err = e.step(ctx, "looking for the subnet…", func(ctx context.Context) error {
		f.n.Netuid, err = findNetuid(ctx, f.n.Chain, m.Name, f.netuid)
		return err
	})
	if err != nil {
		return err
	}
	if f.n.Dir == "" {
		f.n.Dir = filepath.Join(".ergon", strings.Join([]string{"neuron", m.Name, e.wallet, e.hotkey}, "-"))
	}
	closeLog, err := f.openAccess(e)
	if err != nil {
		return err
	}
	defer closeLog()
	err = run(ctx, f.n)
	if ctx.Err() != nil {
		return nil // told to stop, which is how it ends
	}
	return err
}

// openAccess opens the file of --access-log, if there is one, to be added to.
func (f *neuronFlags) openAccess(e *env) (closeLog func(), err error) {
	switch f.access {
	case "":
		return func() {}, nil
	case "-":
		f.n.Access = e.err
		return func() {}, nil
	}
	file, err := os.OpenFile(f.access, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("access log: %w", err)
	}
	f.n.Access = file
	return func() { _ = file.Close() }, nil
}

// findNetuid is the given netuid, or the only subnet that carries the market's name.
func findNetuid(ctx context.Context, c *client.Client, market string, given uint16) (uint16, error) {
	if given != 0 {
		return given, nil
	}
	all, err := c.Subnets(ctx)
	if err != nil {
		return 0, err
	}
	var found []uint16
	for _, s := range all.Subnets {
		if s.Name == market {
			found = append(found, uint16(s.Netuid))
		}
	}
	switch len(found) {
	case 0:
		return 0, fmt.Errorf("%w: none is named %q; say which with --netuid", presence.ErrNoSubnet, market)
	case 1:
		return found[0], nil
	}
	return 0, purse.Usage("subnets %v are named %q: say which with --netuid", found, market)
}

func (e *env) printStrategies() error {
	type row struct {
		Market   string `json:"market"`
		Strategy string `json:"strategy"`
		Honest   bool   `json:"honest"`
		Summary  string `json:"summary"`
	}
	rows := []row{}
	t := newTable("MARKET", "STRATEGY", "PAID", "WHAT IT DOES")
	for _, m := range subnets.All() {
		for _, s := range m.Strategies {
			rows = append(rows, row{m.Name, s.Name, s.Honest, s.Summary})
			paid := "no"
			if s.Honest {
				paid = "yes"
			}
			t.row(m.Name, s.Name, paid, s.Summary)
		}
	}
	return e.print(rows, t.write)
}
