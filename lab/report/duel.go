package report

import "github.com/ergon-network/ergon/lab"

// duel is an attack beside its honest twin, from one seed: what the attackers earn, and what the same
// players would earn honestly, in TAO an epoch.
type duel struct {
	attack, honest []float64 // by bucket
	// scale is what the attack's pay was multiplied by for equal costs of mining.
	scale float64
}

// attackers are the uids of those whose team has a play that is not honest, as lab.Sound counts them.
func attackers(players []lab.Player) []int {
	teams := map[string]bool{}
	for _, p := range players {
		if p.Play != lab.Honest && p.Team != "" {
			teams[p.Team] = true
		}
	}
	var out []int
	for _, p := range players {
		if teams[p.Team] {
			out = append(out, p.UID)
		}
	}
	return out
}

func newDuel(attack, honest *lab.Result, buckets []bucket) *duel {
	uids := attackers(attack.Players)
	d := &duel{scale: 1}
	a, h := cost(attack, uids), cost(honest, uids)
	if a > 0 && h > 0 {
		d.scale = h / a
	}
	d.attack, d.honest = series(attack, buckets, uids, paid), series(honest, buckets, uids, paid)
	for i := range d.attack {
		d.attack[i] *= d.scale
	}
	return d
}

func cost(r *lab.Result, uids []int) float64 {
	sum := 0.0
	for _, e := range r.Epochs {
		for _, uid := range uids {
			sum += e.Cost[uid]
		}
	}
	return sum
}
