package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/report"
)

const labReportHelp = `Play a scenario and write what happened as one HTML file with charts: who got
what, weights, bonds, dividends, incentive and pay over the epochs, and, where
there is an attack, whether it pays. The file needs no network and no server.`

// reported is where a report is and what is in it.
type reported struct {
	File   string         `json:"file"`
	Bytes  int            `json:"bytes"`
	Title  string         `json:"title"`
	Epochs int            `json:"epochs"`
	Seed   uint64         `json:"seed"`
	Sound  *lab.Soundness `json:"soundness,omitempty"`
}

func newLabReportCommand(e *env) *cobra.Command {
	var f labFlags
	var out string
	var seeds int
	c := &cobra.Command{
		Use: "report SCENARIO", Short: "Write one HTML file with charts of a run", Long: labReportHelp, Args: cobra.ExactArgs(1),
		Example: "  ergon lab report cabal-33 -o report.html\n  ergon lab report my.yaml --seed 7 --seeds 20 -o report.html --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := lab.CheckSeeds(seeds); err != nil {
				return purse.Usage("--%v", err)
			}
			s, err := tuned(args[0], f.market, f.profile, f.epochs)
			if err != nil {
				return err
			}
			p := e.progress("playing " + s.Name)
			r, err := report.Play(c.Context(), s, f.seed, seeds)
			p.stop()
			if err != nil {
				return err
			}
			r.Command = f.command("ergon lab report "+args[0], seeds)
			return e.writeReport(out, r)
		},
	}
	f.add(c)
	c.Flags().StringVarP(&out, "output", "o", "report.html", "file to write")
	c.Flags().IntVar(&seeds, "seeds", report.DefaultSeeds, "worlds for the verdict on an attack")
	return c
}

// command is what makes a report again.
func (f *labFlags) command(line string, seeds int) string {
	for _, flag := range []struct {
		set         bool
		name, value string
	}{
		{f.market != "", "market", f.market}, {f.profile != "", "profile", f.profile}, {f.epochs != 0, "epochs", fmt.Sprint(f.epochs)},
		{true, "seed", fmt.Sprint(f.seed)}, {seeds != report.DefaultSeeds, "seeds", fmt.Sprint(seeds)},
	} {
		if flag.set {
			line += " --" + flag.name + " " + flag.value
		}
	}
	return line
}

func (e *env) writeReport(file string, r *report.Report) error {
	var page strings.Builder
	if err := r.Write(&page); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
		return fmt.Errorf("write the report: %w; choose another file with -o", err)
	}
	out := reported{File: file, Bytes: page.Len(), Title: r.Title, Epochs: r.Epochs(), Seed: r.Seed(), Sound: r.Sound()}
	return e.print(out, func(w io.Writer) {
		pairs(w, "report", out.File, "of", fmt.Sprintf("%s, %d epochs, seed %d", clip(out.Title, 40), out.Epochs, out.Seed), "bytes", out.Bytes)
		fmt.Fprintln(w, "Open it in a browser.")
	})
}
