package axon

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// serve runs the axon on a loopback socket until the test ends.
func serve(t testing.TB, a *Axon) (address string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, ln) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() { _ = stop() })
	return ln.Addr().String(), stop
}

// raw writes the request as bytes.
func (q *question) raw(host string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", q.method, q.path, host, len(q.body))
	for name, values := range q.header {
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	b.WriteString("\r\n")
	b.Write(q.body)
	return b.Bytes()
}

func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// head reads a response's status line and header block as bytes.
func head(t testing.TB, r *bufio.Reader) []string {
	t.Helper()
	var lines []string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", lines, err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return lines
		}
		lines = append(lines, line)
	}
}

// On the socket, header names of the protocol are lower case, on success and on error: clients in
// Python compare case.
func TestHeaderBytesAreLowerCase(t *testing.T) {
	a := newDoubler(t, Options{})
	address, _ := serve(t, a)
	for _, bend := range []func(*question){func(*question) {}, func(q *question) { q.target = "x" }} {
		conn := dial(t, address)
		if _, err := conn.Write(ask(t, a, hashed{A: 1}, bend).raw(address)); err != nil {
			t.Fatal(err)
		}
		lines := head(t, bufio.NewReader(conn))
		status := false
		for _, line := range lines[1:] {
			name, _, _ := strings.Cut(line, ":")
			if strings.Contains(strings.ToLower(name), "_") && name != strings.ToLower(name) {
				t.Errorf("header %q", line)
			}
			status = status || name == "bt_header_axon_status_code"
		}
		if !status {
			t.Errorf("no axon status in %q", lines)
		}
	}
}

