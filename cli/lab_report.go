package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/report"
)

const labReportHelp = `Play a scenario, or settle an archive, and write what happened as one HTML file
with charts: who got what, weights, bonds, dividends, incentive and pay over the
epochs, and, where there is an attack, whether it pays. The file needs no
network and no server.`

// reported is where a report is and what is in it.
type reported struct {
	File   string         `json:"file"`
	Bytes  int            `json:"bytes"`
	Title  string         `json:"title"`
	Epochs int            `json:"epochs"`
	Seed   *uint64        `json:"seed,omitempty"` // of a scenario
	Sound  *lab.Soundness `json:"soundness,omitempty"`
}

func newLabReportCommand(e *env) *cobra.Command {
	var f labFlags
	var out string
	var seeds int
	c := &cobra.Command{
		Use: "report SCENARIO", Short: "Write one HTML file with charts of a run", Long: labReportHelp, Args: cobra.ExactArgs(1),
		Example: "  ergon lab report cabal-33 -o report.html\n  ergon lab report metagraph.json --set subnet.kappa=0.6 -o report.html\n  ergon lab report my.yaml --seed 7 --seeds 20 -o report.html --json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := lab.CheckSeeds(seeds); err != nil {
				return purse.Usage("--%v", err)
			}
			world, err := f.world(args[0])
			if err != nil {
				return err
			}
			p := e.progress("playing " + world.name())
			r, err := world.report(c.Context(), seeds)
			p.stop()
			if err != nil {
				return err
			}
			r.Command = f.command("ergon lab report "+word(args[0]), &world, seeds)
			return e.writeReport(out, &world, r)
		},
	}
	f.add(c)
	c.Flags().StringVarP(&out, "output", "o", "report.html", "file to write")
	c.Flags().IntVar(&seeds, "seeds", report.DefaultSeeds, "worlds for the verdict on an attack")
	return c
}

func (w *labWorld) report(ctx context.Context, seeds int) (*report.Report, error) {
	if w.archive != nil {
		return report.Replay(ctx, w.archive)
	}
	return report.Play(ctx, w.scenario, w.seed, seeds)
}

// command is what makes a report again.
func (f *labFlags) command(line string, world *labWorld, seeds int) string {
	for _, flag := range []struct {
		set         bool
		name, value string
	}{
		{f.market != "", "market", f.market}, {f.profile != "", "profile", f.profile}, {f.epochs != 0, "epochs", fmt.Sprint(f.epochs)},
		{world.archive == nil, "seed", fmt.Sprint(f.seed)}, {seeds != report.DefaultSeeds, "seeds", fmt.Sprint(seeds)},
	} {
		if flag.set {
			line += " --" + flag.name + " " + word(flag.value)
		}
	}
	for _, text := range f.set {
		line += " --set " + word(text)
	}
	return line
}

var plainWord = regexp.MustCompile(`^[\w./,=:@%+-]+$`)

// word is a word as a shell reads it.
func word(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func (e *env) writeReport(file string, world *labWorld, r *report.Report) error {
	var page strings.Builder
	if err := r.Write(&page); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
		return fmt.Errorf("write the report: %w; choose another file with -o", err)
	}
	out := reported{File: file, Bytes: page.Len(), Title: r.Title, Epochs: world.epochs(), Sound: r.Sound()}
	of := fmt.Sprintf("%s, %d epochs", clip(out.Title, 40), out.Epochs)
	if world.archive == nil {
		out.Seed = &world.seed
		of += fmt.Sprintf(", seed %d", world.seed)
	}
	return e.print(out, func(w io.Writer) {
		pairs(w, "report", out.File, "of", of, "bytes", out.Bytes)
		fmt.Fprintln(w, "Open it in a browser.")
	})
}
