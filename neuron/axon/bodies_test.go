package axon

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Whoever holds the most bytes gives way; small bodies pass.
func TestTheLargestBodyGivesWay(t *testing.T) {
	b := newBodies(100)
	var gone []string
	hold := func(name string) *heldBody { return b.hold(func() { gone = append(gone, name) }) }
	large, middle, small := hold("large"), hold("middle"), hold("small")
	large.grow(60)
	middle.grow(30)
	small.grow(5)
	if len(gone) > 0 {
		t.Fatalf("%v gave way within the bound", gone)
	}
	small.grow(10)
	if fmt.Sprint(gone) != "[large]" || b.size() != 45 {
		t.Errorf("%v gave way, %d bytes are held", gone, b.size())
	}
	large.grow(1000) // what still arrives of it counts no more
	small.release()
	small.release()
	if b.size() != 30 {
		t.Errorf("%d bytes are held", b.size())
	}
	middle.grow(90)
	if fmt.Sprint(gone) != "[large middle]" || b.size() != 0 {
		t.Errorf("%v gave way, %d bytes are held", gone, b.size())
	}
	b.atLeast(500)
	whole := hold("whole")
	whole.grow(4 * 500)
	if len(gone) != 2 {
		t.Error("a body that a route allows does not fit")
	}
}

// On the socket: many slow uploads hold no more than the bound, and a small question is answered.
func TestUploadsMakeRoom(t *testing.T) {
	a := newDoubler(t, Options{MaxBody: 1 << 20, MaxBodies: 1 << 20}) // there is room for four
	address, _ := serve(t, a)
	var statuses sync.Map
	for i := range 16 {
		conn := dial(t, address)
		q := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += int64(i) })
		q.body = make([]byte, 1<<20)
		raw := q.raw(address)
		if _, err := conn.Write(raw[:len(raw)-100<<10]); err != nil {
			t.Fatal(err)
		}
		go func() {
			if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				statuses.Store(i, r.StatusCode)
			}
		}()
	}
	rejected := func() (n int) {
		statuses.Range(func(_, status any) bool {
			if status == 503 {
				n++
			}
			return true
		})
		return n
	}
	until(t, "twelve of sixteen uploads give way", func() bool { return rejected() >= 12 })
	if size := a.bodies.size(); size > 4<<20 {
		t.Errorf("%d bytes are held", size)
	}
	q := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += 100 })
	if r := q.open(t, address); r.StatusCode != 200 {
		t.Errorf("a small question: %d", r.StatusCode)
	}
}

// A body as long as its route allows, of whatever statement of its length, arrives whole.
func TestLongestBodiesArrive(t *testing.T) {
	for _, size := range []int64{1, 511, 512, 1 << 10, 16 << 10, largeBody, 1<<20 - 1, 1 << 20, 10 << 20} {
		b := newBodies(1)
		b.atLeast(size)
		want := bytes.Repeat([]byte("abc"), int(size))[:size]
		for _, stated := range []int64{size, -1, 0, size / 2} {
			h := b.hold(func() { t.Errorf("a body of %d bytes gives way", size) })
			got, err := h.read(bytes.NewReader(want), stated)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, stated %d: %d bytes, %v", size, stated, len(got), err)
			}
			giveBuffer(got)
			h.release()
		}
	}
}

// The answer that has been under way the longest gives way, never the newest, however large.
func TestTheOldestLargeAnswerGivesWay(t *testing.T) {
	a := &answers{max: 100}
	var gone []int
	begin := func(name int, size int64) func() { return a.begin(size, func() { gone = append(gone, name) }) }
	ends := []func(){begin(0, 40), begin(1, 40), begin(2, 20)}
	if len(gone) > 0 {
		t.Fatalf("%v gave way within the bound", gone)
	}
	ends = append(ends, begin(3, 50))
	if fmt.Sprint(gone) != "[0 1]" || a.total != 70 {
		t.Errorf("%v gave way, %d bytes are counted", gone, a.total)
	}
	ends = append(ends, begin(4, 1000))
	if fmt.Sprint(gone) != "[0 1 2 3]" || a.total != 1000 {
		t.Errorf("%v gave way, %d bytes are counted", gone, a.total)
	}
	for _, end := range ends {
		end()
	}
	if a.total != 0 || a.writing.Len() != 0 || len(gone) != 4 {
		t.Errorf("%d bytes and %d answers are left", a.total, a.writing.Len())
	}
}

// On the socket: an answer larger than every bound arrives whole, and a client that does not read its
// own loses it to one that does.
func TestLargeAnswers(t *testing.T) {
	a := newAxon(t, Options{MaxAnswers: 1})
	text := strings.Repeat("x", 12<<20) // more than sockets buffer
	if err := Handle(a, func(_ context.Context, _ Call, req *long) error { req.Text = &text; return nil }); err != nil {
		t.Fatal(err)
	}
	address, _ := serve(t, a)
	idle := ask(t, a, long{}).open(t, address)
	until(t, "the answer is under way", func() bool {
		a.answers.mu.Lock()
		defer a.answers.mu.Unlock()
		return a.answers.writing.Len() == 1
	})
	r := ask(t, a, long{}, func(q *question) { q.message.Dendrite.Nonce++ }).open(t, address)
	if body, err := io.ReadAll(r.Body); err != nil || len(body) < len(text) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if body, err := io.ReadAll(idle.Body); err == nil {
		t.Errorf("an answer that nobody read for long arrived whole: %d bytes", len(body))
	}
}
