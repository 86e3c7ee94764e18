package lab

// GroupPay is what the players of one name got in a run, on one side of the market.
type GroupPay struct {
	Name      string  `json:"name"`
	Mines     bool    `json:"mines"`
	Players   int     `json:"players"`
	Miner     uint64  `json:"miner_rao,string"`
	Validator uint64  `json:"validator_rao,string"`
	Share     float64 `json:"share"` // of all pay
}

// Groups adds a run up by the groups of its players, in the order of their uids.
func (r *Result) Groups() []GroupPay {
	type side struct {
		name  string
		mines bool
	}
	var groups []GroupPay
	index, all := map[side]int{}, uint64(0)
	for _, p := range r.Players {
		i, ok := index[side{p.Name, p.Mines}]
		if !ok {
			i = len(groups)
			index[side{p.Name, p.Mines}] = i
			groups = append(groups, GroupPay{Name: p.Name, Mines: p.Mines})
		}
		g := &groups[i]
		g.Players++
		for _, e := range r.Epochs {
			g.Miner += e.Miner[p.UID]
			g.Validator += e.Validator[p.UID]
			all += e.Miner[p.UID] + e.Validator[p.UID]
		}
	}
	for i := range groups {
		groups[i].Share = float64(groups[i].Miner+groups[i].Validator) / float64(max(all, 1))
	}
	return groups
}
