package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "slow", Summary: "archetype: good work that often misses the deadline",
		Options: []lab.Option{{Name: "late", Default: 0.4, Min: 0, Max: 1, About: "of its answers that come too late"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Silent = v.Random.Float64() < o["late"]
			return d
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 1 },
	})
}
