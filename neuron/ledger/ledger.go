// Package ledger is the ledger as neurons ask for it: it implements the small interfaces of
// neuron/metagraph, neuron/miner and neuron/validator over the typed client. It is the only
// package of neuron/ that knows chain/client.
package ledger

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/metagraph"
)

// Ledger acts for one hotkey on one subnet. Safe for concurrent use.
type Ledger struct {
	chain  *client.Client
	netuid uint16
	hotkey *keys.Pair
}

// New returns the ledger as seen by a hotkey of a subnet.
func New(chain *client.Client, netuid uint16, hotkey *keys.Pair) *Ledger {
	return &Ledger{chain: chain, netuid: netuid, hotkey: hotkey}
}

// Metagraph implements metagraph.Source.
func (l *Ledger) Metagraph(ctx context.Context, netuid uint16) (*metagraph.Snapshot, error) {
	g, err := l.chain.Metagraph(ctx, netuid, false)
	if err != nil {
		return nil, unknownSubnet(err)
	}
	rows := make([]metagraph.Neuron, len(g.Neurons))
	for i, n := range g.Neurons {
		rows[i] = row(n)
	}
	return metagraph.NewSnapshot(netuid, g.Height, rows)
}

// unknownSubnet tells the ledger's word for a subnet that is not there apart from other failures: a
// query's error arrives as text.
func unknownSubnet(err error) error {
	if strings.Contains(err.Error(), subnettypes.ErrSubnetDoesNotExist.Error()) {
		return fmt.Errorf("%w: %w", metagraph.ErrNoSubnet, err)
	}
	return err
}

func row(n incentivetypes.NeuronInfo) metagraph.Neuron {
	out := metagraph.Neuron{
		UID: uint16(n.Uid), Hotkey: n.Hotkey, Coldkey: n.Coldkey, Stake: n.Stake, ValidatorPermit: n.ValidatorPermit,
		Active: n.Active, LastUpdate: n.LastUpdate, RegisteredAt: n.RegisteredAt, Emission: n.Emission,
		Incentive: uint16(n.Incentive), Dividends: uint16(n.Dividends), Consensus: uint16(n.Consensus), Rank: uint16(n.Rank),
		Trust: uint16(n.Trust), ValidatorTrust: uint16(n.ValidatorTrust), PruningScore: uint16(n.PruningScore),
	}
	if a := n.Axon; a != nil {
		out.Axon = metagraph.Axon{Version: a.Version, Protocol: uint8(a.Protocol), Block: a.Block}
		if ip, err := netip.ParseAddr(a.Ip); err == nil { // the ledger keeps canonical text only
			out.Axon.Address = netip.AddrPortFrom(ip, uint16(a.Port))
		}
	}
	return out
}

// changing are the events after which a subnet's metagraph reads differently.
var changing = map[string]bool{
	"NeuronRegistered": true, "AxonServed": true, "HyperparameterSet": true, "NetworkAdded": true, "NetworkRemoved": true,
	incentivetypes.EventWeightsSet: true, incentivetypes.EventCommitted: true, incentivetypes.EventRevealed: true,
	incentivetypes.EventEpochSettled: true, incentivetypes.EventPayout: true,
	staketypes.EventStakeAdded: true, staketypes.EventStakeRemoved: true, staketypes.EventStakeReleased: true,
	staketypes.EventStakeMoved: true, staketypes.EventHotkeySwapped: true, staketypes.EventColdkeySwapped: true,
}

// Changes implements metagraph.Source: one event per block, from the ledger's own events. The first
// is that of the block after the one that is the newest now, so that a reading afterwards and the
// events together miss nothing.
func (l *Ledger) Changes(ctx context.Context, netuid uint16) (<-chan metagraph.Event, error) {
	head, err := l.chain.Height(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan metagraph.Event)
	go func() {
		defer close(out)
		changed := false
		for b := range l.chain.Follow(ctx, head+1) {
			changed = changed || touches(b, fmt.Sprint(netuid))
			select {
			case out <- metagraph.Event{Block: b.Height, Changed: changed}:
				changed = false
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func touches(b client.Block, netuid string) bool {
	if changes(b.Begin, netuid) {
		return true
	}
	for _, tx := range b.Txs {
		if changes(tx.Events, netuid) {
			return true
		}
	}
	return false
}

// changes reports whether an event concerns the subnet. Events of stake and of swaps name no subnet:
// they may concern any.
func changes(events []abci.Event, netuid string) bool {
	for _, e := range events {
		if !changing[e.Type] {
			continue
		}
		if of := client.Attribute([]abci.Event{e}, e.Type, "netuid"); of == "" || of == netuid {
			return true
		}
	}
	return false
}
