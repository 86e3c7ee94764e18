package adversary

import "github.com/ergon-network/ergon/lab"

func init() {
	lab.AddPlay(lab.Play{
		Name: "switcher", Summary: "a validator that measures nothing and gives all weight to one uid, and to another from an epoch on",
		Options: []lab.Option{
			{Name: "at", Default: 50, Min: 0, Max: 100_000, About: "epoch of the change"},
			{Name: "from", Default: 0, Min: 0, Max: lab.MaxUIDs - 1, About: "uid before"},
			{Name: "to", Default: 0, Min: 0, Max: lab.MaxUIDs - 1, About: "uid since"},
		},
		Blind: true,
		Weigh: func(o lab.Options, v *lab.VoterView) []float64 {
			out := make([]float64, len(v.Scores))
			uid := int(o["from"])
			if v.World.Epoch >= int(o["at"]) {
				uid = int(o["to"])
			}
			if uid < len(out) {
				out[uid] = 1
			}
			return out
		},
	})
}
