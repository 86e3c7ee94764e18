package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "overfitting", Summary: "archetype: tuned to the metric rather than to the user",
		Options: []lab.Option{{Name: "shine", Default: 0.15, Min: 0, Max: 1, About: "what the metric sees too much"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Quality, d.Shine = 0.9*v.Skill, o["shine"]
			return d
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.9 },
	})
}
