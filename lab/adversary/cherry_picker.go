package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "cherry-picker", Summary: "a miner that answers only validators with at least a part of the largest stake",
		Options: []lab.Option{{Name: "least", Default: 0.5, Min: 0, Max: 1, About: "of the largest stake"}},
		Answer: func(o lab.Options, v *lab.MinerView, q lab.Question) lab.Deed {
			largest := uint64(0)
			for uid, s := range v.World.Stake {
				if !v.World.Mines[uid] {
					largest = max(largest, s)
				}
			}
			if float64(v.World.Stake[q.Validator]) < o["least"]*float64(largest) {
				return lab.Deed{Silent: true}
			}
			return own(v)
		},
		Effort: func(o lab.Options, _ *lab.MinerView) float64 { return 1 - o["least"]/2 },
	})
}
