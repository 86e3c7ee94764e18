package types

import (
	"fmt"
	"math/big"

	"github.com/ergon-network/ergon/chain/x/stake/pool"
)

// DefaultGenesis is a ledger in which nobody has staked.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Nominations is the nominators' part of the record.
func (h Hotkey) Nominations() pool.Pool {
	return pool.Pool{Rao: h.Pool, Shares: new(big.Int).SetBytes(h.Shares)}
}

// SetNominations puts p back into the record.
func (h *Hotkey) SetNominations(p pool.Pool) { h.Pool, h.Shares = p.Rao, p.Shares.Bytes() }

// Stake is all stake on the hotkey, rao.
func (h Hotkey) Stake() uint64 { return h.Own + h.Pool }

// Validate checks that the state is one a ledger could have exported: ids strictly ascending and
// above 0, every reference resolved, every sum right. The bank's side is checked on import.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	if err := validateColdkeys(g.Coldkeys); err != nil {
		return err
	}
	if err := g.validateHotkeys(); err != nil {
		return err
	}
	if err := g.validateHoldings(); err != nil {
		return err
	}
	if err := g.validateReleasing(); err != nil {
		return err
	}
	if err := g.validateRates(); err != nil {
		return err
	}
	return g.validateSwaps()
}

func validateColdkeys(coldkeys []Coldkey) error {
	seen := make(map[string]struct{}, len(coldkeys))
	last := uint64(0)
	for _, c := range coldkeys {
		if c.Id <= last {
			return ErrGenesis.Wrapf("coldkey id %d after %d: ids ascend from 1", c.Id, last)
		}
		last = c.Id
		if _, twice := seen[string(c.Account)]; twice || len(c.Account) != AccountSize {
			return ErrGenesis.Wrapf("coldkey %d has account %x: want %d bytes, once", c.Id, c.Account, AccountSize)
		}
		seen[string(c.Account)] = struct{}{}
	}
	return nil
}

func (g *GenesisState) validateHotkeys() error {
	owners := make(map[uint64]struct{}, len(g.Coldkeys))
	for _, c := range g.Coldkeys {
		owners[c.Id] = struct{}{}
	}
	seen := make(map[string]struct{}, len(g.Hotkeys))
	last, staked := uint64(0), new(big.Int)
	for _, entry := range g.Hotkeys {
		h := entry.Record
		if h.Id <= last {
			return ErrGenesis.Wrapf("hotkey id %d after %d: ids ascend from 1", h.Id, last)
		}
		last = h.Id
		if _, twice := seen[string(h.Account)]; twice || len(h.Account) != AccountSize {
			return ErrGenesis.Wrapf("hotkey %d has account %x: want %d bytes, once", h.Id, h.Account, AccountSize)
		}
		seen[string(h.Account)] = struct{}{}
		if _, ok := owners[h.Owner]; !ok {
			return ErrGenesis.Wrapf("hotkey %d is owned by coldkey %d, which is not listed", h.Id, h.Owner)
		}
		if err := h.validate(); err != nil {
			return err
		}
		staked.Add(staked, new(big.Int).SetUint64(h.Own))
		staked.Add(staked, new(big.Int).SetUint64(h.Pool))
	}
	if staked.Cmp(new(big.Int).SetUint64(g.Totals.Staked)) != 0 {
		return ErrGenesis.Wrapf("totals.staked is %d, the hotkeys hold %s", g.Totals.Staked, staked)
	}
	return nil
}

func (h Hotkey) validate() error {
	if h.Take > pool.TakeUnit {
		return ErrGenesis.Wrapf("hotkey %d takes %d: at most %d", h.Id, h.Take, pool.TakeUnit)
	}
	if !h.Delegate && (h.Pool != 0 || h.Take != 0) {
		return ErrGenesis.Wrapf("hotkey %d is no delegate but has a pool of %d rao and take %d", h.Id, h.Pool, h.Take)
	}
	if err := validShares(h.Shares); err != nil {
		return ErrGenesis.Wrapf("hotkey %d: %s", h.Id, err)
	}
	if err := h.Nominations().Check(); err != nil {
		return ErrGenesis.Wrapf("hotkey %d: %s", h.Id, err)
	}
	return nil
}

func validShares(raw []byte) error {
	if len(raw) > pool.MaxShareBytes || (len(raw) > 0 && raw[0] == 0) {
		return fmt.Errorf("shares %x: at most %d bytes without leading zeros", raw, pool.MaxShareBytes)
	}
	return nil
}

