package axon

import (
	"container/list"
	"errors"
	"io"
	"math/bits"
	"sync"
)

// errCrowdedBodies ends a request whose body had to make room.
var errCrowdedBodies = errors.New("too many request bodies at once")

// bodies bounds the bytes that the bodies of all requests take, from the first byte read until the
// handler has returned. Whoever holds the most gives way, so large or slow uploads cannot keep small
// questions out.
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

// atLeast makes the bound wide enough for one body of a size, whose buffer is up to four times as
// large.
func (b *bodies) atLeast(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max = max(b.max, 4*max(size, firstBuffer))
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

// firstBuffer is the most that a statement of a body's length alone may take, in bytes.
const firstBuffer = 16 << 10

// read takes a body whose length is stated, or -1, from r. The buffer grows with what arrives: a
// statement alone takes no memory. What a large body's buffer takes counts, not what is in it.
func (h *heldBody) read(r io.Reader, length int64) ([]byte, error) {
	buffer := make([]byte, 0, 512)
	if length >= 0 {
		buffer = make([]byte, 0, min(length, firstBuffer)+1) // the last byte is for seeing the end
	}
	h.grow(int64(cap(buffer)))
	for {
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case errors.Is(err, io.EOF):
			return buffer, nil
		case err != nil:
			return buffer, err
		case len(buffer) == cap(buffer):
			larger := takeBuffer(cap(buffer) + 1)
			h.grow(int64(cap(larger) - cap(buffer)))
			larger = append(larger, buffer...)
			giveBuffer(buffer)
			buffer = larger
		}
	}
}

// buffers are those of large bodies, by the binary logarithm of their size: making and clearing new
// ones costs more than reading into them.
var buffers [64]sync.Pool

// takeBuffer is an empty buffer of at least a size, rounded up to a power of two.
func takeBuffer(size int) []byte {
	class := bits.Len(uint(size - 1))
	if b, ok := buffers[class].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 1<<class)
}

// giveBuffer takes a buffer back that nobody reads any more.
func giveBuffer(b []byte) {
	if size := cap(b); size >= largeBody && size&(size-1) == 0 {
		buffers[bits.Len(uint(size-1))].Put(&b)
	}
}

// answers bounds the bytes of all large answers that are being written. Whoever has been taking one
// the longest gives way, and a single one is let through however large it is.
type answers struct {
	max int64

	mu      sync.Mutex
	total   int64
	writing list.List // of *largeAnswer, oldest first
}

type largeAnswer struct {
	size int64
	cut  func()
}

// begin counts an answer until end is called; cut ends it early.
func (a *answers) begin(size int64, cut func()) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total += size
	mine := a.writing.PushBack(&largeAnswer{size, cut})
	for a.total > a.max && a.writing.Front() != mine {
		oldest := a.writing.Remove(a.writing.Front()).(*largeAnswer)
		a.total -= oldest.size
		oldest.size = 0 // its end counts no more
		oldest.cut()
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.writing.Remove(mine)
		a.total -= mine.Value.(*largeAnswer).size
	}
}
