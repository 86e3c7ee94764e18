// Package presence keeps a neuron's place on the ledger: it checks that the hotkey is registered,
// serves the neuron's axon and publishes its address, but only when the published one differs.
// Packages miner and validator are built on it.
package presence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// What ends a neuron: its hotkey holds no uid of the subnet, or the ledger has no such subnet, from
// the start or not any more.
var (
	ErrNotRegistered = errors.New("hotkey is not registered")
	ErrNoSubnet      = metagraph.ErrNoSubnet
)

// Publisher is the ledger as an axon's address needs it.
type Publisher interface {
	// ServeAxon publishes where the hotkey serves, signed by it. An error that has a method
	// BlocksLeft() uint64 means too soon.
	ServeAxon(ctx context.Context, netuid uint16, address netip.AddrPort, version uint32) error
}

// BlocksLeft reads how many blocks a rate limit leaves to wait out of an error that has a method
// BlocksLeft() uint64. ok is false for other errors.
func BlocksLeft(err error) (blocks uint64, ok bool) {
	var soon interface {
		error
		BlocksLeft() uint64
	}
	if !errors.As(err, &soon) {
		return 0, false
	}
	return soon.BlocksLeft(), true
}

// Check finds the hotkey's row.
func Check(s *metagraph.Snapshot, hotkey string) (*metagraph.Neuron, error) {
	if n, ok := s.Neuron(hotkey); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%w: %s on subnet %d at block %d; register it with `ergon subnet register`", ErrNotRegistered, hotkey, s.Netuid, s.Block)
}

const (
	retryBlocks  = 5  // after a publication failed
	settleBlocks = 10 // for a publication to show in the metagraph
)

// Announcer publishes an axon's address whenever the ledger shows another. Not safe for concurrent
// use.
type Announcer struct {
	Chain   Publisher
	Hotkey  string
	Address netip.AddrPort
	Timeout time.Duration // of one publication; 1 min
	Log     *slog.Logger  // nil discards

	next uint64 // block before which nothing is tried
}

// Tick compares and, if need be, publishes. Failures are logged and tried again some blocks later:
// a neuron that serves under its old address is better than none.
func (a *Announcer) Tick(ctx context.Context, s *metagraph.Snapshot, head uint64) {
	row, ok := s.Neuron(a.Hotkey)
	version := uint32(synapse.WireVersion)
	if !ok || head < a.next || row.Axon.Address == a.Address && row.Axon.Version == version {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(a.Timeout, time.Minute))
	defer cancel()
	log := cmp.Or(a.Log, slog.New(slog.DiscardHandler))
	err := a.Chain.ServeAxon(ctx, s.Netuid, a.Address, version)
	switch blocks, soon := BlocksLeft(err); {
	case err == nil:
		a.next = head + settleBlocks
		log.Info("axon published", "address", a.Address.String(), "before", known(row.Axon.Address))
	case soon:
		a.next = head + max(blocks, 1)
		log.Info("axon not published yet: too soon", "blocks left", blocks)
	default:
		a.next = head + retryBlocks
		log.Warn("axon not published", "address", a.Address.String(), "error", err)
	}
}

// known is an address, or "none" for the one that was never published.
func known(a netip.AddrPort) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}

// Post serves an axon under its published address.
type Post struct {
	Axon     *axon.Axon
	Listener net.Listener
	External netip.AddrPort // published; see External
	Chain    Publisher
	Graph    *metagraph.Cache // run by the caller
	Log      *slog.Logger     // nil discards
}

// Run serves and publishes until ctx ends, then drains the axon and returns nil. It ends early with
// ErrNotRegistered when the hotkey loses its uid.
func (p *Post) Run(ctx context.Context) error {
	if err := p.Graph.Wait(ctx, 0); err != nil {
		return err
	}
	if _, err := Check(p.Graph.Snapshot(), p.Axon.Hotkey()); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.Axon.Run(ctx, p.Listener) })
	group.Go(func() error { return p.watch(ctx) })
	return group.Wait()
}

func (p *Post) watch(ctx context.Context) error {
	announcer := &Announcer{Chain: p.Chain, Hotkey: p.Axon.Hotkey(), Address: p.External, Log: p.Log}
	for {
		head, s := p.Graph.Head(), p.Graph.Snapshot()
		if _, err := Check(s, announcer.Hotkey); err != nil {
			return err
		}
		announcer.Tick(ctx, s, head)
		if err := p.Graph.Wait(ctx, head+1); err != nil {
			return nil // ctx ended, which is how this ends
		}
	}
}

// External is the address to publish: the stated one, completed with the listener's port and, where
// no address is stated, with that of the interface that leads outside. It asks no outside service.
func External(stated netip.AddrPort, ln net.Listener) (netip.AddrPort, error) {
	ip, port := stated.Addr(), stated.Port()
	if port == 0 {
		bound, ok := ln.Addr().(*net.TCPAddr)
		if !ok {
			return netip.AddrPort{}, fmt.Errorf("no port in %s; state the external port", ln.Addr())
		}
		port = uint16(bound.Port)
	}
	if !ip.IsValid() || ip.IsUnspecified() {
		probe, err := net.Dial("udp", "192.0.2.1:9") // chooses a route, sends nothing
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("no interface leads outside; state the external address: %w", err)
		}
		defer probe.Close()
		local, ok := probe.LocalAddr().(*net.UDPAddr)
		if !ok {
			return netip.AddrPort{}, errors.New("no interface leads outside; state the external address")
		}
		ip = local.AddrPort().Addr()
	}
	return netip.AddrPortFrom(ip.Unmap(), port), nil
}
