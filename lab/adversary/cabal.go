package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "cabal", Summary: "validators that give part of their weight to their own miners, who do nothing",
		Options: []lab.Option{{Name: "part", Default: 1, Min: 0, Max: 1, About: "of the weight that goes to the own miners"}},
		Weigh: func(o lab.Options, v *lab.VoterView) []float64 {
			return favour(v.Scores, v.Team, o["part"])
		},
		Answer: func(_ lab.Options, _ *lab.MinerView, _ lab.Question) lab.Deed { return lab.Deed{Silent: true} },
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0 },
	})
}
