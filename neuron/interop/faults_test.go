package interop

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/synapse"
)

var errUnlucky = errors.New("unlucky")

// fault is something that goes wrong between two neurons, or with one of them. The zero value is a
// question that goes well.
type fault struct {
	name    string
	act     string        // asks Act for this behaviour; else the fault is tried on one hashed and one plain message
	barred  bool          // asks Barred
	skew    time.Duration // of the client's clock
	after   time.Duration // the client asks once before, so much later by its clock
	timeout time.Duration // of the client; 5 s
	batch   int           // axons asked at once; 1
	wrong   bool          // the question is signed for another hotkey
	closed  bool          // nobody listens there
	twice   bool          // the same bytes arrive twice; the second answer counts
	python  bool          // only the SDK's client can be made to do it

	// On the wire, in the proxy. Nil leaves things as they are.
	request func(r *http.Request, body []byte) []byte
	answer  func(raw []byte) []byte
}

// header is a fault that sets one header of the request, or drops it where the value is "".
func header(name, value string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		r.Header.Del(name)
		delete(r.Header, name)
		if value != "" {
			r.Header[name] = []string{value}
		}
		return body
	}
}

// rewrite is a fault that changes the request's body.
func rewrite(f func(*synapse.Dict)) func(*http.Request, []byte) []byte {
	return func(_ *http.Request, body []byte) []byte {
		v, err := synapse.ParseJSON(body)
		d, ok := v.(*synapse.Dict)
		if err != nil || !ok {
			return body
		}
		f(d)
		out, err := synapse.AppendJSON(nil, d, synapse.ResponseStyle)
		if err != nil {
			return body
		}
		return out
	}
}

// body replaces the request's body.
func body(text string) func(*http.Request, []byte) []byte {
	return func(*http.Request, []byte) []byte { return []byte(text) }
}

// signature replaces the request's.
func signature(text string) func(*http.Request, []byte) []byte {
	return header("bt_header_dendrite_signature", text)
}

// answered replaces the whole answer.
func answered(status, contentType, content string) func([]byte) []byte {
	head := "HTTP/1.1 " + status + "\r\nContent-Type: " + contentType + "\r\nContent-Length: " + strconv.Itoa(len(content)) + "\r\nConnection: close\r\n\r\n"
	return func([]byte) []byte { return []byte(head + content) }
}

