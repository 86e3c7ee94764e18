package axon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// Axon is the server. It implements http.Handler; safe for concurrent use.
type Axon struct {
	options Options
	hotkey  string
	uuid    string // of this process
	key     *keys.Pair
	nonces  nonceRule
	replay  *replaySet
	last    *lastNonces
	gate    *gate
	metrics *metrics
	running sync.WaitGroup // handlers, which may outlive their request

	mu     sync.RWMutex
	routes map[string]*route
	names  []string
}

// New makes an axon with the echo route attached. Its replay protection counts from now.
func New(options Options) (*Axon, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	id, err := synapse.NewUUID()
	if err != nil {
		return nil, fmt.Errorf("axon: %w", err)
	}
	a := &Axon{
		options: o, hotkey: o.Key.Address(), uuid: id, key: o.Key, routes: map[string]*route{},
		nonces: nonceRule{int64(o.Skew), int64(o.MaxTimeout), o.Now().UnixNano(), o.Compat},
		replay: newReplaySet(int64(o.Skew+o.MaxTimeout), o.MaxNonces, o.MaxKeys),
		last:   &lastNonces{max: o.MaxKeys, last: map[string]int64{}},
		gate:   newGate(o.Workers, o.Queue, o.Ageing, o.Now),
	}
	if a.metrics, err = newMetrics(o.Metrics, a); err != nil {
		return nil, fmt.Errorf("axon: register metrics: %w", err)
	}
	return a, a.attachEcho()
}

// Hotkey is the SS58 address requests must be signed for.
func (a *Axon) Hotkey() string { return a.hotkey }

// Run serves on ln until ctx ends, then stops accepting and lets requests in flight finish for up
// to Options.Drain. It closes ln. The error is nil after a clean drain.
func (a *Axon) Run(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           a,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       a.options.Idle,
		MaxHeaderBytes:    a.options.MaxHeader,
		ErrorLog:          slog.NewLogLogger(a.options.Log.Handler(), slog.LevelDebug),
	}
	limited := &limitListener{Listener: ln, max: a.options.MaxConns, perIP: a.options.ConnsPerIP, open: map[string]int{}}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(limited) }()
	a.options.Log.Info("axon serves", "address", ln.Addr().String(), "hotkey", a.hotkey)
	select {
	case err := <-failed:
		return fmt.Errorf("serve axon on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	return a.drain(server)
}

func (a *Axon) drain(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), a.options.Drain)
	defer cancel()
	err := server.Shutdown(ctx)
	if err != nil {
		_ = server.Close()
		return fmt.Errorf("drain axon within %v: %w", a.options.Drain, err)
	}
	done := make(chan struct{})
	go func() { a.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("drain axon within %v: a handler does not return", a.options.Drain)
	}
}

// ServeHTTP implements http.Handler.
func (a *Axon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{axon: a, writer: w, request: r}
	x.call.Started = a.options.Now()
	x.call.Remote = remote(r)
	began := time.Now()
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	x.head.Name = name
	x.guardConnection(a.options.MaxTimeout)
	status := x.reply(x.serveGuarded(name))
	label := "unknown"
	if x.route != nil {
		label = x.route.schema.Name
	}
	a.metrics.answered(label, status, time.Since(began))
}

// limitListener bounds open connections, in all and per address, by closing what is over.
type limitListener struct {
	net.Listener
	max, perIP int

	mu    sync.Mutex
	total int
	open  map[string]int
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err != nil {
			host = conn.RemoteAddr().String()
		}
		if l.take(host) {
			return &limitedConn{Conn: conn, release: sync.OnceFunc(func() { l.give(host) })}, nil
		}
		_ = conn.Close()
	}
}

func (l *limitListener) take(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.max || l.open[host] >= l.perIP {
		return false
	}
	l.total++
	l.open[host]++
	return true
}

func (l *limitListener) give(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[host]--; l.open[host] == 0 {
		delete(l.open, host)
	}
}

type limitedConn struct {
	net.Conn
	release func()
}

func (c *limitedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
