// Package books recomputes the history of money from what a ledger publishes: its genesis and
// the events of its blocks. It is a pure reducer: no I/O, no clock, no knowledge of how the
// ledger came to its numbers. chain/audit feeds it and compares the result with the ledger.
//
//	b := books.New(opening, issuance.BlockEmission)
//	for each block in order { b.Apply(block) }
//
// Two kinds of events tell the story, and the books check one against the other in every block.
// The bank's (coinbase, burn, coin_spent, coin_received) say what moved; the modules' (Payout,
// Recycled, Locked, StakeAdded, …) say why. A rao that moved for no stated reason, or a reason
// without a movement, is a Fault that names its block.
package books

import (
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
)

// Accounts of modules, as events name them.
const (
	StakeAccount = "module:stake" // holds all stake
	LocksAccount = "module:locks" // holds what subnets locked
)

// maxFaults bounds the list of faults: a wrong ledger is as wrong with a thousand of them.
const maxFaults = 1000

// Block is what happened at one height: the block's own events, and its transactions' results.
type Block struct {
	Height uint64
	Begin  []abci.Event
	Txs    []*abci.ExecTxResult
}

// Opening is the ledger before its first block. Addresses are SS58, amounts rao.
type Opening struct {
	FirstBlock       uint64
	Balances         map[string]uint64
	Stake            map[string]uint64 // by hotkey
	Totals           Totals
	BlockEmission    uint64
	RegistrationOpen bool // what a new subnet starts with
	Root             bool // a root network decides the rates; without one subnets share equally
	ClosedEarn       bool // closing registration does not stop the emission (the 2023 era)
	Subnets          []OpeningSubnet
}

// OpeningSubnet is a subnet that a genesis made from an exported ledger starts with.
type OpeningSubnet struct {
	Netuid           uint16
	RegistrationOpen bool
	Locked           uint64
	Rate             uint64 // rao a block
	Since            uint64 // first block not in Accrued
	Accrued          uint64
	Epochs           uint64
	Loaded           *Payout
}

// Totals are running sums over the ledger's life, rao.
type Totals struct {
	Miners     uint64 `json:"miners_rao,string"`
	Validators uint64 `json:"validators_rao,string"`
	Owners     uint64 `json:"owners_rao,string"`
	Recycled   uint64 `json:"recycled_rao,string"`
}

// Fault is a place where the record contradicts itself. Block 0 stands for no single block.
type Fault struct {
	Block uint64 `json:"block,omitempty"`
	What  string `json:"what"`
}

// Books are the accounts of a ledger up to and including block Height. Not safe for concurrent
// use. Read the exported fields; only Apply changes them.
type Books struct {
	Height   uint64
	Supply   uint64            // rao in existence
	Balances map[string]uint64 // free rao of every account that ever held some, modules included
	Stake    map[string]uint64 // rao on every hotkey
	Staked   uint64            // their sum
	Locked   uint64            // rao locked for subnets
	Fees     uint64            // rao of transaction fees, part of what was recycled
	Totals   Totals
	Subnets  map[uint16]*Subnet

	Faults  []Fault
	Dropped int // faults beyond the first thousand

	emission func(supply uint64) uint64 // rao a block
	perBlock uint64
	open     bool // registration of a new subnet
	day      day

	root, closedEarn bool
}

// day sums what one block did, by the bank's account and by the modules'.
type day struct {
	minted, paid     uint64
	burned, recycled uint64
	fees             uint64               // part of what was recycled
	inTx             bool                 // what a transaction announces holds from the next block on
	ended            map[uint16][]*Subnet // ended in this block, until their account is closed
	rates            map[uint16]uint64    // the last that were announced; nil: none were
}

