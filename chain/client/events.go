package client

import (
	"context"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
)

// Event is one thing that the ledger says happened (chain §4.6). Each module's README lists its
// events and their attributes; addresses are SS58, amounts rao.
type Event struct {
	Height     uint64
	Tx         int // place in the block of the transaction that did it; -1: the block did it by itself
	Type       string
	Attributes map[string]string
}

// Filter chooses events. The zero Filter lets through every event of the ledger's own.
type Filter struct {
	Types    []string          // any of these, whatever the case of their letters; none: all
	Where    map[string]string // attributes, all of them with exactly these values
	Plumbing bool              // also what the SDK says of coins and messages
}

// Match tells whether an event is let through.
func (f Filter) Match(e Event) bool {
	if !f.Plumbing && !owned(e.Type) {
		return false
	}
	for key, value := range f.Where {
		if got, found := e.Attributes[key]; !found || got != value {
			return false
		}
	}
	for _, t := range f.Types {
		if strings.EqualFold(t, e.Type) {
			return true
		}
	}
	return len(f.Types) == 0
}

// owned tells the ledger's own events from the SDK's: they begin with a capital.
func owned(kind string) bool { return kind != "" && kind[0] >= 'A' && kind[0] <= 'Z' }

// Events are those of a block that the filter lets through, in order: what the block did, then its
// transactions.
func (b Block) Events(f Filter) []Event {
	var out []Event
	add := func(tx int, events []abci.Event) {
		for _, raw := range events {
			e := Event{Height: b.Height, Tx: tx, Type: raw.Type, Attributes: map[string]string{}}
			for _, at := range raw.Attributes {
				if at.Key != "msg_index" && at.Key != "mode" { // where in the SDK it was said
					e.Attributes[at.Key] = at.Value
				}
			}
			if f.Match(e) {
				out = append(out, e)
			}
		}
	}
	add(-1, b.Begin)
	for i, tx := range b.Txs {
		add(i, tx.Events)
	}
	return out
}

// Events subscribes to what happens from height from on (0: the next block): every event that the
// filter lets through, in the ledger's order, each once, until ctx ends; then the channel is closed.
// As with Follow, a node that goes away and comes back or a slow reader delays events but loses none.
// Heights that a node has pruned it cannot tell of: from must be one that it still has.
func (c *Client) Events(ctx context.Context, from uint64, f Filter) <-chan Event {
	out := make(chan Event, 16)
	go func() {
		defer close(out)
		for b := range c.Follow(ctx, from) {
			for _, e := range b.Events(f) {
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}
