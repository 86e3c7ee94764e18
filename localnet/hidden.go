package localnet

import (
	"fmt"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
)

// hiddenWeights says in one line where the weights of a subnet that hides them stand; empty where
// they are set in the open.
func hiddenWeights(g *incentivetypes.QueryMetagraphResponse) string {
	if !g.Subnet.Hyper.CommitRevealWeightsEnabled {
		return ""
	}
	var committed, revealed uint64
	for _, n := range g.Neurons {
		if n.LastUpdate > n.RegisteredAt {
			committed = max(committed, n.LastUpdate)
		}
		if n.WeighedAt > n.RegisteredAt {
			revealed = max(revealed, n.RevealedAt)
		}
	}
	switch {
	case committed == 0:
		return "weights: none committed yet"
	case revealed == 0:
		return fmt.Sprintf("weights: committed at %d, revealed from %d on", committed, g.NextEpoch)
	case committed >= g.LastEpoch:
		return fmt.Sprintf("weights: revealed at %d; the next committed at %d, revealed from %d", revealed, committed, g.NextEpoch)
	}
	return fmt.Sprintf("weights: revealed at %d; the next not committed yet", revealed)
}

// rowNote says where one validator's weights stand.
func rowNote(n incentivetypes.NeuronInfo) string {
	switch {
	case n.LastUpdate <= n.RegisteredAt:
		return "no weights committed yet"
	case n.WeighedAt <= n.RegisteredAt:
		return fmt.Sprintf("weights committed at block %d, none revealed yet", n.LastUpdate)
	case n.LastUpdate > n.WeighedAt:
		return fmt.Sprintf("weights of block %d revealed at %d; the next committed at %d", n.WeighedAt, n.RevealedAt, n.LastUpdate)
	}
	return fmt.Sprintf("weights of block %d revealed at %d", n.WeighedAt, n.RevealedAt)
}
