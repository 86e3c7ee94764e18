package axon

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// strangerLines is how many lines a second are written about callers who are not verified; the rest
// is counted. Strangers cost nothing to be, lines cost disk.
const strangerLines = 50

// accessLog writes one line per request for people to read:
//
//	2026-11-26 02:14:26.123Z  200  Dummy  5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY  203.0.113.7:4123  12.3ms, waited 1.2ms  in 1024 out 512
//	2026-11-26 02:14:26.130Z  401  Dummy  (5Grwva…)  203.0.113.7:4124  0.4ms  in 0 out 230  at verify: Not Verified with error: Missing signature
//
// that is: when it arrived (UTC), status, route, who (in brackets: not proven), from where, how long,
// bytes of the bodies, and where and why it was refused.
type accessLog struct {
	mu     sync.Mutex
	to     io.Writer
	second int64 // the one that strangers' lines are counted in
	lines  int
	unsaid int // strangers' requests without a line since the last one
}

func (l *accessLog) write(x *exchange, status int, took time.Duration) {
	if l.to == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !x.call.Verified {
		if now := x.call.Started.Unix(); now != l.second {
			l.second, l.lines = now, 0
		}
		if l.lines++; l.lines > strangerLines {
			l.unsaid++
			return
		}
	}
	if l.unsaid > 0 {
		fmt.Fprintf(l.to, "%s  and %d more of unverified callers\n", stamp(x.call.Started), l.unsaid)
		l.unsaid = 0
	}
	fmt.Fprint(l.to, accessLine(x, status, took))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000Z") }

func accessLine(x *exchange, status int, took time.Duration) string {
	route, who := "-", "-"
	if x.route != nil {
		route = x.route.schema.Name
	}
	switch hotkey := synapse.PrintableASCII(x.call.Hotkey); {
	case x.call.Verified:
		who = hotkey
	case hotkey != "":
		who = "(" + hotkey[:min(len(hotkey), 48)] + ")"
	}
	line := fmt.Sprintf("%s  %d  %s  %s  %s  %s", stamp(x.call.Started), status, route, who, x.call.Remote, brief(took))
	if x.waited > time.Millisecond {
		line += ", waited " + brief(x.waited)
	}
	line += fmt.Sprintf("  in %d out %d", x.received, x.sent)
	if x.reason != "" {
		reason := synapse.PrintableASCII(x.reason)
		line += fmt.Sprintf("  at %s: %s", x.stage, reason[:min(len(reason), 200)])
	}
	return line + "\n"
}

func brief(d time.Duration) string {
	return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
}
