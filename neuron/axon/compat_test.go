package axon

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// originals tells, for each rule of Compat, whether an axon behaves as the original in the case that
// the rule is about.
var originals = map[string]func(*testing.T, Compat) bool{
	"Unsigned":         accepted(nil, func(q *question) { delete(q.header, "bt_header_dendrite_signature") }),
	"ForeignAddresses": accepted(func(q *question) { q.message.Dendrite.Hotkey = foreignAddress(q.key.Public()) }, nil),
	"MonotonicNonces": func(t *testing.T, c Compat) bool {
		a := newLongRunning(t, c)
		newer, older := ask(t, a, hashed{}), ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce-- })
		return newer.send(a).status == 200 && older.send(a).status == 401 // which strict mode serves
	},
	"OldVersions":  accepted(func(q *question) { q.message.Dendrite.Nonce, q.message.Dendrite.Version = start-100*second, 722 }, nil),
	"FutureNonces": accepted(func(q *question) { q.message.Dendrite.Nonce = start + 3600*second }, nil),
	"NoncesBeforeStart": func(t *testing.T, c Compat) bool {
		a := newDoubler(t, Options{Compat: c})
		return ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce -= second }).send(a).status == 200
	},
	"UnclampedTimeouts": accepted(func(q *question) { q.message.Dendrite.Nonce = start - 100*second }, func(q *question) { q.set("timeout", "1000.0") }),
	"NoDeadline": func(t *testing.T, c Compat) bool {
		a := newAxon(t, Options{Compat: c})
		left := time.Duration(0)
		err := Handle(a, func(ctx context.Context, _ Call, _ *hashed) error {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ask(t, a, hashed{}).send(a).status == 200 && left > synapse.DefaultTimeout*time.Second
	},
	"BlacklistFirst": func(t *testing.T, c Compat) bool {
		a := newDoubler(t, Options{Compat: c, Blacklist: func(Call) error { return errors.New("unknown") }})
		return ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a).status == 403
	},
	"UpstreamStatus": func(t *testing.T, c Compat) bool {
		a := newLongRunning(t, c)
		q := ask(t, a, hashed{})
		q.body = []byte(`{"a":`)
		r := q.send(a)
		return r.status == 500 && strings.HasPrefix(r.message, "Internal Server Error #")
	},
	"NotNumbers": func(t *testing.T, c Compat) bool {
		a, got := newAxon(t, Options{Compat: c}), 0.0
		err := Handle(a, func(_ context.Context, _ Call, req *ratio) error {
			got, req.Ratio = req.Ratio, 0
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		q := ask(t, a, ratio{})
		q.body = []byte(`{"ratio":NaN}`)
		return q.send(a).status == 200 && got != got
	},
	"DuplicateHeaders": accepted(nil, func(q *question) {
		q.header["bt_header_dendrite_hotkey"] = append(q.header["bt_header_dendrite_hotkey"], q.key.Address())
	}),
	"BodyTerminals": func(t *testing.T, c Compat) bool {
		a := newLongRunning(t, c)
		q := ask(t, a, loose{})
		q.body = []byte(`{"a":1,"axon":{"ip":"192.0.2.200"}}`)
		return strings.Contains(string(q.send(a).body), "192.0.2.200")
	},
	"UnsignedAnswers": func(t *testing.T, c Compat) bool {
		a := newLongRunning(t, c)
		return ask(t, a, hashed{}).send(a).header[synapse.AnswerSignature] == nil
	},
}

// ratio is a question of an unhashed float.
type ratio struct {
	Ratio float64 `wire:"ratio"`
}

func (ratio) HashFields() []string { return nil }

// newLongRunning is an axon that started an hour before the tests' clock.
func newLongRunning(t *testing.T, c Compat) *Axon {
	clock := &clock{start - 3600*second}
	a := newDoubler(t, Options{Compat: c, Now: clock.now})
	clock.ns = start
	return a
}

// accepted is a case whose request is refused by the rule and answered without it.
func accepted(before, after func(*question)) func(*testing.T, Compat) bool {
	return func(t *testing.T, c Compat) bool {
		a := newLongRunning(t, c)
		q := ask(t, a, hashed{}, func(q *question) {
			if before != nil {
				before(q)
			}
		})
		if after != nil {
			after(q)
		}
		r := q.send(a)
		if r.status != 200 && r.status != 400 && r.status != 401 {
			t.Errorf("status %d %s", r.status, r.message)
		}
		return r.status == 200
	}
}

// Every strict rule is on by default and goes off by its own flag, and by Original.
func TestEachStrictRuleHasItsFlag(t *testing.T) {
	rules := reflect.TypeFor[Compat]()
	for i := range rules.NumField() {
		name := rules.Field(i).Name
		t.Run(name, func(t *testing.T) {
			original := originals[name]
			if original == nil {
				t.Fatal("no case shows what this flag does")
			}
			var alone Compat
			reflect.ValueOf(&alone).Elem().Field(i).SetBool(true)
			if original(t, Compat{}) {
				t.Error("the rule is off by default")
			}
			if !original(t, alone) {
				t.Error("its flag does not switch the rule off")
			}
			if !original(t, Original()) {
				t.Error("Original keeps the rule")
			}
		})
	}
}
