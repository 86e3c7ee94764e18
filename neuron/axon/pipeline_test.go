package axon

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

const second = int64(time.Second)

// Each row bends a good request; strict is what the axon says, relaxed what it says when the one
// flag is set that allows it.
func TestPipeline(t *testing.T) {
	other := pair(t, 9)
	for _, c := range []struct {
		name    string
		v       any
		before  func(*question) // before signing
		after   func(*question) // on the way
		strict  int
		message string // regexp
		compat  Compat
		relaxed int
	}{
		{name: "good", v: hashed{A: 3}, strict: 200},
		{name: "echo", v: synapse.Echo{}, strict: 200},
		{name: "GET", v: hashed{}, before: func(q *question) { q.method = http.MethodGet }, strict: 200},
		{name: "longer path", v: hashed{}, before: func(q *question) { q.path += "/more?x=1" }, strict: 200},
		{name: "no such route", v: hashed{}, before: func(q *question) { q.path = "/no_such_path" }, strict: 404, message: `^Synapse name 'no_such_path' not found. Available synapses \['Synapse', 'hashed', 'loose'\]$`},
		{name: "case matters", v: hashed{}, before: func(q *question) { q.path = "/Hashed" }, strict: 404},
		{name: "PUT", v: hashed{}, before: func(q *question) { q.method = http.MethodPut }, strict: 405},

		{name: "unsigned", v: hashed{}, after: func(q *question) { delete(q.header, "bt_header_dendrite_signature") }, strict: 401, message: "Missing Signature", compat: Compat{Unsigned: true}, relaxed: 200},
		{name: "no headers at all", v: hashed{}, after: func(q *question) { q.header = http.Header{} }, strict: 401, message: "^Not Verified with error: No SS58 formatted address or public key provided.$"},
		{name: "no nonce", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = 0 }, strict: 401, message: "Missing Nonce"},
		{name: "negative nonce", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = -start }, strict: 401},
		{name: "forged by another key", v: hashed{}, before: func(q *question) { q.message.Dendrite.Hotkey = other.Address() }, strict: 401, message: "Signature mismatch with 1700000000000000000\\."},
		{name: "altered signature", v: hashed{}, after: func(q *question) {
			s := q.header["bt_header_dendrite_signature"][0]
			q.set("bt_header_dendrite_signature", s[:10]+flip(s[10:11])+s[11:])
		}, strict: 401, message: "Signature mismatch"},
		{name: "short signature", v: hashed{}, after: func(q *question) { q.set("bt_header_dendrite_signature", "0x00") }, strict: 401},
		{name: "signature is text", v: hashed{}, after: func(q *question) { q.set("bt_header_dendrite_signature", "0x"+strings.Repeat("zz", 64)) }, strict: 401},
		{name: "meant for another axon", v: hashed{}, before: func(q *question) { q.target = other.Address() }, strict: 401, message: "Signature mismatch"},
		{name: "all-zero hotkey", v: hashed{}, before: func(q *question) { q.message.Dendrite.Hotkey = keys.SS58(make([]byte, 32)) }, after: func(q *question) {
			q.set("bt_header_dendrite_signature", "0x"+strings.Repeat("00", 63)+"80")
		}, strict: 401},
		{name: "hotkey is not an address", v: hashed{}, before: func(q *question) { q.message.Dendrite.Hotkey = "InvalidAddress" }, strict: 401},
		{name: "foreign prefix", v: hashed{}, before: func(q *question) { q.message.Dendrite.Hotkey = foreignAddress(q.key.Public()) }, strict: 401, compat: Compat{ForeignAddresses: true}, relaxed: 200},
		{name: "altered nonce", v: hashed{}, after: func(q *question) { q.set("bt_header_dendrite_nonce", "1700000000000000001") }, strict: 401},
		{name: "altered uuid", v: hashed{}, after: func(q *question) { q.set("bt_header_dendrite_uuid", "x") }, strict: 401},
		{name: "long uuid", v: hashed{}, before: func(q *question) { q.message.Dendrite.UUID = strings.Repeat("x", 100) }, strict: 401},
		{name: "altered hash", v: hashed{}, after: func(q *question) { q.set("computed_body_hash", synapse.EmptyBodyHash) }, strict: 401},

		{name: "stale", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = start - 17*second }, strict: 401, message: "acceptable delta is 16.00 seconds but request was 17.00 seconds old"},
		{name: "old but within its timeout", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = start - 15*second }, strict: 401, message: "from before this server started", compat: Compat{NoncesBeforeStart: true}, relaxed: 200},
		{name: "just before the start", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = start - 1 }, strict: 401, message: "from before this server started", compat: Compat{NoncesBeforeStart: true}, relaxed: 200},
		{name: "stretched timeout", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = start - 100*second }, after: func(q *question) { q.set("timeout", "1e9") }, strict: 401, message: "acceptable delta is 64.00", compat: Compat{UnclampedTimeouts: true, NoncesBeforeStart: true}, relaxed: 200},
		{name: "claims an old version", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce, q.message.Dendrite.Version = start-100*second, 722 }, strict: 401, compat: Compat{OldVersions: true, NoncesBeforeStart: true}, relaxed: 200},
		{name: "a little ahead", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = start + 4*second }, strict: 200},
		{name: "future", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = start + 5*second }, strict: 401, message: "clock is 5.00 seconds ahead", compat: Compat{FutureNonces: true}, relaxed: 200},
		{name: "end of time", v: hashed{}, before: func(q *question) { q.message.Dendrite.Nonce = 1<<63 - 1 }, strict: 401},

		{name: "nonce twice", v: hashed{}, after: func(q *question) { q.header["Bt_header_dendrite_nonce"] = []string{"1"} }, strict: 400, message: "duplicate header"},
		{name: "same hotkey twice", v: hashed{}, after: func(q *question) {
			q.header["bt_header_dendrite_hotkey"] = append(q.header["bt_header_dendrite_hotkey"], q.key.Address())
		}, strict: 400, compat: Compat{DuplicateHeaders: true}, relaxed: 200},
		{name: "nonce is no number", v: hashed{}, after: func(q *question) { q.set("bt_header_dendrite_nonce", "1.7e18") }, strict: 400, compat: Compat{UpstreamStatus: true}, relaxed: 500},
		{name: "timeout None", v: hashed{}, after: func(q *question) { q.set("timeout", "None") }, strict: 400, compat: Compat{UpstreamStatus: true}, relaxed: 500},

		{name: "altered body", v: hashed{A: 1}, after: func(q *question) { q.body = []byte(`{"a":2}`) }, strict: 400, message: "does not match", compat: Compat{UpstreamStatus: true}, relaxed: 500},
		{name: "altered body of an unhashed route", v: loose{A: 1}, after: func(q *question) { q.body = []byte(`{"a":2}`) }, strict: 200},
		{name: "same content in other words", v: hashed{A: 1}, after: func(q *question) { q.body = []byte(`{"zzz":0,"a":1.0}`) }, strict: 200},
		{name: "bad JSON", v: hashed{}, after: func(q *question) { q.body = []byte(`{"a":`) }, strict: 400, compat: Compat{UpstreamStatus: true}, relaxed: 500},
		{name: "no body", v: hashed{}, after: func(q *question) { q.body = nil }, strict: 400},
		{name: "missing field", v: hashed{}, after: func(q *question) { q.body = []byte(`{}`) }, strict: 422, message: "field a is missing"},
		{name: "wrong kind", v: hashed{}, after: func(q *question) { q.body = []byte(`{"a":"x"}`) }, strict: 422},
		{name: "too wide", v: hashed{}, after: func(q *question) { q.body = []byte(`{"a":1e30}`) }, strict: 422},
		{name: "oversized", v: hashed{}, after: func(q *question) { q.body = make([]byte, 10<<20) }, strict: 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			try := func(compat Compat, want int, message string) {
				a := newDoubler(t, Options{Compat: compat})
				var bend []func(*question)
				if c.before != nil {
					bend = append(bend, c.before)
				}
				q := ask(t, a, c.v, bend...)
				if c.after != nil {
					c.after(q)
				}
				r := q.send(a)
				if r.status != want {
					t.Errorf("status %d %s, want %d (compat %+v)", r.status, r.message, want, compat)
				}
				if want != 200 && r.message == "" {
					t.Errorf("no message in %s", r.body)
				}
				if !regexp.MustCompile(message).MatchString(r.message) {
					t.Errorf("message %q, want %s", r.message, message)
				}
			}
			try(Compat{}, c.strict, c.message)
			if c.relaxed != 0 {
				try(c.compat, c.relaxed, "")
			}
		})
	}
}

