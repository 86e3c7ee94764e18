package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newWalletIdentityCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "identity", Short: "Say who a coldkey or a subnet is",
		Example: "  ergon wallet identity set --display 'Ergon labs' --web https://example.org --wallet alice\n  ergon wallet identity show alice",
	}, newIdentitySetCommand(e), newIdentityShowCommand(e), newIdentityClearCommand(e))
}

// identityFlags are the fields of an identity, as typed.
type identityFlags struct {
	info  subnettypes.IdentityInfo
	pgp   string
	extra string
}

func (f *identityFlags) register(c *cobra.Command) {
	for _, field := range []struct {
		name, help string
		to         *string
	}{
		{"display", "name to be shown", &f.info.Display}, {"legal", "legal name", &f.info.Legal}, {"web", "web page", &f.info.Web},
		{"riot", "Matrix address", &f.info.Riot}, {"email", "mail address", &f.info.Email}, {"image", "address of a picture", &f.info.Image},
		{"info", "anything else", &f.info.Info}, {"twitter", "account on X", &f.info.Twitter},
		{"pgp", "fingerprint of a PGP key, 40 hexadecimal digits", &f.pgp}, {"extra", "one more field, NAME=VALUE; costs a deposit more", &f.extra},
	} {
		c.Flags().StringVar(field.to, field.name, "", field.help)
	}
}

func (f *identityFlags) read() (subnettypes.IdentityInfo, error) {
	info := f.info
	var err error
	if info.PgpFingerprint, err = hex.DecodeString(f.pgp); err != nil {
		return info, purse.Usage("--pgp is not hexadecimal: %v", err)
	}
	if f.extra != "" {
		name, value, _ := strings.Cut(f.extra, "=")
		info.Extra = []subnettypes.IdentityPair{{Name: name, Value: value}}
	}
	if err := info.Validate(); err != nil {
		return info, purse.Usage("%v", err)
	}
	return info, nil
}

// whose says whom an identity is about.
func whose(netuid uint16, address string) string {
	if netuid != 0 {
		return fmt.Sprintf("subnet %d", netuid)
	}
	return address
}

// identityChange is what set and clear answer.
type identityChange struct {
	Coldkey string `json:"coldkey"`
	Netuid  uint16 `json:"netuid,omitempty"`
	Deposit uint64 `json:"deposit_rao,string"`
	done
}

func (i identityChange) human(w io.Writer, what string) {
	pairs(w, "identity of", whose(i.Netuid, i.Coldkey), what, coin.Format(i.Deposit), "block", i.Block, "hash", i.Hash)
}

func newIdentitySetCommand(e *env) *cobra.Command {
	var f identityFlags
	var netuid uint16
	c := &cobra.Command{
		Use: "set", Short: "Say who the wallet's coldkey, or a subnet of its, is", Args: cobra.NoArgs,
		Long: `Say who the wallet's coldkey is, or with --netuid who runs that subnet of its.
What was said before is replaced whole. A coldkey needs a hotkey on root or a
subnet. A deposit is held while the identity stands and returns when it is
cleared or the subnet ends. Each field has at most 64 bytes.`,
		Example: "  ergon wallet identity set --display 'Ergon labs' --web https://example.org --wallet alice\n" +
			"  ergon wallet identity set --netuid 1 --display Video --extra github=ergon --wallet alice --yes --json",
	}
	f.register(c)
	c.Flags().Uint16Var(&netuid, "netuid", 0, "a subnet of the coldkey's; 0 = the coldkey itself")
	c.RunE = e.onLedger(func(ctx context.Context, l *client.Client, _ []string) error {
		info, err := f.read()
		if err != nil {
			return err
		}
		var deposit uint64
		err = e.step(ctx, "reading the deposit…", func(ctx context.Context) error {
			params, err := l.SubnetParams(ctx)
			if err == nil {
				deposit = info.Deposit(params.IdentityDeposit)
			}
			return err
		})
		if err != nil {
			return err
		}
		e.note("The identity of %s holds %s of %s while it stands.", whose(netuid, "the coldkey"), coin.Format(deposit), e.wallet)
		return e.sign(ctx, "Set it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
			r, err := l.SetIdentity(ctx, key, netuid, info)
			if err != nil {
				return nil, err
			}
			out := identityChange{Coldkey: key.Address(), Netuid: netuid, Deposit: paid(r, "IdentitySet", "deposit", deposit), done: where(r)}
			return e.shown(out, func(w io.Writer) { out.human(w, "deposit") })
		})
	})
	return c
}

