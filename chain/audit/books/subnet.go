package books

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"
)

// Kept is how many payouts of a subnet the books remember: as many as the ledger lists at most.
const Kept = 64

// Subnet is one market's account with the ledger. Sums are over its life, in rao.
type Subnet struct {
	Netuid     uint16
	Open       bool   // sells uids; one that does not earns nothing (chain §1.5)
	Locked     uint64 // rao
	Epochs     uint64 // settled
	Accrued    uint64 // settled: the sum of the four below
	Owner      uint64
	Miners     uint64
	Validators uint64
	Unissued   uint64   // rounding, never minted
	Payouts    []Payout // the newest Kept, oldest first

	loaded               *Payout // settled, to be paid in the next block
	rate, since, accrued uint64
}

// Payout is one settlement that was paid.
type Payout struct {
	Epoch      uint64
	SettledAt  uint64
	PaidAt     uint64
	Accrued    uint64
	OwnerCut   uint64
	Owner      string
	Miners     uint64
	Validators uint64
	Unissued   uint64
	Rewards    []Reward
}

// Reward is one uid's share of a payout, rao.
type Reward struct {
	UID       uint16
	Hotkey    string
	Miner     uint64
	Validator uint64
}

// Pending is what the subnet is owed and not yet settled, through block height.
func (s *Subnet) Pending(height uint64) uint64 {
	if height+1 > s.since {
		return s.accrued + s.rate*(height+1-s.since)
	}
	return s.accrued
}

// roll brings the counter up to and including block through.
func (s *Subnet) roll(through uint64) {
	s.accrued = s.Pending(through)
	s.since = max(s.since, through+1)
}

// announced enters what a transaction says about subnets before what follows from it: a module
// that reacts to a change may emit its event ahead of the one that names the change.
func (b *Books) announced(events []abci.Event) {
	for _, e := range events {
		var err error
		switch e.Type {
		case "NetworkAdded":
			err = b.founded(e)
		case "NetworkRemoved":
			err = b.removed(e)
		case "HyperparameterSet":
			err = b.changed(e)
		}
		if err != nil {
			b.fault("event %s: %v", e.Type, err)
		}
	}
}

func (b *Books) founded(e abci.Event) error {
	id, err := netuid(e)
	if err != nil {
		return err
	}
	locked, err := number(e, "locked")
	if err != nil {
		return err
	}
	if b.Subnets[id] != nil {
		return fmt.Errorf("subnet %d exists already", id)
	}
	b.Subnets[id] = &Subnet{Netuid: id, Open: b.open, Locked: locked, since: b.Height + 1}
	return nil
}

func (b *Books) changed(e abci.Event) error {
	if name, _ := Attribute(e, "name"); name != "registration_allowed" {
		return nil
	}
	s, err := b.subnet(e)
	if err != nil {
		return err
	}
	value, err := attribute(e, "new")
	if err != nil {
		return err
	}
	s.Open, err = strconv.ParseBool(value)
	return err
}

func (b *Books) subnet(e abci.Event) (*Subnet, error) {
	id, err := netuid(e)
	if err != nil {
		return nil, err
	}
	s := b.Subnets[id]
	if s == nil {
		return nil, fmt.Errorf("no subnet %d was ever created", id)
	}
	return s, nil
}

// repriced enters a new rate for every subnet: an equal share of the block emission for each
// that sells uids. Announced at the start of a block it holds from that block on, in a
// transaction from the next.
func (b *Books) repriced(e abci.Event) error {
	v, err := numbers(e, "block_emission", "subnets")
	if err != nil {
		return err
	}
	perBlock, count := v[0], v[1]
	// A transaction may end the last subnet and create another: then the first event counts none.
	if count == 0 && len(b.Subnets) > 0 && !b.day.inTx || count > uint64(len(b.Subnets)) {
		return fmt.Errorf("it counts %d subnets where %d were created", count, len(b.Subnets))
	}
	b.perBlock = perBlock
	from := b.Height
	if b.day.inTx {
		from++
	}
	for _, s := range b.Subnets {
		s.roll(from - 1)
		s.rate = 0
		if s.Open && count > 0 {
			s.rate = perBlock / count
		}
	}
	return nil
}

// settled enters an epoch: everything pending is divided, down to the rao that nobody gets.
func (b *Books) settled(e abci.Event) error {
	s, err := b.subnet(e)
	if err != nil {
		return err
	}
	v, err := numbers(e, "epoch", "accrued", "owner_cut", "miners", "validators", "unissued")
	if err != nil {
		return err
	}
	p := Payout{Epoch: v[0], SettledAt: b.Height, Accrued: v[1], OwnerCut: v[2], Miners: v[3], Validators: v[4], Unissued: v[5]}
	whole, err := sum(p.OwnerCut, p.Miners, p.Validators, p.Unissued)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("subnet %d epoch %d", s.Netuid, p.Epoch)
	b.agree(what+" divides", whole, "settled", p.Accrued)
	b.agree(what+" settles", p.Accrued, "pending", s.Pending(b.Height))
	b.agree(what+" is epoch", p.Epoch, "expected", s.Epochs)
	if s.loaded != nil {
		b.fault("%s settles while epoch %d was never paid", what, s.loaded.Epoch)
	}
	s.roll(b.Height)
	s.accrued, s.loaded, s.Epochs = 0, &p, p.Epoch+1
	b.add(&s.Accrued, p.Accrued, what)
	b.add(&s.Owner, p.OwnerCut, what)
	b.add(&s.Miners, p.Miners, what)
	b.add(&s.Validators, p.Validators, what)
	b.add(&s.Unissued, p.Unissued, what)
	return nil
}

