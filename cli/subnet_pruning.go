package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
)

type tenure struct {
	Order     int     `json:"order,omitempty"` // 1: the first to go; absent: never
	UID       uint32  `json:"uid"`
	Hotkey    string  `json:"hotkey"`
	Immune    uint64  `json:"immune_blocks"` // left
	Days      float64 `json:"immune_days"`   // at the pace of the latest blocks
	Protected bool    `json:"protected"`     // of the subnet's owner
}

type pruning struct {
	Netuid    uint16   `json:"netuid"`
	Height    uint64   `json:"height"`
	Free      uint32   `json:"free_uids"` // given away before anybody has to go
	Rule      string   `json:"rule"`
	BlockTime float64  `json:"block_time_seconds"`
	Uids      []tenure `json:"uids"` // the first to go first
}

func newSubnetPruningCommand(e *env) *cobra.Command {
	limit := 0
	c := &cobra.Command{
		Use: "pruning NETUID", Short: "Show who is replaced next, and how long who is immune", Args: cobra.ExactArgs(1),
		Long: `Show in which order the uids of a full subnet would give way to newcomers, if
nothing else changed, and how long each is immune. With yuma_variant 2026 the
one with the least emission goes first, and the owner's never; with 2024 the one
with the lowest pruning score.`,
		Example: "  ergon subnet pruning 1\n  ergon subnet pruning 1 --limit 0 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			if limit < 0 {
				return purse.Usage("--limit %d is negative; 0 is all", limit)
			}
			var out pruning
			err = e.step(ctx, "reading the metagraph…", func(ctx context.Context) error { return out.read(ctx, c, netuid, limit) })
			if err != nil {
				return err
			}
			return e.print(out, out.human)
		}),
	}
	c.Flags().IntVar(&limit, "limit", 20, "how many uids to show; 0 is all")
	return c
}

func (p *pruning) read(ctx context.Context, c *client.Client, netuid uint16, limit int) error {
	g, err := c.Metagraph(ctx, netuid, false)
	if err != nil {
		return err
	}
	pace, err := c.BlockTime(ctx)
	if err != nil {
		return err
	}
	*p = pruning{
		Netuid: netuid, Height: g.Height, Free: g.Subnet.Hyper.MaxAllowedUids - min(g.Subnet.N, g.Subnet.Hyper.MaxAllowedUids),
		Rule: g.Subnet.Hyper.YumaVariant, BlockTime: pace.Seconds(), Uids: []tenure{},
	}
	for _, t := range purse.Tenures(g) {
		days := pace.Hours() / 24 * float64(t.Immune)
		p.Uids = append(p.Uids, tenure{t.Order, t.UID, t.Hotkey, t.Immune, math.Round(days*100) / 100, t.Protected})
	}
	slices.SortStableFunc(p.Uids, func(a, b tenure) int { return cmp.Compare(uint(a.Order-1), uint(b.Order-1)) }) // those who never go last
	if limit > 0 {
		p.Uids = p.Uids[:min(limit, len(p.Uids))]
	}
	return nil
}

func (p pruning) human(w io.Writer) {
	t := newTable(">ORDER", ">UID", "HOTKEY", ">IMMUNE (BLOCKS)", "")
	for _, u := range p.Uids {
		order, note := fmt.Sprint(u.Order), ""
		if u.Order == 0 {
			order = "-"
		}
		if u.Protected {
			note = "the owner's"
		}
		if u.Immune > 0 {
			note = "about " + span(time.Duration(float64(u.Immune)*p.BlockTime*float64(time.Second)))
		}
		t.row(order, u.UID, short(u.Hotkey), u.Immune, note)
	}
	t.write(w)
	if p.Free > 0 {
		fmt.Fprintf(w, "Nobody has to go yet: %d uids are free.\n", p.Free)
	}
}