// The outcomes that the SDK's own tests assert (wire §12).
func TestUpstreamUnitTestCases(t *testing.T) {
	a := newAxon(t, Options{Compat: Compat{Unsigned: true}})
	q := ask(t, a, synapse.Echo{})
	delete(q.header, "bt_header_dendrite_signature")
	r := q.send(a)
	if r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for name, want := range map[string]string{
		"bt_header_axon_status_code": "200", "bt_header_axon_status_message": "Success", "bt_header_axon_process_time": "*",
		"name": "Synapse", "timeout": "*", "header_size": "*", "total_size": "*", "computed_body_hash": synapse.EmptyBodyHash,
		"Content-Type": "application/json", "Content-Length": "*",
	} {
		got := r.header[name]
		if len(got) != 1 || want != "*" && got[0] != want {
			t.Errorf("header %s is %q, want %s", name, got, want)
		}
	}
	bare := newAxon(t, Options{})
	q = &question{method: http.MethodGet, path: "/no_such_path"}
	if r := q.send(bare); r.status != 404 || string(r.body) != `{"message":"Synapse name 'no_such_path' not found. Available synapses ['Synapse']"}` {
		t.Errorf("%d %s", r.status, r.body)
	}
	q = &question{method: http.MethodPost, path: "/Synapse", body: []byte("{}")}
	if r := q.send(bare); r.status != 401 || string(r.body) != `{"message":"Not Verified with error: No SS58 formatted address or public key provided."}` {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAnswerIsSigned(t *testing.T) {
	a := newDoubler(t, Options{})
	q := ask(t, a, hashed{A: 4, M: map[string]int{"z": 1, "a": 2}})
	r := q.send(a)
	d := q.message.Dendrite
	text := synapse.AnswerText(d.Nonce, q.key.Address(), a.Hotkey(), d.UUID, r.body)
	if err := synapse.CheckSignature(pair(t, 1).Public(), text, r.header[synapse.AnswerSignature][0]); err != nil {
		t.Errorf("%v", err)
	}
	answer, err := q.message.ParseAnswer(r.body)
	if err != nil {
		t.Fatal(err)
	}
	var got hashed
	if err := answer.Load(&got); err != nil || *got.Out != 8 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := r.header["computed_body_hash"][0]; got != q.message.HashBody() {
		t.Errorf("answer hash %s", got)
	}
	plain := newDoubler(t, Options{Compat: Compat{UnsignedAnswers: true}})
	if r := ask(t, plain, hashed{}).send(plain); r.status != 200 || r.header[synapse.AnswerSignature] != nil {
		t.Errorf("%d, signed although switched off", r.status)
	}
}

// A stranger must not get his own text signed; a verified caller gets a signed error.
func TestErrorsAreSignedForVerifiedCallersOnly(t *testing.T) {
	a := newDoubler(t, Options{})
	r := ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a)
	if r.status != 401 || r.header["bt_header_axon_signature"] != nil {
		t.Errorf("%d, signature %q", r.status, r.header["bt_header_axon_signature"])
	}
	q := ask(t, a, hashed{})
	q.body = []byte("{}")
	r = q.send(a)
	text := synapse.ErrorText(start, q.key.Address(), a.Hotkey(), a.uuid)
	if err := synapse.CheckSignature(pair(t, 1).Public(), text, r.header["bt_header_axon_signature"][0]); err != nil || r.status != 422 {
		t.Errorf("%d %v", r.status, err)
	}
	for name, want := range map[string]string{
		"bt_header_axon_nonce": fmt.Sprint(start), "bt_header_axon_uuid": a.uuid, "bt_header_axon_version": "10002000",
		"bt_header_dendrite_ip": "192.0.2.1", "bt_header_dendrite_port": "1234",
	} {
		if got := r.header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
}

func TestLimitsOnTheSocket(t *testing.T) {
	a := newDoubler(t, Options{MaxBody: 1000, MaxHeader: 8 << 10})
	address, _ := serve(t, a)
	status := func(raw []byte) string {
		conn := dial(t, address)
		go func() { _, _ = conn.Write(raw) }() // the server may close early
		return strings.Split(head(t, bufio.NewReader(conn))[0], " ")[1]
	}
	q := ask(t, a, hashed{})
	q.body = make([]byte, 1001)
	if got := status(q.raw(address)); got != "413" {
		t.Errorf("long body: %s", got)
	}
	q = ask(t, a, hashed{})
	var chunked bytes.Buffer
	body := q.body
	q.body = nil
	chunked.Write(bytes.Replace(q.raw(address), []byte("Content-Length: 0"), []byte("Transfer-Encoding: chunked"), 1))
	for range 100 {
		fmt.Fprintf(&chunked, "64\r\n%s\r\n", strings.Repeat(" ", 100))
	}
	chunked.WriteString("0\r\n\r\n")
	if got := status(chunked.Bytes()); got != "413" {
		t.Errorf("long chunked body: %s", got)
	}
	q = ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce++ })
	q.set("x", strings.Repeat("y", 16<<10))
	if got := status(q.raw(address)); got != "431" {
		t.Errorf("long headers: %s", got)
	}
	q = ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += 2 })
	q.body = body
	if got := status(q.raw(address)); got != "200" {
		t.Errorf("good request: %s", got)
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	a := newDoubler(t, Options{ConnsPerIP: 2, MaxConns: 3})
	address, _ := serve(t, a)
	one := dial(t, address)
	use := func(conn net.Conn, nonce int64) error {
		if _, err := conn.Write(ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += nonce }).raw(address)); err != nil {
			return err
		}
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
		}
		return err
	}
	two := dial(t, address)
	for i, conn := range []net.Conn{one, two} {
		if err := use(conn, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "a newcomer takes the place of an idle connection", func() bool {
		return use(dial(t, address), time.Now().UnixNano()%int64(time.Second)) == nil
	})
	if _, err := one.Read(make([]byte, 1)); err == nil {
		t.Error("the oldest connection is still open")
	}
	if n := a.connections.size(); n > 2 {
		t.Errorf("%d connections of one address", n)
	}
}

