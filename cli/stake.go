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

func newStakeCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "stake", Short: "Back hotkeys with coins, and take them back",
		Example: "  ergon stake add 100 --wallet alice --hotkey default\n  ergon stake show alice",
	}, newStakeAddCommand(e), newStakeRemoveCommand(e), newStakeMoveCommand(e), newStakeShowCommand(e),
		newStakeNominateCommand(e), newStakeTakeCommand(e), newStakeDelegatesCommand(e))
}

type staked struct {
	Coldkey string `json:"coldkey"`
	Hotkey  string `json:"hotkey"`
	Amount  uint64 `json:"amount_rao,string"`
	done
}

func newStakeAddCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "add AMOUNT [HOTKEY]", Short: "Move coins from the balance to stake on a hotkey", Args: cobra.RangeArgs(1, 2),
		Long: `Move coins from the wallet's balance to its stake on a hotkey. The coins stay
the coldkey's. HOTKEY is an address or the name of a hotkey of the wallet;
without it, --hotkey. A hotkey that is not yours must be a delegate.`,
		Example: "  ergon stake add 100 --wallet alice\n  ergon stake add 100 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --wallet bob --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			amount, err := coin.Parse(args[0])
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(args, 1)
			if err != nil {
				return err
			}
			e.note("%s moves from the balance of %s to stake on %s.", coin.Format(amount), e.wallet, hotkey)
			if err := e.stakeRate(ctx, c, hotkey); err != nil {
				return err
			}
			return e.sign(ctx, "Stake?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.AddStake(ctx, key, hotkey, amount)
				if err != nil {
					return nil, err
				}
				out := staked{Coldkey: key.Address(), Hotkey: hotkey, Amount: paid(r, "StakeAdded", "amount", amount), done: where(r)}
				return e.shown(out, func(w io.Writer) { out.human(w, "staked") })
			})
		}),
	}
}

func (s staked) human(w io.Writer, what string) {
	pairs(w, what, coin.Format(s.Amount), "hotkey", s.Hotkey, "block", s.Block, "hash", s.Hash)
}

// sign asks, unlocks the coldkey, submits, and shows what came of it.
func (e *env) sign(ctx context.Context, question string, submit func(context.Context, *keys.Pair) (show func() error, err error)) error {
	return e.signWith(ctx, question, e.coldkey, submit)
}

// signWith is sign with the key that open gives.
func (e *env) signWith(ctx context.Context, question string, open func(context.Context) (*keys.Pair, error),
	submit func(context.Context, *keys.Pair) (show func() error, err error),
) error {
	if err := e.confirm(ctx, "%s", question); err != nil {
		return err
	}
	key, err := open(ctx)
	if err != nil {
		return err
	}
	var show func() error
	err = e.step(ctx, waiting, func(ctx context.Context) error {
		show, err = submit(ctx, key)
		return err
	})
	if err != nil {
		return err
	}
	return show()
}

// shown is what a submit function returns: the result, still to be printed.
func (e *env) shown(v any, human func(w io.Writer)) (func() error, error) {
	return func() error { return e.print(v, human) }, nil
}

func newStakeRemoveCommand(e *env) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "remove AMOUNT [HOTKEY]", Short: "Move stake back to the balance", Args: cobra.MaximumNArgs(2),
		Long: `Move the wallet's own stake on a hotkey back to its balance. With --all:
everything that is on HOTKEY, or without HOTKEY everything on every hotkey; one
that cannot be unstaked yet does not stop the others. How much "all" is the
ledger knows to the rao.`,
		Example: "  ergon stake remove 50 --wallet alice\n  ergon stake remove --all --wallet alice\n" +
			"  ergon stake remove --all 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --wallet bob --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			if all {
				return e.removeAll(ctx, c, args)
			}
			if len(args) == 0 {
				return purse.Usage("give an AMOUNT or --all")
			}
			amount, err := coin.Parse(args[0])
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(args, 1)
			if err != nil {
				return err
			}
			e.note("%s of the stake on %s moves to the balance of %s.", coin.Format(amount), hotkey, e.wallet)
			if err := e.stakeRate(ctx, c, hotkey); err != nil {
				return err
			}
			return e.sign(ctx, "Unstake?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.RemoveStake(ctx, key, hotkey, amount)
				if err != nil {
					return nil, err
				}
				out := staked{Coldkey: key.Address(), Hotkey: hotkey, Amount: paid(r, "StakeRemoved", "amount", amount), done: where(r)}
				return e.shown(out, func(w io.Writer) { out.human(w, "unstaked") })
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all stake")
	return c
}

type stakeEntry struct {
	Hotkey     string `json:"hotkey"`
	Amount     uint64 `json:"amount_rao,string"`
	Owner      bool   `json:"owner"`
	Registered bool   `json:"registered"`
}

func newStakeShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show [COLDKEY|WALLET]", Short: "List a coldkey's stake, whatever became of the hotkeys", Args: cobra.MaximumNArgs(1),
		Example: "  ergon stake show alice\n  ergon stake show 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			coldkey, err := e.coldkeyAddress(args, 0)
			if err != nil {
				return err
			}
			out := struct {
				Coldkey string       `json:"coldkey"`
				Total   uint64       `json:"total_rao,string"`
				Stakes  []stakeEntry `json:"stakes"`
			}{Coldkey: coldkey, Stakes: []stakeEntry{}}
			err = e.step(ctx, "reading stake…", func(ctx context.Context) error {
				stakes, err := c.Stakes(ctx, coldkey)
				for _, s := range stakes {
					out.Stakes = append(out.Stakes, stakeEntry{s.Hotkey, s.Amount, s.Owner, s.Registered})
					out.Total += s.Amount
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				t := newTable("HOTKEY", ">STAKE (TAO)", "OWN", "UID")
				for _, s := range out.Stakes {
					t.row(s.Hotkey, coin.Decimal(s.Amount), yesno(s.Owner), yesno(s.Registered))
				}
				t.write(w)
				fmt.Fprintf(w, "total %s\n", coin.Format(out.Total))
			})
		}),
	}
}
