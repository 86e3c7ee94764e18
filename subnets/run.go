package subnets

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/ledger"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/miner"
	"github.com/ergon-network/ergon/neuron/validator"
)

// RunMiner serves an axon with the market's handlers until ctx ends: only validators may ask, those
// with more stake first.
func RunMiner(ctx context.Context, n Neuron, attach func(*axon.Axon) error) error {
	chain := ledger.New(n.Chain, n.Netuid, n.Hotkey)
	graph := metagraph.NewCache(chain, n.Netuid, metagraph.Options{Log: n.Log})
	a, err := axon.New(axon.Options{
		Key: n.Hotkey, Log: n.Log,
		Blacklist: miner.Blacklist(graph, miner.Rules{AllowWithoutPermit: n.Loopback}),
		Priority:  miner.StakePriority(graph),
	})
	if err != nil {
		return err
	}
	if err := attach(a); err != nil {
		return err
	}
	external, err := n.external()
	if err != nil {
		return err
	}
	return miner.Run(ctx, miner.Options{Axon: a, Graph: graph, Chain: chain, Listen: n.Listen, External: external, Log: n.Log})
}

// external is the address to publish: the stated one, or the listening one when that names a host.
func (n Neuron) external() (netip.AddrPort, error) {
	text := n.Advertise
	if text == "" {
		text = n.Listen
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil && n.Advertise != "" {
		return at, fmt.Errorf("address %q to publish: %w; write it as 203.0.113.7:8091", text, err)
	}
	return at, nil
}

// RunValidator plays a market's rounds in the base loop, beside a read API, until ctx ends. The
// market says in o what is its own, at least Market; the neuron gives the rest, and Chain where o
// has none. A nil api serves the scores that the loop keeps.
func RunValidator(ctx context.Context, n Neuron, o validator.Options, api http.Handler) error {
	if err := os.MkdirAll(n.Dir, 0o700); err != nil {
		return fmt.Errorf("%w: make its folder: %w", validator.ErrState, err)
	}
	chain := ledger.New(n.Chain, n.Netuid, n.Hotkey)
	if o.Chain == nil {
		o.Chain = chain
	}
	o.Hotkey, o.Log, o.State = n.Hotkey.Address(), n.Log, filepath.Join(n.Dir, "validator.json")
	o.Graph = metagraph.NewCache(chain, n.Netuid, metagraph.Options{Log: n.Log})
	v, err := validator.New(o)
	if err != nil {
		return err
	}
	if api == nil {
		api = StatusHandler(func() Status { return status(n, v) })
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return v.Run(ctx) })
	group.Go(func() error { return Serve(ctx, n.Status, api) })
	return group.Wait()
}

func status(n Neuron, v *validator.Validator) Status {
	s := Status{Netuid: n.Netuid, Hotkey: n.Hotkey.Address(), Profile: n.Profile, Round: v.Step()}
	tasks := v.Judged()
	for hotkey, score := range v.Scores() {
		s.Scores = append(s.Scores, Score{Hotkey: hotkey, Score: score, Tasks: tasks[hotkey]})
	}
	sort.Slice(s.Scores, func(i, j int) bool { return s.Scores[i].Hotkey < s.Scores[j].Hotkey })
	return s
}
