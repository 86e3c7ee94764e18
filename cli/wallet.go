package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/neuron/wallet"
)

func newWalletCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "wallet", Short: "Keys, balances and transfers",
		Example: "  ergon wallet new alice\n  ergon wallet balance alice",
	}, newWalletNewCommand(e), newWalletListCommand(e), newWalletBalanceCommand(e), newWalletTransferCommand(e), newWalletFaucetCommand(e),
		newWalletSwapHotkeyCommand(e), newWalletSwapColdkeyCommand(e), newWalletIdentityCommand(e), newProxyCommand(e), newMultisigCommand(e))
}

func newWalletNewCommand(e *env) *cobra.Command {
	var plain bool
	c := &cobra.Command{
		Use: "new [WALLET]", Short: "Make a wallet, or add a hotkey to one", Args: cobra.MaximumNArgs(1),
		Long: `Make a wallet with a coldkey, which holds coins, and a hotkey, which signs for
a neuron. If the wallet exists, the hotkey of --hotkey is added to it. The
mnemonics are shown once: whoever has one has the coins. Nobody ever needs to
ask you for it.`,
		Example: "  ergon wallet new alice\n  ergon wallet new alice --hotkey miner2\n  ergon wallet new test --no-password --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			name := e.wallet
			if len(args) > 0 {
				name = args[0]
			}
			return e.newWallet(cmd.Context(), name, plain)
		},
	}
	c.Flags().BoolVar(&plain, "no-password", false, "store the coldkey in plain text: test networks only")
	return c
}

// made is a new key, or for a wallet that was there already only its address.
type made struct {
	Wallet          string `json:"wallet"`
	Path            string `json:"path"`
	Coldkey         string `json:"coldkey"`
	ColdkeyMnemonic string `json:"coldkey_mnemonic,omitempty"`
	Hotkey          string `json:"hotkey"`
	HotkeyName      string `json:"hotkey_name"`
	HotkeyMnemonic  string `json:"hotkey_mnemonic"`
}

func (e *env) newWallet(ctx context.Context, name string, plain bool) error {
	out := made{Wallet: name, HotkeyName: e.hotkey}
	w, err := wallet.Open(e.walletDir, name)
	if errors.Is(err, wallet.ErrNotFound) {
		option := wallet.WithPassword(e.password(ctx, name, true))
		if plain {
			option = wallet.NoPassword()
		}
		var mnemonic wallet.Secret
		if w, mnemonic, err = wallet.Create(e.walletDir, name, option); err == nil {
			out.ColdkeyMnemonic = mnemonic.Reveal()
		}
	}
	if err != nil {
		return err
	}
	out.Path = w.Path()
	if out.Coldkey, err = w.ColdkeyAddress(); err != nil {
		return err
	}
	pair, mnemonic, err := w.CreateHotkey(e.hotkey)
	if err != nil {
		return err
	}
	out.Hotkey, out.HotkeyMnemonic = pair.Address(), mnemonic.Reveal()
	return e.print(out, out.human)
}

func (m made) human(w io.Writer) {
	pairs(w, "wallet", m.Path, "coldkey", m.Coldkey, "hotkey", m.Hotkey+" ("+m.HotkeyName+")")
	fmt.Fprintln(w, "\nWrite down what follows; it is not shown again, and it is all that is needed to\ntake the keys. Keep the coldkey's on paper.")
	if m.ColdkeyMnemonic != "" {
		fmt.Fprintf(w, "\ncoldkey\n%s\n", wrap(m.ColdkeyMnemonic, screen))
	}
	fmt.Fprintf(w, "\nhotkey %s\n%s\n", m.HotkeyName, wrap(m.HotkeyMnemonic, screen))
}

func newWalletListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the wallets on this machine", Args: cobra.NoArgs,
		Example: "  ergon wallet list\n  ergon wallet list --wallet-dir ./wallets --json",
		RunE: func(*cobra.Command, []string) error {
			wallets, err := listWallets(e.walletDir)
			if err != nil {
				return err
			}
			out := map[string]any{"dir": e.walletDir, "wallets": wallets}
			return e.print(out, func(w io.Writer) {
				t := newTable("WALLET, HOTKEY", "ADDRESS")
				for _, l := range wallets {
					t.row(clip(l.Name, 30), fallback(l.Coldkey, l.Error))
					for _, h := range l.Hotkeys {
						t.row("  "+clip(h.Name, 28), fallback(h.Address, h.Error))
					}
				}
				if len(wallets) == 0 {
					fmt.Fprintf(w, "No wallets in %s. Make one with `ergon wallet new`.\n", e.walletDir)
					return
				}
				t.write(w)
			})
		},
	}
}

