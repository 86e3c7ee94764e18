package randomops

import (
	"encoding/hex"
	"math/rand/v2"

	"github.com/ergon-network/ergon/chain/x/incentive"
	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

var commitGenerators = map[string]generator{
	"/ergon.incentive.v1.MsgCommitWeights": func(s *scene) (call, bool) {
		netuid := s.weighed(true)
		hot, epoch := s.voting(netuid)
		row, hash := s.row(hot, netuid, epoch)
		return call{hot, &types.MsgCommitWeights{Hotkey: row.Hotkey, Netuid: netuid, Hash: hash[:]}}, true
	},
	"/ergon.incentive.v1.MsgRevealWeights": func(s *scene) (call, bool) {
		hot, row := s.revealing()
		return call{hot, row}, true
	},
}

// weighed is a subnet with neurons that hides weights or does not, or any.
func (s *scene) weighed(hidden bool) uint32 {
	var all []uint32
	for _, x := range s.subnets() {
		if x.N > 0 && x.Hyper.CommitRevealWeightsEnabled == hidden {
			all = append(all, x.Netuid)
		}
	}
	if len(all) == 0 || s.chance(5) {
		return s.netuid()
	}
	return pick(s, all)
}

// voting is a hotkey that holds a permit on the subnet, or any that is registered there, and the
// running epoch.
func (s *scene) voting(netuid uint32) (*keys.Pair, uint64) {
	g, err := incentive.Querier{Keeper: s.w.App.Incentive}.Metagraph(s.ctx(), &types.QueryMetagraphRequest{Netuid: netuid})
	if err != nil {
		return s.registered(netuid), 0
	}
	var here []*keys.Pair
	for _, h := range s.hot {
		for _, n := range g.Neurons {
			if n.ValidatorPermit && n.Hotkey == h.Address() {
				here = append(here, h)
			}
		}
	}
	if len(here) == 0 {
		return s.registered(netuid), g.EpochIndex
	}
	return pick(s, here), g.EpochIndex
}

// revealing is a hotkey and its row, of a commit that is open, mostly.
func (s *scene) revealing() (*keys.Pair, *types.MsgRevealWeights) {
	q := incentive.Querier{Keeper: s.w.App.Incentive}
	for _, x := range s.subnets() {
		for _, h := range s.hot {
			r, err := q.Commits(s.ctx(), &types.QueryCommitsRequest{Netuid: x.Netuid, Hotkey: h.Address()})
			if err != nil || !r.Enabled {
				continue
			}
			for _, c := range r.Commits {
				// It was drawn in this epoch, or in the one before that ended as its block began.
				for _, epoch := range []uint64{c.Epoch, c.Epoch - 1} {
					row, hash := s.row(h, x.Netuid, epoch)
					if c.State == types.CommitOpen && hex.EncodeToString(hash[:]) == c.Hash {
						return h, row
					}
				}
			}
		}
	}
	netuid := s.weighed(true)
	hot, epoch := s.voting(netuid)
	row, _ := s.row(hot, netuid, epoch-1)
	return hot, row
}

// row is what a hotkey commits in an epoch: always the same, so that nobody has to remember it.
func (s *scene) row(hot *keys.Pair, netuid uint32, epoch uint64) (*types.MsgRevealWeights, [32]byte) {
	r := rand.New(rand.NewPCG(uint64(netuid), epoch))
	m := &types.MsgRevealWeights{Hotkey: hot.Address(), Netuid: netuid, Salt: []uint32{uint32(epoch % 65536)}}
	hidden := yuma.Commitment{Hotkey: [32]byte(hot.Public()), Index: uint16(netuid), Salt: []uint16{uint16(epoch)}}
	for uid := range 1 + r.IntN(4)/3 { // mostly one: subnets are small here
		value := r.Uint32N(65536)
		m.Uids, m.Values = append(m.Uids, uint32(uid)), append(m.Values, value)
		hidden.UIDs, hidden.Values = append(hidden.UIDs, uint16(uid)), append(hidden.Values, uint16(value))
	}
	return m, hidden.Hash()
}
