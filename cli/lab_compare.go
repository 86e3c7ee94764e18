package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
)

func newLabCompareCommand(e *env) *cobra.Command {
	var f labFlags
	var seeds seedsFlag
	var asCSV csvFlag
	var onlyA, onlyB []string
	c := &cobra.Command{
		Use: "compare A [B]", Short: "Show who gets what in two scenarios", Args: cobra.RangeArgs(1, 2),
		Long: `Show who gets what in two scenarios, group by group, with the difference and its
95 % interval over the same seeds. With one scenario, --a and --b say what is
different: any field of the file, market and profile included. --set and the
other flags hold for both. Of two archives, or one under two sets of rules, it
shows the uids whose pay differs most.`,
		Example: "  ergon lab compare cabal-33 cabal-49\n  ergon lab compare metric-hacker --a profile=seed --b profile=ergon\n" +
			"  ergon lab compare weight-copier --b subnet.commit_reveal=2 --csv\n  ergon lab compare metagraph.json --b subnet.kappa=0.6\n  ergon lab compare cabal-33 --b subnet.kappa=0.7 --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := asCSV.check(e); err != nil {
				return err
			}
			if err := seeds.check(); err != nil {
				return err
			}
			if len(args) == 1 && len(onlyA)+len(onlyB) == 0 {
				return purse.Usage("there is nothing to compare %s with: name a second scenario, or say what is different with --b KEY=VALUE", args[0])
			}
			r, err := e.compare(c.Context(), &f, [2]string{args[0], args[len(args)-1]}, [2][]string{onlyA, onlyB}, int(seeds))
			if err != nil {
				return asked(err)
			}
			return asCSV.print(e, r, func() *sheet { return comparisonSheet(r) }, func(w io.Writer) { writeComparison(w, r, onlyA, onlyB) })
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&onlyA, "a", nil, "set a field of A, `KEY=VALUE`; can be repeated")
	c.Flags().StringArrayVar(&onlyB, "b", nil, "set a field of B, `KEY=VALUE`; can be repeated")
	seeds.add(c)
	asCSV.add(c)
	return c
}

// compare plays two scenarios, or settles two archives, each under its own settings too.
func (e *env) compare(ctx context.Context, f *labFlags, names [2]string, own [2][]string, seeds int) (*lab.Comparison, error) {
	if archived(names[0]) != archived(names[1]) {
		return nil, purse.Usage("%s and %s are a scenario and an archive: compare two of a kind", names[0], names[1])
	}
	var worlds [2]labWorld
	for i, name := range names {
		var err error
		if worlds[i], err = f.world(name); err != nil {
			return nil, err
		}
		if worlds[i].archive != nil {
			worlds[i].archive, err = applied(worlds[i].archive, own[i], worlds[i].name())
		} else {
			worlds[i].scenario, err = applied(worlds[i].scenario, own[i], strings.Join(own[i], " "))
		}
		if err != nil {
			return nil, err
		}
	}
	p := e.progress("playing both")
	defer p.stop()
	a, b := worlds[0], worlds[1]
	if a.archive != nil {
		return lab.CompareArchives(ctx, a.archive, b.archive)
	}
	return lab.Compare(ctx, a.scenario, b.scenario, f.seed, seeds, func(played, of int) {
		p.set(fmt.Sprintf("playing both, world %d of %d", played, of))
	})
}

// visible is the least difference that two digits of a percent show.
const visible = 0.00005

func writeComparison(w io.Writer, r *lab.Comparison, onlyA, onlyB []string) {
	for _, x := range []struct {
		letter string
		of     lab.Compared
		own    []string
	}{{"A", r.A, onlyA}, {"B", r.B, onlyB}} {
		line := x.letter + ": " + x.of.Scenario
		if x.of.Market != "" {
			line += ", market " + x.of.Market
		}
		if x.of.Profile != "" {
			line += ", profile " + x.of.Profile
		}
		for _, set := range x.own {
			if !strings.HasPrefix(set, "profile=") && !strings.HasPrefix(set, "market=") {
				line += ", " + set
			}
		}
		fmt.Fprintln(w, wrap(printable(line), screen))
	}
	fmt.Fprintln(w)
	if r.Seeds == 1 {
		writeUIDs(w, r)
		return
	}
	t := newTable("GROUP", "", ">PLAYERS", ">A", ">B", ">DIFFERENCE", "")
	for _, g := range r.Groups {
		luck := ""
		if d := math.Abs(g.Difference.Mean); d > g.Difference.Half && d >= visible {
			luck = "*"
		}
		t.row(clip(g.Name, 18), side(g.Mines), playersText(g), partText(g.A), partText(g.B), fmt.Sprintf("%+.2f±%.2f", 100*g.Difference.Mean, 100*g.Difference.Half), luck)
	}
	t.write(w)
	fmt.Fprintln(w, "\n"+wrap(fmt.Sprintf("A and B are percent of all pay, of all players of the group together, with the 95 %% interval over %d seeds. *: the difference is larger than its interval.", r.Seeds), screen))
}

// writeUIDs lists the uids of archives whose pay differs most.
func writeUIDs(w io.Writer, r *lab.Comparison) {
	groups := slices.Clone(r.Groups)
	slices.SortStableFunc(groups, func(a, b lab.GroupDifference) int {
		return cmp.Compare(math.Abs(b.Difference.Mean), math.Abs(a.Difference.Mean))
	})
	share := func(p *lab.GroupPart) string {
		if p == nil {
			return "-"
		}
		return fmt.Sprintf("%.4f %%", 100*p.Share.Mean)
	}
	t := newTable("", "", ">A", ">B", ">DIFFERENCE")
	for _, g := range groups[:min(len(groups), bestPaid)] {
		t.row(g.Name, side(g.Mines), share(g.A), share(g.B), fmt.Sprintf("%+.4f %%", 100*g.Difference.Mean))
	}
	t.write(w)
	if n := len(groups) - bestPaid; n > 0 {
		fmt.Fprintf(w, "…and %d more; --csv and --json have all.\n", n)
	}
	fmt.Fprintln(w, "\nA and B are percent of all pay. There is no luck in an archive.")
}

// playersText is one number where both scenarios have as many.
func playersText(g lab.GroupDifference) string {
	switch {
	case g.A == nil:
		return fmt.Sprintf("-/%d", g.B.Players)
	case g.B == nil:
		return fmt.Sprintf("%d/-", g.A.Players)
	case g.A.Players != g.B.Players:
		return fmt.Sprintf("%d/%d", g.A.Players, g.B.Players)
	}
	return fmt.Sprint(g.A.Players)
}

func partText(p *lab.GroupPart) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f±%.2f", 100*p.Share.Mean, 100*p.Share.Half)
}

func comparisonSheet(r *lab.Comparison) *sheet {
	s := &sheet{head: []string{
		"group", "mines", "players_a", "share_a", "share_a_half_width_95", "players_b", "share_b", "share_b_half_width_95", "difference", "difference_half_width_95",
	}}
	part := func(p *lab.GroupPart) []any {
		if p == nil {
			return []any{0, "", ""}
		}
		return []any{p.Players, p.Share.Mean, p.Share.Half}
	}
	for _, g := range r.Groups {
		row := append([]any{g.Name, g.Mines}, part(g.A)...)
		row = append(row, part(g.B)...)
		s.row(append(row, g.Difference.Mean, g.Difference.Half)...)
	}
	return s
}
