package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "weight-copier", Summary: "a validator that measures nothing and sets what the others' public weights say",
		Options: []lab.Option{{Name: "stale", Default: 0, Min: 0, Max: 1, About: "1: copies what was public when the epoch began, 0: what is public now"}},
		Blind:   true,
		Weigh: func(o lab.Options, v *lab.VoterView) []float64 {
			rows := v.World.Rows
			if o["stale"] == 1 {
				rows = v.World.Before
			}
			return crowd(rows, v.World.Stake, v.UID)
		},
	})
}
