package report

import (
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/lab"
)

// duel is an attack beside its honest twin, from one seed: what the attackers earn, and what the same
// players would earn honestly, in TAO an epoch.
type duel struct {
	attack, honest []float64 // by bucket
	// means is what honest incentive was multiplied by for mining that costs as much as the attack's.
	means float64
}

func newDuel(attack, honest *lab.Result, buckets []bucket) *duel {
	var players []int
	for i, attacks := range attack.Attackers() {
		if attacks {
			players = append(players, i)
		}
	}
	d := &duel{means: lab.Means(attack, honest)}
	d.attack = series(attack, buckets, players, paid)
	d.honest = series(honest, buckets, players, func(e *lab.Epoch, player int) float64 {
		return (float64(e.Validator[player]) + float64(e.Miner[player])*d.means) / float64(issuance.TAO)
	})
	return d
}
