package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "analysing", Summary: "archetype: tries more and less work by turns of some epochs, and half of the time gives less",
		Options: []lab.Option{{Name: "turn", Default: 10, Min: 1, Max: 1000, About: "epochs of one level"}},
		Answer: func(o lab.Options, v *lab.MinerView, q lab.Question) lab.Deed {
			d := own(v)
			if q.Epoch/int(o["turn"])%2 == 1 {
				d.Quality *= 0.7
			}
			return d
		},
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.85 },
	})
}
