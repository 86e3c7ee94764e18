package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/internal/purse"
)

type chainStatus struct {
	ChainID   string    `json:"chain_id"`
	Height    uint64    `json:"height"`
	Time      time.Time `json:"time"`
	BlockTime float64   `json:"block_time_seconds"` // mean of the last hundred
	Issuance  uint64    `json:"issuance_rao,string"`
	Cap       uint64    `json:"cap_rao,string"`
	Emission  uint64    `json:"block_emission_rao,string"`
	Staked    uint64    `json:"staked_rao,string"`
	LockCost  uint64    `json:"lock_cost_rao,string"`
	Subnets   int       `json:"subnets"`
	Limit     uint32    `json:"subnet_limit"`
	Members   int       `json:"root_members"`
	Producers int       `json:"producers"`
	RateLimit uint64    `json:"tx_rate_limit"` // blocks
	Root      string    `json:"root,omitempty"`
}

func newChainStatusCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the ledger in one page: blocks, coins, subnets", Args: cobra.NoArgs,
		Long: `Show where the ledger stands: its latest block, how long blocks take, how many
coins and subnets there are. ` + "`ergon node status`" + ` tells of the node itself.`,
		Example: "  ergon chain status\n  ergon chain status --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			var s chainStatus
			err := e.step(ctx, "reading the ledger…", func(ctx context.Context) error { return s.read(ctx, c) })
			if err != nil {
				return err
			}
			return e.print(s, s.human)
		}),
	}
}

// read collects everything as of one block.
func (s *chainStatus) read(ctx context.Context, c *client.Client) error {
	s.ChainID = c.ChainID()
	b, err := c.BlockInfo(ctx, 0)
	if err != nil {
		return err
	}
	s.Height, s.Time = b.Height, b.Time
	took, err := c.BlockTime(ctx)
	if err != nil {
		return err
	}
	s.BlockTime = took.Seconds()
	ctx = client.At(ctx, b.Height)
	money, err := c.Issuance(ctx)
	if err != nil {
		return err
	}
	s.Issuance, s.Cap, s.Emission, s.Staked = money.Issuance, issuance.Cap, money.BlockEmission, money.Totals.Staked
	subnets, err := c.Subnets(ctx)
	if err != nil {
		return err
	}
	s.LockCost, s.Subnets, s.Limit = subnets.LockCost, len(subnets.Subnets), subnets.Limit
	members, err := c.RootMembers(ctx)
	if err != nil {
		return err
	}
	s.Members = len(members.Members)
	producers, err := c.Producers(ctx)
	if err != nil {
		return err
	}
	s.Producers = len(producers)
	stake, err := c.StakeParams(ctx)
	if err != nil {
		return err
	}
	s.RateLimit = stake.TxRateLimit
	s.Root, err = c.Root(ctx)
	return err
}

func (s chainStatus) human(w io.Writer) {
	pairs(w, "ledger", s.ChainID, "block", s.Height, "of", s.Time.Format(time.RFC3339), "a block takes", fmt.Sprintf("%.3g s", s.BlockTime),
		"issued", coin.Format(s.Issuance)+" of "+coin.Format(s.Cap), "a block creates", coin.Format(s.Emission), "staked", coin.Format(s.Staked),
		"subnets", fmt.Sprintf("%d of %d", s.Subnets, s.Limit), "a new one locks", coin.Format(s.LockCost), "root members", s.Members,
		"producers", s.Producers, "tx rate limit", fmt.Sprintf("%d blocks", s.RateLimit), "root account", fallback(s.Root, "nobody"))
}

type blockView struct {
	Height   uint64    `json:"height"`
	Time     time.Time `json:"time"`
	Hash     string    `json:"hash"`
	AppHash  string    `json:"app_hash"`
	Proposer string    `json:"proposer"`
	Txs      []txView  `json:"transactions"`
}

type txView struct {
	Hash   string      `json:"hash"`
	Block  uint64      `json:"block"`
	Calls  []string    `json:"calls"`
	OK     bool        `json:"ok"`
	Error  *problem    `json:"refused,omitempty"` // the ledger's no
	Events []eventView `json:"events"`
}

