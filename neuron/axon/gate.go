package axon

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// errFull: no place to wait in.
var errFull = errors.New("queue is full")

// gate lets a bounded number of callers through at once; the others wait by rank, first come first
// served among equals. When the queue is full the lowest rank gives way.
//
// Ageing: every `ageing` of waiting counts as a doubling of 1+priority, and every request that a
// caller has in the house already as a halving, so a flood of one caller does not crowd out others.
// All waiters age alike, so a rank is fixed on arrival and the heap needs no reordering, and nobody
// with n requests in the house is passed by a caller of priority p who came more than
// ageing·(n + log2(1+p)) later.
type gate struct {
	ageing  time.Duration
	started time.Time

	mu      sync.Mutex
	free    int
	max     int // waiters
	seq     uint64
	waiting waiters
	inside  map[[32]byte]int // requests of a caller that wait or have a place
}

// ticket is a request that wants a place.
type ticket struct {
	who      [32]byte
	priority float64
	at       time.Time // when it came
}

type waiter struct {
	who   [32]byte
	rank  float64
	seq   uint64
	index int        // in the heap, -1 once out of it
	turn  chan error // buffered: nil to go, errFull to give way
}

func newGate(workers, queue int, ageing time.Duration, started time.Time) *gate {
	return &gate{ageing: ageing, started: started, free: workers, max: queue, inside: map[[32]byte]int{}}
}

// rank is the place in the queue of a ticket: higher goes first. Negative priorities mirror positive
// ones, NaN is below all.
func (g *gate) rank(t ticket) float64 {
	if math.IsNaN(t.priority) {
		return math.Inf(-1)
	}
	doublings := math.Copysign(math.Log1p(math.Abs(t.priority))/math.Ln2, t.priority)
	return doublings - float64(g.inside[t.who]) - float64(t.at.Sub(g.started))/float64(g.ageing)
}

// enter waits for a place until ctx ends. On nil the caller must call leave exactly once.
func (g *gate) enter(ctx context.Context, t ticket) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.inside[t.who]++
		g.mu.Unlock()
		return nil
	}
	w := g.push(t)
	g.mu.Unlock()
	if w == nil {
		return errFull
	}

	select {
	case err := <-w.turn:
		return err
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.index >= 0 {
		heap.Remove(&g.waiting, w.index)
		g.gone(w.who)
		return ctx.Err()
	}
	if err := <-w.turn; err != nil { // decided while ctx ended
		return err
	}
	g.gone(w.who)
	g.pass()
	return ctx.Err()
}

// push puts a request in the queue, nil when that is full of better ones.
func (g *gate) push(t ticket) *waiter {
	w := &waiter{who: t.who, rank: g.rank(t), seq: g.seq, turn: make(chan error, 1)}
	g.seq++
	if len(g.waiting) >= g.max && !g.giveWay(w) {
		return nil
	}
	heap.Push(&g.waiting, w)
	g.inside[w.who]++
	return w
}

// giveWay evicts the worst waiter if it ranks below w.
func (g *gate) giveWay(w *waiter) bool {
	if len(g.waiting) == 0 {
		return false
	}
	worst := g.waiting[0]
	for _, c := range g.waiting[1:] {
		if before(worst, c) {
			worst = c
		}
	}
	if !before(w, worst) {
		return false
	}
	heap.Remove(&g.waiting, worst.index)
	g.gone(worst.who)
	worst.turn <- errFull
	return true
}

// leave gives the place of a caller's request to the next waiter.
func (g *gate) leave(who [32]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone(who)
	g.pass()
}

func (g *gate) gone(who [32]byte) {
	if g.inside[who]--; g.inside[who] == 0 {
		delete(g.inside, who)
	}
}

func (g *gate) pass() {
	if len(g.waiting) == 0 {
		g.free++
		return
	}
	heap.Pop(&g.waiting).(*waiter).turn <- nil
}

// depth is the number of waiters.
func (g *gate) depth() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

func before(a, b *waiter) bool {
	if a.rank != b.rank {
		return a.rank > b.rank
	}
	return a.seq < b.seq
}

type waiters []*waiter

func (h waiters) Len() int           { return len(h) }
func (h waiters) Less(i, j int) bool { return before(h[i], h[j]) }
func (h waiters) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *waiters) Push(x any) {
	w := x.(*waiter)
	w.index = len(*h)
	*h = append(*h, w)
}

// Pop implements heap.Interface.
func (h *waiters) Pop() any {
	old := *h
	w := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	w.index = -1
	return w
}
