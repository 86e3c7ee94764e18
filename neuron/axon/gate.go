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
// Ageing: every `ageing` of waiting counts as a doubling of 1+priority. All waiters age alike, so a
// rank is fixed on arrival and the heap needs no reordering, and nobody is passed by a caller of
// priority p who came more than ageing·log2(1+p) later.
type gate struct {
	ageing  time.Duration
	now     func() time.Time
	started time.Time

	mu      sync.Mutex
	free    int
	max     int // waiters
	seq     uint64
	waiting waiters
}

type waiter struct {
	rank  float64
	seq   uint64
	index int        // in the heap, -1 once out of it
	turn  chan error // buffered: nil to go, errFull to give way
}

func newGate(workers, queue int, ageing time.Duration, now func() time.Time) *gate {
	return &gate{ageing: ageing, now: now, started: now(), free: workers, max: queue}
}

// rank is the place in the queue of a caller who comes now: higher goes first. Negative priorities
// mirror positive ones, NaN is below all.
func (g *gate) rank(priority float64) float64 {
	if math.IsNaN(priority) {
		return math.Inf(-1)
	}
	doublings := math.Copysign(math.Log1p(math.Abs(priority))/math.Ln2, priority)
	return doublings - float64(g.now().Sub(g.started))/float64(g.ageing)
}

// enter waits for a place until ctx ends. On nil the caller must call leave exactly once.
func (g *gate) enter(ctx context.Context, priority float64) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	w := g.push(priority)
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
		return ctx.Err()
	}
	if err := <-w.turn; err != nil { // decided while ctx ended
		return err
	}
	g.pass()
	return ctx.Err()
}

// push puts a caller in the queue, nil when that is full of better ones.
func (g *gate) push(priority float64) *waiter {
	w := &waiter{rank: g.rank(priority), seq: g.seq, turn: make(chan error, 1)}
	g.seq++
	if len(g.waiting) >= g.max && !g.giveWay(w) {
		return nil
	}
	heap.Push(&g.waiting, w)
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
	worst.turn <- errFull
	return true
}

// leave gives the place to the next waiter.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass()
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
