package objectstore_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/objectstore"
)

// tight are limits under which a hostile server is found out within a second.
var tight = objectstore.Limits{
	MaxBytes: 1 << 20, Total: 2 * time.Second, Connect: time.Second, Answer: 300 * time.Millisecond,
	MinSpeed: 10 << 10, Window: 100 * time.Millisecond,
}

// hold keeps a handler open until its client is gone, so that no test waits for time to pass.
func hold(r *http.Request) { <-r.Context().Done() }

func flush(w http.ResponseWriter, data string) error {
	if _, err := io.WriteString(w, data); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

func TestHostileServers(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("a redirect to another host was followed")
	}))
	defer elsewhere.Close()
	cases := []struct {
		name   string
		serve  http.HandlerFunc
		change func(*objectstore.Request)
		limits func(*objectstore.Limits)
		want   objectstore.Reason
	}{
		{name: "endless", want: objectstore.TooBig, serve: func(w http.ResponseWriter, r *http.Request) {
			for flush(w, strings.Repeat("x", 1<<16)) == nil {
			}
		}},
		{name: "announces too much", want: objectstore.TooBig, serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1048577")
			flush(w, "x")
			hold(r)
		}},
		{name: "announced size over the limit", want: objectstore.TooBig, serve: nobody(t),
			change: func(r *objectstore.Request) { r.Size = 1<<20 + 1 }},
		{name: "limit of one request", want: objectstore.TooBig, serve: answer("12345"),
			change: func(r *objectstore.Request) { r.MaxBytes = 4 }},
		{name: "silent after the header", want: objectstore.TooSlow, serve: func(w http.ResponseWriter, r *http.Request) {
			flush(w, "x")
			hold(r)
		}},
		{name: "slow drip", want: objectstore.TooSlow, serve: func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for flush(w, "x") == nil {
				<-tick.C
			}
		}},
		{name: "fast enough but for ever", want: objectstore.TooSlow,
			limits: func(l *objectstore.Limits) { l.Total, l.MaxBytes = 300*time.Millisecond, 1<<40 },
			serve: func(w http.ResponseWriter, r *http.Request) {
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				for flush(w, strings.Repeat("x", 1<<12)) == nil {
					<-tick.C
				}
			}},
		{name: "no answer", want: objectstore.TooSlow, serve: func(w http.ResponseWriter, r *http.Request) { hold(r) }},
		{name: "redirect to another host", want: objectstore.Redirected, serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/x", http.StatusFound)
		}},
		{name: "redirect to the metadata service", want: objectstore.Redirected, serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
		}},
		{name: "redirect to a file", want: objectstore.Redirected, serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}},
		{name: "redirects for ever", want: objectstore.Redirected, serve: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}},
		{name: "not found", want: objectstore.NotFound, serve: http.NotFound},
		{name: "denied", want: objectstore.Denied, serve: status(403)},
		{name: "server error", want: objectstore.Unavailable, serve: status(500)},
		{name: "partial content", want: objectstore.BadStatus, serve: status(206)},
		{name: "teapot", want: objectstore.BadStatus, serve: status(418)},
		{name: "truncated", want: objectstore.Truncated, serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			flush(w, "only this")
			panic(http.ErrAbortHandler)
		}},
		{name: "truncated chunks", want: objectstore.Truncated, serve: func(w http.ResponseWriter, r *http.Request) {
			flush(w, "only this")
			panic(http.ErrAbortHandler)
		}},
		{name: "wrong hash", want: objectstore.WrongHash, serve: answer("other bytes"),
			change: func(r *objectstore.Request) { r.SHA256 = digest([]byte("these bytes")) }},
		{name: "wrong length header", want: objectstore.WrongSize, serve: answer("12345"),
			change: func(r *objectstore.Request) { r.Size = 6 }},
		{name: "too few without a length", want: objectstore.WrongSize, serve: chunked("12345"),
			change: func(r *objectstore.Request) { r.Size = 6 }},
		{name: "too many without a length", want: objectstore.WrongSize, serve: chunked("12345"),
			change: func(r *objectstore.Request) { r.Size = 4 }},
		{name: "endless header", want: objectstore.Unreachable, serve: func(w http.ResponseWriter, r *http.Request) {
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("h", 100))
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			hostile := httptest.NewServer(c.serve)
			defer hostile.Close()
			limits := tight
			if c.limits != nil {
				c.limits(&limits)
			}
			fetcher := localFetcher(t, func(o *objectstore.FetcherOptions) { o.Limits = limits })
			dir := t.TempDir()
			req := objectstore.Request{URL: hostile.URL + "/f?X-Amz-Signature=hush", Path: filepath.Join(dir, "f")}
			if c.change != nil {
				c.change(&req)
			}
			_, err := fetcher.Fetch(t.Context(), req)
			wantPeer(t, err, c.want)
			onlyFiles(t, dir)
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func nobody(t *testing.T) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) { t.Error("asked although the size is over the limit") }
}

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text) }
}

