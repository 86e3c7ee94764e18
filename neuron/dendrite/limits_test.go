package dendrite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

const never = time.Minute // a bound that only a hanging test reaches

// until waits for a condition that another goroutine brings about.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
		runtime.Gosched()
	}
}

// held is a peer whose answers wait until release is called; asked counts the questions.
type held struct {
	Target
	asked, most, running atomic.Int64
	release              func()
}

func hold(t testing.TB) *held {
	h := &held{}
	gate := make(chan struct{})
	h.release = func() { close(gate) }
	h.Target = fake(t, func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		h.most.Store(max(h.most.Load(), h.running.Add(1)))
		defer h.running.Add(-1)
		<-gate
		reply(w, 14)
	})
	t.Cleanup(func() { // before the server closes
		select {
		case <-gate:
		default:
			close(gate)
		}
	})
	return h
}

func reply(w http.ResponseWriter, out int) {
	raw, _ := synapse.AppendJSON(nil, synapse.NewDict(synapse.Pair{Key: "dummy_output", Value: int64(out)}), synapse.ResponseStyle)
	_, _ = w.Write(raw)
}

func TestCallsToOneAxonWaitForASlot(t *testing.T) {
	d := newDendrite(t, Options{PerTarget: 3})
	peer, other := hold(t), startAxon(t, 9, double)
	done := make(chan []Result[Dummy])
	go func() {
		done <- Query(context.Background(), d, slices.Repeat([]Target{peer.Target}, 12), &Dummy{DummyInput: 7}, WithTimeout(never))
	}()
	until(t, "three calls running, nine waiting", func() bool { return peer.running.Load() == 3 && d.peers.waiting.Load() == 9 })
	if r := Call(context.Background(), d, other, &Dummy{}); !r.OK() {
		t.Errorf("another axon has to wait too: %v", r.Err)
	}
	peer.release()
	waited := 0
	for _, r := range <-done {
		if !r.OK() || r.Elapsed <= 0 {
			t.Errorf("%+v", r)
		}
		if r.Waited > r.Elapsed {
			waited++
		}
	}
	if peer.most.Load() != 3 || waited < 6 {
		t.Errorf("%d calls at once, want 3; %d results tell that they waited", peer.most.Load(), waited)
	}
}

// A call that never left tells so, within its own timeout. It is no fault of ours: who does not answer
// must not keep the other questions from counting.
func TestTimeoutIncludesWaitingForASlot(t *testing.T) {
	d := newDendrite(t, Options{PerTarget: 1})
	peer := hold(t)
	first := make(chan Result[Dummy])
	go func() { first <- Call(context.Background(), d, peer.Target, &Dummy{}, WithTimeout(never)) }()
	until(t, "the first question", func() bool { return peer.asked.Load() == 1 })
	r := Call(context.Background(), d, peer.Target, &Dummy{}, WithTimeout(20*time.Millisecond))
	if r.Status != 408 || !errors.Is(r.Err, ErrTimeout) || errors.Is(r.Err, ErrLocal) || r.Elapsed != 0 || r.Waited <= 0 || r.Answer == nil {
		t.Errorf("%+v", r)
	}
	peer.release()
	if r := <-first; !r.OK() {
		t.Errorf("first: %v", r.Err)
	}
	if peer.asked.Load() != 1 {
		t.Errorf("the axon got %d questions, want 1", peer.asked.Load())
	}
}

// The timeout of a round is that of all its targets, also of those whose turn comes late.
func TestTimeoutOfAQueryCountsFromItsStart(t *testing.T) {
	d := newDendrite(t, Options{Parallel: 1})
	peers := []*held{hold(t), hold(t), hold(t)}
	results := Query(context.Background(), d, []Target{peers[0].Target, peers[1].Target, peers[2].Target}, &Dummy{}, WithTimeout(50*time.Millisecond))
	for i, r := range results {
		if r.Status != 408 || r.Target != peers[i].Target || errors.Is(r.Err, ErrLocal) != (i > 0) || peers[i].asked.Load() != int64(1-min(i, 1)) {
			t.Errorf("%d: %d %v, asked %d times", i, r.Status, r.Err, peers[i].asked.Load())
		}
	}
}

