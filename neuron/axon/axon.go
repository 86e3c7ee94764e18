package axon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
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
	gate    *gate // workers
	large   *gate // parsing of large bodies
	bodies  *bodies
	metrics *metrics
	access  accessLog
	running sync.WaitGroup // handlers, which may outlive their request

	connections *connections
	draining    chan struct{} // closed when Run's context ends

	mu     sync.RWMutex
	routes map[string]*route
	names  []string
}

// New makes an axon with the echo route attached. Its replay protection counts from now, or goes on
// from Options.Replay.
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
		last:   newLastNonces(min(o.MaxKeys, maxLastNonces)),
		gate:   newGate(o.Workers, o.Queue, o.Ageing, o.Now()),
		large:  newGate(max(1, runtime.GOMAXPROCS(0)/2), o.Queue, o.Ageing, o.Now()),
		bodies: newBodies(o.MaxBodies),
		access: accessLog{to: o.Access},

		connections: newConnections(o.MaxConns, o.ConnsPerIP),
		draining:    make(chan struct{}),
	}
	if err := a.recall(); err != nil {
		return nil, err
	}
	if a.metrics, err = newMetrics(o.Metrics, a); err != nil {
		return nil, fmt.Errorf("axon: register metrics: %w", err)
	}
	return a, a.attachEcho()
}

// recall takes up what an earlier process remembered. Whoever knows that lets requests pass that were
// under way during the restart; whoever does not refuses all from before its start.
func (a *Axon) recall() error {
	o := &a.options
	a.replay.anyAge = o.Compat.UnclampedTimeouts || o.Compat.OldVersions
	if o.Replay == "" || o.Compat.MonotonicNonces {
		return nil
	}
	known, err := openJournal(o.Replay, a.replay, int64(o.Skew), a.nonces.floor, o.Log)
	if known {
		a.nonces.floor -= int64(o.Skew)
	}
	return err
}

// Hotkey is the SS58 address requests must be signed for.
func (a *Axon) Hotkey() string { return a.hotkey }

// Run serves on ln until ctx ends, then stops accepting and lets requests in flight finish for up
// to Options.Drain. It closes ln. Call it once. The error is nil after a clean drain.
func (a *Axon) Run(ctx context.Context, ln net.Listener) error {
	protocols := new(http.Protocols) // of the wire (wire §1); HTTP/2 would have limits of its own
	protocols.SetHTTP1(true)
	server := &http.Server{
		Handler:     a,
		ConnContext: withConnection,
		TLSConfig:   a.options.TLS,
		Protocols:   protocols,
		// OPTIONS * goes through the pipeline like anything else.
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            10 * time.Second,
		IdleTimeout:                  a.options.Idle,
		MaxHeaderBytes:               a.options.MaxHeader,
		ErrorLog:                     slog.NewLogLogger(a.options.Log.Handler(), slog.LevelDebug),
	}
	a.connections.Listener = ln
	failed := make(chan error, 1)
	go func() {
		if a.options.TLS != nil {
			failed <- server.ServeTLS(a.connections, "", "")
			return
		}
		failed <- server.Serve(a.connections)
	}()
	a.options.Log.Info("axon serves", "address", ln.Addr().String(), "hotkey", a.hotkey, "tls", a.options.TLS != nil)
	select {
	case err := <-failed:
		return fmt.Errorf("serve axon on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	return a.drain(server)
}

func (a *Axon) drain(server *http.Server) error {
	defer a.replay.close()
	close(a.draining)
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
	began := time.Now()
	x := &exchange{axon: a, writer: w, request: r, connection: connectionOf(r)}
	x.call.Started = a.options.Now()
	x.call.Remote = remote(r)
	x.connection.exchanging(true)
	defer x.connection.exchanging(false) // also when a stream breaks
	defer x.release()
	x.guardConnection(a.options.MaxTimeout)
	status := x.reply(x.serve())
	x.release()
	a.report(x, status, time.Since(began))
	if x.aborted {
		panic(http.ErrAbortHandler) // breaks the connection
	}
	if pause := x.connection.refused(x.reason != "" && !x.call.Verified); pause > 0 {
		a.pause(r.Context(), pause)
	}
}

// pause holds a connection that goes on sending what is refused: its answer is out, its next request
// waits.
func (a *Axon) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.draining:
	case <-ctx.Done():
	}
}

// report writes down what became of a request.
func (a *Axon) report(x *exchange, status int, took time.Duration) {
	route := "unknown"
	if x.route != nil {
		route = x.route.schema.Name
	}
	if x.reason != "" {
		a.metrics.refused.WithLabelValues(x.stage).Inc()
	}
	a.metrics.answered(route, status, took)
	a.access.write(x, status, took)
	if !a.options.Log.Enabled(x.request.Context(), slog.LevelDebug) {
		return
	}
	a.options.Log.Debug("request", "route", route, "status", status, "stage", x.stage, "hotkey", x.call.Hotkey,
		"verified", x.call.Verified, "remote", x.call.Remote, "took", took, "waited", x.waited,
		"in", x.received, "out", x.sent, "reason", x.reason)
}
