package dendrite

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// Options configures a Dendrite. Only Key is required; zero values mean the stated defaults.
type Options struct {
	Key *keys.Pair // signs the questions
	// IP is this neuron's public address as stated in headers; purely informational.
	IP string
	// Timeout bounds each call, from sending to the last byte; 12 s.
	Timeout time.Duration
	// MaxAnswer bounds an answer's body in bytes; 4 MiB.
	MaxAnswer int64
	// Parallel bounds the calls of one Query running at once; 256.
	Parallel int
	// AllowPrivate permits loopback, private and link-local targets: test networks.
	AllowPrivate bool
	// RequireSigned refuses answers without the axon's signature (synapse.AnswerSignature). Axons
	// of the SDK do not sign.
	RequireSigned bool

	Metrics prometheus.Registerer // nil registers none
	Now     func() time.Time      // clock for nonces; time.Now
}

// Dendrite is the client. Make one per process and share it: it is safe for concurrent use and
// pools connections.
type Dendrite struct {
	options Options
	hotkey  string
	uuid    string
	client  *http.Client
	schemas sync.Map // reflect.Type to *synapse.Schema
	metrics *metrics

	mu    sync.Mutex
	nonce int64 // the last one given out
}

// New makes a dendrite with a fresh process uuid.
func New(options Options) (*Dendrite, error) {
	if options.Key == nil {
		return nil, errors.New("dendrite: Options.Key is missing; give it the neuron's hotkey")
	}
	if options.Timeout <= 0 {
		options.Timeout = 12 * time.Second
	}
	if options.MaxAnswer <= 0 {
		options.MaxAnswer = 4 << 20
	}
	if options.Parallel <= 0 {
		options.Parallel = 256
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	id, err := synapse.NewUUID()
	if err != nil {
		return nil, fmt.Errorf("dendrite: %w", err)
	}
	m, err := newMetrics(options.Metrics)
	if err != nil {
		return nil, fmt.Errorf("dendrite: register metrics: %w", err)
	}
	return &Dendrite{
		options: options, hotkey: options.Key.Address(), uuid: id, client: newClient(options), metrics: m,
	}, nil
}

// newClient makes a client that talks to the named peer and nobody else: no proxy, no redirect, no
// compression that could unpack to more than was sent.
func newClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			DisableCompression:     true,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        60 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

// Hotkey is the SS58 address questions are signed with.
func (d *Dendrite) Hotkey() string { return d.hotkey }

// Close gives idle connections back.
func (d *Dendrite) Close() { d.client.CloseIdleConnections() }

// nextNonce is the time in Unix nanoseconds, moved on where that would not be later than the last
// (wire §4.4).
func (d *Dendrite) nextNonce() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nonce = max(d.options.Now().UnixNano(), d.nonce+1)
	return d.nonce
}

type metrics struct {
	calls *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ergon_dendrite_call_seconds", Help: "Time of calls by message and status.", Buckets: prometheus.ExponentialBuckets(0.005, 3, 8),
	}, []string{"route", "status"})}
	if reg == nil {
		return m, nil
	}
	return m, reg.Register(m.calls)
}
