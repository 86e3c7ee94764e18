package randomops

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
)

// entryGenerators are proof of work and what neurons and owners publish.
var entryGenerators = map[string]generator{
	"/ergon.subnet.v1.MsgRegisterPow": func(s *scene) (call, bool) {
		hot, netuid := pick(s, s.hot), s.netuid()
		m := &types.MsgRegisterPow{
			Hotkey: hot.Address(), Coldkey: s.owner(hot).Address(), Netuid: netuid, BlockNumber: uint64(s.w.Height), Nonce: s.r.Uint64(),
		}
		difficulty := uint64(1)
		if x, err := s.w.App.Subnet.Get(s.ctx(), uint16(netuid)); err == nil {
			difficulty = min(x.Terms.Difficulty, 1<<10)
		}
		puzzle := pow.New([pow.Size]byte(testnode.BlockHash(s.w.Height)), [pow.Size]byte(hot.Public()), uint16(netuid))
		for !pow.Meets(puzzle.Seal(m.Nonce), difficulty) {
			m.Nonce++
		}
		seal := puzzle.Seal(m.Nonce)
		m.Work = seal[:]
		return call{hot, m}, true
	},
	"/ergon.subnet.v1.MsgServePrometheus": func(s *scene) (call, bool) {
		netuid := s.netuid()
		hot := s.registered(netuid)
		return call{hot, &types.MsgServePrometheus{Hotkey: hot.Address(), Netuid: netuid, Prometheus: types.Prometheus{
			Ip: fmt.Sprintf("10.0.0.%d", 1+s.r.IntN(250)), Port: 1 + s.r.Uint32N(65535), IpType: 4,
		}}}, true
	},
	"/ergon.subnet.v1.MsgSetIdentity": func(s *scene) (call, bool) {
		netuid := s.netuid()
		by := s.subnetOwner(netuid)
		m := &types.MsgSetIdentity{Coldkey: by.Address(), Netuid: netuid, Info: types.IdentityInfo{Display: fmt.Sprint("market ", netuid)}}
		if s.chance(2) {
			m.Netuid = 0
		}
		if s.chance(3) {
			m.Info.Extra = []types.IdentityPair{{Name: "github", Value: "ergon"}}
		}
		return call{by, m}, true
	},
	"/ergon.subnet.v1.MsgClearIdentity": func(s *scene) (call, bool) {
		netuid := s.netuid()
		by := s.subnetOwner(netuid)
		return call{by, &types.MsgClearIdentity{Coldkey: by.Address(), Netuid: pick(s, []uint32{0, netuid})}}, true
	},
	"/ergon.subnet.v1.MsgSetCommitment": func(s *scene) (call, bool) {
		netuid := s.netuid()
		hot := s.registered(netuid)
		return call{hot, &types.MsgSetCommitment{Hotkey: hot.Address(), Netuid: netuid, Format: "raw", Data: make([]byte, 1+s.r.IntN(128))}}, true
	},
}
