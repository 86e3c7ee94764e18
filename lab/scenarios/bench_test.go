package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/scenarios"
)

// largest is the scenario in which most answers are judged in an epoch.
func largest(t require.TestingT) *lab.Scenario {
	var found *lab.Scenario
	most := 0
	for _, name := range scenarios.Names() {
		s, err := scenarios.Named(name)
		require.NoError(t, err)
		if n := count(s.Validators) * count(s.Miners) * s.Rounds; n > most {
			found, most = s, n
		}
	}
	return found
}

func count(groups []lab.Group) int {
	n := 0
	for _, g := range groups {
		n += g.Count
	}
	return n
}

// BenchmarkLargest plays 1,000 epochs of the largest scenario with 20 seeds, each with its honest twin: what
// `ergon lab table` does. One operation is all of it.
func BenchmarkLargest(b *testing.B) {
	const epochs, seeds = 1000, 20
	s := largest(b)
	s.Epochs = epochs
	for b.Loop() {
		_, err := lab.Sound(b.Context(), s, 1, seeds)
		require.NoError(b, err)
	}
	b.ReportMetric(2*epochs*seeds*float64(b.N)/b.Elapsed().Seconds(), "epochs/s")
}
