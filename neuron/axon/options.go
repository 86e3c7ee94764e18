package axon

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ergon-network/ergon/keys"
)

// Options configures an Axon. Only Key is required; zero values mean the stated defaults.
type Options struct {
	// Key is the axon's hotkey: requests must be addressed to it, answers are signed with it.
	Key *keys.Pair
	// Admit is a cheap check before any signature is verified, for instance of the address. The
	// hotkey is only claimed at this point. Nil admits all.
	Admit func(remote netip.AddrPort, claimedHotkey string) error
	// Verify, if set, is asked after the signature and freshness were found right, and may still say
	// no: status 401 with its error's text.
	Verify Verify
	// Blacklist refuses a verified caller with an error whose text is sent to it. Nil refuses none.
	Blacklist Blacklist
	// Priority orders callers waiting for a worker, higher first. Nil makes all equal.
	Priority Priority
	// Compat switches strict rules off, one by one.
	Compat Compat

	// TLS, if set, is what connections speak; see CertificateFiles. The SDK has no TLS, so its peers
	// cannot call such an axon. Nil is plain HTTP.
	TLS *tls.Config

	MaxBody    int64         // bytes of a request body; 1 MiB
	MaxBodies  int64         // bytes of the bodies of all exchanges under way; 8 MiB, and never less than one
	MaxHeader  int           // bytes of all request headers; 32 KiB
	MaxTimeout time.Duration // what a caller's timeout is clamped to; 60 s
	Skew       time.Duration // clock difference tolerated in nonces; 4 s
	Workers    int           // handlers running at once; 10
	Queue      int           // requests waiting for a worker; 256
	// Ageing is the waiting that counts as a doubling of 1+priority; 200 ms. A caller with all the
	// stake there can be, in rao, then goes at most 11 s ahead of one with none, which is less than
	// the SDK's default timeout of 12 s. Each request that a caller has waiting or running already
	// counts as a halving.
	Ageing     time.Duration
	MaxConns   int           // open connections; 2048
	ConnsPerIP int           // open connections of one address; 128
	MaxNonces  int           // remembered nonces of one hotkey; 16384
	MaxKeys    int           // hotkeys with remembered nonces; 262144
	Idle       time.Duration // before an idle connection closes; 90 s, at least 75 s for SDK clients
	Drain      time.Duration // for requests in flight when Run's context ends; 30 s

	// Replay is the file, of this axon alone, that carries replay protection over a restart; its folder
	// must exist. Without it everything sent before the start is refused, and what remains is a request
	// of a caller whose clock is ahead: captured, it can be sent once more until our clock has reached
	// its nonce.
	Replay string

	Log     *slog.Logger
	Access  io.Writer             // one line per request, for people; nil writes none
	Metrics prometheus.Registerer // nil registers none
	Now     func() time.Time      // clock for nonces; time.Now
}

// Verify checks a caller beyond its signature; a non-nil error is the reason to refuse.
type Verify func(Call) error

// Blacklist decides whether a caller is refused; a non-nil error is the reason.
type Blacklist func(Call) error

// Priority weighs a caller; higher is served first.
type Priority func(Call) float64

// Compat switches off strict rules where a peer needs what the original does. The zero value is
// strict. Each field names what becomes accepted (wire §4.4, §5).
type Compat struct {
	Unsigned          bool // requests without a signature; anybody can then be anybody
	ForeignAddresses  bool // hotkeys with an SS58 prefix other than 42
	MonotonicNonces   bool // per (hotkey, uuid) newer-than-last instead of the replay set
	OldVersions       bool // stated versions before 7.2 skip the freshness check
	FutureNonces      bool // nonces from any time ahead; each is remembered until that time
	NoncesBeforeStart bool // nonces from before this process started, of which it knows nothing
	UnclampedTimeouts bool // any timeout widens the freshness window and, up to an hour, the deadline
	NoDeadline        bool // the caller's timeout ends nothing; an hour does
	BlacklistFirst    bool // the blacklist sees an unverified hotkey
	UpstreamStatus    bool // 500 instead of 400 for bad headers, bad JSON and hash mismatch
	NotNumbers        bool // NaN and infinities in bodies; no answer can carry them
	DuplicateHeaders  bool // the last of duplicate headers counts
	BodyTerminals     bool // answers echo the body's own dendrite and axon instead of the verified ones
	UnsignedAnswers   bool // answers without ergon_answer_signature
}

// Original accepts what the original accepts and answers as it does, every strict rule off. Bounds on
// bytes, time and numbers stay, because the original's lack of them serves nobody, and text in a
// number's place stays an error: no client of the SDK sends it.
func Original() Compat {
	return Compat{
		Unsigned: true, ForeignAddresses: true, MonotonicNonces: true, OldVersions: true, FutureNonces: true,
		NoncesBeforeStart: true, UnclampedTimeouts: true, NoDeadline: true, BlacklistFirst: true,
		UpstreamStatus: true, NotNumbers: true, DuplicateHeaders: true, BodyTerminals: true, UnsignedAnswers: true,
	}
}

func (o Options) withDefaults() (Options, error) {
	if o.Key == nil {
		return o, errors.New("axon: Options.Key is missing; give it the neuron's hotkey")
	}
	if o.Idle != 0 && o.Idle < 75*time.Second {
		return o, errors.New("axon: Options.Idle is below 75 s; clients of the SDK would race the close")
	}
	orDefault(&o.MaxBody, 1<<20)
	orDefault(&o.MaxBodies, 8<<20)
	orDefault(&o.MaxHeader, 32<<10)
	orDefault(&o.MaxTimeout, time.Minute)
	orDefault(&o.Skew, 4*time.Second)
	orDefault(&o.Workers, 10)
	orDefault(&o.Queue, 256)
	orDefault(&o.MaxConns, 2048)
	orDefault(&o.ConnsPerIP, 128)
	orDefault(&o.MaxNonces, 16384)
	orDefault(&o.MaxKeys, 1<<18)
	orDefault(&o.Ageing, 200*time.Millisecond)
	orDefault(&o.Idle, 90*time.Second)
	orDefault(&o.Drain, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
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
