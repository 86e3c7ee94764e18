package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "output-sharer", Summary: "miners of one owner of whom one works and all hand in its result",
		OneBackend: true,
		Answer: func(_ lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			if first := v.Team[0]; first != v.UID {
				d.Of = first
			}
			return d
		},
	})
}
