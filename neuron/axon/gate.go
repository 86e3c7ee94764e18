package axon

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"sync"
)

// errFull: no place to wait in.
var errFull = errors.New("queue is full")

// gate lets a bounded number of callers through at once; the others wait by priority, first come
// first served among equals. When the queue is full the lowest priority gives way.
type gate struct {
	mu      sync.Mutex
	free    int
	max     int // waiters
	seq     uint64
	waiting waiters
}

type waiter struct {
	priority float64
	seq      uint64
	index    int        // in the heap, -1 once out of it
	turn     chan error // buffered: nil to go, errFull to give way
}

func newGate(workers, queue int) *gate { return &gate{free: workers, max: queue} }

// enter waits for a place until ctx ends. On nil the caller must call leave exactly once.
func (g *gate) enter(ctx context.Context, priority float64) error {
	if math.IsNaN(priority) {
		priority = math.Inf(-1)
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	w := &waiter{priority: priority, seq: g.seq, turn: make(chan error, 1)}
	g.seq++
	if len(g.waiting) >= g.max && !g.giveWay(w) {
		g.mu.Unlock()
		return errFull
	}
	heap.Push(&g.waiting, w)
	g.mu.Unlock()

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
	if a.priority != b.priority {
		return a.priority > b.priority
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
