package axon

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// No request, whatever its path, one of its headers and its body, is our own fault.
func FuzzRequest(f *testing.F) {
	a := newDoubler(f, Options{MaxNonces: 1 << 30})
	q := ask(f, a, hashed{A: 1})
	var count atomic.Int64
	f.Add("hashed", "bt_header_dendrite_nonce", "1700000000000000000", q.body)
	f.Add("Synapse", "timeout", "12.0", []byte("{}"))
	f.Fuzz(func(t *testing.T, path, name, value string, body []byte) {
		r := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += count.Add(1) % (4 * second) }).request()
		r.URL.Path = "/" + path
		r.Header[name] = []string{value}
		w := &discard{header: http.Header{}}
		r.Body = io.NopCloser(bytes.NewReader(body))
		a.ServeHTTP(w, r)
		if w.status == 500 || w.status == 0 {
			t.Fatalf("status %d for %q %q=%q %q", w.status, path, name, value, body)
		}
	})
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(s int)           { d.status = s }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
