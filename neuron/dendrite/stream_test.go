package dendrite

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// Prompt is a question whose answer is streamed.
type Prompt struct {
	Text string `wire:"text"`
}

// streaming is a peer that streams as the SDK's server does (wire §6.3): headers first, then raw
// bytes; write sends a piece.
func streaming(t testing.TB, pieces func(write func(string), r *http.Request)) Target {
	return fake(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header()["bt_header_axon_status_code"] = []string{"200"}
		w.WriteHeader(200)
		pieces(func(text string) { _, _ = io.WriteString(w, text); w.(http.Flusher).Flush() }, r)
	})
}

// gatherStream runs a stream to its end.
func gatherStream(d *Dendrite, target Target, options ...CallOption) (text string, end StreamEnd, err error) {
	for piece, e := range Stream(context.Background(), d, target, &Prompt{"hi"}, append(options, WithEnd(&end))...) {
		text, err = text+string(piece), e
	}
	return text, end, err
}

func TestStreamYieldsPiecesAsTheyCome(t *testing.T) {
	d := newDendrite(t, Options{})
	got := make(chan string)
	target := streaming(t, func(write func(string), r *http.Request) {
		if r.URL.Path != "/Prompt" || r.Header.Get("bt_header_dendrite_hotkey") != d.Hotkey() {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		for _, text := range []string{"one ", "two ", "data: three\n\n"} {
			write(text)
			<-got // the next is written when this one has been read
		}
	})
	question := &Prompt{"hi"}
	var end StreamEnd
	var pieces []string
	for piece, err := range Stream(context.Background(), d, target, question, WithTimeout(never), WithEnd(&end)) {
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, string(piece))
		got <- string(piece)
	}
	if strings.Join(pieces, "|") != "one |two |data: three\n\n" {
		t.Errorf("%q", pieces)
	}
	if end.Status != 200 || end.Err != nil || end.Bytes != 21 || end.Signed || end.First <= 0 || end.Elapsed < end.First || question.Text != "hi" {
		t.Errorf("%+v", end)
	}
	if d.peers.running.Load() != 0 {
		t.Error("the slot is still taken")
	}
}

func TestPiecesOfAStreamAreBoundedAndKept(t *testing.T) {
	d := newDendrite(t, Options{})
	whole := strings.Repeat("0123456789", 30_000)
	target := streaming(t, func(write func(string), _ *http.Request) { write(whole) })
	var kept [][]byte
	for piece, err := range Stream(context.Background(), d, target, &Prompt{}) {
		if err != nil || len(piece) == 0 || len(piece) > maxChunk {
			t.Fatalf("%d bytes, %v", len(piece), err)
		}
		kept = append(kept, piece)
	}
	if !bytes.Equal(bytes.Join(kept, nil), []byte(whole)) {
		t.Error("pieces changed after they were handed out")
	}
}

