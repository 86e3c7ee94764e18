package interop

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// seed draws the values of all cases.
const seed = 20261126

// what varies from call to call in a status message.
var varying = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`0x[0-9a-f]{128}`), "SIGNATURE"},
	{regexp.MustCompile(`\b\d{18,20}\b`), "NONCE"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "HASH"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`received \d+ of \d+ bytes`), "received SOME bytes"},
	{regexp.MustCompile(`(-?\d+\.\d+) seconds (old|ahead)`), "T seconds $2"},
}

// routes is the list of routes in a 404. Theirs comes in the order of attachment.
var routes = regexp.MustCompile(`\['.*'\]`)

// normal is a message without what varies.
func normal(message string) string {
	for _, v := range varying {
		message = v.pattern.ReplaceAllString(message, v.with)
	}
	return routes.ReplaceAllStringFunc(message, func(list string) string {
		names := strings.Split(strings.Trim(list, "[]"), ", ")
		slices.Sort(names)
		return "[" + strings.Join(names, ", ") + "]"
	})
}

// server is a set of axons.
type server struct {
	name      string
	addresses []string
}

// bench is everything a matrix needs.
type bench struct {
	t       *testing.T
	proxies []*proxy
	hotkeys []string
	other   string // a hotkey that no axon has
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, other: keyOf(t, strangerKey).Address()}
	for _, name := range axonKeys {
		b.proxies = append(b.proxies, newProxy(t))
		b.hotkeys = append(b.hotkeys, keyOf(t, name).Address())
	}
	return b
}

// ask puts one question to a server through the proxies.
func (b *bench) ask(c client, s server, q question) ([]outcome, exchange) {
	var targets []dendrite.Target
	for i := range max(q.fault.batch, 1) {
		b.proxies[i].set(s.addresses[i], q.fault)
		target := targetAt(b.hotkeys[i], b.proxies[i].port())
		if q.fault.wrong {
			target.Hotkey = b.other
		}
		if q.fault.closed {
			target = targetAt(b.hotkeys[i], 1)
		}
		targets = append(targets, target)
	}
	outcomes := c(q, targets)
	for i := range outcomes {
		outcomes[i].Message = normal(outcomes[i].Message)
	}
	e, _ := b.proxies[0].last()
	return outcomes, e
}

// sight is what is seen of a case: what the client makes of it, and the answer on the wire.
type sight struct {
	text    string            // of all outcomes
	status  int               // HTTP
	headers map[string]string // of the protocol: "as asked", "its own", or the value where that counts
	fields  string            // of the body
}

// look describes a case so that two can be compared.
func look(outcomes []outcome, e exchange) (sight, error) {
	var lines []string
	for _, o := range outcomes {
		lines = append(lines, fmt.Sprintf("%d %s value=%s answer=%s", o.Status, o.Message, o.Value, o.Answer))
	}
	s := sight{text: strings.Join(lines, "\n"), headers: map[string]string{}}
	if e.Answer == "" {
		return s, nil
	}
	w, err := readWire(e.Answer)
	if err != nil {
		return s, err
	}
	s.status = w.status
	for name, value := range w.headers {
		// HTTP's own header may come in any case. Ours must come in lower case, or the SDK does not see
		// it: one in another case is a header that theirs has not.
		ours := strings.HasPrefix(strings.ToLower(name), "bt_header_") || name == "name" || name == "timeout" || name == "computed_body_hash"
		switch {
		case strings.EqualFold(name, "content-type"):
			name = "content-type"
		case !ours:
			continue
		case sent(e, name) == value && value != "":
			value = "as asked"
		case !strings.HasSuffix(name, "status_code") && !strings.HasSuffix(name, "status_message"):
			value = "its own"
		}
		s.headers[name] = normal(value)
	}
	if v, err := synapse.ParseJSON(w.body); err == nil {
		if d, ok := v.(*synapse.Dict); ok {
			for _, p := range d.Pairs() {
				s.fields += " " + p.Key
			}
		}
	}
	return s, nil
}

// sent is a header of the request, whatever the case of its name.
func sent(e exchange, name string) string {
	for k, v := range e.Headers {
		if strings.EqualFold(k, name) {
			return v[len(v)-1]
		}
	}
	return ""
}

// TestSDK asks every question of the product with both clients, of axons of the SDK, of ours, and of
// ours with the strict rules off. A client must see the same of ours as of theirs, and both clients
// the same of one axon; what differs must stand in the list of rules, and must really differ.
func TestSDK(t *testing.T) {
	interpreter(t)
	b := newBench(t)
	theirs, version := theirAxons(t)
	servers := []server{{"sdk", theirs}, {"ergon", ourAxons(t, axon.Compat{})}, {"compat", ourAxons(t, lenient(version))}}
	clients := map[string]client{"sdk": theirClient(t), "ergon": ourClient(t)}
	v := &verdict{t: t, version: version, used: map[*rule]bool{}}
	tape := &recording{}
	cases := 0
	for _, q := range questions(seed) {
		got := map[string]sight{}
		for _, who := range []string{"sdk", "ergon"} {
			if q.fault.python && who != "sdk" {
				continue
			}
			for _, s := range servers {
				outcomes, e := b.ask(clients[who], s, q)
				seen, err := look(outcomes, e)
				if err != nil {
					t.Errorf("%s from %s to %s: %v", q.name(), who, s.name, err)
				}
				got[who+">"+s.name] = seen
				tape.add(who, s.name, q, e, outcomes)
				cases++
			}
			v.servers(q, who, got)
		}
		for _, s := range servers {
			if !q.fault.python {
				v.clients(q, s.name, got)
			}
		}
	}
	v.finish()
	t.Logf("SDK %s: %d questions and answers, %d rules", version, cases, len(v.used))
	if os.Getenv("ERGON_RECORD") != "" && !t.Failed() {
		if err := tape.write(version); err != nil {
			t.Fatal(err)
		}
	}
}