// faults are all that is tried.
func faults() []fault {
	zeros := "0x" + strings.Repeat("00", 64)
	return []fault{
		{name: "none"},
		{name: "batch", batch: 3},
		{name: "behaves", act: "ok"},
		{name: "handler fails", act: "fail"},
		{name: "handler's own status", act: "busy"},
		{name: "handler refuses", act: "refuse"},
		{name: "handler is slow", act: "sleep", timeout: time.Second, request: header("timeout", "12.0")}, // or our axon may give up first
		{name: "blacklisted", barred: true},
		{name: "blacklisted and forged", barred: true, request: signature(zeros)},
		{name: "wrong target", wrong: true},
		{name: "nobody there", closed: true},
		{name: "stale nonce", skew: -time.Minute},
		{name: "clock 3 s behind", skew: -3 * time.Second},
		{name: "clock 3 s ahead", skew: 3 * time.Second},
		{name: "clock a minute ahead", skew: time.Minute},
		{name: "older nonce after a newer one", skew: -2 * time.Second, after: 2 * time.Second, python: true},
		{name: "replayed", twice: true},
		{name: "signature of zeros", request: signature(zeros)},
		{name: "signature of another length", request: signature("0x1234")},
		{name: "signature is no hex", request: signature("0x" + strings.Repeat("zz", 64))},
		{name: "no signature", request: signature("")},
		{name: "no nonce", request: header("bt_header_dendrite_nonce", "")},
		{name: "nonce 0", request: header("bt_header_dendrite_nonce", "0")},
		{name: "nonce is text", request: header("bt_header_dendrite_nonce", "soon")},
		{name: "no uuid", request: header("bt_header_dendrite_uuid", "")},
		{name: "another uuid", request: header("bt_header_dendrite_uuid", "00000000-0000-0000-0000-000000000000")},
		{name: "no hotkey", request: header("bt_header_dendrite_hotkey", "")},
		{name: "hotkey is no address", request: header("bt_header_dendrite_hotkey", "5Nobody")},
		{name: "no version", request: header("bt_header_dendrite_version", "")},
		{name: "version of 2023 and a stale nonce", skew: -time.Minute, request: header("bt_header_dendrite_version", "620")},
		{name: "no timeout", request: header("timeout", "")},
		{name: "timeout None", request: header("timeout", "None")},
		{name: "timeout of a day and a stale nonce", skew: -time.Hour, request: header("timeout", "86400.0")},
		{name: "negative timeout", request: header("timeout", "-1.0")},
		{name: "another body hash", request: header("computed_body_hash", strings.Repeat("0", 64))},
		{name: "no body hash", request: header("computed_body_hash", "")},
		{name: "no placeholder", request: header("bt_header_input_obj_value", "")},
		{name: "placeholder is rubbish", request: header("bt_header_input_obj_value", "!")},
		{name: "duplicate nonce", request: func(r *http.Request, body []byte) []byte {
			r.Header["bt_header_dendrite_nonce"] = []string{r.Header.Get("bt_header_dendrite_nonce")}
			return body
		}},
		{name: "unknown synapse", request: func(r *http.Request, body []byte) []byte { r.URL.Path = "/Nonesuch"; return body }},
		{name: "longer path", request: func(r *http.Request, body []byte) []byte { r.URL.Path += "/more"; return body }},
		{name: "method GET", request: func(r *http.Request, body []byte) []byte { r.Method = http.MethodGet; return body }},
		{name: "method PUT", request: func(r *http.Request, body []byte) []byte { r.Method = http.MethodPut; return body }},
		{name: "another value", request: rewrite(func(d *synapse.Dict) { d.Set("value", other(d)) })},
		{name: "value of another type", request: rewrite(func(d *synapse.Dict) { d.Set("value", synapse.NewDict(synapse.Pair{Key: "a", Value: []any{"x"}})) })},
		{name: "no value", request: rewrite(func(d *synapse.Dict) { reorder(d, "value", false) })},
		{name: "another order", request: rewrite(func(d *synapse.Dict) { reorder(d, "name", true) })},
		{name: "another name in the body", request: rewrite(func(d *synapse.Dict) { d.Set("name", "Nonesuch") })},
		{name: "an unknown field", request: rewrite(func(d *synapse.Dict) { d.Set("more", 1) })},
		{name: "another dendrite in the body", request: rewrite(func(d *synapse.Dict) {
			d.Set("dendrite", synapse.NewDict(synapse.Pair{Key: "hotkey", Value: "5Nobody"}))
		})},
		{name: "body is empty", request: body("")},
		{name: "body is no JSON", request: body("{")},
		{name: "body is a list", request: body("[1, 2]")},
		{name: "body has NaN", request: body(`{"value": NaN}`)},
		{name: "body of 2 MiB", request: func(_ *http.Request, body []byte) []byte { return append(body, bytes.Repeat([]byte(" "), 2<<20)...) }},

		{name: "answer is no JSON", answer: answered("200 OK", "application/json", "{")},
		{name: "answer is a list", answer: answered("200 OK", "application/json", "[]")},
		{name: "answer of another type", answer: answered("200 OK", "application/json", `{"value": "x", "answer": {"a": 1}}`)},
		{name: "answer is a page", answer: answered("200 OK", "text/html", "<p>hello</p>")},
		{name: "error of a gateway", answer: answered("502 Bad Gateway", "text/html", "<p>bad gateway</p>")},
		{name: "error without a message", answer: answered("500 Internal Server Error", "application/json", "{}")},
		{name: "error with a message", answer: answered("500 Internal Server Error", "application/json", `{"message": "out of order"}`)},
		{name: "redirected", answer: func([]byte) []byte {
			return []byte("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/Plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}},
		{name: "hung up", answer: func([]byte) []byte { return nil }},
		{name: "cut short", answer: func(raw []byte) []byte { return raw[:len(raw)-10] }},
	}
}

// other is a value of the same type as the one in a body, but another one.
func other(d *synapse.Dict) any {
	v, _ := d.Get("value")
	switch x := v.(type) {
	case string:
		return x + "!"
	case []any:
		return []any{}
	case bool:
		return !x
	case int64:
		return x ^ 1
	}
	return nil
}

// reorder moves a key of a body to its end, or takes it out.
func reorder(d *synapse.Dict, key string, keep bool) {
	pairs := d.Pairs()
	moved := synapse.NewDict()
	for _, p := range pairs {
		if p.Key != key {
			moved.Set(p.Key, p.Value)
		}
	}
	if v, ok := d.Get(key); ok && keep {
		moved.Set(key, v)
	}
	*d = *moved
}

// newActs is the message whose handler does what it is asked to.
func newActs() kind {
	k := newKind("str", drawText, func(m *Act) **string { return &m.Answer })
	k.attach = func(a *axon.Axon) error {
		return axon.Handle(a, func(ctx context.Context, _ axon.Call, m *Act) error {
			switch m.Value {
			case "fail":
				return errors.New("the disk is full")
			case "busy":
				return axon.Errorf(http.StatusTooManyRequests, "slow down")
			case "refuse":
				return axon.Errorf(http.StatusForbidden, "not you")
			case "sleep":
				select {
				case <-ctx.Done():
				case <-time.After(3 * time.Second):
				}
			}
			arrived, err := actSchema.Dump(m)
			if err != nil {
				return err
			}
			hash := arrived.HashBody()
			m.Answer = &hash
			return nil
		})
	}
	return k
}

var actSchema, _ = synapse.For[Act]()

// question is one case: a message with a value, and what goes wrong.
type question struct {
	kind  string
	value any
	fault fault
}

func (q question) name() string { return q.kind + "/" + q.fault.name }

// valuesPerKind is how many values of each type are tried without a fault.
const valuesPerKind = 3

// questions are the product of messages, values and faults, drawn from a seed.
func questions(seed uint64) []question {
	r := rand.New(rand.NewPCG(seed, 1))
	var hashed, out []question
	for _, k := range kinds() {
		if k.name == "Act" || k.name == "Barred" || k.stream {
			continue
		}
		for range valuesPerKind {
			q := question{kind: k.name, value: k.draw(r)}
			q.fault.name = "none"
			out = append(out, q)
			if k.hashed && k.name != "HashTensor" {
				hashed = append(hashed, q)
			}
		}
	}
	for _, f := range faults()[1:] {
		switch {
		case f.act != "":
			out = append(out, question{"Act", f.act, f})
		case f.barred:
			out = append(out, question{"Barred", drawText(r), f})
		default:
			q := hashed[r.IntN(len(hashed))]
			out = append(out, question{q.kind, q.value, f}, question{"Plain", drawText(r), f})
		}
	}
	return append(out, streams(r)...)
}

func (f fault) wait() time.Duration {
	if f.timeout == 0 {
		return 5 * time.Second
	}
	return f.timeout
}
