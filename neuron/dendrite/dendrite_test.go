package dendrite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/synapse"
)

type Dummy struct {
	DummyInput  int  `wire:"dummy_input"`
	DummyOutput *int `wire:"dummy_output,output"`
}

func pair(t testing.TB, seed byte) *keys.Pair {
	t.Helper()
	p, err := keys.FromSeed(bytes.Repeat([]byte{seed}, keys.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newDendrite(t testing.TB, o Options) *Dendrite {
	t.Helper()
	o.Key, o.AllowPrivate = pair(t, 2), true
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// startAxon serves doubling on loopback with the key of seed.
func startAxon(t testing.TB, seed byte, forward axon.Forward[Dummy]) Target {
	t.Helper()
	return serveAxon(t, seed, func(a *axon.Axon) error { return axon.Handle(a, forward) })
}

// serveAxon serves what attach attaches on loopback with the key of seed.
func serveAxon(t testing.TB, seed byte, attach func(*axon.Axon) error) Target {
	t.Helper()
	a, err := axon.New(axon.Options{Key: pair(t, seed)})
	if err == nil {
		err = attach(a)
	}
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return Target{a.Hotkey(), netip.MustParseAddrPort(ln.Addr().String())}
}

func double(_ context.Context, _ axon.Call, req *Dummy) error {
	out := 2 * req.DummyInput
	req.DummyOutput = &out
	return nil
}

// fake is a peer that answers as the handler says.
func fake(t testing.TB, handler http.HandlerFunc) Target {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return Target{pair(t, 1).Address(), netip.MustParseAddrPort(s.Listener.Addr().String())}
}

func TestQueryKeepsOrder(t *testing.T) {
	d := newDendrite(t, Options{})
	var targets []Target
	for seed := byte(10); seed < 15; seed++ {
		targets = append(targets, startAxon(t, seed, func(_ context.Context, _ axon.Call, req *Dummy) error {
			out := req.DummyInput + int(seed)
			req.DummyOutput = &out
			return nil
		}))
	}
	for i, r := range Query(context.Background(), d, targets, &Dummy{DummyInput: 100}) {
		if !r.OK() || r.Status != 200 || *r.Answer.DummyOutput != 110+i || r.Target != targets[i] || !r.Signed || r.ProcessTime <= 0 {
			t.Errorf("result %d: %+v", i, r)
		}
		if err := r.Proof.Verify(); err != nil {
			t.Errorf("proof %d: %v", i, err)
		}
		r.Proof.Body = append(r.Proof.Body, ' ')
		if r.Proof.Verify() == nil {
			t.Error("a proof of other bytes verifies")
		}
	}
	r := Call(context.Background(), d, targets[0], &synapse.Echo{})
	if !r.OK() {
		t.Errorf("echo: %+v", r)
	}
}

// Many questions at once to one axon are all accepted: nonces differ and may arrive in any order.
func TestParallelQuestionsToOneAxon(t *testing.T) {
	d := newDendrite(t, Options{})
	target := startAxon(t, 1, double)
	for i, r := range Query(context.Background(), d, slices.Repeat([]Target{target}, 50), &Dummy{DummyInput: 1}) {
		if !r.OK() {
			t.Errorf("%d: %v", i, r.Err)
		}
	}
}

func TestNoncesRise(t *testing.T) {
	now := time.Unix(0, 1000)
	d := newDendrite(t, Options{Now: func() time.Time { return now }})
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			last := int64(0)
			for range 100 {
				n := d.nextNonce()
				mu.Lock()
				if seen[n] || n <= last {
					t.Errorf("nonce %d after %d", n, last)
				}
				seen[n] = true
				mu.Unlock()
				last = n
			}
		})
	}
	wg.Wait()
	now = time.Unix(0, 10) // the clock steps back
	if n := d.nextNonce(); n != 1800 {
		t.Errorf("nonce %d, want 1800", n)
	}
	now = time.Unix(0, 5000)
	if n := d.nextNonce(); n != 5000 {
		t.Errorf("nonce %d, want 5000", n)
	}
}

// The request on the wire has the recorded header set and body shape, names in lower case.
func TestRequestLooksLikeTheRecordedOne(t *testing.T) {
	raw, err := os.ReadFile("../synapse/testdata/wire.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Requests []struct {
			Headers map[string]string
			Body    string
		}
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 64<<10)
		n := 0
		for !bytes.HasSuffix(buf[:n], []byte("}")) {
			m, err := conn.Read(buf[n:])
			if err != nil {
				break
			}
			n += m
		}
		fmt.Fprint(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\n\r\n{\"message\":\"no!\"}")
		got <- string(buf[:n])
	}()
	d := newDendrite(t, Options{IP: "203.0.113.7"})
	r := Call(context.Background(), d, Target{pair(t, 1).Address(), netip.MustParseAddrPort(ln.Addr().String())}, &Dummy{DummyInput: 7})
	if r.Status != 403 || r.Message != "no!" || !errors.Is(r.Err, ErrRefused) {
		t.Errorf("%+v", r)
	}
	head, body, _ := strings.Cut(<-got, "\r\n\r\n")
	names := map[string]bool{}
	for _, line := range strings.Split(head, "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		if !slices.Contains([]string{"Host", "User-Agent", "Content-Length", "Content-Type"}, name) {
			names[name] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(v.Requests[0].Headers)); !slices.Equal(got, want) {
		t.Errorf("headers %v\nwant %v", got, want)
	}
	keysOf := func(text string) (out []string) {
		tree, err := synapse.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range tree.(*synapse.Dict).Pairs() {
			out = append(out, p.Key)
		}
		return out
	}
	if got, want := keysOf(body), keysOf(v.Requests[0].Body); !slices.Equal(got, want) {
		t.Errorf("body fields %v\nwant %v", got, want)
	}
}

