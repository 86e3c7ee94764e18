package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newWalletSwapHotkeyCommand(e *env) *cobra.Command {
	var most maxCost
	c := &cobra.Command{
		Use: "swap-hotkey NEW", Short: "Give everything of a hotkey to a new one", Args: cobra.ExactArgs(1),
		Long: `Give all that the ledger knows of the hotkey of --hotkey to the hotkey NEW: its
owner, stake, nominations, uids and what it has still to be paid. For a hotkey
that was lost or stolen. NEW is an address or the name of a hotkey of the wallet
that the ledger has never seen. Coins in the old hotkey's own balance stay.`,
		Example: "  ergon wallet swap-hotkey fresh --wallet alice --hotkey default\n  ergon wallet swap-hotkey fresh --wallet alice --max-cost 1 --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			old, err := e.hotkeyAddress(nil, 0)
			if err != nil {
				return err
			}
			fresh, err := e.hotkeyAddress(args, 0)
			if err != nil {
				return err
			}
			price, limit, err := e.swapPrice(ctx, c, &most)
			if err != nil {
				return err
			}
			e.note("A swap costs %s, at most %s, recycled. %s takes the place of %s; the neuron has to run under it.",
				coin.Format(price), coin.Format(limit), fresh, old)
			return e.sign(ctx, "Swap?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.SwapHotkey(ctx, key, old, fresh, limit)
				if err != nil {
					return nil, err
				}
				out := struct {
					Coldkey string `json:"coldkey"`
					Old     string `json:"old"`
					New     string `json:"new"`
					Cost    uint64 `json:"cost_rao,string"`
					done
				}{key.Address(), old, fresh, paid(r, "HotkeySwapped", "cost", price), where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "old", old, "new", fresh, "paid", coin.Format(out.Cost), "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
	most.flag(c)
	return c
}

// swapPrice is what a key swap costs now, and the most that is paid.
func (e *env) swapPrice(ctx context.Context, c *client.Client, most *maxCost) (price, limit uint64, err error) {
	err = e.step(ctx, "reading the price…", func(ctx context.Context) error {
		p, err := c.StakeParams(ctx)
		if err != nil {
			return err
		}
		price = p.SwapCost
		limit, err = most.limit(price)
		return err
	})
	return price, limit, err
}

func newWalletSwapColdkeyCommand(e *env) *cobra.Command {
	var most maxCost
	var status, execute, cancel bool
	c := &cobra.Command{
		Use: "swap-coldkey NEW", Short: "Give everything of a coldkey to a new one, in two steps", Args: cobra.MaximumNArgs(1),
		Long: `Give everything of the wallet's coldkey to a new coldkey: balance, stake,
hotkeys and subnets. First the swap is announced: from then on the old key can
sign nothing, and nobody but root can take the announcement back. After a delay
of some days anybody may execute it.

    swap-coldkey NEW          announce; NEW is an address or a wallet
    swap-coldkey --status     show what is announced, and for when
    swap-coldkey --execute    carry it out
    swap-coldkey --cancel     withdraw it; --wallet is root's

The last three take the old coldkey as argument, or that of the wallet.`,
		Example: "  ergon wallet swap-coldkey heir --wallet alice\n  ergon wallet swap-coldkey --status alice\n" +
			"  ergon wallet swap-coldkey --execute alice --wallet heir --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			chosen := 0
			for _, on := range []bool{status, execute, cancel} {
				if on {
					chosen++
				}
			}
			if chosen > 1 {
				return purse.Usage("give one of --status, --execute and --cancel")
			}
			if chosen == 0 {
				return e.announceSwap(ctx, c, args, &most)
			}
			coldkey, err := e.coldkeyAddress(args, 0)
			if err != nil {
				return err
			}
			switch {
			case execute:
				return e.executeSwap(ctx, c, coldkey)
			case cancel:
				return e.cancelSwap(ctx, c, coldkey)
			}
			return e.swapStatus(ctx, c, coldkey)
		}),
	}
	f := c.Flags()
	f.BoolVar(&status, "status", false, "show what is announced")
	f.BoolVar(&execute, "execute", false, "carry out a swap that is due")
	f.BoolVar(&cancel, "cancel", false, "withdraw an announcement; root only")
	most.flag(c)
	return c
}

type swapState struct {
	Coldkey    string `json:"coldkey"`
	Pending    bool   `json:"pending"`
	New        string `json:"new,omitempty"`
	Due        uint64 `json:"due,omitempty"` // first block in which it can be executed
	BlocksLeft uint64 `json:"blocks_left"`
}

func (e *env) swapStatus(ctx context.Context, c *client.Client, coldkey string) error {
	out := swapState{Coldkey: coldkey}
	err := e.step(ctx, "reading the swap…", func(ctx context.Context) error {
		r, err := c.ColdkeySwap(ctx, coldkey)
		if err == nil {
			out.Pending, out.New, out.Due, out.BlocksLeft = r.Pending, r.New, r.Due, r.BlocksLeft
		}
		return err
	})
	if err != nil {
		return err
	}
	return e.print(out, func(w io.Writer) {
		if !out.Pending {
			pairs(w, "coldkey", coldkey, "swap", "none is announced")
			return
		}
		pairs(w, "coldkey", coldkey, "new", out.New, "due", out.Due, "blocks left", out.BlocksLeft)
	})
}

func (e *env) announceSwap(ctx context.Context, c *client.Client, args []string, most *maxCost) error {
	if len(args) == 0 {
		return purse.Usage("give the NEW coldkey, or --status, --execute or --cancel")
	}
	fresh, err := e.coldkeyAddress(args, 0)
	if err != nil {
		return err
	}
	old, err := e.coldkeyAddress(nil, 0)
	if err != nil {
		return err
	}
	price, limit, err := e.swapPrice(ctx, c, most)
	if err != nil {
		return err
	}
	e.note("A swap costs %s, at most %s, recycled. All of %s goes to %s. Until it is executed %s can sign nothing, and you cannot take this back: make sure that you hold the new key.",
		coin.Format(price), coin.Format(limit), old, fresh, e.wallet)
	return e.sign(ctx, "Announce the swap?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		r, err := c.ScheduleColdkeySwap(ctx, key, fresh, limit)
		if err != nil {
			return nil, err
		}
		out := struct {
			Coldkey string `json:"coldkey"`
			New     string `json:"new"`
			Due     uint64 `json:"due"`
			Cost    uint64 `json:"cost_rao,string"`
			done
		}{key.Address(), fresh, paid(r, "ColdkeySwapScheduled", "due", 0), paid(r, "ColdkeySwapScheduled", "cost", price), where(r)}
		return e.shown(out, func(w io.Writer) {
			pairs(w, "coldkey", out.Coldkey, "new", fresh, "due in block", out.Due, "paid", coin.Format(out.Cost), "block", out.Block, "hash", out.Hash)
		})
	})
}

