package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/lab"
)

// maxSnapshot bounds how many epochs are read from a node.
const maxSnapshot = 1000

func newLabSnapshotCommand(e *env) *cobra.Command {
	var epochs int
	c := &cobra.Command{
		Use: "snapshot NETUID", Short: "Print a live subnet as an archive, to run and explain it", Args: cobra.ExactArgs(1),
		Long: `Print a live subnet's rules, stakes and weights as an archive in JSON. --epochs
goes back so many epochs, as far as the node keeps states: a frame is of the
block before an epoch, the last of now. Weights are those in force, so that the
archive hides none; bonds and permits are not in it and grow anew.`,
		Example: "  ergon lab snapshot 1 > subnet.json\n  ergon lab snapshot 1 --epochs 20 --json > subnet.json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			if epochs < 1 || epochs > maxSnapshot {
				return purse.Usage("--epochs is %d: use 1 to %d", epochs, maxSnapshot)
			}
			var a *lab.Archive
			err = e.step(ctx, "reading the subnet…", func(ctx context.Context) error {
				a, err = snapshot(ctx, c, netuid, epochs)
				return err
			})
			if err != nil {
				return err
			}
			return e.print(a, func(w io.Writer) {
				raw, _ := json.MarshalIndent(a, "", "  ") // finite numbers and texts: it cannot fail
				fmt.Fprintln(w, string(raw))
			})
		}),
	}
	c.Flags().IntVar(&epochs, "epochs", 1, "how many frames")
	return c
}

// snapshot reads frames backwards from now, at most so many.
func snapshot(ctx context.Context, c *client.Client, netuid uint16, frames int) (*lab.Archive, error) {
	m, err := c.Metagraph(ctx, netuid, true)
	if err != nil {
		return nil, err
	}
	params, err := c.IncentiveParams(ctx)
	if err != nil {
		return nil, err
	}
	uids := len(m.Neurons)
	if uids == 0 {
		return nil, purse.Refused("subnet %d has no uids yet: `ergon subnet register` buys one", netuid)
	}
	a := &lab.Archive{Name: m.Subnet.Name, Subnet: rulesOf(m, params), Frames: []lab.Frame{frameOf(m, uids)}}
	for len(a.Frames) < frames && m.LastEpoch > 1 {
		if m, err = c.Metagraph(client.At(ctx, m.LastEpoch-1), netuid, true); err != nil {
			return nil, fmt.Errorf("the node keeps no older state; ask for --epochs %d: %w", len(a.Frames), err)
		}
		if len(m.Neurons) == 0 {
			break
		}
		a.Frames = append(a.Frames, frameOf(m, uids))
	}
	slices.Reverse(a.Frames)
	return a, a.Check()
}

func rulesOf(m *incentivetypes.QueryMetagraphResponse, params *incentivetypes.Params) lab.Subnet {
	h, n := &m.Subnet.Hyper, lab.Defaults().Subnet
	n.Yuma, n.Tempo, n.Yuma3, n.LiquidAlpha = h.YumaVariant, uint16(h.Tempo), &h.Yuma3, h.LiquidAlpha
	n.Kappa, n.BondsPenalty = decimal(h.Kappa), decimal(h.BondsPenalty)
	n.BondsAverage = float64(h.BondsMovingAverage) / yuma.BondsScale
	n.AlphaLow, n.AlphaHigh = decimal(h.AlphaLow), decimal(h.AlphaHigh)
	n.MinWeights, n.MaxWeight, n.Permits = int(h.MinAllowedWeights), decimal(h.MaxWeightLimit), int(h.MaxAllowedValidators)
	n.Emission, n.OwnerCut = float64(m.Rate)/float64(coin.TAO), decimal(params.OwnerCut)
	return n
}

// decimal is the shortest number of 0 to 1 that the laboratory reads as so many of 65535.
func decimal(of65535 uint32) float64 {
	for scale := 10.0; scale < 1e7; scale *= 10 {
		if x := math.Ceil(float64(of65535)/math.MaxUint16*scale) / scale; uint32(x*math.MaxUint16) == of65535 {
			return x
		}
	}
	return float64(of65535) / math.MaxUint16
}

// frameOf is a metagraph as a frame of that many uids.
func frameOf(m *incentivetypes.QueryMetagraphResponse, uids int) lab.Frame {
	f := lab.Frame{Stake: make([]float64, uids), Weights: make([][]float64, uids)}
	for i := range f.Weights {
		f.Weights[i] = []float64{}
	}
	for _, n := range m.Neurons {
		if int(n.Uid) >= uids {
			continue
		}
		f.Stake[n.Uid] = float64(n.Stake) / float64(coin.TAO)
		if len(n.Weights) == 0 {
			continue
		}
		row := make([]float64, uids)
		for _, p := range n.Weights {
			if int(p.Uid) < uids {
				row[p.Uid] = float64(p.Value)
			}
		}
		f.Weights[n.Uid] = row
	}
	return f
}