func flip(digit string) string {
	if digit == "0" {
		return "1"
	}
	return "0"
}

func TestReplayIsRefused(t *testing.T) {
	time := &clock{start - 1}
	a := newDoubler(t, Options{Now: time.now})
	time.ns = start
	q := ask(t, a, hashed{})
	if r := q.send(a); r.status != 200 {
		t.Fatalf("first: %d %s", r.status, r.message)
	}
	if r := q.send(a); r.status != 401 || !strings.Contains(r.message, "used before") {
		t.Errorf("replay: %d %s", r.status, r.message)
	}
	earlier := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce = start - 1 })
	if r := earlier.send(a); r.status != 200 {
		t.Errorf("honest request out of order: %d %s", r.status, r.message)
	}
	// A stretched timeout header keeps a nonce acceptable longer; the memory must outlast that.
	q.set("timeout", "1000000.0")
	for time.ns = start; time.ns < start+70*second; time.ns += second {
		if r := q.send(a); r.status != 401 {
			t.Fatalf("replay after %d s: %d", (time.ns-start)/second, r.status)
		}
	}
	if a.replay.size() != 2 {
		t.Errorf("%d remembered, want 2: pruning waits for the next accepted request", a.replay.size())
	}
}

func TestMonotonicNoncesAsUpstream(t *testing.T) {
	time := &clock{start - 1}
	a := newDoubler(t, Options{Compat: Compat{MonotonicNonces: true}, Now: time.now})
	at := func(nonce int64) int {
		return ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce = nonce }).send(a).status
	}
	for _, c := range []struct {
		nonce int64
		want  int
	}{{start, 200}, {start, 401}, {start - 1, 401}, {start + 1, 200}} {
		if got := at(c.nonce); got != c.want {
			t.Errorf("nonce %+d: %d, want %d", c.nonce-start, got, c.want)
		}
	}
}

