package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "sampling-dodger", Summary: "a miner that leaves part of its answer bad, where it believes nobody looks",
		Options: []lab.Option{{Name: "bad", Default: 0.3, Min: 0, Max: 1, About: "share of the answer that is bad"}},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Bad = o["bad"]
			return d
		},
		Effort: func(o lab.Options, _ *lab.MinerView) float64 { return 1 - o["bad"] },
	})
}
