package subnets

import (
	"context"
	"fmt"
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
	if err := os.MkdirAll(n.Dir, 0o700); err != nil {
		return fmt.Errorf("make the miner's folder: %w", err)
	}
	a, err := axon.New(axon.Options{
		Key: n.Hotkey, Log: n.Log, Access: n.Access,
		Replay:    filepath.Join(n.Dir, fmt.Sprintf("replay-%d", n.Netuid)),
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

// RunValidator runs the base loop beside a read API with the scores it has.
func RunValidator(ctx context.Context, n Neuron, v *validator.Validator) error {
	if err := os.MkdirAll(n.Dir, 0o700); err != nil {
		return fmt.Errorf("make the validator's folder: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return v.Run(ctx) })
	group.Go(func() error { return Serve(ctx, n.Status, StatusHandler(func() Status { return status(n, v) })) })
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
