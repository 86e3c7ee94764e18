// Package miner is the base loop of a miner: whatever the market, it checks its registration, serves
// an axon, publishes the address when it changed, and decides who may ask and who goes first. The
// market brings the handlers:
//
//	graph := metagraph.NewCache(ledger, netuid, metagraph.Options{})
//	a, err := axon.New(axon.Options{
//		Key:       hotkey,
//		Blacklist: miner.Blacklist(graph, miner.Rules{}),
//		Priority:  miner.StakePriority(graph),
//	})
//	err = axon.Handle(a, forward)
//	err = miner.Run(ctx, miner.Options{Axon: a, Graph: graph, Chain: ledger, Listen: ":8091"})
//
// A miner sets no weights and wakes once per block; it reads the metagraph only when something in it
// changed.
package miner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/presence"
)

// ErrNotRegistered ends Run: the hotkey holds no uid.
var ErrNotRegistered = presence.ErrNotRegistered

// Chain is the ledger as a miner needs it, besides metagraph.Source.
type Chain = presence.Publisher

// Options configures Run.
type Options struct {
	Axon  *axon.Axon       // with its handlers attached
	Graph *metagraph.Cache // run by Run
	Chain Chain
	// Listen is the TCP address to bind, such as ":8091".
	Listen string
	// External is what gets published. A missing port is the bound one, a missing address that of
	// the interface that leads outside.
	External netip.AddrPort
	Log      *slog.Logger
}

// Run mines until ctx ends, then lets requests in flight finish and returns nil. It fails with
// ErrNotRegistered when the hotkey has or keeps no uid, and with metagraph.ErrNoSubnet when the
// subnet is not there or goes. A ledger that cannot be reached is waited for.
func Run(ctx context.Context, o Options) error {
	if o.Axon == nil || o.Graph == nil || o.Chain == nil {
		return errors.New("miner: Options needs Axon, Graph and Chain")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("miner: listen on %q: %w", o.Listen, err)
	}
	defer ln.Close()
	external, err := presence.External(o.External, ln)
	if err != nil {
		return fmt.Errorf("miner: %w", err)
	}
	post := presence.Post{Axon: o.Axon, Listener: ln, External: external, Chain: o.Chain, Graph: o.Graph, Log: o.Log}
	if err := o.Graph.During(ctx, post.Run); err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
		return fmt.Errorf("miner: %w", err)
	}
	return nil
}

// Rules decides who may ask a miner. The zero value is the safe one: registered hotkeys with a
// validator permit.
type Rules struct {
	AllowUnregistered  bool
	AllowWithoutPermit bool
	MinStake           uint64 // rao a registered caller must have
}

// Reasons of Blacklist.
var (
	errNoGraph  = errors.New("the metagraph is not known yet")
	errUnknown  = errors.New("unrecognized hotkey")
	errNoPermit = errors.New("hotkey has no validator permit")
	errLowStake = errors.New("stake is too low")
)

// Blacklist refuses callers by the newest snapshot; unknown keys are refused, never an error.
func Blacklist(graph *metagraph.Cache, rules Rules) axon.Blacklist {
	return func(call axon.Call) error {
		s := graph.Snapshot()
		if s == nil {
			return errNoGraph
		}
		row, ok := s.Neuron(call.Hotkey)
		switch {
		case !ok && rules.AllowUnregistered:
			return nil
		case !ok:
			return errUnknown
		case !row.ValidatorPermit && !rules.AllowWithoutPermit:
			return errNoPermit
		case row.Stake < rules.MinStake:
			return errLowStake
		}
		return nil
	}
}

// StakePriority serves callers with more stake first; unknown keys come last.
func StakePriority(graph *metagraph.Cache) axon.Priority {
	return func(call axon.Call) float64 {
		if s := graph.Snapshot(); s != nil {
			if row, ok := s.Neuron(call.Hotkey); ok {
				return float64(row.Stake)
			}
		}
		return -1
	}
}
