// Package audit recomputes a ledger's whole history of money from its public queries alone and
// compares the result with what the ledger says it holds now (design decision 2).
//
//	report, err := audit.Run(ctx, client, audit.Options{})
//	if !report.Equal { … report.Differences … }
//
// Run reads the genesis document and every block's events into chain/audit/books, then asks for
// issuance, balances, stake, subnets and payouts at one height, and lists every number that is
// not what the events add up to. The chain may go on meanwhile: all reads are pinned.
//
// Trace follows one uid's pay through the same record, from accrual to stake.
package audit

import (
	"context"
	"fmt"

	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/chain/audit/books"
	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
)

// Ledger is what an audit reads, and all it reads. *client.Client is one. Methods are called
// concurrently; queries come with a context pinned by client.At.
type Ledger interface {
	ChainID() string
	Height(ctx context.Context) (uint64, error)
	Genesis(ctx context.Context) (*rpctypes.ResultGenesis, error)
	Block(ctx context.Context, height uint64) (client.Block, error)
	Issuance(ctx context.Context) (*staketypes.QueryIssuanceResponse, error)
	Balance(ctx context.Context, address string) (*staketypes.QueryBalanceResponse, error)
	Hotkey(ctx context.Context, hotkey string) (*staketypes.QueryHotkeyResponse, error)
	Subnets(ctx context.Context) (*subnettypes.QuerySubnetsResponse, error)
	Metagraph(ctx context.Context, netuid uint16, full bool) (*incentivetypes.QueryMetagraphResponse, error)
	Payouts(ctx context.Context, netuid uint16, limit uint64) ([]incentivetypes.PayoutInfo, error)
}

// Reads made at the same time, and blocks held in memory while they wait their turn.
const (
	parallel = 8
	window   = 256
)

// Options of an audit. The zero value audits up to the latest block.
type Options struct {
	Height   uint64                   // 0: the latest
	Progress func(done, total uint64) // blocks; may be nil; called from one goroutine
}

// Report is the outcome. Amounts are rao; in JSON they are decimal texts, because they exceed
// what a JavaScript number holds.
type Report struct {
	ChainID       string         `json:"chain_id"`
	Height        uint64         `json:"height"`
	Blocks        uint64         `json:"blocks"`
	SupplyGenesis uint64         `json:"supply_genesis_rao,string"`
	SupplyNow     uint64         `json:"supply_now_rao,string"`
	Totals        books.Totals   `json:"totals"`
	Fees          uint64         `json:"fees_rao,string"` // part of what was recycled
	Staked        uint64         `json:"staked_rao,string"`
	Locked        uint64         `json:"locked_rao,string"`
	Accounts      int            `json:"accounts"` // compared with the ledger, as are all below
	Hotkeys       int            `json:"hotkeys"`
	Payouts       int            `json:"payouts"`
	Subnets       []SubnetReport `json:"subnets"`
	Equal         bool           `json:"equal"`
	Differences   []Difference   `json:"differences"`
	Dropped       int            `json:"differences_not_listed"`
}

// SubnetReport is one subnet's account over its life.
type SubnetReport struct {
	Netuid     uint16 `json:"netuid"`
	Epochs     uint64 `json:"epochs"`
	Accrued    uint64 `json:"accrued_rao,string"`
	Owner      uint64 `json:"owner_rao,string"`
	Miners     uint64 `json:"miners_rao,string"`
	Validators uint64 `json:"validators_rao,string"`
	Unissued   uint64 `json:"unissued_rao,string"`
	Pending    uint64 `json:"pending_rao,string"`
}

// Difference is something that does not add up. Block is set where the events of one block
// contradict each other; otherwise Events is what the history gives and Ledger what it says now.
type Difference struct {
	What   string `json:"what"`
	Block  uint64 `json:"block,omitempty"`
	Events string `json:"events,omitempty"`
	Ledger string `json:"ledger,omitempty"`
}

// Run audits the ledger. An error means that the audit could not be made; a ledger that is wrong
// is a Report that is not Equal.
func Run(ctx context.Context, l Ledger, o Options) (*Report, error) {
	head, err := l.Height(ctx)
	if err != nil {
		return nil, err
	}
	if o.Height == 0 {
		o.Height = head
	}
	if o.Height > head {
		return nil, fmt.Errorf("audit at block %d: the ledger is at block %d", o.Height, head)
	}
	res, err := l.Genesis(ctx)
	if err != nil {
		return nil, fmt.Errorf("read genesis: %w", err)
	}
	opening, err := Opening(res.Genesis)
	if err != nil {
		return nil, err
	}
	if opening.FirstBlock > o.Height {
		return nil, fmt.Errorf("audit at block %d: the ledger begins with block %d; wait for it", o.Height, opening.FirstBlock)
	}
	b := books.New(opening, issuance.BlockEmission)
	genesis := b.Supply
	if err := replay(ctx, l, b, o); err != nil {
		return nil, err
	}
	c := &comparison{ledger: l, books: b, opening: opening, report: &Report{
		ChainID: l.ChainID(), Height: o.Height, Blocks: o.Height - opening.FirstBlock + 1,
		SupplyGenesis: genesis, SupplyNow: b.Supply, Totals: b.Totals, Fees: b.Fees, Staked: b.Staked, Locked: b.Locked,
		Differences: []Difference{}, Dropped: b.Dropped,
	}}
	return c.run(client.At(ctx, o.Height))
}

// replay enters every block into the books. Blocks are read several at a time and entered in order.
func replay(ctx context.Context, l Ledger, b *books.Books, o Options) error {
	first := b.Height + 1
	for b.Height < o.Height {
		from := b.Height + 1
		blocks := make([]books.Block, min(window, o.Height-b.Height))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(parallel)
		for i := range blocks {
			g.Go(func() error {
				block, err := l.Block(gctx, from+uint64(i))
				if err != nil {
					return fmt.Errorf("%w (an audit needs a node that holds every block since genesis)", err)
				}
				blocks[i] = books.Block{Height: block.Height, Begin: block.Begin, Txs: block.Txs}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, block := range blocks {
			if err := b.Apply(block); err != nil {
				return err
			}
		}
		if o.Progress != nil {
			o.Progress(b.Height-first+1, o.Height-first+1)
		}
	}
	return nil
}
