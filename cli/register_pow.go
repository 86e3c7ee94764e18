package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/ledger"
	"github.com/ergon-network/ergon/neuron/solver"
)

// worked is a uid that a proof of work got.
type worked struct {
	Netuid     uint16  `json:"netuid"`
	UID        uint16  `json:"uid"`
	Hotkey     string  `json:"hotkey"`
	Coldkey    string  `json:"coldkey"`
	Difficulty uint64  `json:"difficulty,string"`
	Processors int     `json:"processors"`
	Seconds    float64 `json:"seconds"`
	done
}

func newSubnetRegisterPowCommand(e *env) *cobra.Command {
	processors := 0
	c := &cobra.Command{
		Use: "register-pow NETUID", Short: "Get a uid for a hotkey by proof of work", Args: cobra.ExactArgs(1),
		Long: `Get a uid on a subnet for the hotkey of --hotkey by proof of work: it costs
time, not coins, and the hotkey needs no account. The wallet's coldkey will own
it, and is not asked for its password. The search runs on every core until it
has found something or you stop it; its length is a matter of chance, so the
time left does not shrink with the time spent. --timeout bounds calls to the
ledger, not the search.`,
		Example: "  ergon subnet register-pow 1 --wallet alice\n  ergon subnet register-pow 1 --wallet alice --hotkey miner2 --processors 2 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			if processors < 0 {
				return purse.Usage("--processors %d is negative", processors)
			}
			hotkey, err := e.hotkeyPair()
			if err != nil {
				return err
			}
			coldkey, err := e.coldkeyAddress(nil, 0)
			if err != nil {
				return err
			}
			return e.registerPow(ctx, c, netuid, hotkey, coldkey, processors)
		}),
	}
	c.Flags().IntVar(&processors, "processors", 0, "how many cores to use; 0 is all")
	return c
}

func (e *env) registerPow(ctx context.Context, c *client.Client, netuid uint16, hotkey *keys.Pair, coldkey string, processors int) error {
	if processors == 0 {
		processors = runtime.GOMAXPROCS(0)
	}
	out := worked{Netuid: netuid, Hotkey: hotkey.Address(), Coldkey: coldkey, Processors: processors}
	err := e.step(ctx, "reading the difficulty…", func(ctx context.Context) error {
		w, err := c.Work(ctx, netuid)
		if err != nil {
			return err
		}
		out.Difficulty = w.Difficulty
		if n, err := c.Neuron(ctx, netuid, hotkey.Address()); err == nil {
			return fmt.Errorf("%s holds uid %d of subnet %d already, there is nothing to work for: %w", hotkey.Address(), n.Uid, netuid, purse.ErrRefused)
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.note("Working for a uid of subnet %d for %s: one in %d tries is enough. Ctrl-C stops.", netuid, out.Hotkey, out.Difficulty)
	started := time.Now()
	p := e.progress("working…")
	options := solver.Options{Processors: processors, Progress: func(now solver.Progress) {
		out.Difficulty = now.Difficulty
		p.set(fmt.Sprintf("block %d: %s tries a second, about %s to go", now.Block, quantity(now.Rate), span(now.ETA)))
	}}
	uid, r, err := ledger.RegisterByWork(ctx, c, hotkey, coldkey, netuid, options)
	p.stop()
	if err != nil {
		return err
	}
	out.UID, out.Seconds, out.done = uid, time.Since(started).Seconds(), where(r)
	return e.print(out, func(w io.Writer) {
		pairs(w, "subnet", netuid, "uid", uid, "hotkey", out.Hotkey, "worked", span(time.Since(started)), "block", out.Block, "hash", out.Hash)
	})
}

// quantity shortens a large number: 1234567 is 1.2M.
func quantity(n float64) string {
	for _, unit := range []string{"", "k", "M", "G"} {
		if n < 1000 {
			return fmt.Sprintf("%.3g%s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3gT", n)
}

// span tells a length of time in one unit; beyond ten years the number says nothing any more.
func span(d time.Duration) string {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	switch {
	case d <= 0:
		return "an unknown time"
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 2*day:
		return fmt.Sprintf("%.0f h", d.Hours())
	case d < year:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d < 10*year:
		return fmt.Sprintf("%.0f years", d.Hours()/24/365)
	}
	return "more than ten years"
}