type listedWallet struct {
	Name    string         `json:"name"`
	Coldkey string         `json:"coldkey,omitempty"`
	Error   string         `json:"error,omitempty"`
	Hotkeys []listedHotkey `json:"hotkeys"`
}

type listedHotkey struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	Error   string `json:"error,omitempty"`
}

// listWallets shows every wallet; one that cannot be read does not hide the others.
func listWallets(dir string) ([]listedWallet, error) {
	wallets, err := wallet.List(dir)
	if err != nil {
		return nil, err
	}
	out := []listedWallet{}
	for _, w := range wallets {
		l := listedWallet{Name: w.Name(), Hotkeys: []listedHotkey{}}
		if l.Coldkey, err = w.ColdkeyAddress(); err != nil {
			l.Error = err.Error()
		}
		names, err := w.Hotkeys()
		if err != nil {
			l.Error = err.Error()
		}
		for _, name := range names {
			h := listedHotkey{Name: name}
			if h.Address, err = w.HotkeyAddress(name); err != nil {
				h.Error = err.Error()
			}
			l.Hotkeys = append(l.Hotkeys, h)
		}
		out = append(out, l)
	}
	return out, nil
}

type balance struct {
	Wallet  string `json:"wallet,omitempty"`
	Address string `json:"address"`
	Free    uint64 `json:"free_rao,string"`
	Staked  uint64 `json:"staked_rao,string"`
	Total   uint64 `json:"total_rao,string"`
}

func newWalletBalanceCommand(e *env) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "balance [ADDRESS|WALLET]", Short: "Show what an account holds, free and staked", Args: cobra.MaximumNArgs(1),
		Example: "  ergon wallet balance\n  ergon wallet balance 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\n  ergon wallet balance --all --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			asked, err := e.accounts(args, all)
			if err != nil {
				return err
			}
			err = e.step(ctx, "reading balances…", func(ctx context.Context) error {
				for i := range asked {
					b, err := c.Balance(ctx, asked[i].Address)
					if err != nil {
						return err
					}
					asked[i].Free, asked[i].Staked, asked[i].Total = b.Free, b.Staked, b.Free+b.Staked
				}
				return nil
			})
			if err != nil {
				return err
			}
			if all {
				return e.print(map[string]any{"balances": asked}, func(w io.Writer) { balanceTable(w, asked) })
			}
			b := asked[0]
			return e.print(b, func(w io.Writer) {
				pairs(w, "address", b.Address, "free", coin.Format(b.Free), "staked", coin.Format(b.Staked), "total", coin.Format(b.Total))
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all wallets on this machine")
	return c
}

// accounts are those whose balance is asked for.
func (e *env) accounts(args []string, all bool) ([]balance, error) {
	if !all {
		address, err := e.coldkeyAddress(args, 0)
		return []balance{{Address: address}}, err
	}
	wallets, err := listWallets(e.walletDir)
	out := []balance{}
	for _, w := range wallets {
		if w.Coldkey != "" {
			out = append(out, balance{Wallet: w.Name, Address: w.Coldkey})
		}
	}
	return out, err
}

func balanceTable(w io.Writer, all []balance) {
	t := newTable("WALLET", ">FREE (TAO)", ">STAKED", ">TOTAL")
	for _, b := range all {
		t.row(clip(b.Wallet, 18), coin.Decimal(b.Free), coin.Decimal(b.Staked), coin.Decimal(b.Total))
	}
	t.write(w)
}

func newWalletTransferCommand(e *env) *cobra.Command {
	var all bool
	var keep string
	c := &cobra.Command{
		Use: "transfer TO [AMOUNT]", Short: "Send coins to another account", Args: cobra.RangeArgs(1, 2),
		Long: `Send coins from the wallet's coldkey to an address, or to a wallet on this
machine. The receiver owns them from then on; to back a neuron with coins that
stay yours, use ` + "`ergon stake add`" + `.`,
		Example: "  ergon wallet transfer bob 1.5 --wallet alice\n  ergon wallet transfer bob --all --keep 0.1 --wallet alice\n" +
			"  ergon wallet transfer bob 1500000000rao --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var amount, least uint64
			var err error
			if (len(args) == 2) == all {
				return purse.Usage("give either an AMOUNT or --all")
			}
			if len(args) == 2 {
				if amount, err = coin.Parse(args[1]); err != nil {
					return err
				}
			}
			if keep != "" {
				if least, err = coin.Parse(keep); err != nil {
					return err
				}
			}
			return e.transfer(ctx, c, args[0], amount, all, least)
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "send the whole balance")
	c.Flags().StringVar(&keep, "keep", "", "leave at least this amount in the balance")
	return c
}

type transferred struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Amount   uint64   `json:"amount_rao,string"`
	Fee      uint64   `json:"fee_rao,string"`
	Left     uint64   `json:"left_rao,string"`
	Warnings []string `json:"warnings"`
	done
}

