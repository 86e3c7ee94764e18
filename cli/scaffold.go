package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/scaffold"
	"github.com/ergon-network/ergon/subnets"
)

const scaffoldHelp = `Writes a new market: a Go module of its own in which protocol, task, reward,
miner and validator are one file each, with a test of what each strategy and
each known attack earns. It is a copy of the smallest market there is, so it
compiles and runs at once. Its program has all of Ergon's commands, with the new
market in them.

Nothing is overwritten. --replace names a folder with Ergon's source to build
with, instead of the release that this program was built from.`

// scaffolded is what was written, and what to do with it.
type scaffolded struct {
	Market string   `json:"market"`
	Module string   `json:"module"`
	Dir    string   `json:"dir"`
	Files  []string `json:"files"`
	Next   []string `json:"next"`
}

func newScaffoldCommand(e *env) *cobra.Command {
	var dir, module, checkout string
	c := &cobra.Command{
		Use: "scaffold NAME", Short: "Write a new market of your own", Long: scaffoldHelp, Args: cobra.ExactArgs(1),
		Example: "  ergon scaffold plums\n  ergon scaffold plums --dir ~/plums --module example.org/plums --replace ~/ergon --json",
		RunE: func(c *cobra.Command, args []string) error {
			name := args[0]
			if _, err := subnets.Lookup(name); err == nil {
				return usage(c, fmt.Errorf("there is a market named %q already: take another name", name))
			}
			with, err := ergonSource(checkout)
			if err != nil {
				return usage(c, err)
			}
			files, err := scaffold.Files(scaffold.Market{Name: name, Module: module, Ergon: with})
			if err != nil {
				return usage(c, err)
			}
			out := scaffolded{Market: name, Module: fallback(module, name), Dir: fallback(dir, name), Next: []string{"cd " + fallback(dir, name)}}
			if err := scaffold.Write(out.Dir, files); err != nil {
				return err
			}
			for _, f := range files {
				out.Files = append(out.Files, f.Name)
			}
			if with.Fetched() {
				out.Next = append(out.Next, "go mod tidy")
			}
			out.Next = append(out.Next, "go test ./...", "go run . lab table liar sybil --market "+name, "go run . localnet --tempos 3")
			return e.print(out, func(w io.Writer) { writeScaffolded(w, out) })
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "folder to write into; empty: one of the market's name")
	c.Flags().StringVar(&module, "module", "", "path of the Go module; empty: the market's name")
	c.Flags().StringVar(&checkout, "replace", "", "folder with Ergon's source to build with")
	return c
}

// ergonSource is the Ergon that a new market is built with.
func ergonSource(checkout string) (scaffold.Ergon, error) {
	if checkout != "" {
		return scaffold.Checkout(checkout)
	}
	with, err := scaffold.Released(debug.ReadBuildInfo())
	if errors.Is(err, scaffold.ErrNoRelease) {
		err = fmt.Errorf("%w: name a folder with Ergon's source with --replace", err)
	}
	return with, err
}

func writeScaffolded(w io.Writer, s scaffolded) {
	fmt.Fprintf(w, "The market %s is in %s:\n", s.Market, s.Dir)
	fmt.Fprintln(w, wrap("  "+strings.Join(s.Files, " "), screen))
	fmt.Fprintf(w, "Next:\n  %s\n", strings.Join(s.Next, "\n  "))
}