func (g *GenesisState) validateHoldings() error {
	coldkeys := make(map[uint64]struct{}, len(g.Coldkeys))
	for _, c := range g.Coldkeys {
		coldkeys[c.Id] = struct{}{}
	}
	next := 0 // holdings are sorted as the hotkeys are, so one pass over both suffices
	for _, entry := range g.Hotkeys {
		h, sum, count, last := entry.Record, new(big.Int), uint64(0), uint64(0)
		for ; next < len(g.Holdings) && g.Holdings[next].Hotkey == h.Id; next++ {
			holding := g.Holdings[next]
			if _, ok := coldkeys[holding.Coldkey]; !ok || holding.Coldkey <= last || holding.Coldkey == h.Owner {
				return ErrGenesis.Wrapf("hotkey %d has a holding of coldkey %d: coldkeys ascend, are listed and are not the owner",
					h.Id, holding.Coldkey)
			}
			last = holding.Coldkey
			if len(holding.Shares) == 0 {
				return ErrGenesis.Wrapf("holding of coldkey %d on hotkey %d is empty", holding.Coldkey, h.Id)
			}
			if err := validShares(holding.Shares); err != nil {
				return ErrGenesis.Wrapf("holding of coldkey %d on hotkey %d: %s", holding.Coldkey, h.Id, err)
			}
			sum.Add(sum, new(big.Int).SetBytes(holding.Shares))
			count++
		}
		if sum.Cmp(h.Nominations().Shares) != 0 || count != h.Nominators {
			return ErrGenesis.Wrapf("hotkey %d has %s shares and %d nominators, its holdings make %s and %d",
				h.Id, h.Nominations().Shares, h.Nominators, sum, count)
		}
	}
	if next != len(g.Holdings) {
		return ErrGenesis.Wrapf("holding %d names hotkey %d: holdings are sorted by hotkey and name listed ones", next, g.Holdings[next].Hotkey)
	}
	return nil
}

func (g *GenesisState) validateReleasing() error {
	last, next := uint64(0), 0
	for _, id := range g.Releasing {
		for next < len(g.Hotkeys) && g.Hotkeys[next].Record.Id < id {
			next++
		}
		if id <= last || next == len(g.Hotkeys) || g.Hotkeys[next].Record.Id != id {
			return ErrGenesis.Wrapf("releasing hotkey %d after %d: ids ascend and are listed", id, last)
		}
		if h := g.Hotkeys[next].Record; h.Slots != 0 || h.Pool == 0 {
			return ErrGenesis.Wrapf("releasing hotkey %d has %d uids and a pool of %d rao", id, h.Slots, h.Pool)
		}
		last = id
	}
	return nil
}

func (g *GenesisState) validateRates() error {
	coldkeys := make(map[uint64]struct{}, len(g.Coldkeys))
	for _, c := range g.Coldkeys {
		coldkeys[c.Id] = struct{}{}
	}
	hotkeys := make(map[uint64]struct{}, len(g.Hotkeys))
	for _, h := range g.Hotkeys {
		hotkeys[h.Record.Id] = struct{}{}
	}
	var last GenesisRate
	for _, r := range g.Rates {
		_, cold := coldkeys[r.Coldkey]
		_, hot := hotkeys[r.Hotkey]
		if !cold || !hot || r.Coldkey < last.Coldkey || r.Coldkey == last.Coldkey && r.Hotkey <= last.Hotkey {
			return ErrGenesis.Wrapf("rate of coldkey %d on hotkey %d: rates ascend and name listed keys", r.Coldkey, r.Hotkey)
		}
		if r.Rate.Count == 0 {
			return ErrGenesis.Wrapf("rate of coldkey %d on hotkey %d counts nothing", r.Coldkey, r.Hotkey)
		}
		last = r
	}
	return nil
}

func (g *GenesisState) validateSwaps() error {
	coldkeys := make(map[string]struct{}, len(g.Coldkeys))
	for _, c := range g.Coldkeys {
		coldkeys[string(c.Account)] = struct{}{}
	}
	targets := make(map[string]struct{}, len(g.Swaps))
	last := ""
	for _, s := range g.Swaps {
		if len(s.Old) != AccountSize || len(s.New) != AccountSize || string(s.Old) <= last {
			return ErrGenesis.Wrapf("coldkey swap of %x to %x: keys have %d bytes, the old ones ascend", s.Old, s.New, AccountSize)
		}
		_, known := coldkeys[string(s.Old)]
		_, used := coldkeys[string(s.New)]
		_, twice := targets[string(s.New)]
		if !known || used || twice {
			return ErrGenesis.Wrapf("coldkey swap of %x to %x: the old key is listed, the new one is not, and is named once", s.Old, s.New)
		}
		targets[string(s.New)] = struct{}{}
		last = string(s.Old)
	}
	return nil
}