func (e *env) transfer(ctx context.Context, c *client.Client, to string, amount uint64, all bool, keep uint64) error {
	out := transferred{Warnings: []string{}}
	var err error
	if out.From, err = e.coldkeyAddress(nil, 0); err != nil {
		return err
	}
	if out.To, err = purse.Address(e.walletDir, to); err != nil {
		return err
	}
	signer, err := e.walletAddress()
	if err != nil {
		return err
	}
	if out.Fee, err = c.Fee(ctx, signer, client.TransferCall(signer, out.To, 1<<62)); err != nil {
		return err
	}
	fee := out.Fee
	if signer != out.From {
		fee = 0 // a proxy pays it, not the account it acts for
	}
	var hotkeyOwner string
	var plan purse.Transfer
	err = e.step(ctx, "reading the balance…", func(ctx context.Context) error {
		b, err := c.Balance(ctx, out.From)
		if err != nil {
			return err
		}
		if plan, err = purse.PlanTransfer(b.Free, amount, all, keep, fee); err != nil {
			return err
		}
		hotkeyOwner, err = purse.OwnerOfHotkey(ctx, c, out.To)
		return err
	})
	if err != nil {
		return err
	}
	out.Amount, out.Left = plan.Amount, plan.Left
	e.note("%s leaves %s for %s; the fee is %s; %s stays.", coin.Format(out.Amount), out.From, out.To, coin.Format(out.Fee), coin.Format(out.Left))
	if hotkeyOwner != "" {
		warning := fmt.Sprintf("%s is a hotkey: coins there are in reach of whoever runs the neuron. Its owner's coldkey is %s.", out.To, hotkeyOwner)
		out.Warnings = append(out.Warnings, warning)
		e.note("warning: %s", warning)
	}
	if err := e.confirm(ctx, "Transfer?"); err != nil {
		return err
	}
	key, err := e.coldkey(ctx)
	if err != nil {
		return err
	}
	err = e.step(ctx, waiting, func(ctx context.Context) error {
		r, err := c.Transfer(ctx, key, out.To, out.Amount)
		if err == nil {
			out.done = where(r)
		}
		return err
	})
	if err != nil {
		return err
	}
	return e.print(out, func(w io.Writer) {
		pairs(w, "sent", coin.Format(out.Amount), "to", out.To, "fee", coin.Format(out.Fee), "left", coin.Format(out.Left), "block", out.Block, "hash", out.Hash)
	})
}

// waiting is what a person reads while a transaction is on its way.
const waiting = "waiting for inclusion in a block…"

func newWalletFaucetCommand(e *env) *cobra.Command {
	var page string
	c := &cobra.Command{
		Use: "faucet [ADDRESS|WALLET]", Short: "Ask a localnet's page for coins to try things with", Args: cobra.MaximumNArgs(1),
		Example: "  ergon wallet faucet alice --page http://127.0.0.1:8080\n  ergon wallet faucet alice --page http://127.0.0.1:8080 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if page == "" {
				return usage(cmd, errors.New("--page is missing: give the page's address that `ergon localnet` printed"))
			}
			address, err := e.coldkeyAddress(args, 0)
			if err != nil {
				return err
			}
			var g purse.Gift
			err = e.step(cmd.Context(), "asking the faucet…", func(ctx context.Context) error {
				g, err = purse.AskFaucet(ctx, page, address)
				return err
			})
			if err != nil {
				return err
			}
			out := struct {
				Address string `json:"address"`
				Amount  uint64 `json:"amount_rao,string"`
				Message string `json:"message"`
			}{address, g.Rao, g.Message}
			return e.print(out, func(w io.Writer) {
				pairs(w, "address", address, "received", coin.Format(g.Rao), "faucet says", g.Message)
			})
		},
	}
	c.Flags().StringVar(&page, "page", e.getenv("ERGON_PAGE"), "address of the localnet's page (env ERGON_PAGE)")
	return c
}
