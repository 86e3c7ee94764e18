package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newProxyCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "proxy", Short: "Let another account make some of your calls",
		Long: `Let another account make some of your calls. What it may do is chosen by kind:
` + strings.Join(client.Kinds(), ", ") + `.
It signs with its own key, names you with --as, and pays the fee; it can hand
nothing on. A call that is free for you costs a proxy the ordinary fee.`,
		Example: "  ergon wallet proxy add bob staking --wallet alice\n  ergon stake add 5 --as alice --wallet bob",
	}, newProxyAddCommand(e), newProxyRemoveCommand(e), newProxyListCommand(e))
}

type proxied struct {
	Account string     `json:"account"`
	Proxy   string     `json:"proxy"`
	Kind    string     `json:"kind"`
	Until   *time.Time `json:"until,omitempty"`
	done
}

func (p proxied) human(w io.Writer, what string) {
	pairs(w, what, p.Kind, "account", p.Account, "proxy", p.Proxy, "block", p.Block, "hash", p.Hash)
}

func newProxyAddCommand(e *env) *cobra.Command {
	var days uint
	c := &cobra.Command{
		Use: "add PROXY KIND", Short: "Make an account a proxy", Args: cobra.ExactArgs(2),
		Example: "  ergon wallet proxy add bob staking --wallet alice\n  ergon wallet proxy add bob transfer --days 30 --wallet alice --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			out := proxied{Kind: args[1]}
			if err := e.proxyAccounts(args[0], &out); err != nil {
				return err
			}
			if days > 0 {
				until := e.now().Add(time.Duration(days) * 24 * time.Hour).UTC().Truncate(time.Second)
				out.Until = &until
			}
			question := fmt.Sprintf("%s may then make your %s calls. Go on?", out.Proxy, out.Kind)
			return e.sign(ctx, question, func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.AddProxy(ctx, key, out.Proxy, out.Kind, out.Until)
				if err != nil {
					return nil, err
				}
				out.done = where(r)
				return e.shown(out, func(w io.Writer) { out.human(w, "granted") })
			})
		}),
	}
	c.Flags().UintVar(&days, "days", 0, "take it back by itself after so many days (0: never)")
	return c
}

func newProxyRemoveCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "remove PROXY KIND", Short: "Take back what a proxy was granted", Args: cobra.ExactArgs(2),
		Example: "  ergon wallet proxy remove bob staking --wallet alice\n  ergon wallet proxy remove bob staking --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			out := proxied{Kind: args[1]}
			if err := e.proxyAccounts(args[0], &out); err != nil {
				return err
			}
			return e.sign(ctx, "Take it back?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.RemoveProxy(ctx, key, out.Proxy, out.Kind)
				if err != nil {
					return nil, err
				}
				out.done = where(r)
				return e.shown(out, func(w io.Writer) { out.human(w, "taken back") })
			})
		}),
	}
}

// proxyAccounts fills in who grants and to whom, and refuses an unknown kind before anything is asked.
func (e *env) proxyAccounts(proxy string, out *proxied) (err error) {
	if _, known := client.ProxyKinds[out.Kind]; !known {
		return purse.Usage("kind %q is none of %s", out.Kind, strings.Join(client.Kinds(), ", "))
	}
	if out.Proxy, err = purse.Address(e.walletDir, proxy); err != nil {
		return err
	}
	out.Account, err = e.walletAddress()
	return err
}

func newProxyListCommand(e *env) *cobra.Command {
	var received bool
	c := &cobra.Command{
		Use: "list [ADDRESS|WALLET]", Short: "Show who may call for an account", Args: cobra.MaximumNArgs(1),
		Example: "  ergon wallet proxy list alice\n  ergon wallet proxy list bob --received --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			account, err := e.coldkeyAddress(args, 0)
			if err != nil {
				return err
			}
			var grants []client.Grant
			err = e.step(ctx, "reading proxies…", func(ctx context.Context) error {
				grants, err = c.Grants(ctx, account, received)
				return err
			})
			if err != nil {
				return err
			}
			return e.print(map[string]any{"account": account, "grants": grants}, func(w io.Writer) { grantTable(w, grants, received) })
		}),
	}
	c.Flags().BoolVar(&received, "received", false, "what the account may do for others")
	return c
}

func grantTable(w io.Writer, grants []client.Grant, received bool) {
	if len(grants) == 0 {
		fmt.Fprintln(w, "None.")
		return
	}
	who := map[bool]string{false: "PROXY", true: "FOR"}[received]
	t := newTable(who, "CALL")
	for _, g := range grants {
		other := g.Proxy
		if received {
			other = g.Account
		}
		t.row(other, g.Call[strings.LastIndex(g.Call, ".")+1:])
	}
	t.write(w)
}
