package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

func newSubnetShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show NETUID", Short: "Show one subnet: owner, price, lock, state of its epoch", Args: cobra.ExactArgs(1),
		Example: "  ergon subnet show 1\n  ergon subnet show 1 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			out := struct {
				subnetEntry
				Height    uint64 `json:"height"`
				Rate      uint64 `json:"rate_rao,string"` // a block
				Pending   uint64 `json:"pending_rao,string"`
				Epoch     uint64 `json:"epoch"`
				NextEpoch uint64 `json:"next_epoch"`
				ImmuneTo  uint64 `json:"immune_to"` // the first block in which it can be pruned
			}{}
			err = e.step(ctx, "reading the subnet…", func(ctx context.Context) error {
				g, err := c.Metagraph(ctx, netuid, false)
				if err != nil {
					return err
				}
				params, err := c.SubnetParams(ctx)
				if err != nil {
					return err
				}
				out.subnetEntry = newSubnetEntry(&g.Subnet)
				out.Height, out.Rate, out.Pending, out.Epoch, out.NextEpoch = g.Height, g.Rate, g.Pending, g.EpochIndex, g.NextEpoch
				out.ImmuneTo = g.Subnet.RegisteredAt + params.NetworkImmunity
				return nil
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				pairs(w, "netuid", netuid, "name", out.Name, "mechanism", out.Mechanism, "owner", out.Owner,
					"created in block", out.RegisteredAt, "immune until block", out.ImmuneTo, "locked", coin.Format(out.Locked),
					"uids", fmt.Sprintf("%d of %d", out.N, out.MaxN), "a uid costs", coin.Format(out.Burn), "sells uids", yesno(out.Open),
					"recycled", coin.Format(out.Recycled), "emission a block", coin.Format(out.Rate), "pending", coin.Format(out.Pending),
					"epochs", out.Epoch, "next epoch in block", out.NextEpoch, "block", out.Height)
			})
		}),
	}
}

func newSubnetDissolveCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "dissolve NETUID", Short: "End a subnet of yours and get its lock back", Args: cobra.ExactArgs(1),
		Long: `End a subnet that the wallet's coldkey owns. Everything kept under its netuid is
erased, its neurons lose their uids and keep their stake, what it is owed since
its last epoch is never minted, and what it locked returns to the balance. There
is no way back: creating a subnet again costs a new lock.`,
		Example: "  ergon subnet dissolve 3 --wallet owner\n  ergon subnet dissolve 3 --wallet owner --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, s, err := e.subnet(ctx, c, args[0])
			if err != nil {
				return err
			}
			e.note("Subnet %d (%s) ends with its %d neurons; %s return to %s. There is no way back.", netuid, s.Name, s.N, coin.Format(s.Locked), s.Owner)
			return e.sign(ctx, "End it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.DissolveSubnet(ctx, key, netuid)
				if err != nil {
					return nil, err
				}
				out := struct {
					Netuid   uint16 `json:"netuid"`
					Owner    string `json:"owner"`
					Unlocked uint64 `json:"unlocked_rao,string"`
					done
				}{netuid, key.Address(), paid(r, "NetworkRemoved", "unlocked", s.Locked), where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "ended", netuid, "unlocked", coin.Format(out.Unlocked), "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
}

func newSubnetTransferCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "transfer NETUID NEW_OWNER", Short: "Give a subnet of yours to another coldkey", Args: cobra.ExactArgs(2),
		Long: `Give a subnet that the wallet's coldkey owns, with its lock and its share of the
emission, to another coldkey: an address or the name of a wallet. It happens at
once, and only the new owner can give it back.`,
		Example: "  ergon subnet transfer 1 heir --wallet owner\n" +
			"  ergon subnet transfer 1 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --wallet owner --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			to, err := purse.Address(e.walletDir, args[1])
			if err != nil {
				return err
			}
			netuid, s, err := e.subnet(ctx, c, args[0])
			if err != nil {
				return err
			}
			e.note("Subnet %d (%s) and its lock of %s go to %s, which alone can give them back.", netuid, s.Name, coin.Format(s.Locked), to)
			return e.sign(ctx, "Give it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := c.TransferSubnet(ctx, key, netuid, to)
				if err != nil {
					return nil, err
				}
				out := struct {
					Netuid uint16 `json:"netuid"`
					Old    string `json:"old_owner"`
					New    string `json:"new_owner"`
					done
				}{netuid, key.Address(), to, where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, "subnet", netuid, "new owner", to, "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
}

// subnet reads the subnet that an argument names.
func (e *env) subnet(ctx context.Context, c *client.Client, arg string) (netuid uint16, s *subnettypes.SubnetInfo, err error) {
	if netuid, err = parseNetuid(arg); err != nil {
		return 0, nil, err
	}
	err = e.step(ctx, "reading the subnet…", func(ctx context.Context) (err error) {
		s, err = c.Subnet(ctx, netuid)
		return err
	})
	return netuid, s, err
}

func newSubnetCostCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "cost NETUID", Short: "Show what a uid costs and when the price moves", Args: cobra.ExactArgs(1),
		Long: `Show what a uid costs in the next block, the block in which the price moves
next, and how many were sold since it last moved: more than the target and it
rises, none and it falls. Three times the target is the most an interval sells.`,
		Example: "  ergon subnet cost 1\n  ergon subnet cost 1 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, s, err := e.subnet(ctx, c, args[0])
			if err != nil {
				return err
			}
			h := &s.Hyper
			out := struct {
				Netuid         uint16 `json:"netuid"`
				Burn           uint64 `json:"burn_rao,string"`
				Least          uint64 `json:"min_burn_rao,string"`
				Most           uint64 `json:"max_burn_rao,string"`
				NextAdjustment uint64 `json:"next_adjustment"`
				Interval       uint64 `json:"adjustment_interval"`
				Sold           uint32 `json:"sold"`
				Target         uint32 `json:"target"`
				Limit          uint32 `json:"limit"`
				Open           bool   `json:"registration_allowed"`
			}{
				netuid, s.Burn, h.MinBurn, h.MaxBurn, s.NextAdjustment, h.AdjustmentInterval, s.RegsInterval,
				h.TargetRegsPerInterval, 3 * h.TargetRegsPerInterval, h.RegistrationAllowed,
			}
			return e.print(out, func(w io.Writer) {
				pairs(w, "a uid costs", coin.Format(out.Burn), "within", coin.Format(out.Least)+" to "+coin.Format(out.Most),
					"moves in block", fmt.Sprintf("%d, every %d blocks", out.NextAdjustment, out.Interval),
					"sold since", fmt.Sprintf("%d; the target is %d, the limit %d", out.Sold, out.Target, out.Limit), "open", yesno(out.Open))
			})
		}),
	}
}

func newSubnetLockCostCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "lock-cost", Short: "Show what a new subnet locks, and when the next can be created", Args: cobra.NoArgs,
		Long: `Show what creating a subnet locks in the next block. Each creation doubles it,
then it falls block by block. At the limit of subnets a creation ends the one
with the least emission that is past its immunity.`,
		Example: "  ergon subnet lock-cost\n  ergon subnet lock-cost --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			out := struct {
				Height  uint64 `json:"height"`
				Cost    uint64 `json:"lock_cost_rao,string"`
				Opens   uint64 `json:"opens"` // the first block that takes a creation
				Subnets int    `json:"subnets"`
				Limit   uint32 `json:"limit"`
				Ends    uint32 `json:"ends,omitempty"` // netuid that a creation would end
				Full    bool   `json:"full"`           // at the limit, and all are immune
			}{}
			err := e.step(ctx, "reading the cost…", func(ctx context.Context) error {
				r, err := c.Subnets(ctx)
				if err == nil {
					out.Height, out.Cost, out.Opens, out.Subnets = r.Height, r.LockCost, r.Opens, len(r.Subnets)
					out.Limit, out.Ends = r.Limit, r.Ends
					out.Full = len(r.Subnets) >= int(r.Limit) && r.Ends == 0
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) {
				pairs(w, "a subnet locks", coin.Format(out.Cost), "block", out.Height, "next creation", fmt.Sprint("from block ", out.Opens),
					"subnets", fmt.Sprintf("%d of %d", out.Subnets, out.Limit))
				if out.Ends > 0 {
					fmt.Fprintf(w, "A creation now would end subnet %d.\n", out.Ends)
				}
				if out.Full {
					fmt.Fprintln(w, "There is no room: all subnets are immune.")
				}
			})
		}),
	}
}