// paidOut enters a payout: it must be the settlement of the block before, rao for rao.
func (b *Books) paidOut(e abci.Event) error {
	s, err := b.payee(e)
	if err != nil {
		return err
	}
	p, err := ReadPayout(e)
	if err != nil {
		return err
	}
	minted, err := sum(p.OwnerCut, p.Miners, p.Validators)
	if err != nil {
		return err
	}
	p.PaidAt = b.Height
	b.matches(s, &p)
	b.add(&b.day.paid, minted, "paid")
	b.add(&b.Totals.Miners, p.Miners, "miners")
	b.add(&b.Totals.Validators, p.Validators, "validators")
	b.add(&b.Totals.Owners, p.OwnerCut, "owners")
	for _, r := range p.Rewards {
		b.addTo(b.Stake, r.Hotkey, r.Miner, "stake on")
		b.addTo(b.Stake, r.Hotkey, r.Validator, "stake on")
		b.add(&b.Staked, r.Miner, "staked")
		b.add(&b.Staked, r.Validator, "staked")
	}
	if s.Payouts = append(s.Payouts, p); len(s.Payouts) > Kept {
		s.Payouts = s.Payouts[1:]
	}
	return nil
}

// matches compares a payout with the settlement that was loaded, and takes from there what the
// payout does not repeat.
func (b *Books) matches(s *Subnet, p *Payout) {
	what := fmt.Sprintf("payout of subnet %d epoch %d", s.Netuid, p.Epoch)
	var miners, validators uint64
	for _, r := range p.Rewards {
		b.add(&miners, r.Miner, what)
		b.add(&validators, r.Validator, what)
	}
	b.agree(what+" gives miners", miners, "says", p.Miners)
	b.agree(what+" gives validators", validators, "says", p.Validators)
	l := s.loaded
	s.loaded = nil
	if l == nil {
		b.fault("%s was never settled", what)
		return
	}
	p.Accrued, p.Unissued = l.Accrued, l.Unissued
	b.agree(what, p.Epoch, "settled epoch", l.Epoch)
	b.agree(what+" settled at", p.SettledAt, "the record says", l.SettledAt)
	due := l.SettledAt + 1
	if b.day.inTx { // the subnet ended in the block of its settlement
		due = l.SettledAt
	}
	b.agree(what+" paid at", p.PaidAt, "due at", due)
	b.agree(what+" owner cut", p.OwnerCut, "settled", l.OwnerCut)
	b.agree(what+" miners", p.Miners, "settled", l.Miners)
	b.agree(what+" validators", p.Validators, "settled", l.Validators)
}

// ReadPayout reads a Payout event. Accrued, Unissued and PaidAt are not in it and stay 0.
func ReadPayout(e abci.Event) (Payout, error) {
	v, err := numbers(e, "epoch", "settled_at", "owner_cut", "miners", "validators")
	if err != nil {
		return Payout{}, err
	}
	p := Payout{Epoch: v[0], SettledAt: v[1], OwnerCut: v[2], Miners: v[3], Validators: v[4]}
	p.Owner, _ = Attribute(e, "owner")
	list, err := attribute(e, "rewards")
	if err != nil {
		return Payout{}, err
	}
	p.Rewards, err = readRewards(list)
	return p, err
}

// readRewards reads [[uid,"hotkey","miner","validator"],...].
func readRewards(list string) ([]Reward, error) {
	var rows [][4]json.RawMessage
	if err := json.Unmarshal([]byte(list), &rows); err != nil {
		return nil, fmt.Errorf("its rewards are no list of [uid, hotkey, miner, validator]: %w", err)
	}
	if len(rows) > maxEntries {
		return nil, fmt.Errorf("it has %d rewards, a subnet has at most %d uids", len(rows), maxEntries)
	}
	out := make([]Reward, len(rows))
	for i, row := range rows {
		var miner, validator string
		err := errors.Join(json.Unmarshal(row[0], &out[i].UID), json.Unmarshal(row[1], &out[i].Hotkey),
			json.Unmarshal(row[2], &miner), json.Unmarshal(row[3], &validator))
		if err != nil {
			return nil, fmt.Errorf("reward %d: %w", i, err)
		}
		if out[i].Miner, err = strconv.ParseUint(miner, 10, 64); err != nil {
			return nil, fmt.Errorf("reward %d: miner's part: %w", i, err)
		}
		if out[i].Validator, err = strconv.ParseUint(validator, 10, 64); err != nil {
			return nil, fmt.Errorf("reward %d: validator's part: %w", i, err)
		}
	}
	return out, nil
}

func sum(parts ...uint64) (total uint64, err error) {
	for _, p := range parts {
		if total+p < p {
			return 0, errors.New("its parts do not fit in 64 bits")
		}
		total += p
	}
	return total, nil
}
