package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newSubnetCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "subnet", Short: "Markets: list, create, join, inspect, tune",
		Example: "  ergon subnet list\n  ergon subnet register 1 --wallet alice",
	}, newSubnetListCommand(e), newSubnetShowCommand(e), newSubnetCreateCommand(e), newSubnetDissolveCommand(e),
		newSubnetTransferCommand(e), newSubnetCostCommand(e), newSubnetLockCostCommand(e), newSubnetRegisterCommand(e), newSubnetRegisterPowCommand(e),
		newSubnetMetagraphCommand(e), newSubnetParamsCommand(e), newSubnetSetParamCommand(e),
		newSubnetCommitCommand(e), newSubnetCommitmentsCommand(e))
}

// parseNetuid reads a subnet's number.
func parseNetuid(text string) (uint16, error) { return parseUint16("netuid", text) }

func parseUint16(what, text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, purse.Usage("%s %q is no whole number from 0 to 65535", what, text)
	}
	return uint16(n), nil
}

type subnetEntry struct {
	Netuid         uint32 `json:"netuid"`
	Name           string `json:"name"`
	Mechanism      string `json:"mechanism"`
	Owner          string `json:"owner"`
	RegisteredAt   uint64 `json:"registered_at"`
	Locked         uint64 `json:"locked_rao,string"`
	N              uint32 `json:"n"`
	MaxN           uint32 `json:"max_n"`
	Tempo          uint32 `json:"tempo"`
	Burn           uint64 `json:"burn_rao,string"` // what a uid costs in the next block
	NextAdjustment uint64 `json:"next_adjustment"`
	Recycled       uint64 `json:"recycled_rao,string"`
	Open           bool   `json:"registration_allowed"`
}

func newSubnetEntry(s *subnettypes.SubnetInfo) subnetEntry {
	return subnetEntry{
		Netuid: s.Netuid, Name: s.Name, Mechanism: s.Mechanism, Owner: s.Owner, RegisteredAt: s.RegisteredAt,
		Locked: s.Locked, N: s.N, MaxN: s.Hyper.MaxAllowedUids, Tempo: s.Hyper.Tempo, Burn: s.Burn,
		NextAdjustment: s.NextAdjustment, Recycled: s.Recycled, Open: s.Hyper.RegistrationAllowed,
	}
}

func newSubnetListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all subnets and what they cost", Args: cobra.NoArgs,
		Example: "  ergon subnet list\n  ergon subnet list --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			out := struct {
				Height   uint64        `json:"height"`
				LockCost uint64        `json:"lock_cost_rao,string"`
				Subnets  []subnetEntry `json:"subnets"`
			}{Subnets: []subnetEntry{}}
			err := e.step(ctx, "reading subnets…", func(ctx context.Context) error {
				r, err := c.Subnets(ctx)
				if err != nil {
					return err
				}
				out.Height, out.LockCost = r.Height, r.LockCost
				for i := range r.Subnets {
					out.Subnets = append(out.Subnets, newSubnetEntry(&r.Subnets[i]))
				}
				return nil
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				t := newTable(">NETUID", "NAME", ">UIDS", ">TEMPO", ">PRICE (TAO)", "OPEN", "OWNER")
				for _, s := range out.Subnets {
					t.row(s.Netuid, clip(s.Name, 14), fmt.Sprintf("%d/%d", s.N, s.MaxN), s.Tempo, coin.Decimal(s.Burn), yesno(s.Open), short(s.Owner))
				}
				t.write(w)
				fmt.Fprintf(w, "A new subnet locks %s (block %d).\n", coin.Format(out.LockCost), out.Height)
			})
		}),
	}
}

// maxCost is the --max-cost of a purchase.
type maxCost struct{ text string }

func (m *maxCost) flag(c *cobra.Command) {
	c.Flags().StringVar(&m.text, "max-cost", "", "refuse to pay more; without it, what is shown is the limit")
}

// limit turns the price that the ledger tells into what may be paid at most.
func (m *maxCost) limit(price uint64) (uint64, error) {
	if m.text == "" {
		return purse.MaxCost(price, 0, false)
	}
	limit, err := coin.Parse(m.text)
	if err != nil {
		return 0, fmt.Errorf("--max-cost: %w", err)
	}
	return purse.MaxCost(price, limit, true)
}

