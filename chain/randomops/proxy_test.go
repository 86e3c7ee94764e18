package randomops

import (
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/keys"
)

var proxyGenerators = map[string]generator{
	"/cosmos.authz.v1beta1.MsgGrant": func(s *scene) (call, bool) {
		from, to := pick(s, s.cold), pick(s, s.cold)
		until := s.ctx().BlockTime().Add(time.Duration(s.r.IntN(50)) * 12 * time.Second)
		kind := sdk.MsgTypeURL(pick(s, []sdk.Msg{&banktypes.MsgSend{}, &banktypes.MsgMultiSend{}, &authz.MsgExec{}}))
		m, err := authz.NewMsgGrant(from.Public(), to.Public(), authz.NewGenericAuthorization(kind), &until)
		if err != nil {
			return call{}, false
		}
		m.Granter, m.Grantee = from.Address(), to.Address()
		return call{from, m}, true
	},
	"/cosmos.authz.v1beta1.MsgExec": func(s *scene) (call, bool) {
		account, proxy := pick(s, s.cold), pick(s, s.cold)
		if granter, grantee, _, ok := s.grant(); ok && !s.chance(5) {
			account, proxy = granter, grantee
		}
		m := authz.NewMsgExec(proxy.Public(), []sdk.Msg{
			&banktypes.MsgSend{FromAddress: account.Address(), ToAddress: pick(s, s.cold).Address(), Amount: coins(s.rao())},
		})
		m.Grantee = proxy.Address()
		return call{proxy, &m}, true
	},
	"/cosmos.authz.v1beta1.MsgRevoke": func(s *scene) (call, bool) {
		granter, grantee, kind, ok := s.grant()
		if !ok {
			granter, grantee, kind = pick(s, s.cold), pick(s, s.cold), sdk.MsgTypeURL(&banktypes.MsgSend{})
		}
		return call{granter, &authz.MsgRevoke{Granter: granter.Address(), Grantee: grantee.Address(), MsgTypeUrl: kind}}, true
	},
}

// grant is one of those that exist.
func (s *scene) grant() (granter, grantee *keys.Pair, kind string, ok bool) {
	type found struct {
		granter, grantee *keys.Pair
		kind             string
	}
	var all []found
	s.w.App.Authz.IterateGrants(s.ctx(), func(from, to sdk.AccAddress, g authz.Grant) bool {
		a, err := g.GetAuthorization()
		if err == nil {
			all = append(all, found{s.pair(from), s.pair(to), a.MsgTypeURL()})
		}
		return false
	})
	if len(all) == 0 {
		return nil, nil, "", false
	}
	g := pick(s, all)
	return g.granter, g.grantee, g.kind, g.granter != nil && g.grantee != nil
}

// pair is the key of one of the scene's coldkeys.
func (s *scene) pair(account sdk.AccAddress) *keys.Pair {
	for _, c := range s.cold {
		if account.Equals(sdk.AccAddress(c.Public())) {
			return c
		}
	}
	return nil
}
