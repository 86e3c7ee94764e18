package randomops

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	stake "github.com/ergon-network/ergon/chain/x/stake/types"
	subnet "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

const (
	coldkeys = 8
	hotkeys  = 24
	tempo    = 4 // blocks: every subnet settles all the time
)

// scene is a ledger under random load.
type scene struct {
	t     testing.TB
	db    dbm.DB
	w     *testnode.World
	r     *rand.Rand
	cold  []*keys.Pair
	hot   []*keys.Pair
	count map[string]*tally
}

// tally counts what became of a message's transactions.
type tally struct{ accepted, refused int }

// call is a message and who signs it.
type call struct {
	signer *keys.Pair
	msg    sdk.Msg
}

func newScene(t testing.TB, seed uint64) *scene {
	t.Helper()
	s := &scene{t: t, db: dbm.NewMemDB(), r: rand.New(rand.NewPCG(seed, 0)), count: map[string]*tally{}}
	var names []string
	for i := range coldkeys {
		names = append(names, fmt.Sprintf("cold-%d", i))
		s.cold = append(s.cold, testnode.Key(names[i]))
	}
	for i := range hotkeys {
		s.hot = append(s.hot, testnode.Key(fmt.Sprintf("hot-%d", i)))
	}
	w, err := testnode.NewTunedWorld(s.db, genesis.Options{Tempo: tempo, Tune: tune}, names)
	require.NoError(t, err)
	s.w = w
	return s
}

// tune makes everything happen often: full subnets, limits that are met, intervals that end.
func tune(p *subnet.Params) {
	p.SubnetLimit = 6
	p.Defaults.MaxAllowedUids = 8
	p.Defaults.MaxAllowedValidators = 4
	p.Defaults.ImmunityPeriod = 5
	p.Defaults.AdjustmentInterval = 7
	p.Defaults.TargetRegsPerInterval = 3
	p.Defaults.MaxRegsPerBlock = 2
	p.Defaults.ServingRateLimit = 3
	p.Defaults.WeightsRateLimit = 2
	p.Defaults.MaxBurn = 5 * testnode.TAO
}

// ctx reads the last committed state.
func (s *scene) ctx() sdk.Context {
	ctx, err := s.w.Context()
	require.NoError(s.t, err)
	return ctx
}

// restart opens the ledger anew from its database, as a killed node does.
func (s *scene) restart() {
	a, err := app.New(log.NewNopLogger(), s.db, baseapp.SetChainID(testnode.ChainID))
	require.NoError(s.t, err)
	require.Equal(s.t, s.w.Height, a.LastBlockHeight())
	require.Equal(s.t, s.w.App.LastCommitID().Hash, a.LastCommitID().Hash)
	s.w.App = a
}

// chance is true once in n.
func (s *scene) chance(n int) bool { return s.r.IntN(n) == 0 }

func pick[T any](s *scene, from []T) T { return from[s.r.IntN(len(from))] }

// rao is an amount of any magnitude, mostly small enough to be affordable.
func (s *scene) rao() uint64 {
	switch s.r.IntN(20) {
	case 0:
		return 0
	case 1:
		return s.r.Uint64()
	default:
		return s.r.Uint64N(1 << (s.r.UintN(41) + 1)) // up to 2,199 TAO
	}
}

// owner is the coldkey that owns a hotkey, if any; else some coldkey.
func (s *scene) owner(hot *keys.Pair) *keys.Pair {
	if h, ok := s.hotkey(hot); ok {
		for _, c := range append(s.cold, s.w.Owner) {
			if id, known, err := s.w.App.Stake.ColdkeyID(s.ctx(), c.Public()); err == nil && known && id == h.Owner {
				return c
			}
		}
	}
	return pick(s, s.cold)
}

func (s *scene) hotkey(hot *keys.Pair) (stake.Hotkey, bool) {
	id, known, err := s.w.App.Stake.HotkeyID(s.ctx(), hot.Public())
	require.NoError(s.t, err)
	if !known {
		return stake.Hotkey{}, false
	}
	h, err := s.w.App.Stake.Hotkey(s.ctx(), id)
	require.NoError(s.t, err)
	return h, true
}

// subnets lists the subnets that exist.
func (s *scene) subnets() []subnet.Subnet {
	var all []subnet.Subnet
	require.NoError(s.t, s.w.App.Subnet.Each(s.ctx(), func(x subnet.Subnet) error { all = append(all, x); return nil }))
	return all
}

// netuid is one that exists, mostly.
func (s *scene) netuid() uint32 {
	all := s.subnets()
	if len(all) == 0 || s.chance(20) {
		return uint32(s.r.IntN(10))
	}
	return pick(s, all).Netuid
}

// registered is a hotkey that holds a uid of the subnet, or any hotkey if none does.
func (s *scene) registered(netuid uint32) *keys.Pair {
	var here []*keys.Pair
	for _, h := range s.hot {
		id, known, err := s.w.App.Stake.HotkeyID(s.ctx(), h.Public())
		require.NoError(s.t, err)
		if !known {
			continue
		}
		if _, ok, err := s.w.App.Subnet.UID(s.ctx(), uint16(netuid), id); err == nil && ok {
			here = append(here, h)
		}
	}
	if len(here) == 0 {
		return pick(s, s.hot)
	}
	return pick(s, here)
}

// subnetOwner is the key that owns a subnet, or any coldkey.
func (s *scene) subnetOwner(netuid uint32) *keys.Pair {
	if x, err := s.w.App.Subnet.Get(s.ctx(), uint16(netuid)); err == nil {
		for _, c := range append(s.cold, s.w.Owner) {
			if id, known, err := s.w.App.Stake.ColdkeyID(s.ctx(), c.Public()); err == nil && known && id == x.Owner {
				return c
			}
		}
	}
	return pick(s, s.cold)
}
