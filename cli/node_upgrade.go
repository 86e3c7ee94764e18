package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	upgradetypes "github.com/ergon-network/ergon/chain/x/upgrade/types"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newNodeUpgradeCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "upgrade", Short: "Show and plan when the rules of a release begin",
		Example: "  ergon node upgrade show\n  ergon node upgrade schedule iron 120000 --wallet root",
	}, newUpgradeShowCommand(e), newUpgradeScheduleCommand(e), newUpgradeCancelCommand(e))
}

func newUpgradeShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the planned release and the past ones", Args: cobra.NoArgs,
		Example: "  ergon node upgrade show\n  ergon node upgrade show --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			var r *upgradetypes.QueryUpgradesResponse
			err := e.step(ctx, "reading upgrades…", func(ctx context.Context) (err error) {
				r, err = c.Upgrades(ctx)
				return err
			})
			if err != nil {
				return err
			}
			out := struct {
				Plan     *upgradetypes.Plan     `json:"plan,omitempty"`
				Versions []upgradetypes.Version `json:"versions"`
				Done     []upgradetypes.Done    `json:"done"`
			}{r.Plan, append([]upgradetypes.Version{}, r.Versions...), append([]upgradetypes.Done{}, r.Done...)}
			return e.print(out, func(w io.Writer) {
				if p := r.Plan; p != nil {
					pairs(w, "planned", p.Name, "begins at block", p.Height, "release", p.Info)
				} else {
					fmt.Fprintln(w, "No upgrade is planned.")
				}
				t := newTable("past", ">block")
				for _, d := range r.Done {
					t.row(d.Name, d.Height)
				}
				if len(r.Done) > 0 {
					t.write(w)
				}
			})
		}),
	}
}

// planned is what schedule and cancel print.
type planned struct {
	Name   string `json:"name"`
	Height uint64 `json:"height"`
	done
}

func newUpgradeScheduleCommand(e *env) *cobra.Command {
	var info string
	c := &cobra.Command{
		Use: "schedule NAME HEIGHT", Short: "Name the release whose rules begin at a block", Args: cobra.ExactArgs(2),
		Long: `Name the release whose rules begin at a block. Nodes whose program does not know
it stop before that block and say what to install. It replaces an earlier plan;
the wallet must be root's.`,
		Example: "  ergon node upgrade schedule iron 120000 --info https://example.org/iron --wallet root\n" +
			"  ergon node upgrade schedule iron 120000 --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			height, err := strconv.ParseUint(args[1], 10, 64)
			if err != nil {
				return purse.Usage("block %q is not a whole number", args[1])
			}
			e.note("At block %d, nodes without release %s stop.", height, args[0])
			return e.sign(ctx, "Schedule it?", func(ctx context.Context, root *keys.Pair) (func() error, error) {
				r, err := c.ScheduleUpgrade(ctx, root, args[0], height, info)
				if err != nil {
					return nil, err
				}
				return e.shownPlan(planned{args[0], height, where(r)})
			})
		}),
	}
	c.Flags().StringVar(&info, "info", "", "where operators find the release")
	return c
}

func newUpgradeCancelCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "cancel NAME", Short: "Drop the planned release", Args: cobra.ExactArgs(1),
		Example: "  ergon node upgrade cancel iron --wallet root\n  ergon node upgrade cancel iron --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			return e.sign(ctx, "Drop the plan?", func(ctx context.Context, root *keys.Pair) (func() error, error) {
				r, err := c.CancelUpgrade(ctx, root, args[0])
				if err != nil {
					return nil, err
				}
				height, err := strconv.ParseUint(r.Attribute(upgradetypes.EventCanceled, "height"), 10, 64)
				if err != nil {
					return nil, err
				}
				return e.shownPlan(planned{args[0], height, where(r)})
			})
		}),
	}
}

func (e *env) shownPlan(p planned) (func() error, error) {
	return e.shown(p, func(w io.Writer) {
		pairs(w, "release", p.Name, "at block", p.Height, "block", p.Block, "hash", p.Hash)
	})
}
