package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

// stakeRate tells a person, before the coins move, for how long they will stay where they are put.
func (e *env) stakeRate(ctx context.Context, c *client.Client, hotkeys ...string) error {
	if e.json {
		return nil
	}
	coldkey, err := e.coldkeyAddress(nil, 0)
	if err != nil {
		return err
	}
	for _, hotkey := range hotkeys {
		r, err := c.StakeRate(ctx, coldkey, hotkey)
		if err != nil {
			return nil // a hotkey that the ledger does not know: it says so itself
		}
		if r.BlocksLeft > 0 {
			e.note("The ledger will refuse: %s has used up its stake operations on %s for %d more blocks.", e.wallet, hotkey, r.BlocksLeft)
		} else if r.Limit > 0 {
			e.note("A coldkey may stake and unstake on one hotkey %d times within %d blocks; the last renews the wait.", r.Limit, r.Interval)
		}
	}
	return nil
}

func newStakeMoveCommand(e *env) *cobra.Command {
	var from, to string
	var all bool
	c := &cobra.Command{
		Use: "move [AMOUNT]", Short: "Move stake from one hotkey to another", Args: cobra.MaximumNArgs(1),
		Long: `Move the wallet's own stake from one hotkey to another in one step. The coins
stay the wallet's: only whom they back changes. The balance is not touched.
Hotkeys are addresses or names of the wallet's hotkeys; the one moved to must be
yours or a delegate.`,
		Example: "  ergon stake move 50 --from default --to second --wallet alice\n" +
			"  ergon stake move --all --from default --to 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			if (len(args) == 1) == all {
				return purse.Usage("give either an AMOUNT or --all")
			}
			if from == "" || to == "" {
				return purse.Usage("give the hotkeys with --from and --to")
			}
			var amount uint64
			var err error
			if !all {
				if amount, err = coin.Parse(args[0]); err != nil {
					return err
				}
				if amount == 0 {
					return purse.Usage("nothing would be moved; give an amount above 0")
				}
			}
			source, err := purse.HotkeyAddress(e.walletDir, e.wallet, from)
			if err != nil {
				return err
			}
			target, err := purse.HotkeyAddress(e.walletDir, e.wallet, to)
			if err != nil {
				return err
			}
			return e.moveStake(ctx, c, source, target, amount)
		}),
	}
	c.Flags().StringVar(&from, "from", "", "hotkey to take the stake from")
	c.Flags().StringVar(&to, "to", "", "hotkey to put it on")
	c.Flags().BoolVar(&all, "all", false, "all stake on the hotkey")
	return c
}

// moveStake moves rao, 0 for all of it.
func (e *env) moveStake(ctx context.Context, c *client.Client, from, to string, rao uint64) error {
	what := "All stake"
	if rao > 0 {
		what = coin.Format(rao) + " of the stake"
	}
	e.note("%s of %s on %s moves to %s. It stays the wallet's.", what, e.wallet, from, to)
	if err := e.stakeRate(ctx, c, from, to); err != nil {
		return err
	}
	return e.sign(ctx, "Move?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		r, err := c.MoveStake(ctx, key, from, to, rao)
		if err != nil {
			return nil, err
		}
		out := struct {
			Coldkey string `json:"coldkey"`
			From    string `json:"from"`
			To      string `json:"to"`
			Amount  uint64 `json:"amount_rao,string"`
			done
		}{key.Address(), from, to, paid(r, "StakeMoved", "amount", rao), where(r)}
		return e.shown(out, func(w io.Writer) {
			pairs(w, "moved", coin.Format(out.Amount), "from", from, "to", to, "block", out.Block, "hash", out.Hash)
		})
	})
}

type removed struct {
	Hotkey string `json:"hotkey"`
	Amount uint64 `json:"amount_rao,string"`
	Error  string `json:"error,omitempty"`
	Hash   string `json:"hash,omitempty"`
	Block  uint64 `json:"block,omitempty"`
}

func (e *env) removeAll(ctx context.Context, c *client.Client, args []string) error {
	if len(args) > 1 {
		return purse.Usage("--all takes no AMOUNT")
	}
	if len(args) == 1 {
		hotkey, err := e.hotkeyAddress(args, 0)
		if err != nil {
			return err
		}
		return e.removeWhole(ctx, c, hotkey)
	}
	e.note("All stake of %s on every hotkey moves to its balance.", e.wallet)
	return e.sign(ctx, "Unstake?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		results, err := purse.RemoveAll(ctx, c, key)
		if err != nil && len(results) == 0 {
			return nil, err
		}
		return func() error { return e.tellRemoved(key.Address(), results, err) }, nil
	})
}

// removeWhole takes all of the wallet's stake off one hotkey.
func (e *env) removeWhole(ctx context.Context, c *client.Client, hotkey string) error {
	e.note("All stake of %s on %s moves to its balance.", e.wallet, hotkey)
	if err := e.stakeRate(ctx, c, hotkey); err != nil {
		return err
	}
	return e.sign(ctx, "Unstake?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
		r, err := c.RemoveWholeStake(ctx, key, hotkey)
		if err != nil {
			return nil, err
		}
		one := purse.Removed{Hotkey: hotkey, Amount: paid(r, "StakeRemoved", "amount", 0), Receipt: r}
		return func() error { return e.tellRemoved(key.Address(), []purse.Removed{one}, nil) }, nil
	})
}

// tellRemoved prints what became of the stake on each hotkey, and fails if some of it is still there.
func (e *env) tellRemoved(coldkey string, results []purse.Removed, failure error) error {
	out, left := []removed{}, 0
	for _, r := range results {
		one := removed{Hotkey: r.Hotkey, Amount: r.Amount, Hash: r.Receipt.Hash, Block: r.Receipt.Height}
		if r.Err != nil {
			one.Error = plain(r.Err.Error())
			left++
		}
		out = append(out, one)
	}
	answer := map[string]any{"coldkey": coldkey, "removed": out}
	if failure != nil {
		answer["incomplete"] = plain(failure.Error())
	}
	err := e.print(answer, func(w io.Writer) {
		removedLines(w, out)
		if failure != nil {
			fmt.Fprintf(w, "The rest was not done: %s\n", printable(plain(failure.Error())))
		}
	})
	if err == nil && (left > 0 || failure != nil) {
		err = errReported
	}
	return err
}

func removedLines(w io.Writer, all []removed) {
	if len(all) == 0 {
		fmt.Fprintln(w, "There is no stake.")
		return
	}
	t := newTable("HOTKEY", ">TAO", "")
	for _, r := range all {
		state := "done"
		if r.Error != "" {
			state = "refused"
		}
		t.row(r.Hotkey, coin.Decimal(r.Amount), state)
	}
	t.write(w)
	for _, r := range all {
		if r.Error != "" {
			fmt.Fprintf(w, "%s: %s\n", short(r.Hotkey), printable(r.Error))
		}
	}
}
