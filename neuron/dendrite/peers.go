package dendrite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// maxPeers is how many targets are remembered before those whose pause is over are forgotten. A
// metagraph has 256 or so; the rest are addresses that moved.
const maxPeers = 4096

// peers holds what the dendrite knows of its targets: calls in flight and the circuit of each. A
// circuit opens after a number of transport failures in a row, so that a dead axon costs a round
// nothing; after a pause one call tries it, and decides.
type peers struct {
	slots int           // calls in flight per target
	limit int           // failures in a row that open a circuit; 0 never does
	pause time.Duration // how long it stays open
	now   func() time.Time

	waiting, running atomic.Int64

	mu    sync.Mutex
	known map[Target]*peer
}

// peer is one target. Only slots may be touched without peers.mu.
type peer struct {
	slots    chan struct{}
	users    int       // calls that hold a slot or wait for one
	failures int       // in a row
	retry    time.Time // while open: nobody is let through before
}

// verdict is what a call says about the target's transport.
type verdict int

const (
	unknown verdict = iota // it ended for a reason on this side
	alive                  // the target answered, whatever it said
	failed                 // refused, disconnected or silent
)

func newPeers(o Options) *peers {
	return &peers{slots: o.PerTarget, limit: max(o.BreakAfter, 0), pause: o.BreakPause, now: o.Now, known: map[Target]*peer{}}
}

// enter waits for a slot of the target until ctx ends. On nil the caller must call leave exactly
// once. Errors: *OpenError; ErrTimeout, with ErrLocal if there was no time left at the start; or the
// cause of ctx.
func (p *peers) enter(ctx context.Context, target Target) (*peer, error) {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	one, err := p.join(target)
	if err != nil {
		return nil, err
	}
	if err = tooLate(ctx); err == nil {
		err = p.wait(ctx, target, one)
	}
	if err != nil {
		p.part(target, one, func() {})
		return nil, err
	}
	p.running.Add(1)
	return one, nil
}

// wait takes a slot and passes the circuit.
func (p *peers) wait(ctx context.Context, target Target, one *peer) error {
	select {
	case one.slots <- struct{}{}:
		if err := p.admit(target, one); err != nil {
			<-one.slots
			return err
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("not sent: %w; %d earlier calls to this axon have no answer yet (Options.PerTarget)", ended(context.Cause(ctx)), p.slots)
	}
}

// join finds or makes the target's record and refuses at once what would only wait for a dead axon.
func (p *peers) join(target Target) (*peer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.known[target]
	if one == nil {
		p.makeRoom()
		one = &peer{slots: make(chan struct{}, p.slots)}
		p.known[target] = one
	}
	if p.open(one) && p.now().Before(one.retry) {
		return nil, &OpenError{target, one.failures, one.retry}
	}
	one.users++
	return one, nil
}

// admit lets a call through whose target's circuit is closed, or the one that tries an open one.
func (p *peers) admit(target Target, one *peer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open(one) {
		return nil
	}
	now := p.now()
	if now.Before(one.retry) {
		return &OpenError{target, one.failures, one.retry}
	}
	one.retry = now.Add(p.pause) // the others stay out meanwhile
	return nil
}

// leave gives the slot back and moves the circuit.
func (p *peers) leave(target Target, one *peer, v verdict) {
	<-one.slots
	p.running.Add(-1)
	p.part(target, one, func() {
		switch {
		case v == alive:
			one.failures = 0
		case v == failed:
			one.failures++
			one.retry = p.now().Add(p.pause)
		case p.open(one):
			one.retry = p.now() // a trial that decided nothing: the next call tries
		}
	})
}

// part ends a use of the record, after change; nothing is kept of a target in good standing.
func (p *peers) part(target Target, one *peer, change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if one.users--; one.users == 0 && one.failures == 0 {
		delete(p.known, target)
	}
}

func (p *peers) makeRoom() {
	if len(p.known) < maxPeers {
		return
	}
	now := p.now()
	for target, one := range p.known {
		if one.users == 0 && !now.Before(one.retry) {
			delete(p.known, target)
		}
	}
}

func (p *peers) open(one *peer) bool { return p.limit > 0 && one.failures >= p.limit }

// openCircuits counts the targets that are left alone.
func (p *peers) openCircuits() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.known {
		if p.open(one) {
			n++
		}
	}
	return n
}

// tooLate explains a call whose time was over before its turn in a Query came; nil while there is
// time.
func tooLate(ctx context.Context) error {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return nil
	case errors.Is(cause, ErrTimeout):
		return fmt.Errorf("%w: %w, before its turn came; raise the timeout or Options.Parallel", ErrLocal, cause)
	default:
		return fmt.Errorf("not sent: %w", ended(cause))
	}
}
