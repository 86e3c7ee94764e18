package randomops

import (
	"github.com/ergon-network/ergon/chain/x/stake/types"
)

var stakeGenerators = map[string]generator{
	"/ergon.stake.v1.MsgAddStake": func(s *scene) (call, bool) {
		hot := pick(s, s.hot)
		cold := s.owner(hot)
		if h, ok := s.hotkey(hot); ok && h.Delegate && s.chance(2) {
			cold = pick(s, s.cold)
		}
		return call{cold, &types.MsgAddStake{Coldkey: cold.Address(), Hotkey: hot.Address(), Amount: s.rao()}}, true
	},
	"/ergon.stake.v1.MsgRemoveStake": func(s *scene) (call, bool) {
		cold := pick(s, s.cold)
		hot := pick(s, s.hot)
		if s.chance(2) {
			cold = s.owner(hot)
		}
		return call{cold, &types.MsgRemoveStake{Coldkey: cold.Address(), Hotkey: hot.Address(), Amount: s.rao() % (1 << 36)}}, true
	},
	"/ergon.stake.v1.MsgBecomeDelegate": func(s *scene) (call, bool) {
		hot := pick(s, s.hot)
		cold := s.owner(hot)
		return call{cold, &types.MsgBecomeDelegate{Coldkey: cold.Address(), Hotkey: hot.Address()}}, true
	},
}