// New opens the books. emission is the block emission in rao at a supply (chain §1.2).
func New(o Opening, emission func(supply uint64) uint64) *Books {
	b := &Books{
		Balances: map[string]uint64{}, Stake: map[string]uint64{}, Subnets: map[uint16]*Subnet{},
		Totals: o.Totals, emission: emission, perBlock: o.BlockEmission, open: o.RegistrationOpen,
		root: o.Root, closedEarn: o.ClosedEarn,
	}
	if o.FirstBlock > 0 {
		b.Height = o.FirstBlock - 1
	}
	for account, rao := range o.Balances {
		b.Balances[account] = rao
		b.add(&b.Supply, rao, "genesis supply")
	}
	for hotkey, rao := range o.Stake {
		b.Stake[hotkey] = rao
		b.add(&b.Staked, rao, "genesis stake")
	}
	for _, s := range o.Subnets {
		b.Subnets[s.Netuid] = &Subnet{
			Netuid: s.Netuid, Open: s.RegistrationOpen, Locked: s.Locked, Epochs: s.Epochs, loaded: s.Loaded,
			rate: s.Rate, since: s.Since, accrued: s.Accrued,
		}
		b.add(&b.Locked, s.Locked, "genesis locks")
	}
	b.agree("stake account", b.Balances[StakeAccount], "stake on hotkeys", b.Staked)
	b.agree("locks account", b.Balances[LocksAccount], "locks of subnets", b.Locked)
	return b
}

// Apply enters the next block. Blocks must come in order and without gaps; one that does not is
// refused and changes nothing.
func (b *Books) Apply(block Block) error {
	if block.Height != b.Height+1 {
		return fmt.Errorf("the books stand at block %d: they cannot take block %d next", b.Height, block.Height)
	}
	b.Height, b.day = block.Height, day{}
	account, locks := b.Balances[StakeAccount]-b.Staked, b.Balances[LocksAccount]-b.Locked
	b.enter(block.Begin)
	b.followed()
	b.day.inTx = true
	for _, tx := range block.Txs {
		if tx == nil {
			b.fault("a transaction has no result")
			continue
		}
		b.announced(tx.Events)
		b.enter(tx.Events)
	}
	b.priced()
	b.closed()
	b.agree("rao minted", b.day.minted, "rao paid out", b.day.paid)
	b.agree("rao burned", b.day.burned, "rao recycled", b.day.recycled)
	// Differences modulo 2^64, so that a fault is told once, in the block that made it.
	b.agree("stake account less stake", b.Balances[StakeAccount]-b.Staked, "the same a block before", account)
	b.agree("locks account less locks", b.Balances[LocksAccount]-b.Locked, "the same a block before", locks)
	return nil
}

func (b *Books) enter(events []abci.Event) {
	for _, e := range events {
		handle, known := handlers[e.Type]
		if !known {
			continue
		}
		if err := handle(b, e); err != nil {
			b.fault("event %s: %v", e.Type, err)
		}
	}
}

// followed checks that the block emission follows the supply (chain §1.2).
func (b *Books) followed() {
	b.agree("block emission", b.perBlock, "what the supply asks for", b.emission(b.Supply))
}

func (b *Books) agree(what string, got uint64, as string, want uint64) {
	if got != want {
		b.fault("%s %d, %s %d", what, got, as, want)
	}
}

func (b *Books) fault(format string, args ...any) {
	if len(b.Faults) == maxFaults {
		b.Dropped++
		return
	}
	b.Faults = append(b.Faults, Fault{Block: b.Height, What: fmt.Sprintf(format, args...)})
}

// add and sub keep sums within 64 bits; what does not fit is a fault, not a wrap.
func (b *Books) add(sum *uint64, rao uint64, what string) {
	if *sum+rao < rao {
		b.fault("%s: %d + %d rao does not fit in 64 bits", what, *sum, rao)
		return
	}
	*sum += rao
}

func (b *Books) sub(sum *uint64, rao uint64, what string) {
	if rao > *sum {
		b.fault("%s: %d rao taken where %d were", what, rao, *sum)
		*sum = 0
		return
	}
	*sum -= rao
}

func (b *Books) addTo(m map[string]uint64, key string, rao uint64, what string) {
	sum := m[key]
	b.add(&sum, rao, what+" "+key)
	m[key] = sum
}

func (b *Books) subFrom(m map[string]uint64, key string, rao uint64, what string) {
	sum := m[key]
	b.sub(&sum, rao, what+" "+key)
	m[key] = sum
}
