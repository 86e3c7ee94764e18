package randomops

import (
	"fmt"

	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
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
		hot := s.backed()
		if s.chance(2) {
			cold = s.owner(hot)
		}
		m := &types.MsgRemoveStake{Coldkey: cold.Address(), Hotkey: hot.Address(), Amount: s.rao() % (1 << 36)}
		if s.chance(3) {
			m.Amount, m.All = 0, true
		}
		return call{cold, m}, true
	},
	"/ergon.stake.v1.MsgRemoveAllStake": func(s *scene) (call, bool) {
		cold := pick(s, s.cold)
		return call{cold, &types.MsgRemoveAllStake{Coldkey: cold.Address()}}, s.chance(3)
	},
	"/ergon.stake.v1.MsgMoveStake": func(s *scene) (call, bool) {
		from := s.backed()
		cold := s.owner(from)
		to, _ := s.delegate(func(uint32) bool { return true })
		return call{cold, &types.MsgMoveStake{Coldkey: cold.Address(), From: from.Address(), To: to.Address(), All: true}}, true
	},
	"/ergon.stake.v1.MsgDecreaseTake": func(s *scene) (call, bool) {
		hot, take := s.delegate(func(take uint32) bool { return take > types.DefaultMinTake })
		m := &types.MsgDecreaseTake{Hotkey: hot.Address(), Take: types.DefaultMinTake + s.r.Uint32N(max(take, types.DefaultMinTake+1)-types.DefaultMinTake)}
		cold := s.owner(hot)
		m.Coldkey = cold.Address()
		return call{cold, m}, true
	},
	"/ergon.stake.v1.MsgIncreaseTake": func(s *scene) (call, bool) {
		hot, take := s.delegate(func(take uint32) bool { return take < types.DefaultMaxTake })
		m := &types.MsgIncreaseTake{Hotkey: hot.Address(), Take: min(take+1+s.r.Uint32N(1000), types.DefaultMaxTake)}
		cold := s.owner(hot)
		m.Coldkey = cold.Address()
		return call{cold, m}, true
	},
	"/ergon.stake.v1.MsgSwapHotkey": func(s *scene) (call, bool) {
		old := pick(s, s.hot)
		cold, fresh := s.owner(old), pick(s, s.hot)
		if s.chance(3) {
			fresh = testnode.Key(fmt.Sprintf("hot-%d", len(s.hot)))
			s.hot = append(s.hot, fresh)
		}
		return call{cold, &types.MsgSwapHotkey{Coldkey: cold.Address(), Old: old.Address(), New: fresh.Address()}}, true
	},
	"/ergon.stake.v1.MsgScheduleColdkeySwap": func(s *scene) (call, bool) {
		cold := pick(s, s.cold)
		fresh := pick(s, s.cold)
		if !s.chance(5) {
			fresh = s.heir()
		}
		return call{cold, &types.MsgScheduleColdkeySwap{Coldkey: cold.Address(), New: fresh.Address()}}, true
	},
	"/ergon.stake.v1.MsgExecuteColdkeySwap": func(s *scene) (call, bool) {
		signer := pick(s, s.cold)
		old, pending := s.announced()
		return call{signer, &types.MsgExecuteColdkeySwap{Signer: signer.Address(), Coldkey: old.Address()}}, pending || s.chance(4)
	},
	"/ergon.stake.v1.MsgCancelColdkeySwap": func(s *scene) (call, bool) {
		old, pending := s.announced()
		root := s.root()
		m := &types.MsgCancelColdkeySwap{Root: root.Address(), Coldkey: old.Address()}
		return call{root, m}, pending || s.chance(5)
	},
	"/ergon.stake.v1.MsgSetParams": func(s *scene) (call, bool) {
		p := types.LocalnetParams()
		p.NominatorMin = pick(s, []uint64{0, 1000, p.NominatorMin, 5 * testnode.TAO})
		p.StakesPerInterval = pick(s, []uint32{0, 0, 50})
		p.ColdkeySwapDelay = pick(s, []uint64{2, 8})
		p.SwapCost = pick(s, []uint64{0, 1000})
		root := s.root()
		return call{root, &types.MsgSetParams{Root: root.Address(), Params: p}}, true
	},
	"/ergon.stake.v1.MsgBecomeDelegate": func(s *scene) (call, bool) {
		hot := pick(s, s.hot)
		cold := s.owner(hot)
		return call{cold, &types.MsgBecomeDelegate{Coldkey: cold.Address(), Hotkey: hot.Address()}}, true
	},
}

// delegate is a delegate with a take that will do, and that take; else any hotkey.
func (s *scene) delegate(will func(take uint32) bool) (*keys.Pair, uint32) {
	for _, at := range s.r.Perm(len(s.hot)) {
		if h, ok := s.hotkey(s.hot[at]); ok && h.Delegate && will(h.Take) {
			return s.hot[at], h.Take
		}
	}
	return pick(s, s.hot), 0
}

// backed is a hotkey on which its owner has stake; else any.
func (s *scene) backed() *keys.Pair {
	for _, at := range s.r.Perm(len(s.hot)) {
		if h, ok := s.hotkey(s.hot[at]); ok && h.Own > 0 {
			return s.hot[at]
		}
	}
	return pick(s, s.hot)
}

// announced is a coldkey whose swap is announced, if there is one; else any.
func (s *scene) announced() (c *keys.Pair, pending bool) {
	for _, c := range s.cold {
		if _, frozen, err := s.w.App.Stake.Frozen(s.ctx(), c.Public()); err == nil && frozen {
			return c, true
		}
	}
	return pick(s, s.cold), false
}

// heir is a coldkey that the ledger does not know any more, or not yet. It is one of those that act,
// so that nothing goes out of play.
func (s *scene) heir() *keys.Pair {
	for _, c := range s.cold {
		if _, known, err := s.w.App.Stake.ColdkeyID(s.ctx(), c.Public()); err == nil && !known {
			return c
		}
	}
	s.cold = append(s.cold, testnode.Key(fmt.Sprintf("heir-%d", len(s.cold))))
	return s.cold[len(s.cold)-1]
}
