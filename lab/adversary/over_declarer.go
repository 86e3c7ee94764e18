package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "over-declarer", Summary: "a miner that declares several times what it delivers, and pays for what it delivers",
		Options: []lab.Option{{Name: "times", Default: 5, Min: 1, Max: 1000, About: "what it delivers is its skill divided by this"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			return lab.Deed{Quality: v.Skill / o["times"], Claim: 1, Of: lab.Own}
		},
		Effort: func(o lab.Options, _ *lab.MinerView) float64 { return 1 / o["times"] },
	})
}
