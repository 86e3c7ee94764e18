package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
)

func newChainParamsCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "params [NAME...]", Short: "Show the parameters of the network, all or some", Args: cobra.ArbitraryArgs,
		Long: `Show the parameters of the network, which root sets: all of them in a table, or
those that are named with their range. ` + "`ergon explain`" + ` with a name shows the
rule behind it, ` + "`ergon subnet set-param 0`" + ` changes it.`,
		Example: "  ergon chain params\n  ergon chain params nominator_min swap_cost\n  ergon chain params --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			out := paramSheet{Parameters: []parameter{}, Changes: []change{}}
			err := e.step(ctx, "reading parameters…", func(ctx context.Context) error { return out.read(ctx, c, 0) })
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return e.print(out, out.human)
			}
			if out.Parameters, err = chosen(out.Parameters, args); err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) { parametersHuman(w, out.Parameters) })
		}),
	}
}

// chosen are the parameters of those names, in their order.
func chosen(all []parameter, names []string) ([]parameter, error) {
	at := map[string]parameter{}
	for _, p := range all {
		at[p.Name] = p
	}
	out := make([]parameter, len(names))
	for i, name := range names {
		p, found := at[name]
		if !found {
			return nil, purse.Usage("the network has no parameter %q; `ergon chain params` without a name lists them", name)
		}
		out[i] = p
	}
	return out, nil
}

func parametersHuman(w io.Writer, all []parameter) {
	for i, p := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		pairs(w, p.Name, p.Value, "unit", p.Unit, "range", p.Range, "set by", p.Setter)
	}
}
