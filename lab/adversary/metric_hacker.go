package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "metric-hacker", Summary: "a miner that works little and makes the metric see more than there is",
		Options: []lab.Option{{Name: "shine", Default: 0.6, Min: 0, Max: 1, About: "how much more"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Quality, d.Shine, d.Claim = 0.4*v.Skill, o["shine"], 1
			return d
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.4 },
	})
}
