package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "devops", Summary: "archetype: an ordinary model, run well: cheaper for the same quality",
		Effort: func(lab.Options, *lab.MinerView) float64 { return 0.8 },
		Answer: func(_ lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed { return own(v) },
	})
}
