package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
)

func newAuditCommand(e *env) *cobra.Command {
	var height uint64
	c := &cobra.Command{
		Use: "audit", Short: "Recompute the whole history of money and compare it with the ledger", Args: cobra.NoArgs,
		Long: `Recompute every balance, all stake, the supply, each subnet's pending emission
and every payout from the genesis document and the events of all blocks, then
compare with what the ledger says it holds. Public queries only; the chain goes
on meanwhile. The exit code is 1 if anything differs. Without --timeout it
takes the time it takes.`,
		Example: "  ergon audit\n  ergon audit --height 1000 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := e.dial(cmd.Context())
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			if cmd.Flags().Changed("timeout") {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, e.timeout)
				defer cancel()
			}
			r, err := e.audit(ctx, c, height)
			if err != nil {
				return err
			}
			if err := e.print(r, func(w io.Writer) { auditHuman(w, r) }); err != nil {
				return err
			}
			if !r.Equal {
				return errReported
			}
			return nil
		},
	}
	c.Flags().Uint64Var(&height, "height", 0, "audit up to this block; 0: the latest")
	return c
}

func (e *env) audit(ctx context.Context, c *client.Client, height uint64) (*audit.Report, error) {
	p := e.progress("reading blocks…")
	defer p.stop()
	return audit.Run(ctx, c, audit.Options{Height: height, Progress: func(done, total uint64) {
		text := fmt.Sprintf("block %d of %d…", done, total)
		if done == total {
			text = "comparing with the ledger…"
		}
		p.set(text)
	}})
}

func auditHuman(w io.Writer, r *audit.Report) {
	t := newTable("", ">TAO")
	for _, line := range []struct {
		name string
		rao  uint64
	}{
		{"supply at genesis", r.SupplyGenesis}, {"+ miners", r.Totals.Miners}, {"+ validators and nominators", r.Totals.Validators},
		{"+ subnet owners", r.Totals.Owners}, {"- recycled", r.Totals.Recycled}, {"  of it fees", r.Fees}, {"= supply now", r.SupplyNow},
		{"  of it staked", r.Staked}, {"  of it locked", r.Locked},
	} {
		t.row(line.name, coin.Decimal(line.rao))
	}
	t.write(w)
	fmt.Fprintln(w)
	if len(r.Subnets) > 0 {
		s := newTable(">NETUID", ">EPOCHS", ">ACCRUED (TAO)", ">UNISSUED", ">PENDING")
		for _, n := range r.Subnets {
			s.row(n.Netuid, n.Epochs, coin.Decimal(n.Accrued), coin.Decimal(n.Unissued), coin.Decimal(n.Pending))
		}
		s.write(w)
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, wrap(fmt.Sprintf("%s at block %d: %d blocks, %d accounts, %d hotkeys, %d payouts compared.",
		printable(r.ChainID), r.Height, r.Blocks, r.Accounts, r.Hotkeys, r.Payouts), screen))
	if r.Equal {
		fmt.Fprintln(w, "Everything is equal, to the rao.")
		return
	}
	fmt.Fprintf(w, "%d differences:\n", len(r.Differences)+r.Dropped)
	for _, d := range r.Differences {
		fmt.Fprintln(w, " ", printable(differenceLine(d)))
	}
}

func differenceLine(d audit.Difference) string {
	if d.Block != 0 {
		return fmt.Sprintf("block %d: %s", d.Block, d.What)
	}
	if d.Events == "" && d.Ledger == "" {
		return d.What
	}
	return fmt.Sprintf("%s: events give %s, the ledger says %s", d.What, d.Events, d.Ledger)
}