func TestAnswersComeAsTheyArrive(t *testing.T) {
	d := newDendrite(t, Options{})
	slow, fast := hold(t), startAxon(t, 9, double)
	var order []int
	for i, r := range Each(context.Background(), d, []Target{slow.Target, fast}, &Dummy{DummyInput: 7}, WithTimeout(never)) {
		if !r.OK() || *r.Answer.DummyOutput != 14 {
			t.Errorf("%d: %+v", i, r)
		}
		if order = append(order, i); i == 1 {
			slow.release()
		}
	}
	if !slices.Equal(order, []int{1, 0}) {
		t.Errorf("order %v", order)
	}
}

// What has arrived when the context ends stays; every other target has a result that says why.
func TestEndOfContextLeavesPartialResults(t *testing.T) {
	d := newDendrite(t, Options{Parallel: 2})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hanging := hold(t)
	targets := []Target{startAxon(t, 9, double), hanging.Target, startAxon(t, 10, double), hanging.Target, hanging.Target}
	results := make([]Result[Dummy], len(targets))
	good := 0
	for i, r := range Each(ctx, d, targets, &Dummy{DummyInput: 7}, WithTimeout(never)) {
		results[i] = r
		if good++; good == 2 {
			cancel()
		}
	}
	for i, r := range results {
		if i%2 == 0 && i < 4 {
			if !r.OK() || *r.Answer.DummyOutput != 14 {
				t.Errorf("%d: %v", i, r.Err)
			}
			continue
		}
		if r.Status != 503 || !errors.Is(r.Err, context.Canceled) || r.Message == "" || r.Target != targets[i] || r.Answer == nil {
			t.Errorf("%d: %+v", i, r)
		}
	}
	for i, r := range Query(ctx, d, targets, &Dummy{}) {
		if r.Status != 503 || !errors.Is(r.Err, context.Canceled) || r.Target != targets[i] {
			t.Errorf("after the end, %d: %+v", i, r)
		}
	}
	deadline, stop := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer stop()
	if r := Call(deadline, d, targets[0], &Dummy{}); r.Status != 408 || !errors.Is(r.Err, context.DeadlineExceeded) {
		t.Errorf("caller's deadline: %+v", r)
	}
}

func TestLeavingTheLoopGivesUpOnTheOthers(t *testing.T) {
	d := newDendrite(t, Options{})
	reached, left := make(chan struct{}), make(chan struct{})
	hanging := fake(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice who leaves
		close(reached)
		<-r.Context().Done()
		close(left)
	})
	fast := fake(t, func(w http.ResponseWriter, r *http.Request) { <-reached; reply(w, 14) })
	question := &Dummy{DummyInput: 7}
	for i, r := range Each(context.Background(), d, []Target{hanging, fast}, question, WithTimeout(never)) {
		if i != 1 || !r.OK() {
			t.Errorf("%d: %+v", i, r)
		}
		break
	}
	question.DummyInput = 8 // the race detector sees a call that still reads it
	select {
	case <-left:
	case <-time.After(never):
		t.Error("the other axon still works on its answer")
	}
}

func TestConnectionsArePooled(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reply(w, 14) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	target := Target{pair(t, 1).Address(), netip.MustParseAddrPort(s.Listener.Addr().String())}
	d := newDendrite(t, Options{Idle: never})
	for range 20 {
		if r := Call(context.Background(), d, target, &Dummy{}); !r.OK() {
			t.Fatal(r.Err)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections for 20 calls, want 1", opened.Load())
	}
	// A server of the SDK closes a connection that was idle for 5 s: ours must be gone before.
	if idle := newDendrite(t, Options{}).client.Transport.(*http.Transport).IdleConnTimeout; idle <= 0 || idle >= 5*time.Second {
		t.Errorf("idle connections are kept %v by default", idle)
	}
}

// A pooled connection that the axon closes as the question arrives costs nothing: the very same bytes
// go out on a new one. A new connection that breaks is not tried again.
func TestClosedPooledConnectionIsReplaced(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	nonces := make(chan string, 10)
	go func() {
		for _, answers := range []int{1, 0, 1, 1} { // of each connection, which the next question then closes
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			reader := bufio.NewReader(conn)
			for i := 0; ; i++ {
				r, err := http.ReadRequest(reader)
				if err != nil {
					break
				}
				_, _ = io.Copy(io.Discard, r.Body)
				nonces <- r.Header.Get("bt_header_dendrite_nonce") + r.Header.Get("Idempotency-Key")
				if i == answers {
					break
				}
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"dummy_output\": 14}")
			}
			conn.Close()
		}
	}()
	d := newDendrite(t, Options{BreakAfter: -1})
	target := Target{pair(t, 1).Address(), netip.MustParseAddrPort(ln.Addr().String())}
	if r := Call(context.Background(), d, target, &Dummy{}); !r.OK() {
		t.Fatal(r.Err)
	}
	first := <-nonces
	if r := Call(context.Background(), d, target, &Dummy{}); !errors.Is(r.Err, ErrUnavailable) {
		t.Error(r.Err) // its pooled connection and the new one both break
	}
	if a, b := <-nonces, <-nonces; a != b || a == first {
		t.Errorf("nonces %s, then %s and %s", first, a, b)
	}
	for range 2 {
		if r := Call(context.Background(), d, target, &Dummy{}); !r.OK() {
			t.Fatal(r.Err)
		}
	}
	if len(nonces) != 3 {
		t.Errorf("%d requests for the last two questions, want 3", len(nonces))
	}
}

