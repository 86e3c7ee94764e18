package localnet

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
)

// Payout is one paid epoch of a subnet.
type Payout struct {
	Netuid     uint16
	Epoch      uint64
	SettledAt  uint64
	PaidAt     uint64
	OwnerCut   uint64 // rao
	Miners     uint64 // rao
	Validators uint64 // rao
	Fresh      bool   // miners were paid for weights set since the epoch before
}

// Ledger is what the blocks so far say, kept by watching every block's events.
type Ledger struct {
	mu      sync.Mutex
	height  uint64
	subnets map[uint16]*subnetLedger
}

type subnetLedger struct {
	earned   map[string]uint64   // hotkey -> rao
	perEpoch map[string][]uint64 // hotkey -> rao of each paid epoch
	payouts  []Payout
	settled  uint64 // block of the last epoch
	weighed  uint64 // block of the last accepted weights
	fresh    bool   // weights came between the last two epochs
	unissued uint64 // rao
	failed   []string
}

// NewLedger starts with nothing seen.
func NewLedger() *Ledger { return &Ledger{subnets: map[uint16]*subnetLedger{}} }

// Apply takes in one block and returns the payouts made in it.
func (l *Ledger) Apply(b client.Block) ([]Payout, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.height = b.Height
	var paid []Payout
	for _, e := range b.Begin {
		p, err := l.begin(b.Height, e)
		if err != nil {
			return nil, fmt.Errorf("block %d, event %s: %w", b.Height, e.Type, err)
		}
		if p != nil {
			paid = append(paid, *p)
		}
	}
	for _, tx := range b.Txs {
		for _, e := range tx.Events {
			if e.Type != incentivetypes.EventWeightsSet {
				continue
			}
			if s, err := l.subnet(e); err == nil {
				s.weighed = b.Height
			}
		}
	}
	return paid, nil
}

func (l *Ledger) begin(height uint64, e abci.Event) (*Payout, error) {
	switch e.Type {
	case incentivetypes.EventEpochSettled:
		s, err := l.subnet(e)
		if err != nil {
			return nil, err
		}
		unissued, err := uintAttr(e, "unissued")
		s.fresh = s.settled > 0 && s.weighed >= s.settled
		s.settled = height
		s.unissued += unissued
		return nil, err
	case incentivetypes.EventPayout:
		return l.payout(height, e)
	case incentivetypes.EventEpochFailed:
		s, err := l.subnet(e)
		if err == nil {
			s.failed = append(s.failed, fmt.Sprintf("block %d: %s", height, attr(e, "reason")))
		}
		return nil, err
	}
	return nil, nil
}

func (l *Ledger) payout(height uint64, e abci.Event) (*Payout, error) {
	s, err := l.subnet(e)
	if err != nil {
		return nil, err
	}
	p := Payout{PaidAt: height}
	for _, f := range []struct {
		key string
		to  *uint64
	}{{"epoch", &p.Epoch}, {"settled_at", &p.SettledAt}, {"owner_cut", &p.OwnerCut}, {"miners", &p.Miners}, {"validators", &p.Validators}} {
		if *f.to, err = uintAttr(e, f.key); err != nil {
			return nil, err
		}
	}
	netuid, err := uintAttr(e, "netuid")
	if err != nil {
		return nil, err
	}
	p.Netuid, p.Fresh = uint16(netuid), s.fresh && p.Miners > 0
	if err := s.credit(attr(e, "rewards")); err != nil {
		return nil, err
	}
	s.payouts = append(s.payouts, p)
	return &p, nil
}

// credit adds the rewards [[uid,"hotkey","miner","validator"],...] of one payout.
func (s *subnetLedger) credit(rewards string) error {
	var rows [][4]any
	if err := json.Unmarshal([]byte(rewards), &rows); err != nil {
		return fmt.Errorf("rewards: %w", err)
	}
	paid := map[string]uint64{}
	for _, r := range rows {
		hotkey, ok := r[1].(string)
		miner, err1 := strconv.ParseUint(fmt.Sprint(r[2]), 10, 64)
		validator, err2 := strconv.ParseUint(fmt.Sprint(r[3]), 10, 64)
		if !ok || err1 != nil || err2 != nil {
			return fmt.Errorf("reward %v does not parse", r)
		}
		paid[hotkey] = miner + validator
	}
	n := len(s.payouts)
	for hotkey, rao := range paid {
		s.earned[hotkey] += rao
		row := s.perEpoch[hotkey]
		for len(row) < n {
			row = append(row, 0)
		}
		s.perEpoch[hotkey] = append(row, rao)
	}
	return nil
}

// Earned is what a hotkey was paid on a subnet so far, and epoch by epoch.
func (l *Ledger) Earned(netuid uint16, hotkey string) (uint64, []uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.subnets[netuid]
	if !ok {
		return 0, nil
	}
	row := append([]uint64(nil), s.perEpoch[hotkey]...)
	for len(row) < len(s.payouts) {
		row = append(row, 0)
	}
	return s.earned[hotkey], row
}

// Payouts lists a subnet's payouts, oldest first, and what its epochs left unissued.
func (l *Ledger) Payouts(netuid uint16) (all []Payout, unissued uint64, failed []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.subnets[netuid]
	if !ok {
		return nil, 0, nil
	}
	return append([]Payout(nil), s.payouts...), s.unissued, append([]string(nil), s.failed...)
}

// PaidTempos counts a subnet's payouts that rewarded miners for fresh weights.
func (l *Ledger) PaidTempos(netuid uint16) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s, ok := l.subnets[netuid]; ok {
		for _, p := range s.payouts {
			if p.Fresh {
				n++
			}
		}
	}
	return n
}

// Height is the last block applied, 0 before the first.
func (l *Ledger) Height() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.height
}

func (l *Ledger) subnet(e abci.Event) (*subnetLedger, error) {
	netuid, err := uintAttr(e, "netuid")
	if err != nil {
		return nil, err
	}
	s, ok := l.subnets[uint16(netuid)]
	if !ok {
		s = &subnetLedger{earned: map[string]uint64{}, perEpoch: map[string][]uint64{}}
		l.subnets[uint16(netuid)] = s
	}
	return s, nil
}

func attr(e abci.Event, key string) string { return client.Attribute([]abci.Event{e}, e.Type, key) }

func uintAttr(e abci.Event, key string) (uint64, error) {
	n, err := strconv.ParseUint(attr(e, key), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("attribute %s=%q: %w", key, attr(e, key), err)
	}
	return n, nil
}
