package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/localnet"
)

const localnetHelp = `Runs a whole market on this machine as real processes: a ledger, an object store
when the market needs one, validators, one miner of each strategy, and a page.

The wallets, the registrations and the stake are made by ordinary transactions,
and so is the division of the emission: the validators are the root network.
The first start of a directory makes everything; later starts resume it.
Ctrl-C stops everything within five seconds. With --tempos it stops by itself
after so many paid tempos and says where each rao went; Ctrl-C before that
exits with 130, without --tempos it is the ordinary end and exits with 0.
With --json the report is all that is printed, its amounts as plain numbers.`

func newLocalnetCommand(e *env) *cobra.Command {
	o := localnet.Options{}
	c := &cobra.Command{
		Use: "localnet", Short: "Run a whole market on this machine", Long: localnetHelp, Args: cobra.NoArgs,
		Example: "  ergon localnet --subnet template --tempos 3\n  ergon localnet --subnet video --clips ~/Videos\n  ergon localnet --subnet video --subnet template --split 3,1\n  ergon localnet --subnet template --tempos 1 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			out := e.out
			if e.json {
				out = io.Discard
			}
			if !c.Flags().Changed("log-level") {
				e.logLevel = "warn" // the tables tell the story
			}
			log, err := e.logger(c)
			if err != nil {
				return err
			}
			report, err := localnet.Run(c.Context(), o, out, log)
			if err != nil || !e.json {
				return err
			}
			return json.NewEncoder(e.out).Encode(report)
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.Markets, "subnet", []string{e.market}, "market to run; repeat for several")
	f.StringVar(&o.Dir, "dir", ".ergon/localnet", "everything the localnet keeps")
	f.IntVar(&o.Producers, "producers", 0, "block producers; 0 takes one")
	f.IntVar(&o.Validators, "validators", 0, "validators of each subnet; 0 takes two")
	f.IntVar(&o.Tempos, "tempos", 0, "stop after so many paid tempos; 0 runs until stopped")
	f.Uint32Var(&o.Tempo, "tempo", 0, "blocks of a tempo; 0 takes the market's")
	f.DurationVar(&o.BlockTime, "block-time", time.Duration(0), "time between blocks; 0 takes the market's")
	f.StringVar(&o.Split, "split", "", "how root divides the emission, one number for each --subnet, such as 3,1; empty: equally")
	f.StringVar(&o.Profile, "profile", "", "reward profile; empty takes the market's first")
	f.StringVar(&o.Clips, "clips", "", "folder of input files for markets that take some")
	f.StringVar(&o.Page, "page", "", "address of the page; empty takes a free port")
	var dir string
	env := &cobra.Command{
		Use: "env", Short: "Print what a second terminal needs", Args: cobra.NoArgs,
		Example: "  eval \"$(ergon localnet env)\"\n  ergon localnet env --dir ./net --json",
		RunE: func(*cobra.Command, []string) error {
			text, err := localnet.Env(dir)
			if err != nil {
				return err
			}
			return e.print(map[string]string{"env": text}, func(w io.Writer) { fmt.Fprint(w, text) })
		},
	}
	env.Flags().StringVar(&dir, "dir", ".ergon/localnet", "the localnet's directory")
	c.AddCommand(env)
	return c
}