func newTxView(t *client.TxInfo) txView {
	v := txView{Hash: t.Hash, Block: t.Height, Calls: t.Calls, OK: t.Refusal == nil, Events: newEventViews(t.Events)}
	if t.Refusal != nil {
		p := refused(plain(t.Refusal.Log), t.Refusal)
		v.Error = &p
	}
	return v
}

func (t txView) outcome() string {
	switch {
	case t.OK:
		return "done"
	case t.Error.Name != "":
		return t.Error.Name
	}
	return "refused"
}

func newChainBlockCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "block [HEIGHT]", Short: "Show one block and its transactions", Args: cobra.MaximumNArgs(1),
		Long: `Show one block, the latest without HEIGHT: when it was made, by whom, and what
came of its transactions.`,
		Example: "  ergon chain block\n  ergon chain block 1200 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var height uint64
			var err error
			if len(args) == 1 {
				if height, err = parseHeight(args[0]); err != nil {
					return err
				}
			}
			var b *client.BlockInfo
			err = e.step(ctx, "reading the block…", func(ctx context.Context) error {
				b, err = c.BlockInfo(ctx, height)
				return err
			})
			if err != nil {
				return err
			}
			out := blockView{Height: b.Height, Time: b.Time, Hash: b.Hash, AppHash: b.AppHash, Proposer: b.Proposer, Txs: []txView{}}
			for i := range b.Txs {
				out.Txs = append(out.Txs, newTxView(&b.Txs[i]))
			}
			return e.print(out, out.human)
		}),
	}
}

func (b blockView) human(w io.Writer) {
	pairs(w, "block", b.Height, "of", b.Time.Format(time.RFC3339Nano), "hash", b.Hash, "state before", b.AppHash, "made by", b.Proposer, "transactions", len(b.Txs))
	if len(b.Txs) == 0 {
		return
	}
	t := newTable("TRANSACTION", "CALLS", "OUTCOME")
	for _, tx := range b.Txs {
		t.row(tx.Hash[:16]+"…", calls(tx.Calls), clip(tx.outcome(), 30))
	}
	t.write(w)
}

// calls names what a transaction asked for, in a column.
func calls(names []string) string {
	switch len(names) {
	case 0:
		return "unknown"
	case 1:
		return clip(names[0], 24)
	}
	return clip(names[0], 16) + fmt.Sprintf(" +%d", len(names)-1)
}

// parseHeight reads a block's height.
func parseHeight(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || n == 0 {
		return 0, purse.Usage("height %q is no whole number from 1", text)
	}
	return n, nil
}

func newChainTxCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "tx HASH", Short: "Show what came of a transaction", Args: cobra.ExactArgs(1),
		Long: `Show in which block a transaction is and what came of it: every command that
signs prints its hash. One that is in no block may still come: a transaction is
good for 60 blocks, a proof of work for two.`,
		Example: "  ergon chain tx 4BA1F7E1C0D94F6E4D5E2C1A97C3E3D1C2B6A5F4E3D2C1B0A9F8E7D6C5B4A392\n" +
			"  ergon chain tx 4BA1F7E1C0D94F6E4D5E2C1A97C3E3D1C2B6A5F4E3D2C1B0A9F8E7D6C5B4A392 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var t *client.TxInfo
			err := e.step(ctx, "looking for the transaction…", func(ctx context.Context) (err error) {
				t, err = c.Tx(ctx, args[0])
				return err
			})
			if errors.Is(err, client.ErrTxNotFound) {
				return purse.Refused("%v", err)
			}
			if err != nil {
				return err
			}
			out := newTxView(t)
			return e.print(out, out.human)
		}),
	}
}

func (t txView) human(w io.Writer) {
	pairs(w, "hash", t.Hash, "block", t.Block, "calls", calls(t.Calls), "outcome", t.outcome())
	if t.Error != nil {
		fmt.Fprintln(w, wrap(printable(t.Error.Message), screen))
		if t.Error.Remedy != "" {
			fmt.Fprintln(w, wrap("remedy: "+t.Error.Remedy, screen))
		}
	}
	eventLines(w, t.Events)
}
