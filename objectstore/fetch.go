package objectstore

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Limits bound one fetch. A zero field takes the value of DefaultLimits.
type Limits struct {
	MaxBytes int64         // of the body
	Total    time.Duration // from the first look-up to the last byte
	Connect  time.Duration // for one connection, and again for its TLS handshake
	Answer   time.Duration // from the request to the response's header
	MinSpeed int64         // bytes per second, averaged over Window
	Window   time.Duration // how often the speed is looked at
}

// DefaultLimits fit results of some minutes of video. The seed's fetcher had 7.5 s in all and
// no byte limit (video §3, §11 #17).
var DefaultLimits = Limits{
	MaxBytes: 512 << 20,
	Total:    5 * time.Minute,
	Connect:  10 * time.Second,
	Answer:   20 * time.Second,
	MinSpeed: 64 << 10,
	Window:   5 * time.Second,
}

const (
	maxRedirects = 3
	maxHeader    = 64 << 10 // bytes of response header
	readBuffer   = 64 << 10
)

// FetcherOptions say what a Fetcher may do. The zero value is the strict one.
type FetcherOptions struct {
	Limits Limits

	// AllowLoopback permits http and https to loopback addresses, for a laptop network whose
	// stores are embedded servers. Plain http stays forbidden everywhere else.
	AllowLoopback bool

	// Hosts, when not empty, lists the only host names allowed; ".example.org" allows the
	// names under example.org.
	Hosts []string

	// Own lists host:port of stores we run ourselves: when one of them is down, slow or cuts
	// off, that is our fault and not the miner's.
	Own []string

	// Online is asked when a failure to connect could also be our own network's; an error
	// from it makes the failure ours. Without it such failures are the peer's, because a
	// miner could otherwise turn a 0 into a skip with a black hole for a host.
	Online func(context.Context) error

	RootCAs  *x509.CertPool // nil: the system's
	Resolver *net.Resolver  // nil: the system's
}

// Fetcher downloads URLs that strangers chose. It is safe for concurrent use; how many run at
// once is the caller's business.
type Fetcher struct {
	opts   FetcherOptions
	create func(dir string) (*os.File, error)
}

// NewFetcher makes a Fetcher; a negative limit is an error.
func NewFetcher(opts FetcherOptions) (*Fetcher, error) {
	l, d := &opts.Limits, DefaultLimits
	if l.MaxBytes < 0 || l.Total < 0 || l.Connect < 0 || l.Answer < 0 || l.MinSpeed < 0 || l.Window < 0 {
		return nil, &OurFault{Misuse, "make a fetcher", fmt.Errorf("negative limit in %+v", *l)}
	}
	l.MaxBytes = or(l.MaxBytes, d.MaxBytes)
	l.Total = or(l.Total, d.Total)
	l.Connect = or(l.Connect, d.Connect)
	l.Answer = or(l.Answer, d.Answer)
	l.MinSpeed = or(l.MinSpeed, d.MinSpeed)
	l.Window = or(l.Window, d.Window)
	return &Fetcher{opts: opts, create: func(dir string) (*os.File, error) {
		return os.CreateTemp(dir, ".fetch-*")
	}}, nil
}

