package axon

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	stages   map[string]prometheus.Observer
	refused  *prometheus.CounterVec
	running  prometheus.Gauge
	clock    prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer, a *Axon) (*metrics, error) {
	stages := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "ergon_axon_stage_seconds", Help: "Time that requests spend in a stage of the pipeline.", Buckets: prometheus.ExponentialBuckets(0.00001, 10, 7)}, []string{"stage"})
	m := &metrics{
		stages:   map[string]prometheus.Observer{},
		refused:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ergon_axon_refused_total", Help: "Requests refused, by the stage that refused them."}, []string{"stage"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ergon_axon_requests_total", Help: "Requests answered, by route and status."}, []string{"route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "ergon_axon_request_seconds", Help: "Time from request to answer.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}, []string{"route"}),
		running:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "ergon_axon_running_handlers", Help: "Handlers running now."}),
		clock:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "ergon_axon_nonce_age_seconds", Help: "Age of nonces on arrival; negative ones come from clocks ahead of ours.", Buckets: []float64{-4, -1, -0.1, 0, 0.1, 1, 4, 16, 64}}),
	}
	for _, s := range strictSteps {
		m.stages[s.name] = stages.WithLabelValues(s.name)
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.duration, m.running, m.clock, m.refused, stages,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_axon_connections", Help: "Open connections."}, func() float64 { return float64(a.connections.size()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_axon_held_body_bytes", Help: "Bytes of the bodies of exchanges under way."}, func() float64 { return float64(a.bodies.size()) }),
		turned(a, turnedFull), turned(a, turnedAddress), turned(a, turnedHeaders),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_axon_waiting_requests", Help: "Requests waiting for a worker."}, func() float64 { return float64(a.gate.depth()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ergon_axon_remembered_nonces", Help: "Entries of the replay set."}, func() float64 { return float64(a.replay.size()) }),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func turned(a *Axon, reason string) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ergon_axon_turned_connections_total", Help: "Connections turned away or cut, by the bound that was met.",
		ConstLabels: prometheus.Labels{"reason": reason},
	}, func() float64 { return a.connections.turnedAway(reason) })
}

// passed is called for every stage that a request enters.
func (m *metrics) passed(stage string, took time.Duration) { m.stages[stage].Observe(took.Seconds()) }

func (m *metrics) answered(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}

func (m *metrics) skew(age float64) { m.clock.Observe(age) }