func chunked(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { _ = flush(w, text) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }
}

func TestRefusedURLs(t *testing.T) {
	reached := make(chan struct{}, 100)
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	defer inside.Close()
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	cases := []struct {
		url  string
		want objectstore.Reason
	}{
		{"", objectstore.BadURL},
		{"x", objectstore.BadURL},
		{"ftp://example.org/x", objectstore.BadURL},
		{"file:///etc/passwd", objectstore.BadURL},
		{"http://example.org/x", objectstore.BadURL},
		{inside.URL, objectstore.BadURL},
		{"https://user:secret@example.org/x", objectstore.BadURL},
		{"https:///x", objectstore.BadURL},
		{"https:example.org", objectstore.BadURL},
		{"https://exa mple.org/", objectstore.BadURL},
		{"https://example.org/" + strings.Repeat("x", 5000), objectstore.BadURL},
		{"https://127.0.0.1:" + port, objectstore.RefusedHost},
		{"https://localhost:" + port, objectstore.RefusedHost}, // a name that resolves to loopback
		{"https://[::1]:" + port, objectstore.RefusedHost},
		{"https://[::ffff:127.0.0.1]:" + port, objectstore.RefusedHost},
		{"https://10.0.0.1/", objectstore.RefusedHost},
		{"https://169.254.169.254/latest/meta-data/", objectstore.RefusedHost},
		{"https://[fd00:ec2::254]/", objectstore.RefusedHost},
		{"https://0.0.0.0:" + port, objectstore.RefusedHost},
	}
	strict, err := objectstore.NewFetcher(objectstore.FetcherOptions{Limits: tight})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%.40s", c.url), func(t *testing.T) {
			dir := t.TempDir()
			_, err := strict.Fetch(t.Context(), objectstore.Request{URL: c.url, Path: filepath.Join(dir, "f")})
			wantPeer(t, err, c.want)
			onlyFiles(t, dir)
		})
	}
	if len(reached) > 0 {
		t.Fatal("a refused URL reached the server")
	}
	for _, sum := range []string{"abc", strings.Repeat("A", 64), strings.Repeat("0", 66)} {
		_, err := strict.Fetch(t.Context(), objectstore.Request{URL: "https://example.org/", Path: "f", SHA256: sum})
		wantPeer(t, err, objectstore.BadDigest)
	}
}

// Loopback is allowed by its option, and plain http nowhere else.
func TestLoopbackOptionAllowsNothingElse(t *testing.T) {
	fetcher := localFetcher(t, func(o *objectstore.FetcherOptions) { o.Limits = tight })
	for _, address := range []string{"http://10.1.2.3/", "http://169.254.169.254/", "https://192.168.1.1/", "http://93.184.215.14/"} {
		_, err := fetcher.Fetch(t.Context(), objectstore.Request{URL: address, Path: filepath.Join(t.TempDir(), "f")})
		wantPeer(t, err, objectstore.RefusedHost)
	}
}

