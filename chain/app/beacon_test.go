package app_test

import (
	"bytes"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/testnode"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	beaconmodule "github.com/ergon-network/ergon/chain/x/beacon"
	beacontypes "github.com/ergon-network/ergon/chain/x/beacon/types"
)

// state is the beacon as a query shows it.
func (c *committee) state() *beacontypes.QueryBeaconResponse {
	c.t.Helper()
	ctx, err := c.members[0].CreateQueryContext(0, false)
	require.NoError(c.t, err)
	s, err := beaconmodule.NewQueryServer(c.members[0].Beacon).Beacon(ctx, &beacontypes.QueryBeaconRequest{})
	require.NoError(c.t, err)
	return s
}

func TestValuesOfFourProducersAreMixed(t *testing.T) {
	c := newCommittee(t, 4)
	seen := map[[32]byte]bool{}
	for i := range 30 {
		c.round = int32(i % 3)
		c.block()
		require.False(t, seen[c.mix()])
		seen[c.mix()] = true
	}
	s := c.state()
	require.EqualValues(t, 10, s.Silent, "two heights before values came, and the window")
	for _, p := range s.Producers {
		require.EqualValues(t, 29, p.Height)
		require.Zero(t, p.Withheld)
	}
}

// TestEveryNodeSeesTheSameAfterRestartAndReplay restarts producers at different heights, keeps one
// away for longer than the window, and replays all blocks on a fresh node: one mix, one app hash.
func TestEveryNodeSeesTheSameAfterRestartAndReplay(t *testing.T) {
	c := newCommittee(t, 4)
	for range 10 {
		c.block()
	}
	c.members[1].open(t)
	c.block()
	c.absent[2] = true
	for range 12 {
		c.block()
	}
	c.members[2].open(t)
	c.absent[2] = false
	for range 5 {
		c.block()
	}
	s := c.state()
	for i, p := range s.Producers {
		require.EqualValues(t, c.height-1, p.Height)
		require.Equal(t, map[bool]uint64{true: 12 - 7, false: 0}[i == 2], p.Withheld, "producer %d", i)
	}
	c.mix()

	fresh := newCommittee(t, 4).members[0]
	for _, req := range c.decided {
		_, err := fresh.FinalizeBlock(req)
		require.NoError(t, err)
		_, err = fresh.Commit()
		require.NoError(t, err)
	}
	require.Equal(t, c.members[0].LastCommitID().Hash, fresh.LastCommitID().Hash)
}

func TestAProposalMustCarryTheValues(t *testing.T) {
	c := newCommittee(t, 4)
	for range 5 {
		c.block()
	}
	good := c.propose(c.members[0])
	entry := good[0]
	change := func(at int) []byte {
		b := bytes.Clone(entry)
		b[at] ^= 1
		return b
	}
	signed, err := beacontypes.ReadVotes(entry)
	require.NoError(t, err)
	without := func(n int) []byte {
		left := append([]beacontypes.Signed{}, signed...)
		for i := range n {
			left[i] = beacontypes.Signed{}
		}
		return beacontypes.WriteVotes(left)
	}
	swapped := append([]beacontypes.Signed{signed[1], signed[0]}, signed[2:]...)
	for name, bad := range map[string][][]byte{
		"nothing":            nil,
		"no entry":           {[]byte("transaction")},
		"empty entry":        {{}},
		"cut":                {entry[:len(entry)-1]},
		"longer":             {append(bytes.Clone(entry), 0)},
		"another value":      {change(len(entry) - 70)},
		"another signature":  {change(len(entry) - 1)},
		"another number":     {change(len("\x00ergon/beacon/1"))},
		"half of the values": {without(2)},
		"in another order":   {beacontypes.WriteVotes(swapped)},
	} {
		for i, m := range c.members {
			require.False(t, c.accepts(m, bad), "%s: member %d", name, i)
		}
	}
	require.True(t, c.accepts(c.members[1], [][]byte{without(1)}), "as it could leave out the vote")
	require.True(t, c.accepts(c.members[1], good))

	before := c.last.Votes[0]
	c.last.Votes[0].BlockIdFlag = cmtproto.BlockIDFlagAbsent
	require.False(t, c.accepts(c.members[1], good), "a value of somebody whose vote is not counted")
	c.last.Votes[0] = before
	c.block()
}

// TestADecidedBlockNeverFails gives nodes blocks that no honest one would have voted for.
func TestADecidedBlockNeverFails(t *testing.T) {
	c := newCommittee(t, 4)
	for range 5 {
		c.block()
	}
	entry := c.propose(c.members[0])[0]
	for _, txs := range [][][]byte{nil, {[]byte("junk")}, {{}}, {entry[:20]}, {entry[:len(entry)-3], []byte("junk")}, {append(bytes.Clone(entry), 1)}} {
		before := c.mix()
		c.decide(txs, nil)
		require.NotEqual(t, before, c.mix())
	}
	for range 12 {
		c.block()
	}
	for _, p := range c.state().Producers {
		require.Zero(t, p.Withheld, "later values opened those that were left out")
	}
}

