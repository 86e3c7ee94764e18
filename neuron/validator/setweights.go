package validator

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/presence"
)

// retryBlocks is how long after a failed weight setting the next one is tried.
const retryBlocks = 5

// tend brings our weights to the ledger when that is due. Failures never end the validator; they are
// logged with their reason and tried again as soon as that makes sense. Only a state that cannot be
// saved is an error.
func (v *Validator) tend(parent context.Context, head uint64, snapshot *metagraph.Snapshot, self *metagraph.Neuron) error {
	if v.options.DisableWeights || !v.tryNow(head) {
		return nil
	}
	ctx, cancel := context.WithTimeout(parent, v.options.CallTimeout)
	defer cancel()
	params, err := v.options.Chain.Params(ctx, snapshot.Netuid)
	if err != nil {
		v.failed(head, fmt.Errorf("read hyperparameters: %w", err))
		return nil
	}
	if params.CommitReveal {
		return v.hide(ctx, head, snapshot, params)
	}
	if err := v.unseal("the subnet takes weights in the open now", func(sealed) bool { return true }); err != nil {
		return err
	}
	return v.weigh(ctx, head, snapshot, self, params)
}

// weigh sets weights once per tempo after the last setting, which both the ledger and our own state
// remember: on the ledger it may show only later.
func (v *Validator) weigh(ctx context.Context, head uint64, snapshot *metagraph.Snapshot, self *metagraph.Neuron, params Params) error {
	if wait := v.wait(head, self.LastUpdate, params); wait > 0 {
		v.postpone(head + wait)
		return nil
	}
	uids, weights, err := v.weights(snapshot, params)
	if err != nil {
		v.failed(head, err)
		return nil
	}
	err = v.options.Chain.SetWeights(ctx, snapshot.Netuid, uids, weights, v.options.VersionKey)
	if v.refused(head, "set weights", err) {
		return nil
	}
	v.metrics.weights.WithLabelValues("set").Inc()
	v.options.Log.Info("weights set", "block", head, "uids", len(uids))
	v.mu.Lock()
	defer v.mu.Unlock()
	v.state.Weights = head
	v.next = head + v.epoch(params)
	return v.state.save(v.options.State)
}

// tryNow tells whether there is something to do, judged or sealed, and no wait is on. A head below the last one means that
// the ledger started anew, and old waits with it.
func (v *Validator) tryNow(head uint64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if head < v.handled {
		v.next = 0
	}
	return (v.state.Step > 0 || len(v.state.Sealed) > 0) && head >= v.next
}

func (v *Validator) epoch(p Params) uint64 {
	if v.options.Epoch > 0 {
		return v.options.Epoch
	}
	return max(p.Tempo, 1)
}

// wait is how many blocks weights are not due for. On a ledger that tells its epochs they are due
// once in each, as soon as a round has ended after the last one: what was measured before an epoch
// never counts for the next.
func (v *Validator) wait(head, ledger uint64, p Params) uint64 {
	if p.LastEpoch == 0 || p.LastEpoch > head || v.options.Epoch > 0 {
		return v.blocksLeft(head, ledger, p)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	set := v.state.Weights
	if set > head {
		set = 0 // of a ledger that is no more
	}
	if max(set, min(ledger, head)) > p.LastEpoch {
		next := p.LastEpoch + v.epoch(p) + 1
		return max(next, head+1) - head
	}
	if v.state.Played <= p.LastEpoch || v.state.Played > head {
		return 1
	}
	return 0
}

// blocksLeft counts from the later of what the ledger shows and what we know we sent. Blocks ahead
// of the head belong to a ledger that is no more.
func (v *Validator) blocksLeft(head, ledger uint64, p Params) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	last := uint64(0)
	for _, b := range []uint64{ledger, v.state.Weights} {
		if b <= head {
			last = max(last, b)
		}
	}
	due := last + v.epoch(p)
	if last == 0 || head >= due {
		return 0
	}
	return due - head
}

// weights turns the scores into what the ledger takes.
func (v *Validator) weights(snapshot *metagraph.Snapshot, p Params) ([]uint16, []uint16, error) {
	v.mu.Lock()
	v.state.align(snapshot)
	uids, scores := v.state.vector(snapshot)
	v.mu.Unlock()
	limit := float64(p.MaxWeightLimit) / maxU16
	uids, shares, err := Process(uids, scores, len(scores), int(p.MinAllowedWeights), limit, v.options.Quantile)
	if err != nil {
		return nil, nil, fmt.Errorf("make weights: %w", err)
	}
	return Emit(uids, shares)
}

// refused deals with the error of a call that changes the ledger, and tells whether there is one: one
// that came too soon waits exactly as long as the ledger says. A call that is cut short by the end
// of the program may have been accepted: the ledger shows it next time.
func (v *Validator) refused(head uint64, what string, err error) bool {
	blocks, soon := presence.BlocksLeft(err)
	switch {
	case err == nil:
		return false
	case soon:
		v.metrics.weights.WithLabelValues("too soon").Inc()
		v.options.Log.Info("could not "+what+" yet: too soon", "block", head, "blocks left", blocks, "answer", err)
		v.postpone(head + max(blocks, 1))
	case !errors.Is(err, context.Canceled):
		v.failed(head, fmt.Errorf("%s: %w", what, err))
	}
	return true
}

func (v *Validator) postpone(block uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.next = block
}

func (v *Validator) failed(head uint64, err error) {
	v.metrics.weights.WithLabelValues("failed").Inc()
	v.options.Log.Error("weights not set", "block", head, "retry in blocks", retryBlocks, "error", err)
	v.postpone(head + retryBlocks)
}

type metrics struct {
	rounds, weights *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		rounds:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ergon_validator_rounds_total", Help: "Rounds by outcome."}, []string{"outcome"}),
		weights: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ergon_validator_weight_settings_total", Help: "Weight settings by outcome."}, []string{"outcome"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.rounds, m.weights} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
