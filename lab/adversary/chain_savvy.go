package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "chain-savvy", Summary: "archetype: reads the ledger and works only while it earns less than the middle of the miners",
		Answer: func(_ lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			better := 0
			miners := 0
			for uid, mines := range v.World.Mines {
				if !mines {
					continue
				}
				miners++
				if v.World.Incentive[uid] > v.World.Incentive[v.UID] {
					better++
				}
			}
			d := own(v)
			if 2*better < miners {
				d.Quality *= 0.5
			}
			return d
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.75 },
	})
}
