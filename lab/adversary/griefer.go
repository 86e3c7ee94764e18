package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "griefer", Summary: "a miner that hands in the best rival's answer, so that the rival may pass for the copier",
		Options: []lab.Option{{Name: "early", Default: 0, Min: 0, Max: 1, About: "1: the answer leaks before the rival sends it"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			victim := rival(v)
			if victim == lab.Own {
				return lab.Deed{Silent: true}
			}
			return lab.Deed{Quality: v.Skill, Claim: v.Skill, Of: victim, Early: o["early"] == 1}
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.1 },
	})
}
