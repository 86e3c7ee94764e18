package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "calculative", Summary: "archetype: delivers a part of what it could, for a smaller part of the cost",
		Options: []lab.Option{{Name: "quality", Default: 0.8, Min: 0, Max: 1, About: "of its skill that it delivers; the cost falls with the square"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Quality *= o["quality"]
			return d
		},
		Effort: func(o lab.Options, _ *lab.MinerView) float64 { return o["quality"] * o["quality"] },
	})
}
