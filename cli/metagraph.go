package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/coin"
)

type metagraph struct {
	Height    uint64      `json:"height"`
	Subnet    subnetEntry `json:"subnet"`
	Pending   uint64      `json:"pending_rao,string"`
	Rate      uint64      `json:"rate_rao_per_block,string"`
	Epochs    uint64      `json:"epochs"`
	LastEpoch uint64      `json:"last_epoch"` // block
	NextEpoch uint64      `json:"next_epoch"` // block
	Neurons   []neuron    `json:"neurons"`
}

// neuron is one uid. Ratios are of 65535; emission is of the last epoch.
type neuron struct {
	UID            uint32 `json:"uid"`
	Hotkey         string `json:"hotkey"`
	Coldkey        string `json:"coldkey"`
	Stake          uint64 `json:"stake_rao,string"`
	RegisteredAt   uint64 `json:"registered_at"`
	LastUpdate     uint64 `json:"last_update"` // block in which weights were last set or committed
	WeighedAt      uint64 `json:"weighed_at"`  // block in which those in force were made
	RevealedAt     uint64 `json:"revealed_at"` // block since which they count
	Active         bool   `json:"active"`
	Permit         bool   `json:"validator_permit"`
	Rank           uint32 `json:"rank"`
	Trust          uint32 `json:"trust"`
	Consensus      uint32 `json:"consensus"`
	Incentive      uint32 `json:"incentive"`
	Dividends      uint32 `json:"dividends"`
	ValidatorTrust uint32 `json:"validator_trust"`
	PruningScore   uint32 `json:"pruning_score"`
	Emission       uint64 `json:"emission_rao,string"`
	Axon           string `json:"axon,omitempty"`
	Weights        []pair `json:"weights,omitempty"`
	Bonds          []pair `json:"bonds,omitempty"`
}

type pair struct {
	UID   uint32 `json:"uid"`
	Value uint32 `json:"value"`
}

func newSubnetMetagraphCommand(e *env) *cobra.Command {
	var wide, full bool
	c := &cobra.Command{
		Use: "metagraph NETUID", Short: "Show everyone on a subnet and what the last epoch gave them", Args: cobra.ExactArgs(1),
		Example: "  ergon subnet metagraph 1\n  ergon subnet metagraph 1 --wide\n  ergon subnet metagraph 1 --full --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			var m metagraph
			err = e.step(ctx, "reading the metagraph…", func(ctx context.Context) error {
				r, err := c.Metagraph(ctx, netuid, full)
				if err == nil {
					m = newMetagraph(r)
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(m, func(w io.Writer) { m.human(w, wide) })
		}),
	}
	c.Flags().BoolVar(&wide, "wide", false, "all columns, wider than 80 characters")
	c.Flags().BoolVar(&full, "full", false, "weights and bonds too, in JSON")
	return c
}

func newMetagraph(r *incentivetypes.QueryMetagraphResponse) metagraph {
	m := metagraph{
		Height: r.Height, Subnet: newSubnetEntry(&r.Subnet), Pending: r.Pending, Rate: r.Rate,
		Epochs: r.EpochIndex, LastEpoch: r.LastEpoch, NextEpoch: r.NextEpoch, Neurons: []neuron{},
	}
	for _, n := range r.Neurons {
		row := neuron{
			UID: n.Uid, Hotkey: n.Hotkey, Coldkey: n.Coldkey, Stake: n.Stake, RegisteredAt: n.RegisteredAt,
			LastUpdate: n.LastUpdate, WeighedAt: n.WeighedAt, RevealedAt: n.RevealedAt, Active: n.Active, Permit: n.ValidatorPermit, Rank: n.Rank, Trust: n.Trust,
			Consensus: n.Consensus, Incentive: n.Incentive, Dividends: n.Dividends, ValidatorTrust: n.ValidatorTrust,
			PruningScore: n.PruningScore, Emission: n.Emission, Weights: newPairs(n.Weights), Bonds: newPairs(n.Bonds),
		}
		if n.Axon != nil && n.Axon.Port != 0 {
			row.Axon = net.JoinHostPort(n.Axon.Ip, strconv.Itoa(int(n.Axon.Port)))
		}
		m.Neurons = append(m.Neurons, row)
	}
	return m
}

func newPairs(in []incentivetypes.Pair) []pair {
	var out []pair
	for _, p := range in {
		out = append(out, pair{p.Uid, p.Value})
	}
	return out
}

func (m metagraph) human(w io.Writer, wide bool) {
	heads := []string{">UID", "HOTKEY", ">STAKE (TAO)", ">INCENT", ">DIVID", ">EMISSION", "VAL", "ACT", ">AGE"}
	if wide {
		heads = append(heads, ">VTRUST", ">CONSENS", ">TRUST", ">RANK", "AXON", "COLDKEY")
	}
	t := newTable(heads...)
	for _, n := range m.Neurons {
		// Age: blocks since the last update of the weights.
		hotkey := n.Hotkey
		if !wide {
			hotkey = short(hotkey)
		}
		t.row(n.UID, hotkey, cut(n.Stake, 3), ratio(n.Incentive), ratio(n.Dividends), cut(n.Emission, 6),
			yesno(n.Permit), yesno(n.Active), m.Height-min(n.LastUpdate, m.Height),
			ratio(n.ValidatorTrust), ratio(n.Consensus), ratio(n.Trust), ratio(n.Rank), n.Axon, n.Coldkey)
	}
	t.write(w)
	fmt.Fprintln(w, wrap(fmt.Sprintf("Subnet %d %s, block %d: %d epochs, the next at block %d; pending %s.",
		m.Subnet.Netuid, printable(m.Subnet.Name), m.Height, m.Epochs, m.NextEpoch, coin.Format(m.Pending)), screen))
}

// ratio shows a part of 65535.
func ratio(v uint32) string { return fmt.Sprintf("%d.%04d", v/65535, v%65535*10000/65535) }

// cut shows an amount with fewer decimals, where the exact one would not fit.
func cut(rao uint64, decimals int) string {
	exact := coin.Decimal(rao)
	return exact[:len(exact)-9+decimals]
}
