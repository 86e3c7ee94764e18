package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/chain/audit/books"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
)

// maxDifferences bounds the list.
const maxDifferences = 1000

// comparison holds the books against the ledger's answers at one height.
type comparison struct {
	ledger  Ledger
	books   *books.Books
	opening books.Opening

	mu     sync.Mutex
	report *Report
}

func (c *comparison) run(ctx context.Context) (*Report, error) {
	for _, f := range c.books.Faults {
		c.differ(Difference{What: f.What, Block: f.Block})
	}
	c.identity()
	for _, check := range []func(context.Context) error{c.issuance, c.accounts, c.hotkeys, c.subnets} {
		if err := check(ctx); err != nil {
			return nil, fmt.Errorf("compare with the ledger at block %d: %w", c.report.Height, err)
		}
	}
	r := c.report
	slices.SortStableFunc(r.Differences, func(a, b Difference) int { return strings.Compare(a.What, b.What) })
	r.Equal = len(r.Differences) == 0
	return r, nil
}

// identity is the sentence that an audit is about: what was issued since genesis is what miners,
// validators and owners got, less what was recycled. And all of it is somewhere.
func (c *comparison) identity() {
	b, o := c.books, c.opening.Totals
	minted := b.Totals.Miners - o.Miners + b.Totals.Validators - o.Validators + b.Totals.Owners - o.Owners
	c.compare("supply since genesis = miners + validators + owners - recycled",
		minted-(b.Totals.Recycled-o.Recycled), b.Supply-c.report.SupplyGenesis)
	var held uint64
	for _, rao := range b.Balances {
		held += rao
	}
	c.compare("sum of all accounts = supply", held, b.Supply)
}

func (c *comparison) issuance(ctx context.Context) error {
	now, err := c.ledger.Issuance(ctx)
	if err != nil {
		return err
	}
	b, t := c.books, now.Totals
	c.compare("supply", b.Supply, now.Issuance)
	c.compare("block emission", issuance.BlockEmission(b.Supply), now.BlockEmission)
	c.compare("total of miners", b.Totals.Miners, t.Miners)
	c.compare("total of validators", b.Totals.Validators, t.Validators)
	c.compare("total of owners", b.Totals.Owners, t.Owners)
	c.compare("total recycled", b.Totals.Recycled, t.Recycled)
	c.compare("total staked", b.Staked, t.Staked)
	c.compare("stake account", b.Balances[books.StakeAccount], t.Staked)
	return nil
}

// accounts compares every account that ever appeared. Because their sum is the supply, no account
// that never appeared can hold anything.
func (c *comparison) accounts(ctx context.Context) error {
	people := slices.DeleteFunc(slices.Sorted(maps.Keys(c.books.Balances)), func(a string) bool { return strings.HasPrefix(a, "module:") })
	c.report.Accounts = len(people)
	return each(ctx, people, func(ctx context.Context, address string) error {
		got, err := c.ledger.Balance(ctx, address)
		if err == nil {
			c.compare("balance of "+address, c.books.Balances[address], got.Free)
		}
		return err
	})
}

func (c *comparison) hotkeys(ctx context.Context) error {
	hotkeys := slices.Sorted(maps.Keys(c.books.Stake))
	c.report.Hotkeys = len(hotkeys)
	return each(ctx, hotkeys, func(ctx context.Context, hotkey string) error {
		got, err := c.ledger.Hotkey(ctx, hotkey)
		if err == nil {
			c.compare("stake on "+hotkey, c.books.Stake[hotkey], got.Own+got.Pool)
		}
		return err
	})
}

func (c *comparison) subnets(ctx context.Context) error {
	now, err := c.ledger.Subnets(ctx)
	if err != nil {
		return err
	}
	c.compare("number of subnets", uint64(len(c.books.Subnets)), uint64(len(now.Subnets)))
	var locked uint64 // for subnets; identities hold the rest
	for i := range now.Subnets {
		locked += now.Subnets[i].Locked
		if err := c.subnet(ctx, &now.Subnets[i]); err != nil {
			return err
		}
	}
	c.compare("total locked", c.books.Locked, locked+now.Deposits)
	return nil
}

func (c *comparison) subnet(ctx context.Context, info *subnettypes.SubnetInfo) error {
	s := c.books.Subnets[uint16(info.Netuid)]
	what := fmt.Sprintf("subnet %d", info.Netuid)
	if s == nil {
		c.differ(Difference{What: what, Events: "never created", Ledger: "exists"})
		return nil
	}
	graph, err := c.ledger.Metagraph(ctx, s.Netuid, false)
	if err != nil {
		return err
	}
	payouts, err := c.ledger.Payouts(ctx, s.Netuid, books.Kept)
	if err != nil {
		return err
	}
	pending := s.Pending(c.books.Height)
	c.report.Subnets = append(c.report.Subnets, SubnetReport{
		Netuid: s.Netuid, Epochs: s.Epochs, Accrued: s.Accrued, Owner: s.Owner, Miners: s.Miners,
		Validators: s.Validators, Unissued: s.Unissued, Pending: pending,
	})
	c.compare(what+" locked", s.Locked, info.Locked)
	c.compare(what+" pending", pending, graph.Pending)
	c.compare(what+" epochs", s.Epochs, graph.EpochIndex)
	c.payouts(what, s.Payouts, payouts)
	return nil
}

// payouts compares the records the ledger keeps, newest first, with the events' own.
func (c *comparison) payouts(what string, events []books.Payout, kept []incentivetypes.PayoutInfo) {
	c.report.Payouts += len(kept)
	if len(events) > 0 && len(kept) == 0 {
		c.differ(Difference{What: what + " payouts", Events: strconv.Itoa(len(events)), Ledger: "0"})
	}
	for i, k := range kept {
		name := fmt.Sprintf("%s payout of epoch %d", what, k.EpochIndex)
		if k.PaidAt < c.opening.FirstBlock {
			break // in the genesis of an exported ledger; its events are another ledger's
		}
		if i >= len(events) {
			c.differ(Difference{What: name, Events: "never paid", Ledger: "kept"})
			continue
		}
		want, got := fmt.Sprint(events[len(events)-1-i]), fmt.Sprint(fromLedger(k))
		if want != got {
			c.differ(Difference{What: name, Events: want, Ledger: got})
		}
	}
}

func fromLedger(k incentivetypes.PayoutInfo) books.Payout {
	p := books.Payout{
		Epoch: k.EpochIndex, SettledAt: k.SettledAt, PaidAt: k.PaidAt, Accrued: k.Accrued,
		OwnerCut: k.OwnerCut, Owner: k.Owner, Unissued: k.Unissued, Rewards: make([]books.Reward, len(k.Rewards)),
	}
	for i, r := range k.Rewards {
		p.Rewards[i] = books.Reward{UID: uint16(r.Uid), Hotkey: r.Hotkey, Miner: r.Miner, Validator: r.Validator}
		p.Miners += r.Miner
		p.Validators += r.Validator
	}
	return p
}

func (c *comparison) compare(what string, events, ledger uint64) {
	if events != ledger {
		c.differ(Difference{What: what, Events: strconv.FormatUint(events, 10), Ledger: strconv.FormatUint(ledger, 10)})
	}
}

func (c *comparison) differ(d Difference) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.report.Differences) == maxDifferences {
		c.report.Dropped++
		return
	}
	c.report.Differences = append(c.report.Differences, d)
}

// each calls f for every item, several at a time, until one fails.
func each(ctx context.Context, items []string, f func(context.Context, string) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, item := range items {
		g.Go(func() error { return f(ctx, item) })
	}
	return g.Wait()
}
