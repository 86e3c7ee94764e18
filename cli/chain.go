package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/consensus/issuance"
)

func newChainCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "chain", Short: "The ledger's money: how much there is, when it halves",
		Example: "  ergon chain issuance\n  ergon chain halving",
	}, newChainIssuanceCommand(e), newChainHalvingCommand(e))
}

func (e *env) issuance(ctx context.Context, c *client.Client) (r *staketypes.QueryIssuanceResponse, err error) {
	err = e.step(ctx, "reading the issuance…", func(ctx context.Context) error {
		r, err = c.Issuance(ctx)
		return err
	})
	return r, err
}

func newChainIssuanceCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "issuance", Short: "Show how many coins there are and where they went", Args: cobra.NoArgs,
		Long: `Show how many coins exist, what a block may create, and since genesis: what
miners, validators and subnet owners were paid, and what was recycled and can be
mined again.`,
		Example: "  ergon chain issuance\n  ergon chain issuance --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			r, err := e.issuance(ctx, c)
			if err != nil {
				return err
			}
			out := struct {
				Height        uint64 `json:"height"`
				Issuance      uint64 `json:"issuance_rao,string"`
				Cap           uint64 `json:"cap_rao,string"`
				BlockEmission uint64 `json:"block_emission_rao,string"`
				Staked        uint64 `json:"staked_rao,string"`
				Miners        uint64 `json:"miners_rao,string"`
				Validators    uint64 `json:"validators_rao,string"`
				Owners        uint64 `json:"owners_rao,string"`
				Recycled      uint64 `json:"recycled_rao,string"`
			}{r.Height, r.Issuance, issuance.Cap, r.BlockEmission, r.Totals.Staked, r.Totals.Miners, r.Totals.Validators, r.Totals.Owners, r.Totals.Recycled}
			return e.print(out, func(w io.Writer) {
				pairs(w, "issued", coin.Format(out.Issuance)+" of "+coin.Format(out.Cap), "a block creates", coin.Format(out.BlockEmission),
					"staked", coin.Format(out.Staked), "paid to miners", coin.Format(out.Miners), "paid to validators", coin.Format(out.Validators),
					"paid to owners", coin.Format(out.Owners), "recycled", coin.Format(out.Recycled), "block", out.Height)
			})
		}),
	}
}

func newChainHalvingCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "halving", Short: "Show when a block creates half as much", Args: cobra.NoArgs,
		Long: `Show at which issuance the block emission next halves. It follows what exists,
not the height: coins that are recycled move it later, and so does emission that
no subnet earns. The blocks that are left are the fewest that it can take.`,
		Example: "  ergon chain halving\n  ergon chain halving --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			r, err := e.issuance(ctx, c)
			if err != nil {
				return err
			}
			out := struct {
				Height        uint64 `json:"height"`
				Issuance      uint64 `json:"issuance_rao,string"`
				BlockEmission uint64 `json:"block_emission_rao,string"`
				At            uint64 `json:"halves_at_rao,string"`
				Then          uint64 `json:"then_rao,string"`
				Left          uint64 `json:"left_rao,string"`
				Blocks        uint64 `json:"blocks_at_least"`
			}{Height: r.Height, Issuance: r.Issuance, BlockEmission: r.BlockEmission, At: r.NextHalving, Then: issuance.BlockEmission(r.NextHalving)}
			if r.NextHalving > r.Issuance && r.BlockEmission > 0 {
				out.Left = r.NextHalving - r.Issuance
				out.Blocks = (out.Left + r.BlockEmission - 1) / r.BlockEmission
			}
			return e.print(out, func(w io.Writer) {
				pairs(w, "a block creates", coin.Format(out.BlockEmission), "from", coin.Format(out.At)+" issued: "+coin.Format(out.Then),
					"issued", coin.Format(out.Issuance), "left", coin.Format(out.Left), "blocks", fmt.Sprintf("%d or more", out.Blocks))
			})
		}),
	}
}
