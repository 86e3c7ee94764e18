package dendrite

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	calls   *prometheus.HistogramVec
	waits   prometheus.Histogram
	refused prometheus.Counter
	streams prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, p *peers) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ergon_dendrite_call_seconds", Help: "Time of calls by message and status, waiting included.", Buckets: prometheus.ExponentialBuckets(0.005, 3, 8),
		}, []string{"route", "status"}),
		waits:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "ergon_dendrite_wait_seconds", Help: "Time calls waited for a slot of their target.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "ergon_dendrite_circuit_refusals_total", Help: "Calls not sent because their target's circuit was open."}),
		streams: prometheus.NewCounter(prometheus.CounterOpts{Name: "ergon_dendrite_stream_bytes_total", Help: "Bytes handed on from streams."}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.calls, m.waits, m.refused, m.streams,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_dendrite_running_calls", Help: "Calls in flight."}, func() float64 { return float64(p.running.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_dendrite_waiting_calls", Help: "Calls waiting for a slot of their target."}, func() float64 { return float64(p.waiting.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_dendrite_open_circuits", Help: "Targets left alone after failures in a row."}, func() float64 { return float64(p.openCircuits()) }),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) done(route string, status int, t *timing) {
	m.calls.WithLabelValues(route, statusLabel(status)).Observe((t.waited + t.elapsed).Seconds())
	m.waits.Observe(t.waited.Seconds())
}

// statusLabel keeps strangers from making a series per number: their own statuses go by class.
func statusLabel(status int) string {
	switch status {
	case 200, 401, 403, 404, 408, 422, 500, 503:
		return strconv.Itoa(status)
	}
	return strconv.Itoa(status/100) + "xx"
}

// timing is when a call's parts happened.
type timing struct {
	waited  time.Duration // for a slot
	sent    time.Time
	elapsed time.Duration // from sending to the last byte
	heard   bool          // part of a stream arrived
}
