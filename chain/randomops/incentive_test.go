package randomops

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	subnet "github.com/ergon-network/ergon/chain/x/subnet/types"
)

var incentiveGenerators = map[string]generator{
	"/ergon.incentive.v1.MsgSetWeights": func(s *scene) (call, bool) {
		netuid := s.weighed(false)
		hot, _ := s.voting(netuid)
		m := &types.MsgSetWeights{Hotkey: hot.Address(), Netuid: netuid}
		sub, err := s.w.App.Subnet.Get(s.ctx(), uint16(netuid))
		if err != nil || sub.N == 0 {
			return call{hot, m}, true
		}
		for _, uid := range s.r.Perm(int(sub.N))[:1+s.r.IntN(int(sub.N))] {
			m.Uids = append(m.Uids, uint32(uid))
			m.Values = append(m.Values, s.r.Uint32N(65536))
		}
		return call{hot, m}, true
	},
	"/ergon.incentive.v1.MsgSetRootWeights": func(s *scene) (call, bool) {
		hot := s.registered(uint32(subnet.RootNetuid))
		cold := s.owner(hot)
		m := &types.MsgSetRootWeights{Coldkey: cold.Address(), Hotkey: hot.Address()}
		if s.chance(4) { // what it gives to root itself is paid to nobody
			m.Netuids, m.Values = []uint32{0}, []uint32{s.r.Uint32N(65536)}
		}
		for _, sub := range s.subnets() {
			if !s.chance(3) {
				m.Netuids, m.Values = append(m.Netuids, sub.Netuid), append(m.Values, s.r.Uint32N(65536))
			}
		}
		return call{cold, m}, true
	},
	"/ergon.incentive.v1.MsgSetParam": func(s *scene) (call, bool) {
		if !s.chance(2) {
			return call{}, false // the network is not ruled anew in every block
		}
		choice := pick(s, [][2]string{
			{"owner_cut", fmt.Sprint(s.r.IntN(65536))}, {"epochs_per_block", fmt.Sprint(1 + s.r.IntN(4))},
			{"closed_subnets_earn", pick(s, []string{"true", "false"})}, {"root_tempo", fmt.Sprint(s.r.IntN(6))},
			{"root_rho", fmt.Sprint(s.r.IntN(65536))}, {"root_kappa", fmt.Sprint(s.r.IntN(65536))},
			{"root_weights_rate_limit", fmt.Sprint(s.r.IntN(4))}, {"root_weights_min_stake", fmt.Sprint(s.r.IntN(2))},
		})
		root := s.root()
		return call{root, &types.MsgSetParam{Root: root.Address(), Name: choice[0], Value: choice[1]}}, true
	},
}
