package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/x/stake/pool"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newStakeNominateCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "nominate [HOTKEY]", Aliases: []string{"delegate", "become"}, Short: "Open a hotkey of yours to other people's stake", Args: cobra.MaximumNArgs(1),
		Long: `Open a hotkey of the wallet to nominations: others may stake on it, and share
what its validator earns after the take. There is no way back.`,
		Example: "  ergon stake nominate default --wallet alice\n  ergon stake nominate --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			hotkey, err := e.hotkeyAddress(args, 0)
			if err != nil {
				return err
			}
			e.note("%s takes nominations from then on; there is no way back.", hotkey)
			return e.sign(ctx, "Become a delegate?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.BecomeDelegate(ctx, key, hotkey)
				if err != nil {
					return nil, err
				}
				return e.takeShown(hotkey, r, "DelegateAdded")
			})
		}),
	}
}

// takeShown prints a delegate's take as its event has it.
func (e *env) takeShown(hotkey string, r *client.Receipt, event string) (func() error, error) {
	out := struct {
		Hotkey string `json:"hotkey"`
		Take   string `json:"take"` // of 65535
		done
	}{hotkey, r.Attribute(event, "take"), where(r)}
	return e.shown(out, func(w io.Writer) {
		pairs(w, "delegate", hotkey, "take", out.Take+" of 65535", "block", out.Block, "hash", out.Hash)
	})
}

func newStakeTakeCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "take TAKE [HOTKEY]", Short: "Change what you keep of a delegate's rewards", Args: cobra.RangeArgs(1, 2),
		Long: `Change the take of a delegate of the wallet: the part of the validator's rewards
that its owner keeps before the nominators share. TAKE is in percent ("12.5%")
or a whole number of 65535. It can be lowered at any time, and raised once in a
while; the ledger tells how many blocks are left.`,
		Example: "  ergon stake take 12.5% --wallet alice\n  ergon stake take 8192 second --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			take, err := parseTake(args[0])
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(args, 1)
			if err != nil {
				return err
			}
			var before uint32
			err = e.step(ctx, "reading the take…", func(ctx context.Context) error {
				h, err := c.Hotkey(ctx, hotkey)
				if err == nil {
					before = h.Take
				}
				return err
			})
			if err != nil {
				return err
			}
			e.note("The take of %s changes from %s to %s.", hotkey, percent(before), percent(take))
			return e.sign(ctx, "Change it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				change, event := c.DecreaseTake, "TakeDecreased"
				if take > before {
					change, event = c.IncreaseTake, "TakeIncreased"
				}
				r, err := change(ctx, key, hotkey, take)
				if err != nil {
					return nil, err
				}
				return e.takeShown(hotkey, r, event)
			})
		}),
	}
}

// parseTake reads "12.5%" or a whole number of 65535; a percentage is rounded down.
func parseTake(text string) (uint32, error) {
	if digits, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(digits, 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return 0, purse.Usage("take %q: give a percentage from 0%% to 100%%", text)
		}
		return uint32(p * pool.TakeUnit / 100), nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > pool.TakeUnit {
		return 0, purse.Usage("take %q: give a percentage (12.5%%), or a whole number of %d", text, pool.TakeUnit)
	}
	return uint32(n), nil
}

func percent(take uint32) string { return fmt.Sprintf("%.2f%%", float64(take)*100/pool.TakeUnit) }

type delegateLine struct {
	Hotkey     string `json:"hotkey"`
	Owner      string `json:"owner"`
	Take       uint32 `json:"take"` // of 65535
	Own        uint64 `json:"own_rao,string"`
	Pool       uint64 `json:"nominated_rao,string"`
	Total      uint64 `json:"total_rao,string"`
	Nominators uint64 `json:"nominators"`
	Uids       uint32 `json:"uids"`
}

func newStakeDelegatesCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "delegates", Short: "List the hotkeys that take nominations", Args: cobra.NoArgs,
		Example: "  ergon stake delegates\n  ergon stake delegates --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			out := []delegateLine{}
			err := e.step(ctx, "reading delegates…", func(ctx context.Context) error {
				all, err := c.Delegates(ctx)
				for _, d := range all {
					out = append(out, delegateLine{d.Hotkey, d.Owner, d.Take, d.Own, d.Pool, d.Own + d.Pool, d.Nominators, d.Slots})
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(map[string]any{"delegates": out}, func(w io.Writer) {
				t := newTable("HOTKEY", ">TAKE", ">STAKE (TAO)", ">BY")
				for _, d := range out {
					t.row(d.Hotkey, percent(d.Take), coin.Decimal(d.Total), d.Nominators)
				}
				t.write(w)
				fmt.Fprintln(w, "BY is the number of nominators.")
			})
		}),
	}
}
