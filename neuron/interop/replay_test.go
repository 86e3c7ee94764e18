package interop

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// tapes hold the traffic of both SDKs, one line of JSON per exchange (zcat reads them). `make
// test-python` with ERGON_RECORD=1 makes them anew. All keys in them are the tests' own.
const tapes = "testdata/bittensor-*.jsonl.gz"

// recorded is an exchange of one SDK with one of ours, and what came of it.
type recorded struct {
	Case string `json:"case"`
	Kind string `json:"kind"`

	// From their dendrite to our axon: the request, how often it arrived, and our answer.
	Request *exchange `json:"request,omitempty"`
	Times   int       `json:"times,omitempty"`
	Seen    outcome   `json:"seen"`

	// From their axon to our dendrite: what was asked, and their answer as raw bytes.
	Value  string `json:"value,omitempty"`
	Answer string `json:"answer,omitempty"`
}

// maxRecorded leaves out bodies that are large for the sake of being large.
const maxRecorded = 8 << 10

// recording collects what is worth replaying.
type recording struct{ lines []recorded }

func (r *recording) add(who, server string, q question, e exchange, outcomes []outcome) {
	if e.Answer == "" || len(e.Body) > maxRecorded || q.fault.timeout != 0 {
		return
	}
	line := recorded{Case: q.name(), Kind: q.kind}
	switch {
	case who == "sdk" && server == "ergon" && q.fault.answer == nil:
		seen, err := answerOf(e.Answer)
		if err != nil {
			return
		}
		e.Answer = ""
		line.Request, line.Seen, line.Times = &e, seen, 1
		if q.fault.twice {
			line.Times = 2
		}
	case who == "ergon" && server == "sdk":
		value, err := synapse.AppendJSON(nil, q.value, synapse.RequestStyle)
		if err != nil {
			return
		}
		line.Value, line.Answer, line.Seen = string(value), e.Answer, outcomes[0]
	default:
		return
	}
	r.lines = append(r.lines, line)
}

func (r *recording) write(version string) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(z)
	for _, line := range r.lines {
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(strings.Replace(tapes, "*", version, 1), b.Bytes(), 0o644)
}

// answerOf reads an answer as a client would.
func answerOf(raw string) (outcome, error) {
	w, err := readWire(raw)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{Status: w.status, Message: normal(w.headers["bt_header_axon_status_message"])}
	v, err := synapse.ParseJSON(w.body)
	if d, ok := v.(*synapse.Dict); ok && err == nil && w.status == http.StatusOK {
		value, _ := d.Get("value")
		answer, _ := d.Get("answer")
		o.Value = synapse.PyRepr(value)
		o.Answer, _ = answer.(string)
	}
	if w.headers["Content-Type"] == "text/event-stream" {
		o.Answer = string(w.body)
	}
	return o, nil
}

// eachTape runs f on the exchanges of every tape.
func eachTape(t *testing.T, f func(t *testing.T, lines []recorded)) {
	paths, err := filepath.Glob(tapes)
	if err != nil || len(paths) != 2 {
		t.Fatalf("want the traffic of two SDKs, have %v (%v)", paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			raw, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			z, err := gzip.NewReader(raw)
			if err != nil {
				t.Fatal(err)
			}
			var lines []recorded
			for dec := json.NewDecoder(z); ; {
				var line recorded
				if err := dec.Decode(&line); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, line)
			}
			f(t, lines)
		})
	}
}

// TestRecordedQuestions gives our axon what their dendrites once sent, at the time they sent it.
func TestRecordedQuestions(t *testing.T) {
	eachTape(t, func(t *testing.T, lines []recorded) {
		var now time.Time
		var a *axon.Axon
		replayed := 0
		for _, line := range lines {
			if line.Request == nil {
				continue
			}
			if a == nil { // it has run for a while: what is from before its start is refused
				now = time.Unix(0, line.Request.At).Add(-time.Minute)
				a = newAxon(t, axonKeys[0], axon.Options{Now: func() time.Time { return now }})
			}
			now = time.Unix(0, line.Request.At)
			var got outcome
			for range line.Times {
				var err error
				if got, err = answerOf(served(a, line.Request)); err != nil {
					t.Fatal(err)
				}
			}
			if got != line.Seen {
				t.Errorf("%s: answered\n  %+v, then it was\n  %+v", line.Case, got, line.Seen)
			}
			replayed++
		}
		if replayed < 60 {
			t.Errorf("%d questions on the tape, want 60 at least", replayed)
		}
	})
}

// served is the axon's raw answer to a recorded request.
func served(a *axon.Axon, e *exchange) string {
	r := httptest.NewRequest(e.Method, e.Path, strings.NewReader(e.Body))
	r.Header = e.Headers.Clone()
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { // how a stream breaks
				panic(p)
			}
		}()
		a.ServeHTTP(w, r)
	}()
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d\r\n", w.Code)
	for name, values := range w.Header() {
		fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
	}
	return b.String() + "\r\n" + w.Body.String()
}

// TestRecordedAnswers gives our dendrite what their axons once answered to the same questions.
func TestRecordedAnswers(t *testing.T) {
	eachTape(t, func(t *testing.T, lines []recorded) {
		client, replayed := ourClient(t), 0
		hotkey := keyOf(t, axonKeys[0]).Address()
		for _, line := range lines {
			if line.Request != nil {
				continue
			}
			value, err := synapse.ParseJSON([]byte(line.Value))
			if err != nil {
				t.Fatal(err)
			}
			port := canned(t, line.Answer)
			got := client(question{kind: line.Kind, value: value}, []dendrite.Target{targetAt(hotkey, port)})[0]
			if got.Message = normal(got.Message); got != line.Seen {
				t.Errorf("%s: our dendrite says\n  %+v, then it said\n  %+v", line.Case, got, line.Seen)
			}
			replayed++
		}
		if replayed < 60 {
			t.Errorf("%d answers on the tape, want 60 at least", replayed)
		}
	})
}

// canned answers one request with raw bytes, and returns its port.
func canned(t *testing.T, raw string) int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
		}
		if err == nil {
			_, _ = conn.Write([]byte(raw))
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}
