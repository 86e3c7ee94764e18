package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "cherry-picker", Summary: "a miner that answers only validators with at least a part of the largest stake",
		Options: []lab.Option{{Name: "least", Default: 0.5, Min: 0, Max: 1, About: "of the largest stake"}},
		Answer: func(o lab.Options, v *lab.MinerView, q lab.Question) lab.Deed {
			if float64(v.World.Stake[q.Validator]) < o["least"]*largest(v.World) {
				return lab.Deed{Silent: true}
			}
			return own(v)
		},
		Effort: func(o lab.Options, v *lab.MinerView) float64 {
			answered, all := 0, 0
			for uid, stake := range v.World.Stake {
				if v.World.Mines[uid] {
					continue
				}
				all++
				if float64(stake) >= o["least"]*largest(v.World) {
					answered++
				}
			}
			return float64(answered) / float64(max(all, 1))
		},
	})
}

// largest is the stake of the validator that has most.
func largest(w *lab.Public) float64 {
	most := uint64(0)
	for uid, stake := range w.Stake {
		if !w.Mines[uid] {
			most = max(most, stake)
		}
	}
	return float64(most)
}
