package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/scenarios"
)

func newLabScenariosCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "scenarios", Short: "List the scenarios that ship", Args: cobra.NoArgs,
		Example: "  ergon lab scenarios\n  ergon lab scenarios --json",
		RunE: func(_ *cobra.Command, _ []string) error {
			type entry struct {
				Name   string `json:"name"`
				Market string `json:"market"`
				About  string `json:"about"`
			}
			var list []entry
			for _, name := range scenarios.Names() {
				s, err := scenarios.Named(name)
				if err != nil {
					return err
				}
				list = append(list, entry{name, s.Market, s.About})
			}
			return e.print(struct {
				Scenarios []entry `json:"scenarios"`
			}{list}, func(w io.Writer) {
				for _, x := range list {
					fmt.Fprintf(w, "%s\n  %s\n", x.Name, hanging(x.About, 2))
				}
			})
		},
	}
}

func newLabShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show SCENARIO", Short: "Print the file of a scenario that ships, to change it", Args: cobra.ExactArgs(1),
		Example: "  ergon lab show cabal-33 > mine.yaml\n  ergon lab show cabal-33 --json",
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := scenarios.Source(args[0])
			if err != nil {
				return purse.Usage("%v", err)
			}
			return e.print(struct {
				Name string `json:"name"`
				File string `json:"file"`
			}{args[0], string(raw)}, func(w io.Writer) { _, _ = w.Write(raw) })
		},
	}
}

func newLabPlaysCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "plays", Short: "List how players can behave, with their options", Args: cobra.NoArgs,
		Example: "  ergon lab plays\n  ergon lab plays --json",
		RunE: func(_ *cobra.Command, _ []string) error {
			type option struct {
				Name    string  `json:"name"`
				Default float64 `json:"default"`
				Min     float64 `json:"min"`
				Max     float64 `json:"max"`
				About   string  `json:"about"`
			}
			type entry struct {
				Name    string   `json:"name"`
				About   string   `json:"about"`
				Options []option `json:"options"`
			}
			list := []entry{}
			for _, p := range lab.Plays() {
				x := entry{Name: p.Name, About: p.Summary, Options: []option{}}
				for _, o := range p.Options {
					x.Options = append(x.Options, option(o))
				}
				list = append(list, x)
			}
			return e.print(struct {
				Plays []entry `json:"plays"`
			}{list}, func(w io.Writer) {
				for _, x := range list {
					fmt.Fprintf(w, "%s\n  %s\n", x.Name, hanging(x.About, 2))
					for _, o := range x.Options {
						fmt.Fprintf(w, "    %s\n", hanging(fmt.Sprintf("%s %v to %v, %v unless said: %s", o.Name, o.Min, o.Max, o.Default, o.About), 6))
					}
				}
			})
		},
	}
}
