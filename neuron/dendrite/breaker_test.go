package dendrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ergon-network/ergon/internal/ports/porttest"
)

// clock is a hand-set time.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Unix(1_700_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// closedPort is a target on which nobody listens.
func closedPort(t testing.TB) Target {
	return Target{pair(t, 1).Address(), netip.MustParseAddrPort(porttest.Address(t))}
}

// changing is a peer whose behaviour a test exchanges.
func changing(t testing.TB, first http.HandlerFunc) (Target, func(http.HandlerFunc)) {
	var mu sync.Mutex
	now := first
	target := fake(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		h := now
		mu.Unlock()
		h(w, r)
	})
	return target, func(h http.HandlerFunc) {
		mu.Lock()
		defer mu.Unlock()
		now = h
	}
}

func disconnect(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func answers(w http.ResponseWriter, _ *http.Request) { reply(w, 14) }

// expect calls once and says whether the answer came, the transport failed or the circuit refused.
func expect(t *testing.T, d *Dendrite, target Target, want string) *OpenError {
	t.Helper()
	r := Call(context.Background(), d, target, &Dummy{})
	open := new(OpenError)
	got := "answered"
	switch {
	case errors.As(r.Err, &open):
		got = "open"
	case errors.Is(r.Err, ErrUnavailable):
		got = "failed"
	case r.Err != nil:
		got = r.Err.Error()
	}
	if got != want {
		t.Fatalf("%s, want %s: %v", got, want, r.Err)
	}
	if got == "open" && (r.Status != 503 || !errors.Is(r.Err, ErrUnavailable) || r.Answer == nil || r.Elapsed != 0) {
		t.Errorf("%+v", r)
	}
	return open
}

func TestCircuitOpensHalfOpensAndCloses(t *testing.T) {
	c := newClock()
	d := newDendrite(t, Options{BreakAfter: 3, BreakPause: 10 * time.Second, Now: c.now})
	target, become := changing(t, disconnect)
	for range 3 {
		expect(t, d, target, "failed")
	}
	open := expect(t, d, target, "open")
	if open.Failures != 3 || open.Target != target || !open.Until.Equal(c.now().Add(10*time.Second)) {
		t.Errorf("%+v", open)
	}
	become(answers)
	c.advance(10*time.Second - 1)
	expect(t, d, target, "open")
	become(disconnect)
	c.advance(1)
	expect(t, d, target, "failed") // the one that tries
	if open := expect(t, d, target, "open"); open.Failures != 4 || !open.Until.Equal(c.now().Add(10*time.Second)) {
		t.Errorf("after a failed trial: %+v", open)
	}
	become(answers)
	c.advance(10 * time.Second)
	expect(t, d, target, "answered")
	become(disconnect)
	for range 3 { // the count begins anew
		expect(t, d, target, "failed")
	}
	expect(t, d, target, "open")
	expect(t, d, fake(t, answers), "answered") // each target has its own
}

func TestHalfOpenLetsOneCallThrough(t *testing.T) {
	c := newClock()
	d := newDendrite(t, Options{BreakAfter: 1, BreakPause: 10 * time.Second, Now: c.now})
	target, become := changing(t, disconnect)
	expect(t, d, target, "failed")
	tried, release := make(chan struct{}), make(chan struct{})
	become(func(w http.ResponseWriter, r *http.Request) { close(tried); <-release; answers(w, r) })
	c.advance(10 * time.Second)
	trial := make(chan Result[Dummy])
	go func() { trial <- Call(context.Background(), d, target, &Dummy{}, WithTimeout(never)) }()
	<-tried
	expect(t, d, target, "open")
	close(release)
	if r := <-trial; !r.OK() {
		t.Fatal(r.Err)
	}
	become(answers)
	expect(t, d, target, "answered")
}

// A caller who gives up on the trial has not shown anything: the next call tries.
func TestAbandonedTrialDecidesNothing(t *testing.T) {
	c := newClock()
	d := newDendrite(t, Options{BreakAfter: 1, BreakPause: 10 * time.Second, Now: c.now})
	target, become := changing(t, disconnect)
	expect(t, d, target, "failed")
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	become(func(http.ResponseWriter, *http.Request) { cancel(); <-release })
	c.advance(10 * time.Second)
	if r := Call(ctx, d, target, &Dummy{}); !errors.Is(r.Err, context.Canceled) {
		t.Fatal(r.Err)
	}
	become(answers)
	expect(t, d, target, "answered")
}

func TestWhatAnAxonSaysNeverOpensItsCircuit(t *testing.T) {
	for _, status := range []int{200, 301, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503} {
		d := newDendrite(t, Options{BreakAfter: 1})
		target := fake(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"message":"no"}`)
		})
		for range 3 {
			if r := Call(context.Background(), d, target, &Dummy{}); r.Status != status {
				t.Errorf("status %d: %d %v", status, r.Status, r.Err)
			}
		}
	}
	d := newDendrite(t, Options{BreakAfter: 1, MaxAnswer: 100})
	target, become := changing(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "<html>") })
	for range 3 {
		if r := Call(context.Background(), d, target, &Dummy{}); r.Status != 422 {
			t.Errorf("nonsense: %d %v", r.Status, r.Err)
		}
	}
	become(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	for range 3 {
		if r := Call(context.Background(), d, target, &Dummy{}); r.Status != 422 {
			t.Errorf("too much: %d %v", r.Status, r.Err)
		}
	}
}

// A refusal between failures shows that the axon is there.
func TestFailuresCountInARow(t *testing.T) {
	d := newDendrite(t, Options{BreakAfter: 2})
	target, become := changing(t, nil)
	for range 3 {
		become(disconnect)
		expect(t, d, target, "failed")
		become(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) })
		if r := Call(context.Background(), d, target, &Dummy{}); r.Status != 403 {
			t.Fatal(r.Err)
		}
	}
}

func TestSilenceOpensTheCircuitAndGivingUpDoesNot(t *testing.T) {
	d := newDendrite(t, Options{BreakAfter: 2})
	peer := hold(t)
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		asked := peer.asked.Load()
		go func() { until(t, "the question", func() bool { return peer.asked.Load() > asked }); cancel() }()
		if r := Call(ctx, d, peer.Target, &Dummy{}, WithTimeout(never)); !errors.Is(r.Err, context.Canceled) {
			t.Fatal(r.Err)
		}
	}
	for range 2 {
		if r := Call(context.Background(), d, peer.Target, &Dummy{}, WithTimeout(20*time.Millisecond)); !errors.Is(r.Err, ErrTimeout) {
			t.Fatal(r.Err)
		}
	}
	expect(t, d, peer.Target, "open")
}

// Calls that waited for a slot until their time was over say nothing about the axon, and those that
// still wait when the circuit opens are refused at once.
func TestWaitingCallsAndTheCircuit(t *testing.T) {
	d := newDendrite(t, Options{BreakAfter: 1, PerTarget: 1})
	gate := make(chan struct{})
	target, _ := changing(t, func(w http.ResponseWriter, r *http.Request) { <-gate; disconnect(w, r) })
	results := make(chan Result[Dummy], 4)
	call := func(timeout time.Duration) {
		results <- Call(context.Background(), d, target, &Dummy{}, WithTimeout(timeout))
	}
	go call(never)
	until(t, "a running call", func() bool { return d.peers.running.Load() == 1 })
	for range 3 {
		go call(never)
	}
	if r := Call(context.Background(), d, target, &Dummy{}, WithTimeout(time.Millisecond)); !errors.Is(r.Err, ErrTimeout) || r.Elapsed != 0 {
		t.Fatal(r.Err)
	}
	until(t, "three waiting calls", func() bool { return d.peers.waiting.Load() == 3 })
	if d.peers.openCircuits() != 0 {
		t.Fatal("a call that was not sent opened the circuit")
	}
	close(gate)
	open := 0
	for range 4 {
		r := <-results
		if errors.As(r.Err, new(*OpenError)) {
			open++
		} else if !errors.Is(r.Err, ErrUnavailable) {
			t.Error(r.Err)
		}
	}
	if open != 3 {
		t.Errorf("%d calls refused by the circuit, want 3", open)
	}
}

func TestVerdicts(t *testing.T) {
	live := context.Background()
	over, cancel := context.WithTimeoutCause(live, 0, ErrTimeout)
	defer cancel()
	long, short := &timing{waited: time.Second, elapsed: 2 * time.Second}, &timing{waited: time.Second, elapsed: time.Millisecond}
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		t    *timing
		want verdict
	}{
		{"answer", live, nil, long, alive},
		{"timeout", over, ErrTimeout, long, failed},
		{"timeout used up by waiting", over, ErrTimeout, short, unknown},
		{"no connection in the dialler's time", live, fmt.Errorf("%w: dial", ErrTimeout), short, failed},
		{"broken stream", over, ErrTimeout, &timing{elapsed: 1, heard: true}, alive},
		{"our sockets are used up", live, netError(live, Target{}, "Dummy", &net.OpError{Op: "dial", Err: syscall.EMFILE}), long, unknown},
		{"an address that leads nowhere", live, netError(live, Target{}, "Dummy", &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}), long, failed},
		{"nobody listens", live, netError(live, Target{}, "Dummy", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), long, failed},
		{"caller", live, context.Canceled, long, unknown},
	} {
		if got := verdictOf(c.ctx, c.err, c.t); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestBreakerCanBeSwitchedOff(t *testing.T) {
	d := newDendrite(t, Options{BreakAfter: -1})
	target := closedPort(t)
	for range 20 {
		expect(t, d, target, "failed")
	}
}

// Good targets leave nothing behind; bad ones are forgotten when there are too many and their pause
// is over.
func TestPeersAreForgotten(t *testing.T) {
	c := newClock()
	d := newDendrite(t, Options{BreakPause: time.Second, Now: c.now})
	expect(t, d, fake(t, answers), "answered")
	if n := len(d.peers.known); n != 0 {
		t.Errorf("%d targets remembered after an answer", n)
	}
	for i := range maxPeers + 100 {
		target := Target{"", netip.AddrPortFrom(netip.AddrFrom4([4]byte{8, 8, byte(i >> 8), byte(i)}), 1)}
		one, err := d.peers.enter(context.Background(), target)
		if err != nil {
			t.Fatal(err)
		}
		d.peers.leave(target, one, failed)
		c.advance(time.Millisecond)
	}
	if n := len(d.peers.known); n > maxPeers {
		t.Errorf("%d targets remembered, at most %d", n, maxPeers)
	}
}
