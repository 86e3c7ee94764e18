package adversary

import (
	"slices"

	"github.com/ergon-network/ergon/lab"
)

func init() {
	lab.AddPlay(lab.Play{
		Name: "late-shifter", Summary: "a validator that gives everything to who led when the epoch began, and so moves when all have moved",
		Weigh: func(_ lab.Options, v *lab.VoterView) []float64 {
			said := crowd(v.World.Before, v.World.Stake, v.UID)
			out := make([]float64, len(said))
			leader := slices.Index(said, slices.Max(said))
			if said[leader] == 0 {
				return v.Scores
			}
			out[leader] = 1
			return out
		},
	})
}