type swapDone struct {
	Coldkey string `json:"coldkey"`
	New     string `json:"new"`
	Moved   uint64 `json:"moved_rao,string"`
	done
}

func (e *env) executeSwap(ctx context.Context, c *client.Client, coldkey string) error {
	e.note("Everything of %s goes to the announced key.", coldkey)
	return e.sign(ctx, "Execute the swap?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		r, err := c.ExecuteColdkeySwap(ctx, key, coldkey)
		if err != nil {
			return nil, err
		}
		out := swapDone{coldkey, r.Attribute("ColdkeySwapped", "new"), paid(r, "ColdkeySwapped", "amount", 0), where(r)}
		return e.shown(out, func(w io.Writer) {
			pairs(w, "old", coldkey, "new", out.New, "balance moved", coin.Format(out.Moved), "block", out.Block, "hash", out.Hash)
		})
	})
}

func (e *env) cancelSwap(ctx context.Context, c *client.Client, coldkey string) error {
	e.note("The announced swap of %s is withdrawn; only root may.", coldkey)
	return e.sign(ctx, "Cancel the swap?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		r, err := c.CancelColdkeySwap(ctx, key, coldkey)
		if err != nil {
			return nil, err
		}
		out := swapDone{Coldkey: coldkey, New: r.Attribute("ColdkeySwapCancelled", "new"), done: where(r)}
		return e.shown(out, func(w io.Writer) { pairs(w, "cancelled", coldkey, "block", out.Block, "hash", out.Hash) })
	})
}
