package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "rogue", Summary: "archetype: answers garbage now and then, to see what passes",
		Options: []lab.Option{{Name: "part", Default: 0.5, Min: 0, Max: 1, About: "of its answers that are garbage"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			if v.Random.Float64() < o["part"] {
				d.Quality, d.Bad = 0, 1
			}
			return d
		},
		Effort: func(o lab.Options, _ *lab.MinerView) float64 { return 1 - o["part"] },
	})
}
