package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "late-registrant", Summary: "a miner that works while it is new and cannot be pruned, then stops until it registers again",
		Options: []lab.Option{
			{Name: "works", Default: 6, Min: 0, Max: 10_000, About: "epochs of work after a registration"},
			{Name: "every", Default: 12, Min: 1, Max: 10_000, About: "epochs from one hotkey to the next"},
		},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			if v.Age >= int(o["works"]) {
				return lab.Deed{Silent: true}
			}
			return own(v)
		},
		Effort:     func(o lab.Options) float64 { return min(o["works"]/o["every"], 1) },
		Reregister: func(o lab.Options, v *lab.MinerView) bool { return v.Age >= int(o["every"]) },
	})
}
