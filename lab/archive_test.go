package lab_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

// An archive is settled as it stands: two of three validators outvote the third, and its stakes stay.
func TestReplay(t *testing.T) {
	a := lab.Archive{Name: "three", Subnet: lab.Defaults().Subnet, Epochs: 5, Frames: []lab.Frame{{
		Stake:   []float64{300, 400, 300, 0, 0},
		Weights: [][]float64{{0, 0, 0, 1, 0}, {0, 0, 0, 1, 0}, {0, 0, 0, 0, 1}},
	}}}
	seen := 0
	r, err := lab.Replay(t.Context(), &a, func(e lab.Settling) {
		require.Equal(t, seen, e.Epoch)
		require.Equal(t, e.In.Weights.Len(), len(e.Out.Incentive))
		seen++
	})
	require.NoError(t, err)
	require.Equal(t, 5, seen)
	last := r.Epochs[4]
	require.Positive(t, last.Miner[3])
	require.Zero(t, last.Miner[4], "a minority pays nobody")
	require.Greater(t, last.Validator[1], last.Validator[0])
	require.Zero(t, last.Validator[2])
	require.Equal(t, uint64(400e9), r.Stake[1])
	require.True(t, r.Players[3].Mines)
	require.False(t, r.Players[0].Mines)
}

func TestReplayErrors(t *testing.T) {
	frame := func(f lab.Frame) []lab.Frame { return []lab.Frame{{Stake: []float64{1, 1}}, f} }
	for want, frames := range map[string][]lab.Frame{
		"no first frame":          nil,
		"frame 1: it has 1 st":    frame(lab.Frame{Stake: []float64{1}}),
		"stake of uid 1":          frame(lab.Frame{Stake: []float64{1, -1}}),
		"weights of 3 uids":       frame(lab.Frame{Weights: [][]float64{{1, 1}, {1, 1}, {1, 1}}}),
		"row of uid 0 has 1":      frame(lab.Frame{Weights: [][]float64{{1}}}),
		"weight of uid 0 for 1 i": frame(lab.Frame{Weights: [][]float64{{1, -2}}}),
	} {
		_, err := lab.Replay(t.Context(), &lab.Archive{Subnet: lab.Defaults().Subnet, Frames: frames}, nil)
		require.ErrorContains(t, err, want)
	}
}
