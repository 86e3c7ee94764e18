package randomops

import (
	"bytes"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/keys"
)

var authorityGenerators = map[string]generator{
	"/ergon.authority.v1.MsgAddProducer": func(s *scene) (call, bool) {
		root := s.root()
		m := &types.MsgAddProducer{Root: root.Address(), Name: "random", PubKey: s.producerKey(), Power: 1 + s.r.Int64N(100)}
		return call{root, m}, true
	},
	"/ergon.authority.v1.MsgRemoveProducer": func(s *scene) (call, bool) {
		root := s.root()
		return call{root, &types.MsgRemoveProducer{Root: root.Address(), PubKey: s.producer().PubKey}}, true
	},
	"/ergon.authority.v1.MsgSetPower": func(s *scene) (call, bool) {
		root := s.root()
		return call{root, &types.MsgSetPower{Root: root.Address(), PubKey: s.producer().PubKey, Power: s.r.Int64N(100)}}, true
	},
	"/ergon.authority.v1.MsgSetRoot": func(s *scene) (call, bool) {
		root := s.root()
		return call{root, &types.MsgSetRoot{Root: root.Address(), NewRoot: pick(s, append(s.cold, s.w.Root)).Address()}}, true
	},
}

// root is who is root now, mostly; else somebody who would like to be.
func (s *scene) root() *keys.Pair {
	if s.chance(10) {
		return pick(s, s.cold)
	}
	return s.isRoot()
}

// isRoot is who is root now. A spoilt SetRoot may have made a hotkey that.
func (s *scene) isRoot() *keys.Pair {
	params, err := s.w.App.Authority.Params(s.ctx())
	require.NoError(s.t, err)
	for _, k := range slices.Concat(s.cold, s.hot, []*keys.Pair{s.w.Root}) {
		if k.Address() == params.Root {
			return k
		}
	}
	s.t.Fatalf("nobody here holds the key of root, %s", params.Root)
	return nil
}

// producer is one of the set.
func (s *scene) producer() types.Producer {
	set, err := s.w.App.Authority.Producers(s.ctx())
	require.NoError(s.t, err)
	return pick(s, set)
}

// producerKey is one of a few, so that some are there already.
func (s *scene) producerKey() []byte { return bytes.Repeat([]byte{byte(2 + s.r.IntN(8))}, 32) }
