package axon

import (
	"bufio"
	"context"
	"crypto/sha3"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// newStreamer is an axon whose route hashed streams.
func newStreamer(t *testing.T, o Options, forward Stream[hashed], options ...RouteOption) (*Axon, string) {
	t.Helper()
	a := newAxon(t, o)
	if err := HandleStream(a, forward, options...); err != nil {
		t.Fatal(err)
	}
	address, _ := serve(t, a)
	return a, address
}

// open sends the question on a socket and reads the answer's headers.
func (q *question) open(t *testing.T, address string) *http.Response {
	t.Helper()
	conn := dial(t, address)
	if _, err := conn.Write(q.raw(address)); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A chunk is with the client before the next is made, raw, after headers as those of any answer.
func TestStreamGoesOutChunkByChunk(t *testing.T) {
	next, failed := make(chan string), make(chan error, 1)
	a, address := newStreamer(t, Options{}, func(ctx context.Context, call Call, req *hashed, send func([]byte) error) error {
		for chunk := range next {
			if err := send([]byte(chunk)); err != nil {
				failed <- err
				return err
			}
		}
		return nil
	})
	q := ask(t, a, hashed{A: 3})
	conn := dial(t, address)
	if _, err := conn.Write(q.raw(address)); err != nil {
		t.Fatal(err)
	}
	raw := bufio.NewReader(conn)
	next <- "data: ö\n" // no framing is added to what looks like some
	lines := strings.Join(head(t, raw), "\n") + "\n"
	for _, want := range []string{
		"HTTP/1.1 200 OK\n", "\nContent-Type: text/event-stream\n", "\nTransfer-Encoding: chunked\n", "\nname: hashed\n", "\ntimeout: 12.0\n",
		"\nbt_header_axon_status_code: 200\n", "\nbt_header_axon_status_message: Success\n",
		"\nbt_header_dendrite_hotkey: " + q.key.Address() + "\n", "\ncomputed_body_hash: " + q.message.HashBody() + "\n",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
	line := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(raw, got); err != nil || string(got) != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
	line("9\r\ndata: ö\n\r\n")
	next <- ""
	next <- "two"
	line("3\r\ntwo\r\n")
	close(next)
	line("0\r\n")
	select {
	case err := <-failed:
		t.Error(err)
	default:
	}
}

func TestStreamIsSignedAtItsEnd(t *testing.T) {
	forward := func(_ context.Context, _ Call, _ *hashed, send func([]byte) error) error {
		return errors.Join(send([]byte("one ")), send([]byte("two")))
	}
	a, address := newStreamer(t, Options{}, forward)
	q := ask(t, a, hashed{})
	r := q.open(t, address)
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != "one two" {
		t.Fatalf("%q, %v", body, err)
	}
	d := q.message.Dendrite
	text := synapse.AnswerDigestText(d.Nonce, q.key.Address(), a.Hotkey(), d.UUID, sha3.Sum256(body))
	if err := synapse.CheckSignature(pair(t, 1).Public(), text, r.Trailer.Get(synapse.AnswerSignature)); err != nil {
		t.Errorf("%v in %v", err, r.Trailer)
	}
	plain, address := newStreamer(t, Options{Compat: Compat{UnsignedAnswers: true}}, forward)
	r = ask(t, plain, hashed{}).open(t, address)
	if body, err := io.ReadAll(r.Body); err != nil || string(body) != "one two" || len(r.Trailer) > 0 {
		t.Errorf("unsigned: %q, %v, %v", body, err, r.Trailer)
	}
}

// Before the first chunk an error has a status; after it the connection breaks, so that nobody takes
// a part for the whole.
func TestStreamErrors(t *testing.T) {
	chunk := func(send func([]byte) error) error { return send([]byte("part")) }
	for name, c := range map[string]struct {
		forward func(send func([]byte) error) error
		status  int
		broken  bool
	}{
		"refused":           {func(func([]byte) error) error { return Errorf(409, "busy") }, 409, false},
		"fails":             {func(func([]byte) error) error { return errors.New("x") }, 500, false},
		"panics":            {func(func([]byte) error) error { panic("x") }, 500, false},
		"says nothing":      {func(func([]byte) error) error { return nil }, 200, false},
		"fails in between":  {func(s func([]byte) error) error { return errors.Join(chunk(s), errors.New("x")) }, 200, true},
		"panics in between": {func(s func([]byte) error) error { _ = chunk(s); panic("x") }, 200, true},
	} {
		a, address := newStreamer(t, Options{}, func(_ context.Context, _ Call, _ *hashed, send func([]byte) error) error { return c.forward(send) })
		r := ask(t, a, hashed{}).open(t, address)
		body, err := io.ReadAll(r.Body)
		if r.StatusCode != c.status || (err != nil) != c.broken {
			t.Errorf("%s: %d %q, %v", name, r.StatusCode, body, err)
		}
		if c.status != 200 && r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", name, r.Header)
		}
	}
}

// The deadline is of the whole stream: it ends one that sends, one that waits, and one whose client
// does not read.
func TestStreamDeadline(t *testing.T) {
	for name, forward := range map[string]Stream[hashed]{
		"sends": func(_ context.Context, _ Call, _ *hashed, send func([]byte) error) error {
			for {
				if err := send([]byte("x")); err != nil {
					return err
				}
			}
		},
		"waits": func(ctx context.Context, _ Call, _ *hashed, send func([]byte) error) error {
			_ = send([]byte("x"))
			<-ctx.Done()
			return nil
		},
		"is stuck": func(_ context.Context, _ Call, _ *hashed, send func([]byte) error) error {
			return send(make([]byte, 16<<20)) // more than sockets buffer
		},
	} {
		over := make(chan struct{})
		a, address := newStreamer(t, Options{}, func(ctx context.Context, c Call, req *hashed, send func([]byte) error) error {
			defer close(over)
			return forward(ctx, c, req, send)
		})
		r := ask(t, a, hashed{}, func(q *question) { q.message.Timeout = 0.05 }).open(t, address)
		<-over // although nothing is read
		if _, err := io.Copy(io.Discard, r.Body); err == nil && r.StatusCode == 200 && name != "waits" {
			t.Errorf("%s: the answer looks complete", name)
		}
	}
	late := make(chan error, 1)
	a, address := newStreamer(t, Options{}, func(ctx context.Context, _ Call, _ *hashed, send func([]byte) error) error {
		<-ctx.Done()
		late <- send([]byte("too late"))
		return nil
	})
	r := ask(t, a, hashed{}, func(q *question) { q.message.Timeout = 0.05 }).open(t, address)
	if err := <-late; r.StatusCode != 408 || err == nil {
		t.Errorf("status %d, send says %v", r.StatusCode, err)
	}
}

func TestStreamEndsWithItsClient(t *testing.T) {
	over, begun := make(chan error, 1), make(chan struct{})
	a, address := newStreamer(t, Options{}, func(ctx context.Context, _ Call, _ *hashed, send func([]byte) error) error {
		_ = send([]byte("x"))
		close(begun)
		<-ctx.Done()
		over <- send([]byte("x"))
		return nil
	})
	conn := dial(t, address)
	if _, err := conn.Write(ask(t, a, hashed{}).raw(address)); err != nil {
		t.Fatal(err)
	}
	<-begun
	conn.Close()
	if err := <-over; err == nil {
		t.Error("a stream to nobody goes on")
	}
}

// A route's own limit lets streams run longer than plain answers may.
func TestRouteTimeout(t *testing.T) {
	seen := make(chan time.Duration, 1)
	a, address := newStreamer(t, Options{}, func(ctx context.Context, _ Call, _ *hashed, _ func([]byte) error) error {
		deadline, _ := ctx.Deadline()
		seen <- time.Until(deadline)
		return nil
	}, WithMaxTimeout(10*time.Minute))
	r := ask(t, a, hashed{}, func(q *question) { q.message.Timeout = 1e6 }).open(t, address)
	if left := <-seen; r.StatusCode != 200 || left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("%d, deadline in %v", r.StatusCode, left)
	}
}

func TestSendAfterTheEnd(t *testing.T) {
	var kept func([]byte) error
	a, address := newStreamer(t, Options{}, func(_ context.Context, _ Call, _ *hashed, send func([]byte) error) error {
		kept = send
		return send([]byte("x"))
	})
	r := ask(t, a, hashed{}).open(t, address)
	if _, err := io.ReadAll(r.Body); err != nil {
		t.Fatal(err)
	}
	if err := kept([]byte("y")); !errors.Is(err, errStreamOver) {
		t.Errorf("%v", err)
	}
}
