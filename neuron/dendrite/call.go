package dendrite

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// Result is what became of one question.
type Result[T any] struct {
	Target  Target
	Status  int    // 200 on success, else as in the package comment
	Message string // what the axon said, or the error
	Err     error  // nil exactly on success
	// Answer holds the question's inputs and the axon's outputs; on failure the outputs are as
	// asked. Never nil unless the question itself could not be encoded.
	Answer *T
	// Waited is the time spent waiting for a slot of the target.
	Waited time.Duration
	// Elapsed is measured here, from sending to the last byte, without waiting.
	Elapsed time.Duration
	// ProcessTime is what the axon claims.
	ProcessTime time.Duration
	// Signed tells whether the axon's hotkey signed this answer to this question.
	Signed bool
	// Proof lets others check that, when Signed.
	Proof *Proof
}

// OK tells whether there is an answer.
func (r *Result[T]) OK() bool { return r.Err == nil }

// CallOption adjusts one Call, Query, Each or Stream.
type CallOption func(*callOptions)

type callOptions struct {
	timeout   time.Duration
	maxAnswer int64
	end       *StreamEnd
}

// WithTimeout replaces Options.Timeout; the axon is told.
func WithTimeout(d time.Duration) CallOption { return func(o *callOptions) { o.timeout = d } }

// WithMaxAnswer replaces Options.MaxAnswer, in bytes.
func WithMaxAnswer(bytes int64) CallOption { return func(o *callOptions) { o.maxAnswer = bytes } }

func (d *Dendrite) callOptions(options []CallOption) *callOptions {
	o := &callOptions{timeout: d.options.Timeout, maxAnswer: d.options.MaxAnswer}
	for _, option := range options {
		option(o)
	}
	return o
}

// deadline starts the timeout.
func (o *callOptions) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("%w after %s seconds", ErrTimeout, synapse.PyStr(o.timeout.Seconds())))
}

// Query asks all targets the same question at once and returns their results in order, one for
// every target: those that did not answer before the timeout or the end of ctx say so. The timeout
// counts from now for all of them.
func Query[T any](ctx context.Context, d *Dendrite, targets []Target, question *T, options ...CallOption) []Result[T] {
	return inOrder(each(ctx, d, targets, func(int) *T { return question }, options), len(targets))
}

// QueryEach is Query with a question of its own for each target: questions has one for every target.
func QueryEach[T any](ctx context.Context, d *Dendrite, targets []Target, questions []*T, options ...CallOption) []Result[T] {
	return inOrder(each(ctx, d, targets, func(i int) *T { return questions[i] }, options), len(targets))
}

func inOrder[T any](arriving iter.Seq2[int, Result[T]], n int) []Result[T] {
	results := make([]Result[T], n)
	for i, r := range arriving {
		results[i] = r
	}
	return results
}

// Each is Query for those who do not want to wait for the slowest: it yields each result as it
// arrives, with the index of its target. Leaving the loop gives up on the others.
func Each[T any](ctx context.Context, d *Dendrite, targets []Target, question *T, options ...CallOption) iter.Seq2[int, Result[T]] {
	return each(ctx, d, targets, func(int) *T { return question }, options)
}

func each[T any](ctx context.Context, d *Dendrite, targets []Target, question func(i int) *T, options []CallOption) iter.Seq2[int, Result[T]] {
	type arrival struct {
		index  int
		result Result[T]
	}
	return func(yield func(int, Result[T]) bool) {
		o := d.callOptions(options)
		ctx, cancel := o.deadline(ctx)
		var workers sync.WaitGroup
		defer workers.Wait() // nobody reads the question after we return
		defer cancel()
		arrivals := make(chan arrival, len(targets))
		var next atomic.Int64
		for range min(d.options.Parallel, len(targets)) {
			workers.Go(func() {
				for i := int(next.Add(1)) - 1; i < len(targets); i = int(next.Add(1)) - 1 {
					arrivals <- arrival{i, call(ctx, d, targets[i], question(i), o)}
				}
			})
		}
		for range targets {
			if a := <-arrivals; !yield(a.index, a.result) {
				return
			}
		}
	}
}

// Call asks one target. question is only read.
func Call[T any](ctx context.Context, d *Dendrite, target Target, question *T, options ...CallOption) Result[T] {
	o := d.callOptions(options)
	ctx, cancel := o.deadline(ctx)
	defer cancel()
	return call(ctx, d, target, question, o)
}

func call[T any](ctx context.Context, d *Dendrite, target Target, question *T, o *callOptions) Result[T] {
	r := Result[T]{Target: target}
	asked, err := dump(d, question, o)
	if err != nil {
		r.Status, r.Err, r.Message = StatusUnparsed, err, err.Error()
		return r
	}
	var t timing
	message := asked
	err = d.converse(ctx, target, asked, o, &t, func(response *http.Response) error {
		a, err := d.readAnswer(ctx, response, target, asked, o)
		if err == nil {
			message, r.ProcessTime, r.Signed, r.Proof = a.message, a.processTime, a.proof != nil, a.proof
		}
		return err
	})
	r.Waited, r.Elapsed = t.waited, t.elapsed
	r.Answer = new(T)
	if loadErr := message.Load(r.Answer); err == nil && loadErr != nil {
		err = fmt.Errorf("%w: %w", ErrAnswer, loadErr)
		r.Answer = new(T)
		_ = asked.Load(r.Answer) // what was made of a T fits one
	}
	r.Err = err
	r.Status, r.Message = statusOf(err)
	d.metrics.done(asked.Name, r.Status, &t)
	return r
}

// dump turns the question into a message.
func dump[T any](d *Dendrite, question *T, o *callOptions) (*synapse.Message, error) {
	schema, err := schemaOf[T](d)
	if err != nil {
		return nil, err
	}
	m, err := schema.Dump(question)
	if err != nil {
		return nil, err
	}
	m.Timeout = o.timeout.Seconds()
	return m, nil
}

func schemaOf[T any](d *Dendrite) (*synapse.Schema, error) {
	key := reflect.TypeFor[T]()
	if s, ok := d.schemas.Load(key); ok {
		return s.(*synapse.Schema), nil
	}
	s, err := synapse.For[T]()
	if err == nil {
		d.schemas.Store(key, s)
	}
	return s, err
}
