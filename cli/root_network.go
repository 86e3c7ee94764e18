package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/keys"
)

// newRootNetworkCommand is about the root network, whose members decide what the subnets get;
// newRoot is the command tree's own root.
func newRootNetworkCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "root", Short: "The root network: who is on it, join it, divide the emission",
		Example: "  ergon root list\n  ergon root register --wallet alice\n  ergon root weights set 1=0.75 2=0.25 --wallet alice",
	}, newRootListCommand(e), newRootRegisterCommand(e), newRootWeightsCommand(e), newRootBoostCommand(e), newRootSlashCommand(e))
}

type rootMember struct {
	UID          uint32 `json:"uid"`
	Hotkey       string `json:"hotkey"`
	Coldkey      string `json:"coldkey"`
	Stake        uint64 `json:"stake_rao,string"`
	RegisteredAt uint64 `json:"registered_at"`
}

// rootMembers is what a newcomer needs to know of root.
type rootMembers struct {
	Height  uint64       `json:"height"`
	Limit   uint32       `json:"limit"`
	Least   uint64       `json:"least_stake_rao,string"` // to be exceeded while root is full
	Opens   uint64       `json:"opens"`                  // the first block that takes a member; 0 = none
	Members []rootMember `json:"members"`
}

func (e *env) rootMembers(ctx context.Context, c *client.Client) (rootMembers, error) {
	out := rootMembers{Members: []rootMember{}}
	err := e.step(ctx, "reading root's members…", func(ctx context.Context) error {
		r, err := c.RootMembers(ctx)
		if err != nil {
			return err
		}
		out.Height, out.Limit, out.Least, out.Opens = r.Height, r.Limit, r.LeastStake, r.Opens
		for _, m := range r.Members {
			out.Members = append(out.Members, rootMember{m.Uid, m.Hotkey, m.Coldkey, m.Stake, m.RegisteredAt})
		}
		return nil
	})
	return out, err
}

// door says what joining takes.
func (m *rootMembers) door() string {
	switch {
	case m.Opens == 0:
		return "Root takes no members."
	case len(m.Members) < int(m.Limit):
		return fmt.Sprintf("Root has %d of %d members and takes the next from block %d.", len(m.Members), m.Limit, m.Opens)
	}
	return fmt.Sprintf("Root is full: from block %d a hotkey with more than %s on it takes the place of the least.", m.Opens, coin.Format(m.Least))
}

func newRootListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the members of the root network and their stake", Args: cobra.NoArgs,
		Example: "  ergon root list\n  ergon root list --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			out, err := e.rootMembers(ctx, c)
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				t := newTable(">UID", "HOTKEY", "OWNER", ">STAKE (TAO)")
				for _, m := range out.Members {
					t.row(m.UID, short(m.Hotkey), short(m.Coldkey), coin.Decimal(m.Stake))
				}
				t.write(w)
				fmt.Fprintln(w, wrap(out.door(), screen))
			})
		}),
	}
}

func newRootRegisterCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "register [HOTKEY]", Short: "Make a hotkey of yours a member of the root network", Args: cobra.MaximumNArgs(1),
		Long: `Make a hotkey of the wallet a member of the root network. It is free of charge.
While root has fewer than 64 members anyone may join; after that a newcomer with
more stake takes the place of the member with the least, which loses its slot. A
member is a delegate: others may stake on it, and there is no way back.`,
		Example: "  ergon root register --wallet alice\n  ergon root register validator --wallet alice --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			hotkey, err := e.hotkeyAddress(args, 0)
			if err != nil {
				return err
			}
			members, err := e.rootMembers(ctx, c)
			if err != nil {
				return err
			}
			e.note("%s joins root and becomes a delegate. %s", hotkey, members.door())
			return e.sign(ctx, "Join?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				uid, r, err := c.RootRegister(ctx, key, hotkey)
				if err != nil {
					return nil, err
				}
				out := struct {
					UID      uint16 `json:"uid"`
					Hotkey   string `json:"hotkey"`
					Coldkey  string `json:"coldkey"`
					Replaced string `json:"replaced,omitempty"`
					done
				}{uid, hotkey, key.Address(), r.Attribute("RootRegistered", "replaced"), where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "member", uid, "hotkey", hotkey, "replaced", fallback(out.Replaced, "nobody"), "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
}
