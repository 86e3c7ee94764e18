package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "uid-hoarder", Summary: "miners that do nothing and take a new hotkey when immunity ends, to hold the uids",
		Options: []lab.Option{{Name: "every", Default: 12, Min: 1, Max: 10_000, About: "epochs from one hotkey to the next"}},
		Answer:  func(_ lab.Options, _ *lab.MinerView, _ lab.Question) lab.Deed { return lab.Deed{Silent: true} },
		Effort:  func(lab.Options) float64 { return 0 },
		Reregister: func(o lab.Options, v *lab.MinerView) bool {
			return v.Age >= int(o["every"])
		},
	})
}