func TestHostileStreams(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang) // before the servers close
	for _, c := range []struct {
		name   string
		peer   Target
		text   string
		status int
		err    error
	}{
		{"refusal before the first byte", fake(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `{"message":"Forbidden. Key is blacklisted: no."}`)
		}), "", 403, ErrRefused},
		{"refusal in the headers of a 200", fake(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["bt_header_axon_status_code"] = []string{"500"}
			w.Header()["bt_header_axon_status_message"] = []string{"no model"}
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "text")
		}), "", 500, ErrRefused},
		{"no stream", fake(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{}`)
		}), "", 422, ErrAnswer},
		{"too long", streaming(t, func(write func(string), _ *http.Request) { write(strings.Repeat("x", 5000)) }), strings.Repeat("x", 4096), 422, ErrAnswer},
		{"without end", streaming(t, func(write func(string), r *http.Request) {
			for r.Context().Err() == nil {
				write("x")
			}
		}), strings.Repeat("x", 4096), 422, ErrAnswer},
		{"stalls", streaming(t, func(write func(string), _ *http.Request) { write("part"); <-hang }), "part", 408, ErrTimeout},
		{"never begins", fake(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-hang }), "", 408, ErrTimeout},
		{"breaks", streaming(t, func(write func(string), _ *http.Request) { write("part"); panic(http.ErrAbortHandler) }), "part", 503, ErrUnavailable},
		{"nobody there", closedPort(t), "", 503, ErrUnavailable},
		{"bad address", Target{}, "", 503, ErrAddress},
	} {
		d := newDendrite(t, Options{MaxAnswer: 4096})
		timeout := never
		if c.status == 408 {
			timeout = 50 * time.Millisecond
		}
		text, end, err := gatherStream(d, c.peer, WithTimeout(timeout))
		whole := text == c.text || c.status == 422 && strings.HasPrefix(c.text, text)
		if !whole || !errors.Is(err, c.err) || end.Status != c.status || !errors.Is(end.Err, c.err) || end.Message == "" {
			t.Errorf("%s: %.20q %v %+v", c.name, text, err, end)
		}
	}
	d := newDendrite(t, Options{MaxAnswer: 4096})
	long := streaming(t, func(write func(string), _ *http.Request) { write(strings.Repeat("x", 5000)) })
	if text, _, err := gatherStream(d, long, WithMaxAnswer(5000)); err != nil || len(text) != 5000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	type bad struct{ X int }
	for _, err := range Stream(context.Background(), d, long, &bad{}) {
		if err == nil {
			t.Error("a message without schema was sent")
		}
	}
}

// Leaving the loop ends the axon's work, frees the slot and blames nobody.
func TestLeavingAStreamTellsTheAxon(t *testing.T) {
	d := newDendrite(t, Options{BreakAfter: 1, PerTarget: 1})
	left := make(chan struct{}, 3)
	target := streaming(t, func(write func(string), r *http.Request) {
		write("first")
		<-r.Context().Done()
		left <- struct{}{}
	})
	for range 3 {
		var end StreamEnd
		for piece, err := range Stream(context.Background(), d, target, &Prompt{}, WithTimeout(never), WithEnd(&end)) {
			if err != nil || string(piece) != "first" {
				t.Fatalf("%q %v", piece, err)
			}
			break
		}
		if !errors.Is(end.Err, ErrStopped) || end.Status != 200 || end.Bytes != 5 {
			t.Errorf("%+v", end)
		}
		select {
		case <-left:
		case <-time.After(never):
			t.Fatal("the axon still writes")
		}
	}
}

func TestEndOfContextEndsAStream(t *testing.T) {
	d := newDendrite(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	target := streaming(t, func(write func(string), r *http.Request) { write("first"); <-r.Context().Done() })
	var last error
	for _, err := range Stream(ctx, d, target, &Prompt{}, WithTimeout(never)) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Error(last)
	}
}

// signedStream answers with a trailer that sign makes of the question's headers and the text.
func signedStream(t testing.TB, text string, sign func(h http.Header) string) Target {
	return fake(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Trailer", synapse.AnswerSignature)
		_, _ = io.WriteString(w, text)
		if signature := sign(r.Header); signature != "" {
			w.Header().Set(synapse.AnswerSignature, signature)
		}
	})
}

// Our own axon's streams: signed to the end, and broken where the handler breaks off.
func TestStreamsOfTheAxon(t *testing.T) {
	failed := errors.New("no more")
	serve := func(result error, texts ...string) Target {
		return serveAxon(t, 1, func(a *axon.Axon) error {
			return axon.HandleStream(a, func(_ context.Context, _ axon.Call, _ *Prompt, send func([]byte) error) error {
				for _, text := range texts {
					if err := send([]byte(text)); err != nil {
						return err
					}
				}
				return result
			})
		})
	}
	d := newDendrite(t, Options{RequireSigned: true})
	text, end, err := gatherStream(d, serve(nil, "one ", "two"))
	if text != "one two" || err != nil || !end.Signed || end.Proof.Verify() != nil {
		t.Errorf("%q %v %+v", text, err, end)
	}
	if _, end, err := gatherStream(d, serve(failed, "one ")); err == nil || end.Signed {
		t.Errorf("broken off: %v %+v", err, end)
	}
	if text, end, err := gatherStream(newDendrite(t, Options{}), serve(axon.Errorf(429, "too busy"))); text != "" || !errors.Is(err, ErrRefused) || end.Status != 429 {
		t.Errorf("refused: %q %v %+v", text, err, end)
	}
}

func TestSignatureOfAStream(t *testing.T) {
	good := func(text string) func(http.Header) string {
		return func(h http.Header) string {
			e, err := synapse.ParseHeaders(h, false)
			if err != nil {
				t.Error(err)
			}
			s, err := synapse.Sign(pair(t, 1), synapse.AnswerText(e.Dendrite.Nonce, e.Dendrite.Hotkey, pair(t, 1).Address(), e.Dendrite.UUID, []byte(text)))
			if err != nil {
				t.Error(err)
			}
			return s
		}
	}
	d := newDendrite(t, Options{RequireSigned: true})
	for _, text := range []string{"all of it", ""} {
		got, end, err := gatherStream(d, signedStream(t, text, good(text)))
		if got != text || err != nil || !end.Signed || end.Proof.Verify() != nil || string(end.Proof.Body) != text {
			t.Errorf("%q %v %+v", got, err, end)
		}
	}
	for name, sign := range map[string]func(http.Header) string{
		"other text": good("part of it"), "announced and missing": func(http.Header) string { return "" },
	} {
		for _, d := range []*Dendrite{d, newDendrite(t, Options{})} {
			if _, end, err := gatherStream(d, signedStream(t, "all of it", sign)); !errors.Is(err, ErrAnswer) || end.Signed || end.Proof != nil {
				t.Errorf("%s: %v %+v", name, err, end)
			}
		}
	}
	plain := streaming(t, func(write func(string), _ *http.Request) { write("text") })
	if text, end, err := gatherStream(d, plain); text != "" || !errors.Is(err, ErrAnswer) || end.Bytes != 0 {
		t.Errorf("unsigned: %q %v", text, err)
	}
}
