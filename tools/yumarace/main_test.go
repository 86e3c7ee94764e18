package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab/yumas"
)

// What torch is asked is what the exact code settles: the float model, asked the same, comes to the same
// shares.
func TestTheQuestionIsTheCase(t *testing.T) {
	for name, liquid := range map[string]bool{"3": false, "3-liquid": true} {
		c := newCase(256, liquid)
		const epochs = 5
		exact, err := c.exact(epochs)
		require.NoError(t, err)
		require.Len(t, exact.seconds, epochs)

		q := c.question(lanes[0], epochs)
		require.Len(t, q.Weights, 256)
		require.Len(t, c.question(lanes[2], epochs).Weights, validators)
		m, err := yumas.Named(name)
		require.NoError(t, err)
		p := yumas.Params{Kappa: q.Kappa, BondsAverage: q.BondsAverage, AlphaLow: q.AlphaLow, AlphaHigh: q.AlphaHigh, Steepness: q.Steepness}
		var state yumas.State
		var r yumas.Result
		for range epochs {
			r, err = m.Epoch(q.Stake, q.Weights, &state, p)
			require.NoError(t, err)
		}
		require.LessOrEqual(t, difference(exact.incentive[epochs-1], r.Incentive), tolerance)
		require.LessOrEqual(t, difference(exact.dividends[epochs-1], r.Dividends), tolerance)
	}
}

func TestAMissingInterpreterIsSaid(t *testing.T) {
	_, err := newCase(8, false).torch("./no-python", "epoch.py", lanes[0], 1)
	require.ErrorContains(t, err, "no-python")
}