func or[T int64 | time.Duration](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

// Request is one download. Size and SHA256 come from the peer's signed answer (video §11 #15);
// leave them zero only where nothing was announced.
type Request struct {
	URL      string
	Path     string // where the file goes; its folder must exist, an old file is replaced
	Size     int64  // bytes announced, 0 = none
	SHA256   string // lower-case hex announced, "" = none
	MaxBytes int64  // 0 = the Fetcher's; never more than that
}

// Fetched is what arrived.
type Fetched struct {
	Size   int64
	SHA256 string // lower-case hex
}

// Fetch downloads a URL into a file. The file exists under Path only if nil is returned; until
// then the bytes are in a hidden file beside it, which is removed on every error.
// Every error is a *PeerFault or an *OurFault.
func (f *Fetcher) Fetch(ctx context.Context, req Request) (Fetched, error) {
	d := &download{opts: &f.opts, req: req, parent: ctx, name: redact(req.URL)}
	if err := d.check(); err != nil {
		return Fetched{}, err
	}
	file, err := f.create(filepath.Dir(req.Path))
	if err != nil {
		return Fetched{}, &OurFault{Disk, "create a file for " + d.name, err}
	}
	defer os.Remove(file.Name()) // gone already after the rename
	defer file.Close()
	got, err := d.run(ctx, file)
	if err != nil {
		return Fetched{}, err
	}
	if err := file.Close(); err != nil {
		return Fetched{}, &OurFault{Disk, "close the file of " + d.name, err}
	}
	if err := os.Rename(file.Name(), req.Path); err != nil {
		return Fetched{}, &OurFault{Disk, "name the file of " + d.name, err}
	}
	return got, nil
}

// download is one Fetch under way.
type download struct {
	opts   *FetcherOptions
	req    Request
	parent context.Context
	url    *url.URL
	name   string // the URL as errors may show it
	max    int64
}

func (d *download) peer(reason Reason, format string, args ...any) error {
	return &PeerFault{reason, d.name, fmt.Errorf(format, args...)}
}

// check judges everything that can be judged before a packet leaves.
func (d *download) check() error {
	if d.parent.Err() != nil {
		return &OurFault{Cancelled, "fetch " + d.name, d.parent.Err()}
	}
	if len(d.req.URL) > maxURL {
		return d.peer(BadURL, "%d bytes, want at most %d", len(d.req.URL), maxURL)
	}
	u, err := url.Parse(d.req.URL)
	if err != nil {
		return d.peer(BadURL, "it does not parse")
	}
	d.url = u
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !d.opts.AllowLoopback):
		return d.peer(BadURL, "scheme %q is not fetched; use https", u.Scheme)
	case u.Hostname() == "" || u.Opaque != "" || u.User != nil:
		return d.peer(BadURL, "want https://HOST[:PORT]/PATH without user information")
	case !allowedHost(d.opts.Hosts, u.Hostname()):
		return d.peer(RefusedHost, "host %q is not on the list", u.Hostname())
	}
	d.max = d.opts.Limits.MaxBytes
	if d.req.MaxBytes > 0 {
		d.max = min(d.max, d.req.MaxBytes)
	}
	if sum := d.req.SHA256; sum != "" {
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size || sum != strings.ToLower(sum) {
			return d.peer(BadDigest, "announced sha256 %.80q is not 64 lower-case hex digits", sum)
		}
	}
	if d.req.Size < 0 {
		return d.peer(BadDigest, "announced size %d", d.req.Size)
	}
	if d.req.Size > d.max {
		return d.peer(TooBig, "announced %d bytes, want at most %d", d.req.Size, d.max)
	}
	return nil
}

func allowedHost(hosts []string, host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return len(hosts) == 0 || slices.ContainsFunc(hosts, func(allowed string) bool {
		return host == allowed || strings.HasPrefix(allowed, ".") && strings.HasSuffix(host, allowed)
	})
}

var (
	errTooSlow  = errors.New("too slow")
	errRedirect = errors.New("redirect refused")
)

// run does the request and reads the body into file under all limits.
func (d *download) run(parent context.Context, file io.Writer) (Fetched, error) {
	limits := d.opts.Limits
	ctx, stop := context.WithTimeoutCause(parent, limits.Total, fmt.Errorf("%w: not done after %s", errTooSlow, limits.Total))
	defer stop()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url.String(), nil)
	if err != nil {
		return Fetched{}, d.peer(BadURL, "it makes no request")
	}
	request.Header.Set("User-Agent", "ergon")
	response, err := d.client().Do(request)
	if err != nil {
		return Fetched{}, d.connectFault(ctx, err)
	}
	defer response.Body.Close()
	if err := d.checkResponse(response); err != nil {
		return Fetched{}, err
	}
	meter := &meter{}
	defer meter.watch(limits, abort)()
	return d.copyBody(ctx, file, response.Body, meter)
}

