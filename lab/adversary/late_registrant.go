package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "late-registrant", Summary: "a miner that works for a part of its immunity, lives on that record for the rest, and takes a new hotkey when it can be pruned",
		Eager: true,
		Options: []lab.Option{
			{Name: "works", Default: 0.1, Min: 0, Max: 1, About: "part of the time with a hotkey that it works"},
			every,
		},
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			if !works(o, v) {
				return lab.Deed{Silent: true}
			}
			return own(v)
		},
		Effort: func(o lab.Options, v *lab.MinerView) float64 {
			if !works(o, v) {
				return 0
			}
			return 1
		},
		Reregister: renews,
	})
}

func works(o lab.Options, v *lab.MinerView) bool { return float64(v.Age) < o["works"]*lasts(o, v) }

// every is how long a player keeps a hotkey.
var every = lab.Option{Name: "every", Min: 0, Max: 10_000, About: "epochs from one hotkey to the next; 0: as long as a new one cannot be pruned"}

// lasts is how many epochs a player keeps a hotkey.
func lasts(o lab.Options, v *lab.MinerView) float64 {
	if o["every"] > 0 {
		return o["every"]
	}
	return float64(max(v.World.Immunity, 1))
}

func renews(o lab.Options, v *lab.MinerView) bool { return float64(v.Age) >= lasts(o, v) }
