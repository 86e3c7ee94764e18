package axon

import (
	"bytes"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// One line tells a person when, what came of it, what was asked, who asked, from where, how long it
// took, how much went in and out, and why it was refused.
func TestAccessLogLines(t *testing.T) {
	var log bytes.Buffer
	a := newDoubler(t, Options{Access: &log, Blacklist: func(c Call) error {
		if c.Hotkey == pair(t, 3).Address() {
			return errors.New("not\nhere")
		}
		return nil
	}})
	q := ask(t, a, hashed{A: 1})
	q.send(a)
	ask(t, a, hashed{}, func(q *question) { q.key = pair(t, 3) }).send(a)
	ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a)
	(&question{method: http.MethodPost, path: "/nope"}).send(a)
	q = ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce++ })
	q.body = []byte("{}")
	q.send(a)
	hotkey, blacklisted := pair(t, 2).Address(), pair(t, 3).Address()
	const when, took = `2023-11-14 22:13:20\.000Z  `, `  192\.0\.2\.1:1234  \d+\.\dms`
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	for i, want := range []string{
		when + "200  hashed  " + hotkey + took + `  in \d{3} out \d{3}`,
		when + "403  hashed  " + blacklisted + took + `  in 0 out \d\d  at blacklist: Forbidden\. Key is blacklisted: not\?here\.`,
		when + `401  hashed  \(` + hotkey + `\)` + took + `  in 0 out \d{3}  at verify: Not Verified with error: Signature mismatch with .{20,}`,
		when + `404  -  -` + took + `  in 0 out \d+  at route: Synapse name 'nope' not found.*`,
		when + `422  hashed  ` + hotkey + took + `  in 2 out \d+  at parse: field a is missing`,
	} {
		if i >= len(lines) || !regexp.MustCompile("^"+want+"$").MatchString(lines[i]) {
			t.Errorf("line %d of\n%s\nwant %s", i, &log, want)
		}
	}
}

// Strangers cannot fill the disk: beyond a number of lines a second they are counted.
func TestAccessLogIsBounded(t *testing.T) {
	var log bytes.Buffer
	clock := &clock{start}
	a := newDoubler(t, Options{Access: &log, Now: clock.now})
	for range strangerLines + 7 {
		(&question{method: http.MethodPost, path: "/nope"}).send(a)
	}
	ask(t, a, hashed{}).send(a)
	if n := strings.Count(log.String(), "\n"); n != strangerLines+2 || !strings.Contains(log.String(), "  and 7 more of unverified callers\n") {
		t.Errorf("%d lines\n%s", n, &log)
	}
	log.Reset()
	clock.ns += int64(time.Second)
	(&question{method: http.MethodPost, path: "/nope"}).send(a)
	if strings.Count(log.String(), "\n") != 1 {
		t.Errorf("the next second:\n%s", &log)
	}
}

// Every stage that a request enters is timed, and the one that refuses is counted.
func TestStagesAreMeasured(t *testing.T) {
	reg := prometheus.NewRegistry()
	a := newDoubler(t, Options{Metrics: reg})
	ask(t, a, hashed{}).send(a)
	ask(t, a, hashed{}, func(q *question) { q.target = "x" }).send(a)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	stages, refused, names := map[string]uint64{}, map[string]float64{}, map[string]bool{}
	for _, f := range families {
		names[f.GetName()] = true
		for _, m := range f.Metric {
			switch f.GetName() {
			case "ergon_axon_stage_seconds":
				stages[m.Label[0].GetValue()] = m.Histogram.GetSampleCount()
			case "ergon_axon_refused_total":
				refused[m.Label[0].GetValue()] = m.Counter.GetValue()
			}
		}
	}
	for stage, want := range map[string]uint64{"route": 2, "headers": 2, "admit": 2, "verify": 2, "blacklist": 1, "replay": 1, "body": 1, "wait": 1, "handler": 1, "answer": 1} {
		if stages[stage] != want {
			t.Errorf("stage %s was entered %d times, want %d", stage, stages[stage], want)
		}
	}
	if len(stages) != len(strictSteps) || refused["verify"] != 1 || len(refused) != 1 {
		t.Errorf("stages %v, refused %v", stages, refused)
	}
	for _, name := range []string{"ergon_axon_connections", "ergon_axon_turned_connections_total", "ergon_axon_held_body_bytes", "ergon_axon_waiting_requests", "ergon_axon_running_handlers", "ergon_axon_remembered_nonces", "ergon_axon_nonce_age_seconds", "ergon_axon_request_seconds"} {
		if !names[name] {
			t.Errorf("no metric %s", name)
		}
	}
}
