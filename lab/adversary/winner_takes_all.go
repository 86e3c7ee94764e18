package adversary

import (
	"slices"

	"github.com/ergon-network/ergon/lab"
)

func init() {
	lab.AddPlay(lab.Play{
		Name: "winner-takes-all", Summary: "archetype: a validator that measures honestly and gives all weight to the best",
		Weigh: func(_ lab.Options, v *lab.VoterView) []float64 {
			out := make([]float64, len(v.Scores))
			best := slices.Max(v.Scores)
			if best > 0 {
				out[slices.Index(v.Scores, best)] = 1
			}
			return out
		},
	})
}
