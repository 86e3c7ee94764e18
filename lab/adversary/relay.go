package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "relay", Summary: "a miner that hands in the answer of the best rival as its own",
		Answer: func(_ lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			from := rival(v)
			if from == lab.Own {
				return lab.Deed{Silent: true}
			}
			return lab.Deed{Quality: v.Skill, Claim: v.Skill, Of: from}
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.05 },
	})
}
