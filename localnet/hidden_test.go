package localnet

import (
	"testing"

	"github.com/stretchr/testify/require"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
)

func TestWhereHiddenWeightsStand(t *testing.T) {
	g := &incentivetypes.QueryMetagraphResponse{LastEpoch: 60, NextEpoch: 120}
	n := func(updated, weighed, revealed uint64) string {
		g.Neurons = []incentivetypes.NeuronInfo{{RegisteredAt: 5, LastUpdate: updated, WeighedAt: weighed, RevealedAt: revealed}}
		return hiddenWeights(g)
	}
	require.Empty(t, n(33, 5, 5), "weights in the open need no words")
	g.Subnet.Hyper.CommitRevealWeightsEnabled = true
	require.Equal(t, "weights: none committed yet", n(5, 5, 5))
	require.Equal(t, "no weights committed yet", rowNote(g.Neurons[0]))
	require.Equal(t, "weights: committed at 33, revealed from 120 on", n(33, 5, 5))
	require.Equal(t, "weights committed at block 33, none revealed yet", rowNote(g.Neurons[0]))
	require.Equal(t, "weights: revealed at 62; the next not committed yet", n(33, 33, 62))
	require.Equal(t, "weights of block 33 revealed at 62", rowNote(g.Neurons[0]))
	require.Equal(t, "weights: revealed at 62; the next committed at 93, revealed from 120", n(93, 33, 62))
	require.Equal(t, "weights of block 33 revealed at 62; the next committed at 93", rowNote(g.Neurons[0]))
}
