package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "consensus-copier", Summary: "a validator that knows weights are hidden and sets the incentive of the last epoch, which is always public",
		Blind: true,
		Weigh: func(_ lab.Options, v *lab.VoterView) []float64 {
			out := make([]float64, len(v.World.Incentive))
			for uid, share := range v.World.Incentive {
				out[uid] = float64(share)
			}
			return out
		},
	})
}
