package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
)

func newLabExplainCommand(e *env) *cobra.Command {
	var f labFlags
	var all bool
	c := &cobra.Command{
		Use: "explain SCENARIO UID EPOCH", Short: "Say why a uid got its pay in an epoch, step by step", Args: cobra.ExactArgs(3),
		Long: `Say why a uid got its pay in an epoch: stake, permit, what validators say of it,
consensus, rank and incentive; for a validator its row, what was clipped, its
bonds and dividends. Every figure is the ledger's own, § is the section of the
specification. EPOCH is a number from 0, or "last". Archives work too.`,
		Example: "  ergon lab explain cabal-33 12 40\n  ergon lab explain metagraph.json 3 last --all\n  ergon lab explain cabal-33 0 last --set subnet.kappa=0.6 --json",
		RunE: func(c *cobra.Command, args []string) error {
			world, err := f.world(args[0])
			if err != nil {
				return err
			}
			uid, err := strconv.Atoi(args[1])
			if err != nil {
				return purse.Usage("uid %q is not a number", args[1])
			}
			epoch := world.epochs() - 1
			if args[2] != "last" {
				if epoch, err = strconv.Atoi(args[2]); err != nil {
					return purse.Usage("epoch %q is neither a number nor \"last\"", args[2])
				}
			}
			p := e.progress("playing " + world.name())
			x, err := world.explain(c.Context(), uid, epoch)
			p.stop()
			if err != nil {
				return asked(err)
			}
			return e.print(x, func(w io.Writer) { explainHuman(w, x, all) })
		},
	}
	f.add(c)
	c.Flags().BoolVar(&all, "all", false, "every row of the tables, not only the largest")
	return c
}

// telling writes an explanation for a person.
type telling struct {
	w   io.Writer
	x   *lab.Explanation
	top int // rows of a table
}

// topRows is how many rows of a table decide enough of it to understand.
const topRows = 8

func explainHuman(w io.Writer, x *lab.Explanation, all bool) {
	t := telling{w, x, topRows}
	if all {
		t.top = lab.MaxUIDs
	}
	t.headline()
	t.pot()
	t.standing()
	if x.Miner != nil {
		t.votes(x.Miner)
		t.incentive(x.Miner)
	}
	if x.Validator != nil {
		t.row(x.Validator)
		t.bonds(x.Validator)
		t.dividends(x.Validator)
	}
}

// head begins a step.
func (t *telling) head(title, sections string) {
	fmt.Fprintf(t.w, "\n%s  §%s\n", strings.ToUpper(title), sections)
}

// say writes a paragraph of a step.
func (t *telling) say(format string, args ...any) {
	text := wrap(printable(fmt.Sprintf(format, args...)), screen-2)
	fmt.Fprintln(t.w, "  "+strings.ReplaceAll(text, "\n", "\n  "))
}

// table writes a table of a step, indented.
func (t *telling) table(rows *table) {
	var b strings.Builder
	rows.write(&b)
	for line := range strings.Lines(b.String()) {
		fmt.Fprint(t.w, "  "+line)
	}
}

func fraction(x float64) string     { return fmt.Sprintf("%.6f", x) }
func exactPercent(x float64) string { return fmt.Sprintf("%.4f %%", 100*x) }

func (t *telling) headline() {
	x := t.x
	role := "validator"
	if x.Player.Mines {
		role = "miner"
	}
	what := fmt.Sprintf("uid %d, %s", x.Player.UID, role)
	if x.Player.Name != role {
		what += fmt.Sprintf(" of group %q", x.Player.Name)
	}
	text := fmt.Sprintf("%s, in epoch %d of %q", what, x.Epoch, x.Scenario)
	if x.Seed != 0 {
		text += fmt.Sprintf(", seed %d", x.Seed)
	}
	fmt.Fprintln(t.w, wrap(printable(text), screen))
	var pay []string
	if x.Miner != nil {
		pay = append(pay, coin.Decimal(x.MinerPay)+" TAO as a miner")
	}
	if x.Validator != nil {
		pay = append(pay, coin.Decimal(x.ValidatorPay)+" TAO as a validator")
	}
	fmt.Fprintln(t.w, "pay: "+fallback(strings.Join(pay, ", "), "none: nobody names it, and it has no vote, weights or bonds"))
}

func (t *telling) pot() {
	p := t.x.Pot
	t.head("What there is to hand out", "4.10")
	rows := newTable("", ">TAO")
	rows.row("accrued since the last epoch", coin.Decimal(p.Accrued))
	rows.row("the owner's cut", coin.Decimal(p.OwnerCut))
	rows.row("the pot", coin.Decimal(p.Emission))
	rows.row("  of it to miners", coin.Decimal(p.Miners))
	rows.row("  to validators", coin.Decimal(p.Validators))
	rows.row("  to nobody: rounding", coin.Decimal(p.Unissued))
	t.table(rows)
	if p.Fallback != "" {
		t.say("Nobody has incentive or dividends in this epoch: the pot goes to validators by %s.", p.Fallback)
	}
}

func (t *telling) standing() {
	s, r := t.x.Standing, t.x.Rules
	t.head("Stake and vote", "4.1 to §4.4")
	t.say("Stake of %s TAO, %s of all. %s", coin.Decimal(s.Stake), exactPercent(s.Share), t.activity())
	permit := map[bool]string{true: "a permit", false: "no permit"}
	t.say("It has %s in this epoch and gets %s for the next: the %d uids with the most stake do.", permit[s.Permit], permit[s.NextPermit], r.Permits)
	if s.Vote > 0 {
		t.say("Its vote is %s of the stake that is active and permitted.", exactPercent(s.Vote))
	} else {
		t.say("It has no vote.")
	}
}

// activity says when a uid last set weights, and whether that is too long ago.
func (t *telling) activity() string {
	s, r := t.x.Standing, t.x.Rules
	did := "set"
	if r.CommitReveal > 0 {
		did = "committed"
	}
	switch {
	case s.LastUpdate == 0:
		return fmt.Sprintf("It has never %s weights.", did)
	case s.LastUpdate == s.RegisteredAt: // a registration counts as an update
		return fmt.Sprintf("It has %s no weights since it was registered in block %d.", did, s.RegisteredAt)
	case s.Active:
		return fmt.Sprintf("It last %s weights in block %d, %d blocks ago, within the cutoff of %d: active.", did, s.LastUpdate, t.x.Block-s.LastUpdate, r.Cutoff)
	}
	return fmt.Sprintf("It last %s weights in block %d, %d blocks ago, and the cutoff is %d: inactive.", did, s.LastUpdate, t.x.Block-s.LastUpdate, r.Cutoff)
}