func TestBlacklistSeesVerifiedCallersOnly(t *testing.T) {
	var seen []Call
	refuse := func(c Call) error { seen = append(seen, c); return errors.New("unknown") }
	a := newDoubler(t, Options{Blacklist: refuse})
	q := ask(t, a, hashed{})
	r := q.send(a)
	if r.status != 403 || r.message != "Forbidden. Key is blacklisted: unknown." {
		t.Errorf("%d %s", r.status, r.message)
	}
	if len(seen) != 1 || !seen[0].Verified || seen[0].Hotkey != q.key.Address() {
		t.Errorf("blacklist saw %+v", seen)
	}
	if a.replay.size() != 0 {
		t.Error("a blacklisted caller takes memory")
	}
	ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a)
	if len(seen) != 1 {
		t.Error("blacklist ran for a forged request")
	}
	b := newDoubler(t, Options{Blacklist: refuse, Compat: Compat{BlacklistFirst: true}})
	if r := ask(t, b, hashed{}, func(q *question) { q.target = "x" }).send(b); r.status != 403 || seen[1].Verified {
		t.Errorf("blacklist first: %d, %+v", r.status, seen)
	}
}

// A further check sees callers whose signature is right, and its no is a 401.
func TestFurtherVerification(t *testing.T) {
	var seen []Call
	picky := func(c Call) error { seen = append(seen, c); return errors.New("version is too old") }
	a := newDoubler(t, Options{Verify: picky, Blacklist: func(Call) error { t.Error("blacklist is asked"); return nil }})
	if r := ask(t, a, hashed{}).send(a); r.status != 401 || r.message != "Not Verified with error: version is too old" {
		t.Errorf("%d %s", r.status, r.message)
	}
	ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a)
	if len(seen) != 1 || !seen[0].Verified || seen[0].Version != synapse.WireVersion {
		t.Errorf("it saw %+v", seen)
	}
	b := newAxon(t, Options{Verify: picky})
	if err := Handle(b, double, WithVerify(nil)); err != nil {
		t.Fatal(err)
	}
	if r := ask(t, b, hashed{}).send(b); r.status != 200 {
		t.Errorf("a route without: %d %s", r.status, r.message)
	}
}

