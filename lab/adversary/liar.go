package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "liar", Summary: "a miner that does nothing of worth and claims the most",
		Answer: func(_ lab.Options, _ *lab.MinerView, _ lab.Question) lab.Deed {
			return lab.Deed{Claim: 1, Of: lab.Own}
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0 },
	})
}