func newSubnetCreateCommand(e *env) *cobra.Command {
	var most maxCost
	c := &cobra.Command{
		Use: "create NAME", Short: "Open a new market of yours", Args: cobra.ExactArgs(1),
		Long: `Open a new market, owned by the wallet's coldkey. Its cost is locked, not
spent: it returns when the subnet ends. The cost is shown first and is the most
that is paid.`,
		Example: "  ergon subnet create video --wallet owner\n  ergon subnet create video --wallet owner --max-cost 100 --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var price, limit uint64
			var ends uint32
			err := e.step(ctx, "reading the cost…", func(ctx context.Context) error {
				r, err := c.Subnets(ctx)
				if err != nil {
					return err
				}
				price, ends = r.LockCost, r.Ends
				limit, err = most.limit(price)
				return err
			})
			if err != nil {
				return err
			}
			e.note("A subnet locks %s of %s, at most %s.", coin.Format(price), e.wallet, coin.Format(limit))
			if ends > 0 {
				e.note("The network is full: subnet %d, which earns the least, ends for it.", ends)
			}
			return e.sign(ctx, "Create it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				netuid, r, err := c.CreateSubnet(ctx, key, args[0], limit)
				if err != nil {
					return nil, err
				}
				out := struct {
					Netuid uint16 `json:"netuid"`
					Name   string `json:"name"`
					Owner  string `json:"owner"`
					Locked uint64 `json:"locked_rao,string"`
					done
				}{netuid, args[0], key.Address(), paid(r, "NetworkAdded", "locked", price), where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "netuid", netuid, "name", out.Name, "locked", coin.Format(out.Locked), "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
	most.flag(c)
	return c
}

// paid is what the ledger says it took or moved: the existential deposit may stay behind, and a
// nomination that would be too small is closed whole.
func paid(r *client.Receipt, event, key string, quoted uint64) uint64 {
	if got, err := coin.Parse(r.Attribute(event, key) + "rao"); err == nil {
		return got
	}
	return quoted
}

func newSubnetRegisterCommand(e *env) *cobra.Command {
	var most maxCost
	c := &cobra.Command{
		Use: "register NETUID", Short: "Buy a uid for a hotkey", Args: cobra.ExactArgs(1),
		Long: `Buy a uid on a subnet for the hotkey of --hotkey. The wallet's coldkey pays and
owns it. The price is shown first and is the most that is paid: if it rises
before your transaction is in a block, the ledger refuses and nothing is taken.`,
		Example: "  ergon subnet register 1 --wallet alice\n  ergon subnet register 1 --wallet alice --hotkey miner2 --max-cost 0.5 --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			hotkey, err := e.hotkeyAddress(nil, 0)
			if err != nil {
				return err
			}
			var price, limit, adjusts uint64
			err = e.step(ctx, "reading the price…", func(ctx context.Context) error {
				s, err := c.Subnet(ctx, netuid)
				if err != nil {
					return err
				}
				price, adjusts = s.Burn, s.NextAdjustment
				limit, err = most.limit(price)
				return err
			})
			if err != nil {
				return err
			}
			e.note("A uid of subnet %d for %s costs %s, at most %s. The price may move at block %d.",
				netuid, hotkey, coin.Format(price), coin.Format(limit), adjusts)
			return e.sign(ctx, "Register?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				uid, r, err := c.Register(ctx, key, hotkey, netuid, limit)
				if err != nil {
					return nil, err
				}
				out := struct {
					Netuid  uint16 `json:"netuid"`
					UID     uint16 `json:"uid"`
					Hotkey  string `json:"hotkey"`
					Coldkey string `json:"coldkey"`
					Burned  uint64 `json:"burned_rao,string"`
					done
				}{netuid, uid, hotkey, key.Address(), paid(r, "NeuronRegistered", "burned", price), where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "subnet", netuid, "uid", uid, "hotkey", hotkey, "paid", coin.Format(out.Burned), "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
	most.flag(c)
	return c
}
