package interop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands between a client and an axon. It passes one request per connection on, makes the
// fault of the case happen, and keeps what went over the wire. Answers pass as raw bytes, because
// the case of their header names matters (wire §0.1).
type proxy struct {
	ln net.Listener

	mu    sync.Mutex
	axon  string // where requests go
	fault fault
	turn  int // counts calls of set: what comes late belongs to an earlier case
	seen  []exchange
}

// exchange is one request and its answer.
type exchange struct {
	At      int64       `json:"at"` // Unix nanoseconds
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Headers http.Header `json:"headers"`
	Body    string      `json:"body"`
	Answer  string      `json:"answer"` // raw
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln}
	var running sync.WaitGroup
	running.Add(1)
	go func() {
		defer running.Done()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			running.Add(1)
			go func() {
				defer running.Done()
				defer conn.Close()
				_ = p.pass(conn)
			}()
		}
	}()
	t.Cleanup(func() { ln.Close(); running.Wait() })
	return p
}

func (p *proxy) port() int { return p.ln.Addr().(*net.TCPAddr).Port }

// set points the proxy at an axon and chooses what goes wrong from now on.
func (p *proxy) set(axon string, f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.axon, p.fault, p.seen = axon, f, nil
	p.turn++
}

// last is the last exchange since set.
func (p *proxy) last() (exchange, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seen) == 0 {
		return exchange{}, false
	}
	return p.seen[len(p.seen)-1], true
}

func (p *proxy) pass(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	p.mu.Lock()
	axon, f, turn := p.axon, p.fault, p.turn
	p.mu.Unlock()
	if f.request != nil {
		body = f.request(r, body)
	}
	times := 1
	if f.twice {
		times = 2
	}
	e := exchange{At: time.Now().UnixNano(), Method: r.Method, Path: r.URL.Path, Headers: r.Header, Body: string(body)}
	var raw []byte
	for range times {
		if raw, err = forward(axon, r, body); err != nil {
			return err
		}
	}
	if f.answer != nil {
		raw = f.answer(raw)
	}
	e.Answer = string(raw)
	p.mu.Lock()
	if p.turn == turn {
		p.seen = append(p.seen, e)
	}
	p.mu.Unlock()
	_, err = conn.Write(raw)
	return err
}

// forward sends a request and returns the raw answer.
func forward(axon string, r *http.Request, body []byte) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", axon, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(15 * time.Second))
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n", r.Method, r.URL.Path, axon, len(body))
	for name, values := range r.Header {
		if name == "Connection" || name == "Content-Length" {
			continue
		}
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	b.WriteString("\r\n")
	b.Write(body)
	// An axon may answer and hang up before it has read all of a large body.
	go func() { _, _ = conn.Write(b.Bytes()) }()
	raw, err := io.ReadAll(conn)
	if len(raw) > 0 {
		return raw, nil
	}
	return nil, err
}

// wire is an answer as it went over the wire: its status, its headers with their case, its body.
type wire struct {
	status  int
	headers map[string]string
	body    []byte
}

func readWire(raw string) (wire, error) {
	head, _, ok := strings.Cut(raw, "\r\n\r\n")
	if !ok {
		return wire{}, fmt.Errorf("no end of headers in %.80q", raw)
	}
	w := wire{headers: map[string]string{}}
	for i, line := range strings.Split(head, "\r\n") {
		if i > 0 {
			name, value, _ := strings.Cut(line, ":")
			w.headers[name] = strings.TrimSpace(value)
		}
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), nil)
	if err != nil {
		return w, err
	}
	w.status = response.StatusCode
	if w.body, err = io.ReadAll(response.Body); errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // cut short on purpose
	}
	return w, err
}
