package randomops

import (
	"github.com/ergon-network/ergon/chain/x/incentive/types"
)

var incentiveGenerators = map[string]generator{
	"/ergon.incentive.v1.MsgSetWeights": func(s *scene) (call, bool) {
		netuid := s.netuid()
		hot := s.registered(netuid)
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
}
