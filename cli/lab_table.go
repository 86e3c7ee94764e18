package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/scenarios"
)

// seedsFlag is how many worlds are played of each scenario.
type seedsFlag int

func (f *seedsFlag) add(c *cobra.Command) {
	c.Flags().IntVar((*int)(f), "seeds", defaultSeeds, "worlds to play of each scenario")
}

func (f seedsFlag) check() error {
	if err := lab.CheckSeeds(int(f)); err != nil {
		return purse.Usage("--%v", err)
	}
	return nil
}

func newLabTableCommand(e *env) *cobra.Command {
	var f labFlags
	var seeds seedsFlag
	var asCSV csvFlag
	c := &cobra.Command{
		Use: "table [SCENARIO...]", Short: "Compare attacks with honesty at equal means", Args: cobra.ArbitraryArgs,
		Long:    "Compare attacks with honesty at equal means, over many seeds with the 95 %\nconfidence interval. Without names: every scenario that ships.",
		Example: "  ergon lab table weight-copier cabal-33\n  ergon lab table --csv > table.csv\n  ergon lab table metric-hacker --profile seed --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := asCSV.check(e); err != nil {
				return err
			}
			if err := seeds.check(); err != nil {
				return err
			}
			if len(args) == 0 {
				args = scenarios.Names()
			}
			rows, err := e.sound(c.Context(), args, f, int(seeds))
			if err != nil {
				return err
			}
			return asCSV.print(e, struct {
				Rows []lab.Soundness `json:"rows"`
			}{rows}, func() *sheet { return soundnessSheet(args, rows) }, func(w io.Writer) { writeSoundness(w, args, rows) })
		},
	}
	f.add(c)
	seeds.add(c)
	asCSV.add(c)
	return c
}

func (e *env) sound(ctx context.Context, names []string, f labFlags, seeds int) ([]lab.Soundness, error) {
	list := make([]*lab.Scenario, len(names))
	for i, name := range names {
		var err error
		if list[i], err = f.scenario(name); err != nil {
			return nil, err
		}
	}
	p := e.progress("playing")
	defer p.stop()
	return lab.Table(ctx, list, f.seed, seeds, func(played, of int) { p.set(fmt.Sprintf("%d of %d worlds", played, of)) })
}

// called is what a person calls a scenario: its name, or that of its file.
func called(name string) string { return strings.TrimSuffix(filepath.Base(name), ".yaml") }

// soundnessHeads and soundnessCells are what the tables say of an attack.
var soundnessHeads = []string{">PAY", ">HARM", ">TOP", ">STOPS", "PAYS"}

func soundnessCells(r lab.Soundness) []any {
	stops := "never"
	if r.Detected >= 0 {
		stops = fmt.Sprint(r.Detected)
	}
	return []any{
		fmt.Sprintf("%.2f±%.2f", r.Pay.Mean, r.Pay.Half), fmt.Sprintf("%.1f %%", 100*r.Harm.Mean), fmt.Sprintf("%.0f %%", 100*r.Concentration.Mean), stops, yesno(r.Profitable()),
	}
}

const soundnessLegend = "PAY: of honesty at equal means; above 0.5 the attack PAYS. HARM: what everybody else loses. TOP: the largest share of all pay. STOPS: the epoch from which on the attack earns less than half of honesty."

func writeSoundness(w io.Writer, names []string, rows []lab.Soundness) {
	t := newTable(append([]string{"SCENARIO", "RULES"}, soundnessHeads...)...)
	for i, r := range rows {
		t.row(append([]any{clip(called(names[i]), 25), clip(fallback(r.Profile, r.Market), 12)}, soundnessCells(r)...)...)
	}
	t.write(w)
	fmt.Fprintln(w, "\n"+wrap(soundnessLegend, screen))
}

// soundnessColumns and soundnessRow are the same in CSV.
var soundnessColumns = []string{
	"pay_of_honest", "pay_half_width_95", "harm_to_honest", "harm_half_width_95", "concentration", "concentration_half_width_95", "detected_epoch", "profitable",
}

func soundnessRow(r lab.Soundness) []any {
	return []any{r.Pay.Mean, r.Pay.Half, r.Harm.Mean, r.Harm.Half, r.Concentration.Mean, r.Concentration.Half, r.Detected, r.Profitable()}
}

func soundnessSheet(names []string, rows []lab.Soundness) *sheet {
	s := &sheet{head: append([]string{"scenario", "market", "profile", "seeds"}, soundnessColumns...)}
	for i, r := range rows {
		s.row(append([]any{called(names[i]), r.Market, r.Profile, r.Seeds}, soundnessRow(r)...)...)
	}
	return s
}