// Nested has inputs that share memory when copied carelessly.
type Nested struct {
	List  []int          `wire:"list"`
	Table map[string]any `wire:"table"`
	Free  any            `wire:"free"`
	Out   []int          `wire:"out,output"`
}

func TestAnswersShareNothingWithTheQuestion(t *testing.T) {
	d := newDendrite(t, Options{})
	peer := fake(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"list":[9],"table":{"a":9},"free":[9],"out":[1,2]}`))
	})
	ask := func() *Nested {
		return &Nested{List: []int{1}, Table: map[string]any{"a": []any{1}}, Free: []any{1}}
	}
	question := ask()
	results := Query(context.Background(), d, []Target{peer, peer}, question)
	for _, r := range results {
		if !r.OK() || !reflect.DeepEqual(r.Answer.List, []int{1}) || !slices.Equal(r.Answer.Out, []int{1, 2}) {
			t.Fatalf("%+v %v", r.Answer, r.Err)
		}
	}
	a := results[0].Answer
	a.List[0], a.Free.([]any)[0], a.Table["a"].([]any)[0] = 5, 5, 5
	if !reflect.DeepEqual(question, ask()) {
		t.Errorf("the question became %+v", question)
	}
	if b := results[1].Answer; b.List[0] == 5 || b.Free.([]any)[0] == 5 || b.Table["a"].([]any)[0] == 5 {
		t.Errorf("the other answer became %+v", b)
	}
}

// An answer of which one number does not fit leaves all outputs as they were asked.
func TestHalfAnAnswerIsNone(t *testing.T) {
	type Two struct {
		A int   `wire:"a"`
		B *int8 `wire:"b,output"`
		C *int8 `wire:"c,output"`
	}
	d := newDendrite(t, Options{})
	peer := fake(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(`{"b":1,"c":1000}`)) })
	r := Call(context.Background(), d, peer, &Two{A: 7})
	if r.Status != 422 || !errors.Is(r.Err, ErrAnswer) || r.Answer.A != 7 || r.Answer.B != nil || r.Answer.C != nil {
		t.Errorf("%+v %+v", r, r.Answer)
	}
}

// The status that the axon states in its headers counts, as with the SDK.
func TestStatedStatusCounts(t *testing.T) {
	d := newDendrite(t, Options{})
	peer := fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["bt_header_axon_status_code"] = []string{"429"}
		w.Header()["bt_header_axon_status_message"] = []string{"slow down"}
		reply(w, 14)
	})
	if r := Call(context.Background(), d, peer, &Dummy{}); r.Status != 429 || r.Message != "slow down" || !errors.Is(r.Err, ErrRefused) {
		t.Errorf("%+v", r)
	}
}

func TestIPv6TargetsAreBracketed(t *testing.T) {
	d := newDendrite(t, Options{})
	schema, err := schemaOf[Dummy](d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := schema.Dump(&Dummy{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.sign(context.Background(), Target{pair(t, 1).Address(), netip.MustParseAddrPort("[2001:db8::1]:8091")}, m)
	if err != nil || r.URL.String() != "http://[2001:db8::1]:8091/Dummy" || m.Axon.IP != "2001:db8::1" {
		t.Errorf("%v %v %q", r.URL, err, m.Axon.IP)
	}
}