func TestHostilePeers(t *testing.T) {
	elsewhere := make(chan string, 10)
	other := fake(t, func(_ http.ResponseWriter, r *http.Request) { elsewhere <- r.URL.Path })
	hang := make(chan struct{})
	defer close(hang) // before the servers close
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		status  int
		err     error
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+other.Address.String()+"/stolen", http.StatusTemporaryRedirect)
		}, 307, ErrRefused},
		{"refusal", answer(401, `{"message":"Not Verified"}`), 401, ErrRefused},
		{"refusal without JSON", answer(500, `<html>`), 500, ErrRefused},
		{"refusal with odd message", answer(500, `{"message":{}}`), 500, ErrRefused},
		{"not JSON", answer(200, `<html>`), 422, ErrAnswer},
		{"wrong kind", answer(200, `{"dummy_output":"14"}`), 422, ErrAnswer},
		{"number too wide", answer(200, `{"dummy_output":1e300}`), 422, ErrAnswer},
		{"list", answer(200, `[]`), 422, ErrAnswer},
		{"large", answer(200, `{"dummy_output":`+strings.Repeat(" ", 5000)+`14}`), 422, ErrAnswer},
		{"large refusal", answer(500, strings.Repeat("x", 5000)), 422, ErrAnswer},
		{"large header", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("x", strings.Repeat("y", 100<<10))
			w.WriteHeader(200)
		}, 503, ErrUnavailable},
		{"false signature", func(w http.ResponseWriter, r *http.Request) {
			w.Header()[synapse.AnswerSignature] = []string{"0x" + strings.Repeat("ab", 64)}
			_, _ = io.WriteString(w, `{"dummy_output":14}`)
		}, 422, ErrAnswer},
		{"hangs", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-hang
		}, 408, ErrTimeout},
		{"stops half way", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"dummy`)
			w.(http.Flusher).Flush()
			<-hang
		}, 408, ErrTimeout},
		{"disconnects", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, 503, ErrUnavailable},
	} {
		d := newDendrite(t, Options{MaxAnswer: 4096, Timeout: 10 * time.Second})
		var o []CallOption
		if c.status == 408 {
			o = append(o, WithTimeout(50*time.Millisecond))
		}
		r := Call(context.Background(), d, fake(t, c.handler), &Dummy{DummyInput: 7}, o...)
		if r.Status != c.status || !errors.Is(r.Err, c.err) || r.OK() || r.Signed {
			t.Errorf("%s: %d %v, want %d %v", c.name, r.Status, r.Err, c.status, c.err)
		}
		if r.Answer == nil || r.Answer.DummyInput != 7 || r.Answer.DummyOutput != nil {
			t.Errorf("%s: answer %+v", c.name, r.Answer)
		}
	}
	select {
	case path := <-elsewhere:
		t.Errorf("a redirect was followed to %s", path)
	default:
	}
}