func TestPriorityQueue(t *testing.T) {
	order := make(chan string, 10)
	hold := make(chan struct{})
	priorities := map[string]float64{"low": 1, "high": 5, "high again": 5, "too low": 0.5, "higher": 7}
	a := newAxon(t, Options{Workers: 1, Queue: 3, Priority: func(c Call) float64 { return priorities[c.UUID] }})
	err := Handle(a, func(ctx context.Context, c Call, _ *hashed) error {
		order <- c.UUID
		<-hold
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]chan reply{}
	send := func(name string) {
		q := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.UUID, q.key = name, pair(t, byte(20+len(results))) })
		c := make(chan reply, 1)
		results[name] = c
		go func() { c <- q.send(a) }()
	}
	send("first")
	if got := <-order; got != "first" {
		t.Fatal(got)
	}
	for i, name := range []string{"low", "high", "high again"} {
		send(name)
		until(t, name+" waits", func() bool { return a.gate.depth() == i+1 })
	}
	send("too low")
	if r := <-results["too low"]; r.status != 503 {
		t.Errorf("overflow: %d", r.status)
	}
	send("higher")
	if r := <-results["low"]; r.status != 503 {
		t.Errorf("the lowest gives way: %d", r.status)
	}
	close(hold)
	for _, want := range []string{"higher", "high", "high again"} {
		if got := <-order; got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
		if r := <-results[want]; r.status != 200 {
			t.Errorf("%s: %d", want, r.status)
		}
	}
}

func TestDeadlines(t *testing.T) {
	hold, entered := make(chan struct{}), make(chan struct{}, 1)
	a := newAxon(t, Options{Workers: 1})
	err := Handle(a, func(ctx context.Context, c Call, req *hashed) error {
		entered <- struct{}{}
		<-hold // does not heed ctx
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	q := ask(t, a, hashed{}, func(q *question) { q.message.Timeout = 0.02 })
	if r := q.send(a); r.status != 408 || r.message != "Response timeout after: 0.02s" {
		t.Errorf("running: %d %s", r.status, r.message)
	}
	<-entered
	q = ask(t, a, hashed{}, func(q *question) { q.message.Timeout = 0.02; q.message.Dendrite.Nonce++ })
	if r := q.send(a); r.status != 408 {
		t.Errorf("waiting: %d %s", r.status, r.message)
	}
	if a.gate.depth() != 0 {
		t.Error("an expired request still waits")
	}
	close(hold)
	until(t, "the worker is free", func() bool { a.gate.mu.Lock(); defer a.gate.mu.Unlock(); return a.gate.free == 1 })
}

func TestTimeoutIsClamped(t *testing.T) {
	x := &exchange{axon: newAxon(t, Options{}), route: &route{maxTimeout: 5 * time.Second}}
	for stated, want := range map[float64]time.Duration{0: 5 * time.Second, 1.5: 1500 * time.Millisecond, 1e9: 5 * time.Second} {
		if got := x.clamp(stated); got != want {
			t.Errorf("clamp(%v) = %v, want %v", stated, got, want)
		}
	}
}

func TestDrain(t *testing.T) {
	hold, entered := make(chan struct{}), make(chan struct{})
	a := newAxon(t, Options{})
	err := Handle(a, func(context.Context, Call, *hashed) error { close(entered); <-hold; return nil })
	if err != nil {
		t.Fatal(err)
	}
	address, stop := serve(t, a)
	conn := dial(t, address)
	if _, err := conn.Write(ask(t, a, hashed{}).raw(address)); err != nil {
		t.Fatal(err)
	}
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	until(t, "the axon refuses connections", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(hold)
	if lines := head(t, bufio.NewReader(conn)); !strings.Contains(lines[0], "200") {
		t.Errorf("in flight: %s", lines[0])
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	a := newDoubler(t, Options{Metrics: reg})
	ask(t, a, hashed{}).send(a)
	(&question{method: "POST", path: "/nope"}).send(a)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "ergon_axon_requests_total" {
				got[m.Label[0].GetValue()+" "+m.Label[1].GetValue()] = m.Counter.GetValue()
			}
		}
	}
	if got["hashed 200"] != 1 || got["unknown 404"] != 1 || len(got) != 2 {
		t.Errorf("%v", got)
	}
	if _, err := New(Options{Key: pair(t, 1), Metrics: reg}); err == nil {
		t.Error("a second axon on one registry must be refused by name")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{"no key": {}, "short idle": {Key: pair(t, 1), Idle: time.Second}} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
