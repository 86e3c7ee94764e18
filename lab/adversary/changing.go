package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "changing", Summary: "archetype: a miner whose machine is good and bad by turns; what it delivers costs it the same",
		Options: []lab.Option{
			{Name: "turn", Default: 10, Min: 1, Max: 100_000, About: "epochs of one turn"},
			{Name: "good", Default: 1, Min: 0, Max: 1, About: "of its skill that it delivers in a good turn"},
			{Name: "bad", Default: 0, Min: 0, Max: 1, About: "of its skill that it delivers in a bad turn"},
			{Name: "first", Default: 1, Min: 0, Max: 1, About: "1: the first turn is a good one"},
		},
		Answer: func(o lab.Options, v *lab.MinerView, q lab.Question) lab.Deed {
			d := own(v)
			if good := (q.Epoch/int(o["turn"]))%2 == 0; good == (o["first"] == 1) {
				d.Quality *= o["good"]
			} else {
				d.Quality *= o["bad"]
			}
			return d
		},
	})
}
