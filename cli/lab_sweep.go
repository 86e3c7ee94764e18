package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
)

func newLabSweepCommand(e *env) *cobra.Command {
	var f labFlags
	var seeds seedsFlag
	var asCSV csvFlag
	var vary []string
	c := &cobra.Command{
		Use: "sweep SCENARIO", Short: "Play a scenario under every combination of settings", Args: cobra.ExactArgs(1),
		Long: `Play a scenario under every combination of settings, on all processors, and say
for each what the attack is worth; without an attack, who gets what. --vary
names a field as the file has it, and its values: a list, or a range with the
number of values, both ends included.`,
		Example: "  ergon lab sweep cabal-33 --vary subnet.kappa=0.3..0.7/5\n" +
			"  ergon lab sweep cabal-33 --vary 'validators[1].stake=1000,4000,9000' --csv\n" +
			"  ergon lab sweep my.yaml --vary profile=seed,ergon --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := asCSV.check(e); err != nil {
				return err
			}
			if err := seeds.check(); err != nil {
				return err
			}
			s, err := f.scenario(args[0])
			if err != nil {
				return err
			}
			axes := make([]lab.Axis, len(vary))
			for i, text := range vary {
				if axes[i], err = lab.ParseAxis(text); err != nil {
					return purse.Usage("--vary %v", err)
				}
			}
			p := e.progress("playing " + s.Name)
			g, err := lab.Sweep(c.Context(), s, axes, f.seed, int(seeds), func(played, of int) {
				p.set(fmt.Sprintf("playing %s, world %d of %d", s.Name, played, of))
			})
			p.stop()
			if err != nil {
				return asked(err)
			}
			return asCSV.print(e, g, func() *sheet { return gridSheet(g) }, func(w io.Writer) { writeGrid(w, g) })
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&vary, "vary", nil, "`PATH=VALUES` to try; can be repeated")
	seeds.add(c)
	asCSV.add(c)
	return c
}

// asked makes a usage error of one that another value mends.
func asked(err error) error {
	if errors.Is(err, lab.ErrInput) {
		return purse.Usage("%v", err)
	}
	return err
}

// axisHeads are short names of what is varied: the last part of each path, where that tells them apart
// or apart is not asked for.
func axisHeads(axes []lab.Axis, apart bool) []string {
	short, count := make([]string, len(axes)), map[string]int{}
	for i, a := range axes {
		short[i] = a.Path[strings.LastIndex(a.Path, ".")+1:]
		count[short[i]]++
	}
	for i, a := range axes {
		if apart && count[short[i]] > 1 {
			short[i] = a.Path
		}
	}
	return short
}

// What is varied gets so many columns of their own on a screen, and so many characters.
const (
	maxAxisColumns = 3
	axisWidth      = 40
)

// tail is the end of a path that fits a column.
func tail(path string, width int) string {
	if len(path) <= width {
		return path
	}
	return "…" + path[len(path)-width+1:]
}

func writeGrid(w io.Writer, g *lab.Grid) {
	paths := make([]string, len(g.Axes))
	for i, a := range g.Axes {
		paths[i] = a.Path
	}
	fmt.Fprintln(w, wrap(printable(fmt.Sprintf("%s: %d combinations of %s, %d seeds each", g.Scenario, len(g.Points), strings.Join(paths, ", "), g.Seeds)), screen)+"\n")
	joined := len(g.Axes) > maxAxisColumns
	heads := axisHeads(g.Axes, !joined)
	if joined {
		heads = []string{strings.Join(heads, " ")}
	}
	for i := range heads {
		heads[i] = strings.ToUpper(tail(heads[i], axisWidth/len(heads)))
	}
	at := func(p lab.Point) []any {
		var cells []any
		for _, x := range p.Set {
			cells = append(cells, clip(x.Value, axisWidth/len(heads)))
		}
		if joined {
			return []any{clip(strings.TrimSuffix(fmt.Sprintln(cells...), "\n"), axisWidth)}
		}
		return cells
	}
	if g.Attack() {
		writeGridSoundness(w, g, heads, at)
		return
	}
	t := newTable(append(heads, "GROUP", "", ">PLAYERS", ">SHARE")...)
	for _, p := range g.Points {
		for _, x := range p.Groups {
			t.row(append(at(p), clip(x.Name, 14), side(x.Mines), x.Players, shareText(x.Share))...)
		}
	}
	t.write(w)
	fmt.Fprintln(w, "\nSHARE: of all pay, with its 95 % interval.")
}

func writeGridSoundness(w io.Writer, g *lab.Grid, heads []string, at func(lab.Point) []any) {
	t := newTable(append(heads, soundnessHeads...)...)
	for _, p := range g.Points {
		if p.Soundness == nil {
			t.row(append(at(p), "no attack")...)
			continue
		}
		t.row(append(at(p), soundnessCells(*p.Soundness)...)...)
	}
	t.write(w)
	fmt.Fprintln(w, "\n"+wrap(soundnessLegend, screen))
}

func side(mines bool) string {
	if mines {
		return "mines"
	}
	return "validates"
}

func shareText(s lab.Estimate) string { return fmt.Sprintf("%.2f±%.2f %%", 100*s.Mean, 100*s.Half) }

func gridSheet(g *lab.Grid) *sheet {
	var s sheet
	for _, a := range g.Axes {
		s.head = append(s.head, a.Path)
	}
	at := func(p lab.Point) []any {
		var cells []any
		for _, x := range p.Set {
			cells = append(cells, x.Value)
		}
		return cells
	}
	if !g.Attack() {
		s.head = append(s.head, "group", "mines", "players", "share", "share_half_width_95")
		for _, p := range g.Points {
			for _, x := range p.Groups {
				s.row(append(at(p), x.Name, x.Mines, x.Players, x.Share.Mean, x.Share.Half)...)
			}
		}
		return &s
	}
	s.head = append(s.head, soundnessColumns...)
	for _, p := range g.Points {
		cells := at(p)
		if p.Soundness != nil {
			cells = append(cells, soundnessRow(*p.Soundness)...)
		} else {
			cells = append(cells, make([]any, len(soundnessColumns))...)
		}
		s.row(cells...)
	}
	return &s
}
