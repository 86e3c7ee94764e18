package randomops

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

var subnetGenerators = map[string]generator{
	"/ergon.subnet.v1.MsgCreateSubnet": func(s *scene) (call, bool) {
		cold := pick(s, append(s.cold, s.w.Owner))
		return call{cold, &types.MsgCreateSubnet{Coldkey: cold.Address(), Name: fmt.Sprintf("market-%d", s.r.IntN(5))}}, true
	},
	"/ergon.subnet.v1.MsgRegister": func(s *scene) (call, bool) {
		hot := pick(s, s.hot)
		cold := s.owner(hot)
		return call{cold, &types.MsgRegister{Coldkey: cold.Address(), Hotkey: hot.Address(), Netuid: s.netuid()}}, true
	},
	"/ergon.subnet.v1.MsgServeAxon": func(s *scene) (call, bool) {
		netuid := s.netuid()
		hot := s.registered(netuid)
		return call{hot, &types.MsgServeAxon{Hotkey: hot.Address(), Netuid: netuid, Axon: types.Axon{
			Ip: fmt.Sprintf("10.0.0.%d", 1+s.r.IntN(250)), Port: 1 + s.r.Uint32N(65535), IpType: 4, Protocol: 4,
		}}}, true
	},
	"/ergon.subnet.v1.MsgSetHyperparameter": func(s *scene) (call, bool) {
		netuid := s.netuid()
		by := s.subnetOwner(netuid)
		// What would stop the show (closing registration, endless tempos) is drawn seldom.
		choice := pick(s, [][2]string{
			{"kappa", fmt.Sprint(s.r.IntN(65536))}, {"immunity_period", fmt.Sprint(s.r.IntN(20))},
			{"weights_rate_limit", fmt.Sprint(s.r.IntN(4))}, {"yuma3", pick(s, []string{"true", "false"})},
			{"yuma_variant", pick(s, []string{"2024", "2026"})}, {"liquid_alpha", pick(s, []string{"true", "false"})},
			{"min_burn", fmt.Sprint(s.r.IntN(1_000_000))}, {"max_burn", fmt.Sprint(s.r.IntN(1 << 33))},
			{"registration_allowed", pick(s, []string{"true", "true", "true", "false"})},
			{"bonds_moving_average", fmt.Sprint(s.r.IntN(1_000_001))}, {"activity_cutoff", fmt.Sprint(s.r.IntN(50))},
			{"tempo", fmt.Sprint(1 + s.r.IntN(8))}, {"adjustment_alpha", fmt.Sprint(s.r.Uint64())},
		})
		return call{by, &types.MsgSetHyperparameter{Coldkey: by.Address(), Netuid: netuid, Name: choice[0], Value: choice[1]}}, true
	},
}