func TestAdmitIsFirst(t *testing.T) {
	a := newDoubler(t, Options{Admit: func(remote netip.AddrPort, hotkey string) error {
		if !remote.IsValid() || hotkey == "" {
			t.Errorf("admit(%v, %q)", remote, hotkey)
		}
		return errors.New("not today")
	}})
	if r := ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a); r.status != 403 {
		t.Errorf("%d", r.status)
	}
}

// What the handler and the answer show is the verified hotkey, whatever the body says.
func TestBodyCannotNameTheCaller(t *testing.T) {
	var got Call
	a := newAxon(t, Options{})
	if err := Handle(a, func(_ context.Context, c Call, _ *loose) error { got = c; return nil }); err != nil {
		t.Fatal(err)
	}
	q := ask(t, a, loose{})
	q.body = []byte(`{"a":1,"dendrite":{"hotkey":"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty","nonce":1},"axon":{"status_code":404}}`)
	r := q.send(a)
	if r.status != 200 || got.Hotkey != q.key.Address() || !got.Verified {
		t.Fatalf("%d, handler saw %+v", r.status, got)
	}
	if strings.Contains(string(r.body), "5FHneW46") || r.header["bt_header_dendrite_hotkey"][0] != q.key.Address() {
		t.Errorf("answer %s", r.body)
	}
}

func TestHandlerErrors(t *testing.T) {
	for name, c := range map[string]struct {
		forward func() error
		status  int
		message string
	}{
		"chosen status": {func() error { return Errorf(409, "busy with %d", 3) }, 409, "^busy with 3$"},
		"plain error":   {func() error { return errors.New("password is hunter2") }, 500, `^Internal Server Error #[\da-f-]{36}$`},
		"chosen 500":    {func() error { return Errorf(500, "password is hunter2") }, 500, `^Internal Server Error #[\da-f-]{36}$`},
		"odd status":    {func() error { return Errorf(200, "no") }, 500, `^Internal Server Error`},
		"panic":         {func() error { panic("hunter2") }, 500, `^Internal Server Error #[\da-f-]{36}$`},
	} {
		a := newAxon(t, Options{})
		if err := Handle(a, func(context.Context, Call, *hashed) error { return c.forward() }); err != nil {
			t.Fatal(err)
		}
		r := ask(t, a, hashed{}).send(a)
		if r.status != c.status || !regexp.MustCompile(c.message).MatchString(r.message) || strings.Contains(string(r.body), "hunter2") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	a := newDoubler(t, Options{Blacklist: func(Call) error { panic("hunter2") }})
	if r := ask(t, a, hashed{}).send(a); r.status != 500 || strings.Contains(string(r.body), "hunter2") {
		t.Errorf("panic in blacklist: %d %s", r.status, r.body)
	}
}

func TestRoutesAreAttachedOnce(t *testing.T) {
	a := newDoubler(t, Options{})
	if err := Handle(a, double); err == nil {
		t.Error("a second handler of one name is accepted")
	}
	if err := Handle(a, func(context.Context, Call, *struct{ A int }) error { return nil }); err == nil {
		t.Error("a type without schema is accepted")
	}
}
