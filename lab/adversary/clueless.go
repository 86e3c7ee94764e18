package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "clueless", Summary: "archetype: a default installation that is often down and answers poorly",
		Answer: func(_ lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Quality *= 0.4
			d.Silent = v.Random.IntN(3) == 0
			return d
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.5 },
	})
}
