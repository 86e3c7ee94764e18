package dendrite

import (
	"crypto/tls"
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
	// Timeout bounds each call, from when it is asked for to the last byte, waiting for a slot
	// included; 12 s.
	Timeout time.Duration
	// MaxAnswer bounds an answer's body, or all of a stream, in bytes; 4 MiB.
	MaxAnswer int64
	// Parallel bounds the calls of one Query running at once; 256.
	Parallel int
	// PerTarget bounds the calls to one axon in flight; others wait their turn; 16.
	PerTarget int
	// BreakAfter transport failures in a row open a target's circuit: it is not asked for
	// BreakPause, then one call tries it. 5; negative never opens one.
	BreakAfter int
	// BreakPause is how long an open circuit stays so; 10 s.
	BreakPause time.Duration
	// Idle is how long an unused connection is kept; 4 s, because axons of the SDK close theirs
	// after 5 s (wire §1).
	Idle time.Duration
	// TLS, if set, is what connections speak, for axons that serve it; nil is plain HTTP, the only
	// thing axons of the SDK speak. It hides the conversation; who answers is known by hotkey.
	TLS *tls.Config
	// AllowPrivate permits loopback, private and link-local targets: test networks.
	AllowPrivate bool
	// RequireSigned refuses answers without the axon's signature (synapse.AnswerSignature). Axons
	// of the SDK do not sign.
	RequireSigned bool

	Metrics prometheus.Registerer // nil registers none
	Now     func() time.Time      // clock for nonces and circuits; time.Now
}

func (o Options) withDefaults() (Options, error) {
	if o.Key == nil {
		return o, errors.New("dendrite: Options.Key is missing; give it the neuron's hotkey")
	}
	orDefault(&o.Timeout, 12*time.Second)
	orDefault(&o.MaxAnswer, 4<<20)
	orDefault(&o.Parallel, 256)
	orDefault(&o.PerTarget, 16)
	orDefault(&o.BreakPause, 10*time.Second)
	orDefault(&o.Idle, 4*time.Second)
	if o.BreakAfter == 0 {
		o.BreakAfter = 5
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

func orDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Dendrite is the client. Make one per process and share it: it is safe for concurrent use and
// pools connections.
type Dendrite struct {
	options Options
	hotkey  string
	uuid    string
	client  *http.Client
	schemas sync.Map // reflect.Type to *synapse.Schema
	peers   *peers
	metrics *metrics

	mu    sync.Mutex
	nonce int64 // the last one given out
}

// New makes a dendrite with a fresh process uuid.
func New(options Options) (*Dendrite, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	id, err := synapse.NewUUID()
	if err != nil {
		return nil, fmt.Errorf("dendrite: %w", err)
	}
	p := newPeers(o)
	m, err := newMetrics(o.Metrics, p)
	if err != nil {
		return nil, fmt.Errorf("dendrite: register metrics: %w", err)
	}
	return &Dendrite{options: o, hotkey: o.Key.Address(), uuid: id, client: newClient(o), peers: p, metrics: m}, nil
}

// newClient makes a client that talks to the named peer and nobody else: no proxy, no redirect, no
// compression that could unpack to more than was sent.
func newClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        o.TLS,
			TLSHandshakeTimeout:    o.Timeout,
			DisableCompression:     true,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    o.PerTarget,
			IdleConnTimeout:        o.Idle,
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
