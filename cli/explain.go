package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/rules"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
)

func newExplainCommand(e *env) *cobra.Command {
	c := group(&cobra.Command{
		Use: "explain [WORD...]", Short: "Show a rule of the ledger, or how it came to a number",
		Long: `Show what the ledger's specification says of a word: an error, a message, an
event, a hyperparameter. The words of an error may be written apart.`,
		Example: "  ergon explain SettingWeightsTooFast\n  ergon explain min_burn --json\n  ergon explain payout 3 last --netuid 1",
	}, newExplainPayoutCommand(e))
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return e.explain(strings.Join(args, " "))
	}
	return c
}

// mostRules is how many rules one word shows.
const mostRules = 12

func (e *env) explain(word string) error {
	found := rules.Find(word, mostRules)
	if len(found) == 0 {
		return purse.Usage("no rule of the ledger names %q; give the name of an error, a message, an event or a parameter, such as NotEnoughBalance or tempo", word)
	}
	out := struct {
		Word  string       `json:"word"`
		Rules []rules.Rule `json:"rules"`
	}{word, found}
	return e.print(out, func(w io.Writer) {
		for i, r := range found {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, wrap("x/"+r.Module+" > "+r.Section, screen))
			if r.Text != "" {
				fmt.Fprintln(w, wrap(r.Text, screen))
			}
			for _, c := range r.Cells {
				column := c.Column
				if column == "" {
					column = "note"
				}
				fmt.Fprintln(w, wrap("  "+column+": "+c.Value, screen))
			}
		}
	})
}

func newExplainPayoutCommand(e *env) *cobra.Command {
	var netuid uint16
	c := &cobra.Command{
		Use: "payout UID EPOCH", Short: "Follow one uid's pay from accrual to stake", Args: cobra.ExactArgs(2),
		Long: `Follow what a uid earned in an epoch: from the subnet's accrual over the
settlement and the mint to the stake of its backers, with the block of every
step. EPOCH is a number or "last".`,
		Example: "  ergon explain payout 3 last --netuid 1\n  ergon explain payout 3 12 --netuid 1 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			uid, err := parseUint16("uid", args[0])
			if err != nil {
				return err
			}
			var epoch uint64
			if args[1] != "last" {
				if epoch, err = strconv.ParseUint(args[1], 10, 64); err != nil {
					return purse.Usage("epoch %q is neither a number nor \"last\"", args[1])
				}
			}
			var pay *audit.Pay
			err = e.step(ctx, "following the money…", func(ctx context.Context) error {
				if args[1] == "last" {
					if epoch, err = audit.LastEpoch(ctx, c, netuid); err != nil {
						return err
					}
				}
				pay, err = audit.Trace(ctx, c, netuid, uid, epoch)
				return err
			})
			if err != nil {
				return err
			}
			return e.print(pay, func(w io.Writer) { payHuman(w, pay) })
		}),
	}
	c.Flags().Uint16Var(&netuid, "netuid", 1, "the subnet")
	return c
}

func payHuman(w io.Writer, p *audit.Pay) {
	fmt.Fprintf(w, "uid %d of subnet %d in epoch %d\n%s\n", p.UID, p.Netuid, p.Epoch, p.Hotkey)
	t := newTable("BLOCK", "", ">TAO")
	accrual := fmt.Sprintf("..%d", p.SettledAt)
	if p.AccruedFrom > 0 {
		accrual = fmt.Sprintf("%d..%d", p.AccruedFrom, p.SettledAt)
	}
	t.row(accrual, "the subnet accrued", coin.Decimal(p.Accrued))
	t.row(p.SettledAt, "the epoch set aside for the owner", coin.Decimal(p.OwnerCut))
	t.row("", "for all miners", coin.Decimal(p.Miners))
	t.row("", "for all validators", coin.Decimal(p.Validators))
	t.row("", "for nobody: rounding, never minted", coin.Decimal(p.Unissued))
	t.row("", "this uid's part as a miner", coin.Decimal(p.Miner))
	t.row("", "this uid's part as a validator", coin.Decimal(p.Validator))
	t.row(p.PaidAt, "minted for all", coin.Decimal(p.OwnerCut+p.Miners+p.Validators))
	if p.Delegate {
		t.row("", "of that, the delegate's take of "+ratio(p.Take), coin.Decimal(p.TakeRao))
	}
	t.row("", "to the hotkey owner's stake", coin.Decimal(p.ToOwner))
	t.row("", "owner's stake before", coin.Decimal(p.OwnBefore))
	t.row("", "owner's stake after", coin.Decimal(p.OwnAfter))
	if p.PoolBefore > 0 || p.Nominators > 0 {
		t.row("", "to the nominators' pool", coin.Decimal(p.Nominators))
		t.row("", "pool before", coin.Decimal(p.PoolBefore))
		t.row("", "pool after", coin.Decimal(p.PoolAfter))
	}
	t.write(w)
}
