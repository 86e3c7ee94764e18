package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary"
	_ "github.com/ergon-network/ergon/lab/control"
	"github.com/ergon-network/ergon/lab/scenarios"
	_ "github.com/ergon-network/ergon/subnets/template"
	_ "github.com/ergon-network/ergon/subnets/video/videolab"
)

// Every scenario can be played, and every adversary is in one.
func TestEveryScenarioPlaysAndEveryPlayIsPlayed(t *testing.T) {
	played := map[string]bool{}
	names := scenarios.Names()
	require.GreaterOrEqual(t, len(names), 40)
	for _, name := range names {
		s, err := scenarios.Named(name)
		require.NoError(t, err)
		require.True(t, s.Attack(), name)
		require.NotEmpty(t, s.About, name)
		for _, g := range append(s.Validators, s.Miners...) {
			played[g.Play] = true
		}
		s.Epochs = 3
		r, err := lab.Run(t.Context(), s, 1)
		require.NoError(t, err, name)
		var paid uint64
		for _, e := range r.Epochs {
			for uid := range e.Miner {
				paid += e.Miner[uid] + e.Validator[uid]
			}
		}
		require.Positive(t, paid, name)
	}
	for _, p := range lab.Plays() {
		require.True(t, played[p.Name], "no scenario plays %s", p.Name)
	}
}
