package adversary

import (
	"math"

	"github.com/ergon-network/ergon/lab"
)

func init() {
	lab.AddPlay(lab.Play{
		Name: "sybil", Summary: "one machine behind several uids: each gets its share of the machine, and answers by itself",
		Options: []lab.Option{{
			Name: "loss", Default: 1, Min: 0, Max: 2,
			About: "how quality falls with the share of the machine: quality = skill * share^loss; 0: the work is too small to notice",
		}},
		OneBackend: true,
		Answer: func(o lab.Options, v *lab.MinerView, _ lab.Question) lab.Deed {
			d := own(v)
			d.Quality *= math.Pow(1/float64(len(v.Team)), o["loss"])
			return d
		},
	})
}
