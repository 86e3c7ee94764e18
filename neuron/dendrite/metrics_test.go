package dendrite

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ergon-network/ergon/neuron/axon"
)

func TestMetricsOfCalls(t *testing.T) {
	reg := prometheus.NewRegistry()
	d := newDendrite(t, Options{Metrics: reg, BreakAfter: 1})
	peer := startAxon(t, 9, func(context.Context, axon.Call, *Dummy) error { return axon.Errorf(418, "teapot") })
	dead := closedPort(t)
	for range 2 {
		Call(context.Background(), d, peer, &Dummy{})
		Call(context.Background(), d, dead, &Dummy{})
	}
	got := gather(t, reg)
	for name, want := range map[string]float64{
		"ergon_dendrite_call_seconds Dummy 4xx": 2, "ergon_dendrite_call_seconds Dummy 503": 2, "ergon_dendrite_wait_seconds": 4,
		"ergon_dendrite_circuit_refusals_total": 1, "ergon_dendrite_open_circuits": 1, "ergon_dendrite_running_calls": 0,
		"ergon_dendrite_waiting_calls": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}

// gather maps each series, its name and label values, to its value or number of observations.
func gather(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name += " " + l.GetValue()
			}
			out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}
