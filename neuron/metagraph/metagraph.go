// Package metagraph is what a neuron knows about its subnet: a snapshot with one row per uid, and a
// cache that keeps the snapshot current without asking more than it must.
//
//	graph := metagraph.NewCache(source, netuid, metagraph.Options{})
//	go graph.Run(ctx)
//	err := graph.Wait(ctx, 0)    // the first snapshot is there
//	s := graph.Snapshot()        // immutable, safe to keep
//	if uid, ok := s.UID(hotkey); ok { … }
//
// The ledger is reached through Source, which the ledger's client implements; this package knows
// nothing of it.
package metagraph

import (
	"fmt"
	"net/netip"
)

// Axon is where a neuron serves, as published on the ledger (chain §4.1).
type Axon struct {
	Address  netip.AddrPort // invalid or unspecified: not serving
	Version  uint32
	Protocol uint8
	Block    uint64 // of publication
}

// Serving tells whether the neuron published an address.
func (a Axon) Serving() bool {
	return a.Address.IsValid() && !a.Address.Addr().IsUnspecified() && a.Address.Port() != 0
}

// Neuron is one row (chain §4.2). Shares are u16 of 65535.
type Neuron struct {
	UID             uint16
	Hotkey          string // SS58
	Coldkey         string // SS58
	Axon            Axon
	Stake           uint64 // rao, the hotkey's total
	ValidatorPermit bool
	Active          bool
	LastUpdate      uint64 // block of the last weight setting
	RegisteredAt    uint64 // block
	Emission        uint64 // rao of the last epoch
	Incentive       uint16 // miner's share
	Dividends       uint16 // validator's share
	Consensus       uint16
	Rank            uint16
	Trust           uint16
	ValidatorTrust  uint16
	PruningScore    uint16
}

// Snapshot is a subnet at a block. It is immutable once made.
type Snapshot struct {
	Netuid  uint16
	Block   uint64
	Neurons []Neuron // index = uid

	byHotkey map[string]uint16
}

// NewSnapshot checks that rows are in uid order and that no hotkey holds two uids.
func NewSnapshot(netuid uint16, block uint64, neurons []Neuron) (*Snapshot, error) {
	s := &Snapshot{netuid, block, neurons, make(map[string]uint16, len(neurons))}
	for i, n := range neurons {
		if int(n.UID) != i {
			return nil, fmt.Errorf("metagraph of subnet %d at block %d: row %d has uid %d", netuid, block, i, n.UID)
		}
		if _, twice := s.byHotkey[n.Hotkey]; twice {
			return nil, fmt.Errorf("metagraph of subnet %d at block %d: hotkey %s holds two uids", netuid, block, n.Hotkey)
		}
		s.byHotkey[n.Hotkey] = n.UID
	}
	return s, nil
}

// UID finds the uid of a hotkey.
func (s *Snapshot) UID(hotkey string) (uint16, bool) {
	uid, ok := s.byHotkey[hotkey]
	return uid, ok
}

// Neuron finds the row of a hotkey.
func (s *Snapshot) Neuron(hotkey string) (*Neuron, bool) {
	uid, ok := s.byHotkey[hotkey]
	if !ok {
		return nil, false
	}
	return &s.Neurons[uid], true
}

// Serving lists the rows that published an axon, in uid order.
func (s *Snapshot) Serving() []*Neuron {
	var out []*Neuron
	for i := range s.Neurons {
		if s.Neurons[i].Axon.Serving() {
			out = append(out, &s.Neurons[i])
		}
	}
	return out
}
