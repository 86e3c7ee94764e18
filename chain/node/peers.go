package node

import (
	"math/rand/v2"
	"time"

	"github.com/cometbft/cometbft/p2p"
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
