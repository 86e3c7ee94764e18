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
		netuid := s.hidden()
		hot := s.registered(netuid)
		row, hash := s.row(hot, netuid, s.epoch(netuid))
		return call{hot, &types.MsgCommitWeights{Hotkey: row.Hotkey, Netuid: netuid, Hash: hash[:]}}, true
	},
	"/ergon.incentive.v1.MsgRevealWeights": func(s *scene) (call, bool) {
		if hot, row := s.open(); row != nil && !s.chance(3) {
			return call{hot, row}, true
		}
		netuid := s.hidden()
		hot := s.registered(netuid)
		row, _ := s.row(hot, netuid, s.epoch(netuid)-1)
		return call{hot, row}, true
	},
}

// hidden is a subnet that asks for commit and reveal, or any.
func (s *scene) hidden() uint32 {
	for _, x := range s.subnets() {
		if x.Hyper.CommitRevealWeightsEnabled && !s.chance(3) {
			return x.Netuid
		}
	}
	return s.netuid()
}

// open is a row whose commit is open on some subnet, if any is. The epoch it was drawn for is that of
// its commit, or the one before if that ended in the block of the commit.
func (s *scene) open() (*keys.Pair, *types.MsgRevealWeights) {
	q := incentive.Querier{Keeper: s.w.App.Incentive}
	for _, x := range s.subnets() {
		for _, h := range s.hot {
			r, err := q.Commits(s.ctx(), &types.QueryCommitsRequest{Netuid: x.Netuid, Hotkey: h.Address()})
			if err != nil {
				continue
			}
			for _, c := range r.Commits {
				for _, epoch := range []uint64{c.Epoch, c.Epoch - 1} {
					if row, hash := s.row(h, x.Netuid, epoch); c.State == types.CommitOpen && hex.EncodeToString(hash[:]) == c.Hash {
						return h, row
					}
				}
			}
		}
	}
	return nil, nil
}

func (s *scene) epoch(netuid uint32) uint64 {
	q := incentive.Querier{Keeper: s.w.App.Incentive}
	g, err := q.Metagraph(s.ctx(), &types.QueryMetagraphRequest{Netuid: netuid})
	if err != nil {
		return 0
	}
	return g.EpochIndex
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
