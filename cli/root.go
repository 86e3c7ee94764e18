package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const rootHelp = `Open markets for machine work: a ledger, wallets, miners, validators.

Amounts are TAO ("1.5", "1.5tao") or whole rao ("1500000000rao");
1 TAO = 1e9 rao.
With --json a command prints one JSON document on standard output; amounts in
fields ending in _rao are decimal texts. Errors are a document there too,
{"error":{"code","message","remedy",...}}; where the ledger said no, "name" is
its error: ` + "`ergon explain`" + ` with it tells more.
Without a terminal nothing is asked: what needs a yes needs --yes.

Exit codes
    0  done
    1  failed; for audit and doctor: something is wrong
    2  the command line makes no sense
    3  the ledger said no, or would have, and nothing happened
    4  the ledger node cannot be reached
    5  --timeout ran out; a transaction that was sent may still happen
    6  the hotkey of a miner or validator holds no uid, or there is no subnet
    7  the hotkey of a miner or validator is not there, or cannot be read
    8  an address to listen on is taken, or is not of this machine
    9  the state of a validator is damaged, another's, or cannot be written
  130  interrupted`

// usualNode is where a node of this machine answers.
const usualNode = "127.0.0.1:26657"

// newRoot builds the command tree. Each group is one file with one constructor.
func newRoot(e *env) *cobra.Command {
	root := group(&cobra.Command{
		Use: "ergon", Short: "Open markets for machine work", Long: rootHelp,
		Example:       "  ergon wallet new alice\n  ergon wallet balance alice --json\n  ergon subnet list",
		SilenceErrors: true, SilenceUsage: true,
	},
		newNodeCommand(e), newWalletCommand(e), newStakeCommand(e), newSubnetCommand(e), newServeCommand(e), newRootNetworkCommand(e),
		newWeightsCommand(e), newChainCommand(e), newMinerCommand(e), newValidatorCommand(e), newLocalnetCommand(e), newScaffoldCommand(e), newLabCommand(e), newS3Command(e), newVideoCommand(e),
		newAuditCommand(e), newExplainCommand(e), newDoctorCommand(e), newManCommand(e), newVersionCommand(e),
	)
	root.SetIn(e.in)
	root.SetOut(e.out)
	root.SetErr(e.err)
	f := root.PersistentFlags()
	f.BoolVar(&e.json, "json", e.json, "print one JSON document")
	f.StringVar(&e.node, "node", fallback(e.getenv("ERGON_NODE"), usualNode), "ledger node's RPC address (env ERGON_NODE)")
	f.StringVar(&e.walletDir, "wallet-dir", e.defaultWallets(), "folder of wallets (env ERGON_WALLETS)")
	f.StringVar(&e.wallet, "wallet", "default", "wallet to use")
	f.StringVar(&e.hotkey, "hotkey", "default", "hotkey of the wallet, by name or address")
	f.StringVar(&e.as, "as", "", "act for this account, which made the wallet's coldkey its proxy")
	e.passwords.register(f, "", "the key's")
	f.StringVar(&e.logLevel, "log-level", "info", "debug, info, warn or error; for commands that keep running")
	f.DurationVar(&e.timeout, "timeout", time.Minute, "give up on the ledger after this time")
	f.BoolVar(&e.yes, "yes", false, "do not ask, do it")
	f.BoolVar(&e.no, "no", false, "do not ask, show what would be done and do nothing")
	f.BoolVar(&e.wait, "wait", true, "wait for the block of what is sent; --wait=false prints its hash at once")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if e.yes && e.no {
			return usage(c, errors.New("--yes and --no contradict each other: give one"))
		}
		if e.timeout <= 0 {
			return usage(c, fmt.Errorf("--timeout %v is not positive", e.timeout))
		}
		if e.hotkey == "" {
			return usage(c, errors.New("--hotkey is empty: name one, or leave it out")) // never the coldkey instead
		}
		return nil
	}
	fitting := strings.NewReplacer(".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", screen), " for more information about a command", " for more")
	root.SetUsageTemplate(fitting.Replace(root.UsageTemplate()))
	checkArgs(root)
	return root
}

func (e *env) defaultWallets() string {
	if dir := e.getenv("ERGON_WALLETS"); dir != "" {
		return dir
	}
	return e.home(".bittensor", "wallets")
}

// home is a path in the user's home folder, or in the working folder where there is none.
func (e *env) home(parts ...string) string {
	dir, err := os.UserHomeDir()
	if err != nil {
		dir = "."
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

func fallback(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// group makes a command that only holds others: alone it prints its help, and a name it does not
// know is an error instead of help.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		err := fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
		}
		return usage(c, err)
	}
	c.AddCommand(subs...)
	return c
}

// checkArgs makes a wrong number of arguments a usage error, everywhere.
func checkArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error { return usage(c, check(c, args)) }
	}
	for _, sub := range c.Commands() {
		checkArgs(sub)
	}
}

// usageError is a command line that makes no sense.
type usageError struct {
	error
	command string
}

func (u *usageError) Unwrap() error { return u.error }

func usage(c *cobra.Command, err error) error {
	var already *usageError
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &usageError{err, c.CommandPath()}
}
