package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "bribed", Summary: "a validator that multiplies the score of the miners who pay it",
		Options: []lab.Option{{Name: "times", Default: 3, Min: 1, Max: 1000, About: "what the payers' scores are multiplied by"}},
		Weigh: func(o lab.Options, v *lab.VoterView) []float64 {
			out := append([]float64(nil), v.Scores...)
			for _, uid := range v.Team {
				out[uid] *= o["times"]
			}
			return out
		},
	})
}
