package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "re-registrant", Summary: "a miner that works badly and takes a new hotkey to shed its record",
		Eager: true,
		Options: []lab.Option{
			{Name: "quality", Default: 0.3, Min: 0, Max: 1, About: "of its skill that it delivers"},
			every,
		},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Quality *= o["quality"]
			return d
		},
		Effort:     func(o lab.Options, _ *lab.MinerView) float64 { return o["quality"] },
		Reregister: renews,
	})
}