func newIdentityClearCommand(e *env) *cobra.Command {
	var netuid uint16
	c := &cobra.Command{
		Use: "clear", Short: "Take an identity back, and with it the deposit", Args: cobra.NoArgs,
		Example: "  ergon wallet identity clear --wallet alice\n  ergon wallet identity clear --netuid 1 --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			return e.sign(ctx, "Clear it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.ClearIdentity(ctx, key, netuid)
				if err != nil {
					return nil, err
				}
				out := identityChange{Coldkey: key.Address(), Netuid: netuid, Deposit: paid(r, "IdentityCleared", "deposit", 0), done: where(r)}
				return e.shown(out, func(w io.Writer) { out.human(w, "returned") })
			})
		}),
	}
	c.Flags().Uint16Var(&netuid, "netuid", 0, "a subnet of the coldkey's; 0 = the coldkey itself")
	return c
}

// identity is what somebody says of itself.
type identity struct {
	Of      string          `json:"of"`
	Payer   string          `json:"payer"`
	Deposit uint64          `json:"deposit_rao,string"`
	Block   uint64          `json:"set_in"`
	Fields  []identityField `json:"fields"`
}

type identityField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func newIdentity(of string, r *subnettypes.QueryIdentityResponse) identity {
	out := identity{Of: of, Payer: r.Payer, Deposit: r.Deposit, Block: r.Block, Fields: []identityField{}}
	i := r.Info
	all := []identityField{
		{"display", i.Display}, {"legal", i.Legal}, {"web", i.Web}, {"riot", i.Riot}, {"email", i.Email},
		{"pgp", hex.EncodeToString(i.PgpFingerprint)}, {"image", i.Image}, {"info", i.Info}, {"twitter", i.Twitter},
	}
	for _, e := range i.Extra {
		all = append(all, identityField{e.Name, e.Value})
	}
	for _, f := range all {
		if f.Value != "" {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

func newIdentityShowCommand(e *env) *cobra.Command {
	var netuid uint16
	c := &cobra.Command{
		Use: "show [COLDKEY|WALLET]", Short: "Show who a coldkey or a subnet says it is", Args: cobra.MaximumNArgs(1),
		Long: `Show who a coldkey, or with --netuid a subnet, says it is. Nobody checks what
they say.`,
		Example: "  ergon wallet identity show alice\n  ergon wallet identity show --netuid 1 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var coldkey string
			var err error
			if netuid == 0 {
				if coldkey, err = e.coldkeyAddress(args, 0); err != nil {
					return err
				}
			}
			var out identity
			err = e.step(ctx, "reading the identity…", func(ctx context.Context) error {
				var r *subnettypes.QueryIdentityResponse
				if netuid != 0 {
					r, err = c.SubnetIdentity(ctx, netuid)
				} else {
					r, err = c.Identity(ctx, coldkey)
				}
				if err == nil {
					out = newIdentity(whose(netuid, coldkey), r)
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				cells := []any{"identity of", out.Of}
				for _, f := range out.Fields {
					cells = append(cells, f.Name, f.Value)
				}
				pairs(w, append(cells, "deposit", coin.Format(out.Deposit), "set in block", out.Block)...)
			})
		}),
	}
	c.Flags().Uint16Var(&netuid, "netuid", 0, "show a subnet's")
	return c
}