// A 200 that rewrites the question changes nothing but the outputs, here and at the caller's.
func TestPeerCannotChangeInputs(t *testing.T) {
	d := newDendrite(t, Options{})
	peer := fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["bt_header_axon_process_time"] = []string{"0.25"}
		_, _ = io.WriteString(w, `{"dummy_input":666,"dummy_output":14,"timeout":9,"dendrite":{"hotkey":"x"},"name":"Other"}`)
	})
	question := &Dummy{DummyInput: 7}
	r := Call(context.Background(), d, peer, question)
	if !r.OK() || r.Answer.DummyInput != 7 || *r.Answer.DummyOutput != 14 || r.Signed || r.ProcessTime != 250*time.Millisecond {
		t.Errorf("%+v %v", r, r.Err)
	}
	if question.DummyInput != 7 || question.DummyOutput != nil || question == r.Answer {
		t.Errorf("the question became %+v", question)
	}
	strict := newDendrite(t, Options{RequireSigned: true})
	if r := Call(context.Background(), strict, peer, question); r.Status != 422 || !errors.Is(r.Err, ErrAnswer) {
		t.Errorf("unsigned answer: %d %v", r.Status, r.Err)
	}
}

// An answer signed for one question does not pass for another.
func TestSignatureIsBoundToTheQuestion(t *testing.T) {
	honest := startAxon(t, 1, double)
	var captured struct {
		header http.Header
		body   []byte
	}
	relay := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if captured.body == nil {
			out, _ := http.NewRequest(r.Method, "http://"+honest.Address.String()+r.URL.Path, r.Body)
			out.Header = r.Header
			answer, err := http.DefaultClient.Do(out)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			captured.header = answer.Header
			captured.body, _ = io.ReadAll(answer.Body)
		}
		maps.Copy(w.Header(), captured.header)
		_, _ = w.Write(captured.body)
	})
	d := newDendrite(t, Options{})
	if r := Call(context.Background(), d, relay, &Dummy{DummyInput: 7}); !r.OK() || !r.Signed {
		t.Fatalf("relayed: %v", r.Err)
	}
	if r := Call(context.Background(), d, relay, &Dummy{DummyInput: 7}); !errors.Is(r.Err, ErrAnswer) {
		t.Errorf("repeated answer: %v", r.Err)
	}
}

func TestTargetsAreChecked(t *testing.T) {
	d, err := New(Options{Key: pair(t, 2), Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	hotkey := pair(t, 1).Address()
	for _, address := range []string{
		"127.0.0.1:80", "10.0.0.1:80", "192.168.1.1:80", "172.16.0.1:80", "169.254.169.254:80", "100.64.0.1:80", "0.0.0.0:80",
		"0.1.2.3:80", "255.255.255.255:80", "224.0.0.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "[fe80::1]:80", "[fc00::1]:80",
		"[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "198.51.100.1:0",
	} {
		r := Call(context.Background(), d, Target{hotkey, netip.MustParseAddrPort(address)}, &Dummy{})
		if !errors.Is(r.Err, ErrAddress) || r.Status != 503 {
			t.Errorf("%s: %d %v", address, r.Status, r.Err)
		}
	}
	for _, target := range []Target{{}, {"nobody", netip.MustParseAddrPort("8.8.8.8:80")}} {
		if r := Call(context.Background(), d, target, &Dummy{}); !errors.Is(r.Err, ErrAddress) {
			t.Errorf("%v: %v", target, r.Err)
		}
	}
	if err := d.checkTarget(Target{hotkey, netip.MustParseAddrPort("8.8.8.8:8091")}); err != nil {
		t.Error(err)
	}
}

func TestClosedPortAndCancel(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := Target{pair(t, 1).Address(), netip.MustParseAddrPort(ln.Addr().String())}
	ln.Close()
	d := newDendrite(t, Options{})
	if r := Call(context.Background(), d, target, &Dummy{}); r.Status != 503 || !errors.Is(r.Err, ErrUnavailable) {
		t.Errorf("closed port: %d %v", r.Status, r.Err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := Call(ctx, d, target, &Dummy{}); r.Status != 503 || !errors.Is(r.Err, context.Canceled) {
		t.Errorf("cancelled: %d %v", r.Status, r.Err)
	}
	type bad struct{ X int }
	if r := Call(context.Background(), d, target, &bad{}); r.Err == nil || r.Answer != nil {
		t.Errorf("message without schema: %+v", r)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no key: no error")
	}
}
