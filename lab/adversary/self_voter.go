package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "self-voter", Summary: "a validator that measures honestly and adds its own, working miner's share",
		Options: []lab.Option{{Name: "part", Default: 0.5, Min: 0, Max: 1, About: "of the weight that goes to itself"}},
		Weigh: func(o lab.Options, v *lab.VoterView) []float64 {
			return favour(v.Scores, v.Team, o["part"])
		},
	})
}