// client makes a client for one download: nothing is kept from stranger to stranger.
func (d *download) client() *http.Client {
	policy := dialPolicy{public: d.url.Scheme == "https", loopback: d.opts.AllowLoopback}
	limits := d.opts.Limits
	dialer := &net.Dialer{Timeout: limits.Connect, Control: policy.control, Resolver: d.opts.Resolver}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would connect where our policy cannot see
			DialContext:            dialer.DialContext,
			TLSClientConfig:        tlsConfig(d.opts.RootCAs),
			TLSHandshakeTimeout:    limits.Connect,
			ResponseHeaderTimeout:  limits.Answer,
			MaxResponseHeaderBytes: maxHeader,
			DisableKeepAlives:      true,
			DisableCompression:     true, // the bytes as they are: no bombs, and the length is the length
		},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("%w: more than %d", errRedirect, maxRedirects)
			}
			if next.URL.Scheme != d.url.Scheme || next.URL.Host != d.url.Host || next.URL.User != nil {
				return fmt.Errorf("%w: to %s://%s", errRedirect, next.URL.Scheme, next.URL.Host)
			}
			return nil
		},
	}
}

func (d *download) checkResponse(r *http.Response) error {
	switch code := r.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return d.peer(Denied, "status %d; the link is expired or was never valid", code)
	case code == http.StatusNotFound || code == http.StatusGone:
		return d.peer(NotFound, "status %d", code)
	case code >= 500 || code == http.StatusTooManyRequests:
		return d.ownOr(Unavailable, fmt.Errorf("status %d", code))
	default:
		return d.peer(BadStatus, "status %d, want 200", code)
	}
	length := r.ContentLength
	if length > d.max {
		return d.peer(TooBig, "%d bytes, want at most %d", length, d.max)
	}
	if length >= 0 && d.req.Size > 0 && length != d.req.Size {
		return d.peer(WrongSize, "%d bytes, %d were announced", length, d.req.Size)
	}
	return nil
}

// copyBody reads to the end of the body and compares it with what was announced.
func (d *download) copyBody(ctx context.Context, file io.Writer, body io.Reader, m *meter) (Fetched, error) {
	h := sha256.New()
	buf := make([]byte, readBuffer)
	limit := d.max
	if d.req.Size > 0 {
		limit = d.req.Size
	}
	var total int64
	for {
		n, readErr := body.Read(buf)
		total += int64(n)
		m.add(n)
		if total > limit {
			if d.req.Size > 0 {
				return Fetched{}, d.peer(WrongSize, "more than the %d bytes announced", d.req.Size)
			}
			return Fetched{}, d.peer(TooBig, "more than %d bytes", d.max)
		}
		h.Write(buf[:n])
		if _, err := file.Write(buf[:n]); err != nil {
			return Fetched{}, &OurFault{Disk, "write the file of " + d.name, err}
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return Fetched{}, d.bodyFault(ctx, total, readErr)
		}
	}
	got := Fetched{Size: total, SHA256: hex.EncodeToString(h.Sum(nil))}
	if d.req.Size > 0 && got.Size != d.req.Size {
		return Fetched{}, d.peer(WrongSize, "%d bytes, %d were announced", got.Size, d.req.Size)
	}
	if d.req.SHA256 != "" && got.SHA256 != d.req.SHA256 {
		return Fetched{}, d.peer(WrongHash, "sha256 %s, %s was announced", got.SHA256, d.req.SHA256)
	}
	return got, nil
}

// meter counts bytes so that a second goroutine can see whether they still come.
type meter struct{ bytes atomic.Int64 }

func (m *meter) add(n int) { m.bytes.Add(int64(n)) }

// watch aborts the download when a whole window brought less than the least speed. The function
// it returns ends the watch and waits for it.
func (m *meter) watch(limits Limits, abort context.CancelCauseFunc) func() {
	done, gone := make(chan struct{}), make(chan struct{})
	least := max(1, int64(float64(limits.MinSpeed)*limits.Window.Seconds()))
	go func() {
		defer close(gone)
		ticker := time.NewTicker(limits.Window)
		defer ticker.Stop()
		var before int64
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			now := m.bytes.Load()
			if now-before < least {
				abort(fmt.Errorf("%w: %d bytes in %s, want %d", errTooSlow, now-before, limits.Window, least))
				return
			}
			before = now
		}
	}()
	return func() { close(done); <-gone }
}
