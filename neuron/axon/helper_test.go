package axon

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// hashed is a question whose inputs are signed.
type hashed struct {
	A   int            `wire:"a"`
	M   map[string]int `wire:"m,optional"`
	Out *int           `wire:"out,output"`
}

// loose mirrors a schema of the SDK: nothing is hashed.
type loose struct {
	A   int  `wire:"a"`
	Out *int `wire:"out,output"`
}

func (loose) HashFields() []string { return nil }

const start = int64(1_700_000_000_000_000_000) // the tests' clock, Unix ns

// clock is a hand-set time.
type clock struct{ ns int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.ns) }

func pair(t testing.TB, seed byte) *keys.Pair {
	t.Helper()
	p, err := keys.FromSeed(bytes.Repeat([]byte{seed}, keys.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// double answers with twice the input.
func double(_ context.Context, _ Call, req *hashed) error {
	out := 2 * req.A
	req.Out = &out
	return nil
}

func newAxon(t testing.TB, o Options) *Axon {
	t.Helper()
	if o.Key == nil {
		o.Key = pair(t, 1)
	}
	if o.Now == nil {
		o.Now = (&clock{start}).now
	}
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newDoubler is an axon with the routes hashed and loose.
func newDoubler(t testing.TB, o Options) *Axon {
	t.Helper()
	a := newAxon(t, o)
	err := Handle(a, double)
	if err == nil {
		err = Handle(a, func(_ context.Context, call Call, req *loose) error { req.Out = &req.A; return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// question is a request under construction; a test bends it before or after it is signed.
type question struct {
	key     *keys.Pair
	target  string
	message *synapse.Message
	body    []byte
	header  http.Header
	method  string
	path    string
}

// ask makes a properly signed request; bend changes it before signing.
func ask(t testing.TB, a *Axon, v any, bend ...func(*question)) *question {
	t.Helper()
	var schema *synapse.Schema
	var err error
	switch v.(type) {
	case hashed:
		schema, err = synapse.For[hashed]()
	case loose:
		schema, err = synapse.For[loose]()
	case ratio:
		schema, err = synapse.For[ratio]()
	default:
		schema, err = synapse.For[synapse.Echo]()
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := schema.Dump(v)
	if err != nil {
		t.Fatal(err)
	}
	q := &question{key: pair(t, 2), target: a.Hotkey(), message: m, method: http.MethodPost, path: "/" + m.Name, header: http.Header{}}
	d := &m.Dendrite
	d.IP, d.Version, d.Nonce, d.UUID = "203.0.113.7", synapse.WireVersion, start, "5ecbd69c-1cec-11ee-b0dc-e29ce36fec1a"
	m.Axon.Hotkey, m.Axon.IP, m.Axon.Port = a.Hotkey(), "198.51.100.9", 8091
	m.BodyHash = m.HashBody()
	for _, b := range bend {
		b(q)
	}
	if d.Hotkey == "" {
		d.Hotkey = q.key.Address()
	}
	text := synapse.SignedText(d.Nonce, d.Hotkey, q.target, d.UUID, m.BodyHash)
	if d.Signature, err = synapse.Sign(q.key, text); err != nil {
		t.Fatal(err)
	}
	m.SetHeaders(q.header)
	if q.body == nil {
		if q.body, err = m.Body(synapse.RequestStyle); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func (q *question) request() *http.Request {
	r := httptest.NewRequest(q.method, q.path, bytes.NewReader(q.body))
	for name, values := range q.header {
		r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], values...)
	}
	return r
}

func (q *question) set(name, value string) { q.header[name] = []string{value} }

type reply struct {
	status  int
	header  http.Header
	body    []byte
	message string
}

func (q *question) send(a *Axon) reply {
	w := httptest.NewRecorder()
	a.ServeHTTP(w, q.request())
	raw, _ := io.ReadAll(w.Body)
	var m struct{ Message string }
	_ = json.Unmarshal(raw, &m)
	return reply{w.Code, w.Header(), raw, m.Message}
}

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
