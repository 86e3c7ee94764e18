package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "uid-hoarder", Summary: "miners that do nothing and take a new hotkey when immunity ends, to hold the uids",
		Eager:      true,
		Options:    []lab.Option{every},
		Answer:     func(lab.Options, *lab.MinerView, lab.Question) lab.Deed { return lab.Deed{Silent: true} },
		Effort:     func(lab.Options, *lab.MinerView) float64 { return 0 },
		Reregister: renews,
	})
}