func TestHostList(t *testing.T) {
	fetcher := localFetcher(t, func(o *objectstore.FetcherOptions) {
		o.Hosts = []string{"127.0.0.1", ".example.org"}
	})
	ok := httptest.NewServer(answer("fine"))
	defer ok.Close()
	if _, err := fetcher.Fetch(t.Context(), objectstore.Request{URL: ok.URL, Path: filepath.Join(t.TempDir(), "f")}); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"example.org", "badexample.org", "localhost", "example.org.evil.net"} {
		_, err := fetcher.Fetch(t.Context(), objectstore.Request{URL: "https://" + host + "/", Path: "f"})
		wantPeer(t, err, objectstore.RefusedHost)
	}
}

// A redirect on the same host is followed: stores use it for regions and trailing slashes.
func TestRedirectOnTheSameHost(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/b", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "here")
	}))
	defer s.Close()
	got, err := localFetcher(t, nil).Fetch(t.Context(), objectstore.Request{URL: s.URL + "/a", Path: filepath.Join(t.TempDir(), "f")})
	if err != nil || got.SHA256 != digest([]byte("here")) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestHTTPS(t *testing.T) {
	s := httptest.NewUnstartedServer(answer("sealed"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it reports our refusal of its certificate
	s.StartTLS()
	defer s.Close()
	req := objectstore.Request{URL: s.URL, Path: filepath.Join(t.TempDir(), "f"), SHA256: digest([]byte("sealed"))}
	_, err := localFetcher(t, nil).Fetch(t.Context(), req)
	wantPeer(t, err, objectstore.Unreachable) // nobody vouches for its certificate
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	trusting := localFetcher(t, func(o *objectstore.FetcherOptions) { o.RootCAs = roots })
	if _, err := trusting.Fetch(t.Context(), req); err != nil {
		t.Fatal(err)
	}
}

func TestCallerGivingUpIsNobodysFault(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = flush(w, "x")
		stop()
		hold(r)
	}))
	defer s.Close()
	dir := t.TempDir()
	_, err := localFetcher(t, nil).Fetch(ctx, objectstore.Request{URL: s.URL, Path: filepath.Join(dir, "f")})
	wantOurs(t, err, objectstore.Cancelled)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the cause is lost: %v", err)
	}
	onlyFiles(t, dir)
	_, err = localFetcher(t, nil).Fetch(ctx, objectstore.Request{URL: s.URL, Path: filepath.Join(dir, "f")})
	wantOurs(t, err, objectstore.Cancelled)
}

func TestMissingFolderIsOurFault(t *testing.T) {
	_, err := localFetcher(t, nil).Fetch(t.Context(), objectstore.Request{
		URL: "http://127.0.0.1:1/", Path: filepath.Join(t.TempDir(), "no", "such", "folder"),
	})
	wantOurs(t, err, objectstore.Disk)
}

// A name may look innocent and resolve inward, at once or at the second look-up (rebinding). The
// fetcher never judges a look-up: it judges the address each connection is about to use.
func TestNameResolvingInward(t *testing.T) {
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the name reached the inside")
	}))
	defer inside.Close()
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	resolver, asked := nameServer(t, [4]byte{127, 0, 0, 1})
	fetcher, err := objectstore.NewFetcher(objectstore.FetcherOptions{Limits: tight, Resolver: resolver})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fetcher.Fetch(t.Context(), objectstore.Request{
		URL: "https://innocent.example.org:" + port + "/", Path: filepath.Join(t.TempDir(), "f"),
	})
	wantPeer(t, err, objectstore.RefusedHost)
	if asked() == 0 {
		t.Fatal("the name was never looked up")
	}
}

func TestUnknownName(t *testing.T) {
	resolver, _ := nameServer(t)
	fetcher, err := objectstore.NewFetcher(objectstore.FetcherOptions{Limits: tight, Resolver: resolver})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fetcher.Fetch(t.Context(), objectstore.Request{URL: "https://nowhere.example.org/", Path: filepath.Join(t.TempDir(), "f")})
	wantPeer(t, err, objectstore.Unreachable)
}
