package validator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
)

// Task is one question and the way to judge its answer. Judge runs where the miner answered, for one
// miner after the other, and closes over whatever it must know that the miner must not.
type Task[T any] struct {
	Question *T
	Judge    func(ctx context.Context, r dendrite.Result[T]) Verdict
}

// Quiz is a Market that puts a question to each of a random sample of miners, to all at once.
type Quiz[T any] struct {
	Dendrite *dendrite.Dendrite
	// Task draws a task. It is called for one miner after the other: tasks that differ keep one miner's
	// answer from being worth anything to another.
	Task func(ctx context.Context, r Round) (Task[T], error)
	// Sample is how many miners are asked at once; 50.
	Sample int
	// Timeout of each question; 0 means the dendrite's.
	Timeout time.Duration
	// Eligible chooses who may be asked besides serving and not being ourselves; nil means Miners(0).
	Eligible func(*metagraph.Neuron) bool
}

// VpermitLimit is the stake in rao (4096 TAO) above which the template takes a hotkey with a permit
// for a validator (wire §8.3).
const VpermitLimit = 4096_000_000_000

// Miners chooses neurons that are not validators: without permit, or with stake up to limit rao
// (0 means VpermitLimit).
func Miners(limit uint64) func(*metagraph.Neuron) bool {
	if limit == 0 {
		limit = VpermitLimit
	}
	return func(n *metagraph.Neuron) bool { return !n.ValidatorPermit || n.Stake <= limit }
}

// crowd is from how many asked miners on total silence is taken for our own network's.
const crowd = 3

// Round implements Market.
func (q Quiz[T]) Round(ctx context.Context, r Round) ([]Judgement, error) {
	targets := q.sample(r)
	if len(targets) == 0 {
		return nil, errors.New("no miner serves")
	}
	tasks, questions := make([]Task[T], len(targets)), make([]*T, len(targets))
	for i := range targets {
		var err error
		if tasks[i], err = q.Task(ctx, r); err != nil {
			return nil, fmt.Errorf("make task: %w", err)
		}
		questions[i] = tasks[i].Question
	}
	var options []dendrite.CallOption
	if q.Timeout > 0 {
		options = append(options, dendrite.WithTimeout(q.Timeout))
	}
	results := dendrite.QueryEach(ctx, q.Dendrite, targets, questions, options...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	silence := len(results) >= crowd
	for i := range results {
		silence = silence && (errors.Is(results[i].Err, dendrite.ErrTimeout) || errors.Is(results[i].Err, dendrite.ErrUnavailable))
	}
	if silence {
		return nil, fmt.Errorf("none of %d miners can be reached; check our own network", len(results))
	}
	judged := make([]Judgement, len(results))
	for i, result := range results {
		judged[i] = Judgement{result.Target.Hotkey, judge(ctx, tasks[i], result)}
	}
	return judged, nil
}

// judge blames whoever is at fault for a missing answer and leaves the others to the task.
func judge[T any](ctx context.Context, task Task[T], r dendrite.Result[T]) Verdict {
	switch {
	case r.Answer == nil:
		return Skip{"our question does not encode: " + r.Message}
	case errors.Is(r.Err, dendrite.ErrLocal):
		return Skip{"our question was not sent: " + r.Message}
	case r.Err != nil:
		return Fault{fmt.Sprintf("%d %s", r.Status, r.Message)}
	}
	return task.Judge(ctx, r)
}

// sample draws without replacement from the eligible neurons.
func (q Quiz[T]) sample(r Round) []dendrite.Target {
	eligible := q.Eligible
	if eligible == nil {
		eligible = Miners(0)
	}
	candidates := slices.DeleteFunc(r.Snapshot.Serving(), func(n *metagraph.Neuron) bool {
		return n.UID == r.Self || !eligible(n)
	})
	r.Rand.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	size := q.Sample
	if size <= 0 {
		size = 50
	}
	var targets []dendrite.Target
	for _, n := range candidates[:min(size, len(candidates))] {
		targets = append(targets, dendrite.Target{Hotkey: n.Hotkey, Address: n.Axon.Address})
	}
	return targets
}