// TestALateMalformedExtensionStopsNobody: the engine counts votes that come after a height was
// decided without showing their extensions to anybody.
func TestALateMalformedExtensionStopsNobody(t *testing.T) {
	c := newCommittee(t, 4)
	for range 3 {
		c.block()
	}
	for _, extension := range [][]byte{[]byte("short"), make([]byte, 96), make([]byte, 100_000), {}} {
		c.late = func(votes []abci.ExtendedVoteInfo) {
			votes[3].VoteExtension = extension
			votes[3].ExtensionSignature = c.voter(votes[3]).sign(c.height+1, c.round, extension)
		}
		c.block()
	}
	c.late = nil
	c.block()
	c.block()
}

func TestAPositionOfTheEntryDisturbsNoTransaction(t *testing.T) {
	c := newCommittee(t, 4)
	for range 4 {
		c.block()
	}
	ctx, err := c.members[0].CreateQueryContext(0, false)
	require.NoError(t, err)
	root := testnode.Key("root")
	number := c.members[0].Accounts.GetAccount(ctx, root.Public()).GetAccountNumber()
	tx, err := testnode.Sign(c.members[0].Encoding, root, number, 0, &authoritytypes.MsgSetRoot{Root: root.Address(), NewRoot: testnode.Key("next").Address()})
	require.NoError(t, err)
	res := c.block(tx)
	require.Len(t, res.TxResults, 2)
	require.Zero(t, res.TxResults[0].Code)
	require.Empty(t, res.TxResults[0].Events)
	require.Zero(t, res.TxResults[1].Code, res.TxResults[1].Log)
	require.Equal(t, root.Address(), client.Attribute(res.TxResults[1].Events, authoritytypes.EventRootSet, "coldkey"))
	entry := c.propose(c.members[0])[0]
	for _, m := range c.members {
		res, err := m.CheckTx(&abci.RequestCheckTx{Tx: entry})
		require.NoError(t, err)
		require.NotZero(t, res.Code, "nobody sends values as a transaction")
	}
}

// TestADoubleSignerIsRemoved: by the block that proves it, on every node, in a replay too; the
// values of its last votes are left out, and the others go on.
func TestADoubleSignerIsRemoved(t *testing.T) {
	c := newCommittee(t, 4)
	for range 12 {
		c.block()
	}
	guilty := c.members[3]
	proof := abci.Misbehavior{Type: abci.MisbehaviorType_DUPLICATE_VOTE, Validator: abci.Validator{Address: guilty.addr, Power: 10}, Height: 9, TotalVotingPower: 40}
	res := c.decide(c.propose(c.members[0]), []abci.Misbehavior{proof, proof})
	require.Len(t, res.ValidatorUpdates, 1)
	require.Zero(t, res.ValidatorUpdates[0].Power)
	for key, want := range map[string]string{"producer": "3", "reason": "double signing", "height": "9", "producers": "3", "tolerates": "0"} {
		require.Equal(t, want, client.Attribute(res.Events, authoritytypes.EventProducerRemoved, key), key)
	}
	require.Contains(t, c.log.String(), "producer removed: three producers tolerate no crash")
	for range 12 {
		c.block()
	}
	require.Len(t, c.last.Votes, 3)
	require.Len(t, c.state().Producers, 3)
	res = c.decide(c.propose(c.members[0]), []abci.Misbehavior{proof})
	require.Empty(t, res.ValidatorUpdates, "the same proof again")

	fresh := newCommittee(t, 4).members[0]
	for _, req := range c.decided {
		_, err := fresh.FinalizeBlock(req)
		require.NoError(t, err)
		_, err = fresh.Commit()
		require.NoError(t, err)
	}
	require.Equal(t, c.members[0].LastCommitID().Hash, fresh.LastCommitID().Hash)
}

func TestTheLastProducerStaysAndIsReported(t *testing.T) {
	c := newCommittee(t, 2)
	c.block()
	proof := func(i int, kind abci.MisbehaviorType) abci.Misbehavior {
		return abci.Misbehavior{Type: kind, Validator: abci.Validator{Address: c.members[i].addr, Power: 10}, Height: 1}
	}
	res := c.decide(c.propose(c.members[0]), []abci.Misbehavior{
		proof(0, abci.MisbehaviorType_UNKNOWN), proof(0, abci.MisbehaviorType_LIGHT_CLIENT_ATTACK), proof(1, abci.MisbehaviorType_DUPLICATE_VOTE),
	})
	require.Equal(t, "light client attack", client.Attribute(res.Events, authoritytypes.EventProducerRemoved, "reason"))
	require.Equal(t, "1", client.Attribute(res.Events, authoritytypes.EventProducerKept, "producer"))
	require.Len(t, res.ValidatorUpdates, 1)
	require.Contains(t, c.log.String(), "the last producer stays although it misbehaved")
	for range 5 {
		c.block()
	}
	require.Len(t, c.last.Votes, 1)
}

// TestTheBeaconGoesOnWithoutConsensus: what drives blocks directly needs no values.
func TestTheBeaconGoesOnWithoutConsensus(t *testing.T) {
	w, err := testnode.NewWorld(dbm.NewMemDB(), 10, []string{"a"})
	require.NoError(t, err)
	seen := map[[32]byte]bool{}
	for range 20 {
		_, err := w.Block()
		require.NoError(t, err)
		require.NoError(t, w.Check())
		ctx, err := w.Context()
		require.NoError(t, err)
		mix, err := w.App.Beacon.At(ctx)
		require.NoError(t, err)
		require.False(t, seen[mix])
		seen[mix] = true
	}
}
