// Package cli is the command line of Ergon: the ledger node, the wallet, and what runs markets. `ergon
// --help` lists the commands; each has --help with examples and --json.
//
// It is a package so that a market of one's own makes a program of its own: whatever registers itself
// in package subnets before Main is a market like those of this module.
//
//	func main() { cli.Main("mymarket") }
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/ergon-network/ergon/internal/leash"
)

// Main runs the command line of this process and ends it. Commands that take a market use the named
// one where --subnet names none.
func Main(market string) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	e := &env{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, now: time.Now, market: market,
		asks: term.IsTerminal(int(os.Stdin.Fd())), shows: term.IsTerminal(int(os.Stderr.Fd())),
	}
	go func() {
		<-signals // once: stop in good order
		cancel()
		<-signals // twice: stop
		e.restore()
		os.Exit(exitInterrupted)
	}()
	// A child of the localnet ends with it, however that ends.
	os.Exit(run(leash.Attach(ctx), e, os.Args[1:]))
}

// run executes one command line and returns the exit code. Whatever went wrong is told once.
func run(ctx context.Context, e *env, args []string) int {
	defer e.restore()
	e.json = wantsJSON(args) // before the flags are parsed, for errors in them
	root := newRoot(e)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return e.report(err, ctx.Err() != nil)
}

// wantsJSON looks for the flag where a parser that failed would not have got to.
func wantsJSON(args []string) bool {
	for _, a := range args {
		if a == "--json" || a == "--json=true" {
			return true
		}
		if a == "--" {
			break
		}
	}
	return false
}

// env is what the commands share: the process's surroundings, and the global flags.
type env struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	now      func() time.Time
	market   string // what --subnet is where it is not given
	asks     bool   // a person can be asked: stdin is a terminal
	shows    bool   // progress is seen: stderr is a terminal

	json         bool
	node         string
	walletDir    string
	wallet       string
	hotkey       string
	as           string
	passwordFile string
	logLevel     string
	timeout      time.Duration
	yes          bool

	echo sync.Mutex
	undo func() // gives the terminal its echo back; nil when it has it
}
