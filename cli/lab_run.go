package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/lab"
)

func newLabRunCommand(e *env) *cobra.Command {
	var f labFlags
	var asCSV csvFlag
	c := &cobra.Command{
		Use: "run SCENARIO", Short: "Play one world and show who got what", Args: cobra.ExactArgs(1),
		Long:    "Play one world, or settle an archive, and show what every group of players\ngot. --json and --csv have every epoch.",
		Example: "  ergon lab run cabal-33\n  ergon lab run metagraph.json --set subnet.kappa=0.6\n  ergon lab run stakes.csv,weights.csv --csv\n  ergon lab run my.yaml --seed 7 --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := asCSV.check(e); err != nil {
				return err
			}
			world, err := f.world(args[0])
			if err != nil {
				return err
			}
			p := e.progress("playing " + world.name())
			r, err := world.run(c.Context())
			p.stop()
			if err != nil {
				return err
			}
			return asCSV.print(e, r, func() *sheet { return runSheet(r) }, func(w io.Writer) { writeRun(w, &world, r) })
		},
	}
	f.add(c)
	asCSV.add(c)
	return c
}

func runSheet(r *lab.Result) *sheet {
	s := &sheet{head: []string{"epoch", "uid", "name", "mines", "miner_rao", "validator_rao", "incentive", "dividends"}}
	for i, e := range r.Epochs {
		for uid, p := range r.Players {
			s.row(i, uid, p.Name, p.Mines, e.Miner[uid], e.Validator[uid], e.Incentive[uid], e.Dividends[uid])
		}
	}
	return s
}

func writeRun(w io.Writer, world *labWorld, r *lab.Result) {
	if world.archive != nil {
		fmt.Fprintf(w, "%s: %d epochs\n\n", printable(r.Scenario), len(r.Epochs))
	} else {
		fmt.Fprintf(w, "%s: %d epochs, seed %d\n\n", printable(r.Scenario), len(r.Epochs), r.Seed)
	}
	t := newTable("GROUP", ">PLAYERS", ">AS MINERS", ">AS VALIDATORS", ">SHARE", ">EACH")
	for _, g := range r.Groups() {
		t.row(clip(g.Name, 24), g.Players, inTAO(g.Miner), inTAO(g.Validator), fmt.Sprintf("%.1f %%", 100*g.Share), fmt.Sprintf("%.2f %%", 100*g.Share/float64(g.Players)))
	}
	t.write(w)
	if world.archive != nil {
		writeBest(w, r)
	}
	fmt.Fprintln(w, "\nPay is in TAO.")
}

func inTAO(rao uint64) string { return fmt.Sprintf("%.1f", float64(rao)/1e9) }

// bestPaid is how many uids of an archive are listed on a screen.
const bestPaid = 15

// writeBest lists who got most, where groups say little.
func writeBest(w io.Writer, r *lab.Result) {
	miner, validator, all := make([]uint64, len(r.Players)), make([]uint64, len(r.Players)), uint64(0)
	order := make([]int, len(r.Players))
	for uid := range r.Players {
		order[uid] = uid
		for _, e := range r.Epochs {
			miner[uid] += e.Miner[uid]
			validator[uid] += e.Validator[uid]
		}
		all += miner[uid] + validator[uid]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(miner[b]+validator[b], miner[a]+validator[a]) })
	t := newTable(">UID", "", ">AS MINER", ">AS VALIDATOR", ">SHARE")
	for _, uid := range order[:min(bestPaid, len(order))] {
		if paid := miner[uid] + validator[uid]; paid > 0 {
			t.row(uid, r.Players[uid].Name, inTAO(miner[uid]), inTAO(validator[uid]), fmt.Sprintf("%.2f %%", 100*float64(paid)/float64(all)))
		}
	}
	fmt.Fprintln(w)
	t.write(w)
	if n := len(order) - bestPaid; n > 0 {
		fmt.Fprintf(w, "…and %d more; --csv and --json have all.\n", n)
	}
}
