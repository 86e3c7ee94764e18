// Command peerbench sets Go neurons beside those of Bittensor's SDK in Python, on the same machine in
// the same run:
//
//   - an axon of each kind under the same signed questions of 1 KiB from the same load generator:
//     CPU of the server's process per question, latency, memory;
//   - a dendrite of each kind that asks the same 256 axons, which are Go in one process: time until
//     all have answered.
//
// It prints the figures and their ratios, and judges nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/ergon-network/ergon/neuron/wallet"
)

// plan is what one run measures.
type plan struct {
	python      string // an interpreter with the SDK
	requests    int
	connections int
	axons       int
	rounds      int
	dir         string // of the wallets, shared by all processes
}

// Names in the wallet folder.
const (
	serverWallet = "server"
	clientWallet = "client"
	hotkeyName   = "default"
)

func main() {
	var p plan
	flag.StringVar(&p.python, "python", "", "Python interpreter that has the bittensor SDK with axon and dendrite")
	flag.IntVar(&p.requests, "requests", 3000, "signed questions sent to each axon")
	flag.IntVar(&p.connections, "connections", 8, "connections they are sent on, each waiting for its answer")
	flag.IntVar(&p.axons, "axons", 256, "axons asked by each dendrite")
	flag.IntVar(&p.rounds, "rounds", 7, "rounds of each dendrite; the first one has to connect")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if flag.NArg() > 0 {
		err = serveRole(ctx, flag.Args())
	} else {
		err = p.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

func (p plan) run(ctx context.Context) error {
	if p.python == "" || p.requests < p.connections || p.connections < 1 || p.axons < 1 || p.rounds < 2 {
		return errors.New("give -python, an interpreter that has the bittensor SDK; a request per connection, an axon and two rounds at least")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p.dir = dir
	if err := p.makeWallets(); err != nil {
		return err
	}
	version, err := p.sdkVersion(ctx)
	if err != nil {
		return err
	}
	if err := p.axonTable(ctx, version); err != nil {
		return err
	}
	return p.dendriteTable(ctx, version)
}

func (p plan) makeWallets() error {
	for _, name := range []string{serverWallet, clientWallet} {
		w, _, err := wallet.Create(p.dir, name, wallet.NoPassword())
		if err == nil {
			_, _, err = w.CreateHotkey(hotkeyName)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p plan) axonTable(ctx context.Context, version string) error {
	python, err := p.measureAxon(ctx, inPython)
	if err != nil {
		return fmt.Errorf("axon in Python: %w", err)
	}
	ours, err := p.measureAxon(ctx, inGo)
	if err != nil {
		return fmt.Errorf("axon in Go: %w", err)
	}
	fmt.Printf("%d signed and verified questions of %d bytes on %d connections\n", p.requests, questionSize, p.connections)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\tGo\tPython %s\tPython ÷ Go\t\n", version)
	fmt.Fprintf(t, "server CPU per question, µs\t%.0f\t%.0f\t%.1f\t\n", ours.cpu, python.cpu, python.cpu/ours.cpu)
	fmt.Fprintf(t, "p50, ms\t%.2f\t%.2f\t%.1f\t\n", ms(ours.p50), ms(python.p50), ms(python.p50)/ms(ours.p50))
	fmt.Fprintf(t, "p99, ms\t%.2f\t%.2f\t%.1f\t\n", ms(ours.p99), ms(python.p99), ms(python.p99)/ms(ours.p99))
	fmt.Fprintf(t, "questions per second\t%.0f\t%.0f\t\t\n", ours.rate, python.rate)
	fmt.Fprintf(t, "RSS after, MB\t%.0f\t%.0f\t%.1f\t\n", ours.rss, python.rss, python.rss/ours.rss)
	return t.Flush()
}

func (p plan) dendriteTable(ctx context.Context, version string) error {
	rounds, err := p.measureDendrites(ctx, inGo, inPython)
	if err != nil {
		return err
	}
	ours, python := rounds[0], rounds[1]
	fmt.Printf("one dendrite asks %d axons (Go, one other process): ms until all have answered\n", p.axons)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\tGo\tPython %s\tPython ÷ Go\t\n", version)
	fmt.Fprintf(t, "first round, connecting\t%.0f\t%.0f\t%.1f\t\n", ours[0], python[0], python[0]/ours[0])
	o, q := median(ours[1:]), median(python[1:])
	fmt.Fprintf(t, "median of the others\t%.0f\t%.0f\t%.1f\t\n", o, q, q/o)
	return t.Flush()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
