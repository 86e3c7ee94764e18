package axon

import (
	"errors"
	"io"
	"sync"
)

// errCrowdedBodies ends a request whose body had to make room.
var errCrowdedBodies = errors.New("too many request bodies at once")

// bodies bounds the bytes of all request bodies that are being read or wait for a worker. Whoever
// holds the most gives way, so large or slow uploads cannot keep small questions out.
type bodies struct {
	max int64

	mu    sync.Mutex
	total int64
	held  map[*heldBody]struct{}
}

type heldBody struct {
	all    *bodies
	cancel func()
	size   int64 // guarded by all.mu
}

func newBodies(limit int64) *bodies { return &bodies{max: limit, held: map[*heldBody]struct{}{}} }

// atLeast makes the bound wide enough for one body of a size.
func (b *bodies) atLeast(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max = max(b.max, size)
}

// hold begins a body; cancel is called when it has to give way. The caller must call release.
func (b *bodies) hold(cancel func()) *heldBody {
	h := &heldBody{all: b, cancel: cancel}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[h] = struct{}{}
	return h
}

func (h *heldBody) grow(n int64) {
	b := h.all
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.held[h]; !ok {
		return // it gave way already
	}
	h.size += n
	b.total += n
	for b.total > b.max {
		largest := h
		for o := range b.held {
			if o.size > largest.size {
				largest = o
			}
		}
		b.drop(largest)
		largest.cancel()
		if largest == h {
			return
		}
	}
}

func (b *bodies) drop(h *heldBody) {
	if _, ok := b.held[h]; ok {
		delete(b.held, h)
		b.total -= h.size
	}
}

// release gives the bytes back.
func (h *heldBody) release() {
	h.all.mu.Lock()
	defer h.all.mu.Unlock()
	h.all.drop(h)
}

// size is the bytes held now.
func (b *bodies) size() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}

// countingReader counts what arrives against the bound.
type countingReader struct {
	io.Reader
	held *heldBody
}

// Read implements io.Reader.
func (c countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.held.grow(int64(n))
	return n, err
}
