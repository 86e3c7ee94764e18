package axon

import (
	"errors"
	"io"
	"sync"
)

// errCrowdedBodies ends a request whose body had to make room.
var errCrowdedBodies = errors.New("too many request bodies at once")

// bodies bounds the bytes of the bodies of all exchanges, requests and answers alike, from the first
// byte read to the last one written. Whoever holds the most gives way, so large or slow ones cannot
// keep small questions out.
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

// read takes a body whose length is stated, or -1, from r. The buffer grows with what arrives: a
// statement alone takes no memory.
func (h *heldBody) read(r io.Reader, length int64) ([]byte, error) {
	const first = 16 << 10
	buffer := make([]byte, 0, 512)
	if length >= 0 {
		buffer = make([]byte, 0, min(length, first)+1) // the last byte is for seeing the end
	}
	for {
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		h.grow(int64(n))
		switch {
		case errors.Is(err, io.EOF):
			return buffer, nil
		case err != nil:
			return buffer, err
		case len(buffer) == cap(buffer):
			larger := 2 * int64(cap(buffer))
			if length >= int64(len(buffer)) {
				larger = min(larger, length+1)
			}
			buffer = append(make([]byte, 0, larger), buffer...)
		}
	}
}
