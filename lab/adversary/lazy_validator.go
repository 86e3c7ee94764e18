package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "lazy-validator", Summary: "a validator that measures nothing and gives every miner the same",
		Blind: true,
		Weigh: func(_ lab.Options, v *lab.VoterView) []float64 {
			out := make([]float64, len(v.World.Mines))
			for uid, mines := range v.World.Mines {
				if mines {
					out[uid] = 1
				}
			}
			return out
		},
	})
}
