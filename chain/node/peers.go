package node

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/cometbft/cometbft/p2p"
	cmttypes "github.com/cometbft/cometbft/types"
)

// redialEvery is how often a lost peer is dialled: the engine's own pauses, five to eight seconds at
// first and exponential later, are long against the outage of a network cable.
func redialEvery(block time.Duration) time.Duration {
	return min(5*time.Second, max(block, 500*time.Millisecond))
}

// keepPeers dials persistent peers that are not connected until the node stops.
func (n *Node) keepPeers(peers []string, every time.Duration) {
	var addresses []*p2p.NetAddress
	for _, text := range peers {
		if a, err := p2p.NewNetAddressString(text); err == nil { // the engine has refused the others
			addresses = append(addresses, a)
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-n.stopped:
			return
		case <-tick.C:
		}
		sw, ok := n.comet.Switch().(*p2p.Switch)
		if !ok {
			return
		}
		for _, a := range addresses {
			if !sw.IsDialingOrExistingAddress(a) {
				go func() {
					// Two nodes that dial each other at once both hang up, so each waits for a time of its own.
					time.Sleep(rand.N(every))
					_ = sw.DialPeerWithAddress(a) // the next tick tries again
				}()
			}
		}
	}
}

// Tolerance is how many of the producers with these powers may be away, at worst, while blocks go
// on: more than two thirds of the power must vote.
func Tolerance(powers []int64) int {
	var total int64
	most := append([]int64{}, powers...)
	for _, p := range most {
		total += p
	}
	away := int64(0)
	for n := 0; ; n++ {
		largest := -1
		for i, p := range most {
			if p > 0 && (largest < 0 || p > most[largest]) {
				largest = i
			}
		}
		if largest < 0 {
			return n
		}
		away += most[largest]
		most[largest] = 0
		if 3*(total-away) <= 2*total {
			return n
		}
	}
}

// warn tells the operator when a producer was caught signing two blocks of one height, and what a
// change of the producers leaves them able to survive.
func (n *Node) warn(ctx context.Context, logger *slog.Logger) {
	bus := n.comet.EventBus()
	caught, err := bus.Subscribe(ctx, "node-evidence", cmttypes.EventQueryNewEvidence, 16)
	if err != nil {
		return
	}
	changed, err := bus.Subscribe(ctx, "node-producers", cmttypes.EventQueryValidatorSetUpdates, 16)
	if err != nil {
		return
	}
	go func() {
		for {
			select {
			case <-n.stopped:
				return
			case <-caught.Canceled():
				return
			case m := <-caught.Out():
				if e, ok := m.Data().(cmttypes.EventDataNewEvidence); ok {
					logger.Warn("a producer signed two blocks of one height", "block", e.Height, "evidence", e.Evidence.String())
				}
			case <-changed.Out():
				powers, err := n.powers()
				if err != nil {
					continue
				}
				logger.Warn("the producers changed", "producers", len(powers), "tolerated_crashes", Tolerance(powers), "meaning", Meaning(len(powers), Tolerance(powers)))
			}
		}
	}()
}

// powers are those of the producers after the last block.
func (n *Node) powers() (powers []int64, err error) {
	ctx, err := n.app.CreateQueryContext(0, false)
	if err != nil {
		return nil, err
	}
	producers, err := n.app.Authority.Producers(ctx)
	for _, p := range producers {
		powers = append(powers, p.Power)
	}
	return powers, err
}

// Meaning says what a number of producers survives.
func Meaning(producers, tolerated int) string {
	switch {
	case producers == 1:
		return "this one producer is the ledger: when it stops, blocks stop"
	case tolerated == 0:
		return "no crash is tolerated: when one producer stops, blocks stop; add a producer"
	case tolerated == 1:
		return "one producer may stop, and blocks go on"
	}
	return "some producers may stop, and blocks go on"
}
