package randomops

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// What becomes of subnets, and who is on root.
var subnetLifeGenerators = map[string]generator{
	"/ergon.subnet.v1.MsgRootRegister": func(s *scene) (call, bool) {
		hot := pick(s, s.hot)
		cold := s.owner(hot)
		return call{cold, &types.MsgRootRegister{Coldkey: cold.Address(), Hotkey: hot.Address()}}, true
	},
	"/ergon.subnet.v1.MsgDissolveSubnet": func(s *scene) (call, bool) {
		netuid := s.netuid()
		by := s.subnetOwner(netuid)
		return call{by, &types.MsgDissolveSubnet{Coldkey: by.Address(), Netuid: netuid}}, s.chance(2)
	},
	"/ergon.subnet.v1.MsgTransferSubnet": func(s *scene) (call, bool) {
		netuid := s.netuid()
		by := s.subnetOwner(netuid)
		return call{by, &types.MsgTransferSubnet{Coldkey: by.Address(), Netuid: netuid, NewOwner: pick(s, s.cold).Address()}}, true
	},
	"/ergon.subnet.v1.MsgSetParam": func(s *scene) (call, bool) {
		choice := pick(s, [][2]string{
			{"subnet_limit", fmt.Sprint(1 + s.r.IntN(8))}, {"network_immunity", fmt.Sprint(s.r.IntN(30))},
			{"network_rate_limit", fmt.Sprint(s.r.IntN(4))}, {"min_lock", fmt.Sprint(s.rao())},
			{"lock_reduction_interval", fmt.Sprint(1 + s.r.IntN(50))}, {"initial_burn", fmt.Sprint(s.rao())},
			{"root_target_regs_per_interval", fmt.Sprint(s.r.IntN(30))}, {"root_adjustment_interval", fmt.Sprint(1 + s.r.IntN(20))},
			{"root_max_regs_per_block", fmt.Sprint(s.r.IntN(4))}, {"defaults.kappa", fmt.Sprint(s.r.IntN(65536))},
			{"defaults.tempo", fmt.Sprint(1 + s.r.IntN(8))}, {"defaults.yuma3", pick(s, []string{"true", "false"})},
		})
		if s.chance(2) { // new subnets hide weights, or do not
			choice = [2]string{"defaults.commit_reveal_weights_enabled", pick(s, []string{"true", "false"})}
		}
		root := s.root()
		return call{root, &types.MsgSetParam{Root: root.Address(), Name: choice[0], Value: choice[1]}}, true
	},
}
