package app_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/consensus/beacon"
)

// committee is several nodes that agree on blocks without an engine: it calls what the engine
// calls, in the engine's order, and keeps the set of voters as the engine does.
type committee struct {
	t       *testing.T
	members []*member
	height  int64
	last    abci.ExtendedCommitInfo // votes for the last block
	voters  [3][]abci.Validator     // of the next height and the two after it
	decided []*abci.RequestFinalizeBlock
	log     bytes.Buffer // of all members

	absent map[int]bool // who does not vote
	round  int32        // in which blocks are decided
	// late changes the votes that the next proposer holds.
	late func([]abci.ExtendedVoteInfo)
}

type member struct {
	*app.App
	db   dbm.DB
	key  ed25519.PrivateKey
	addr []byte
	log  io.Writer
}

func newCommittee(t *testing.T, n int) *committee {
	t.Helper()
	c := &committee{t: t, absent: map[int]bool{}}
	o := genesis.Options{ChainID: testnode.ChainID, Time: time.Unix(1e9, 0), Profile: genesis.Localnet, Root: testnode.Key("root").Address(),
		Balances: []genesis.Balance{{Address: testnode.Key("root").Address(), Rao: testnode.TAO}}}
	for i := range n {
		seed := sha256.Sum256(fmt.Appendf(nil, "producer %d", i))
		m := &member{log: &c.log, db: dbm.NewMemDB(), key: ed25519.NewKeyFromSeed(seed[:])}
		p := authoritytypes.Producer{Name: fmt.Sprint(i), PubKey: m.key.Public().(ed25519.PublicKey), Power: 10}
		m.addr = p.Address()
		o.Producers = append(o.Producers, p)
		c.members = append(c.members, m)
	}
	doc, err := genesis.New(o)
	require.NoError(t, err)
	params := doc.ConsensusParams.ToProto()
	for _, m := range c.members {
		m.open(t)
		res, err := m.InitChain(&abci.RequestInitChain{ChainId: o.ChainID, Time: o.Time, ConsensusParams: &params, AppStateBytes: doc.AppState, InitialHeight: 1})
		require.NoError(t, err)
		c.voters = [3][]abci.Validator{}
		c.update(res.Validators)
		c.voters[0], c.voters[1] = c.voters[2], c.voters[2]
	}
	return c
}

// open starts the member's node from its database, as after a crash.
func (m *member) open(t *testing.T) {
	t.Helper()
	a, err := app.New(log.NewLogger(m.log, log.ColorOption(false)), m.db, baseapp.SetChainID(testnode.ChainID))
	require.NoError(t, err)
	m.App = a
	m.SetBeaconSecret(beacon.NewSecret(m.key, []byte(testnode.ChainID)))
}

// update changes the voters from two heights on.
func (c *committee) update(updates []abci.ValidatorUpdate) {
	next := slices.Clone(c.voters[2])
	for _, u := range updates {
		address := authoritytypes.Producer{PubKey: u.PubKey.GetEd25519()}.Address()
		before := len(next)
		next = slices.DeleteFunc(next, func(v abci.Validator) bool { return bytes.Equal(v.Address, address) })
		require.True(c.t, u.Power > 0 || len(next) < before, "the engine does not survive the removal of a stranger")
		if u.Power > 0 {
			next = append(next, abci.Validator{Address: address, Power: u.Power})
		}
	}
	slices.SortFunc(next, func(a, b abci.Validator) int {
		if a.Power != b.Power {
			return int(b.Power - a.Power)
		}
		return bytes.Compare(a.Address, b.Address)
	})
	c.voters[2] = next
}

// propose makes the next block of a member, and commitInfo what it says of the votes.
func (c *committee) propose(by *member) [][]byte {
	c.t.Helper()
	res, err := by.PrepareProposal(&abci.RequestPrepareProposal{
		Height: c.height + 1, Time: c.now(), MaxTxBytes: 1 << 20, LocalLastCommit: c.last, ProposerAddress: by.addr,
	})
	require.NoError(c.t, err)
	return res.Txs
}

func (c *committee) commitInfo() abci.CommitInfo {
	info := abci.CommitInfo{Round: c.last.Round}
	for _, v := range c.last.Votes {
		info.Votes = append(info.Votes, abci.VoteInfo{Validator: v.Validator, BlockIdFlag: v.BlockIdFlag})
	}
	return info
}

func (c *committee) now() time.Time { return time.Unix(1e9+12*(c.height+1), 0) }

// accepts tells whether a member would vote for a block of the transactions.
func (c *committee) accepts(m *member, txs [][]byte) bool {
	c.t.Helper()
	res, err := m.ProcessProposal(&abci.RequestProcessProposal{Height: c.height + 1, Time: c.now(), Txs: txs, ProposedLastCommit: c.commitInfo(), Hash: []byte("x")})
	require.NoError(c.t, err)
	return res.Status == abci.ResponseProcessProposal_ACCEPT
}

// block proposes, accepts and decides a block with the transactions; all members end in the same
// state.
func (c *committee) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	proposal := append(c.propose(c.members[int(c.height)%len(c.members)]), txs...)
	for i, m := range c.members {
		require.True(c.t, c.accepts(m, proposal), "member %d refuses block %d", i, c.height+1)
	}
	return c.decide(proposal, nil)
}

func (c *committee) decide(txs [][]byte, evidence []abci.Misbehavior) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	req := &abci.RequestFinalizeBlock{Height: c.height + 1, Time: c.now(), Txs: txs, DecidedLastCommit: c.commitInfo(), Misbehavior: evidence, Hash: []byte("x")}
	votes := c.vote(c.height + 1)
	var first *abci.ResponseFinalizeBlock
	for i, m := range c.members {
		res, err := m.FinalizeBlock(req)
		require.NoError(c.t, err)
		_, err = m.Commit()
		require.NoError(c.t, err)
		if i == 0 {
			first = res
		}
		require.Equal(c.t, first.AppHash, res.AppHash)
		require.Len(c.t, res.TxResults, len(txs))
	}
	c.height++
	c.decided = append(c.decided, req)
	c.last = votes
	c.voters[0], c.voters[1] = c.voters[1], c.voters[2]
	c.update(first.ValidatorUpdates)
	return first
}

// vote collects the extended votes for a height.
func (c *committee) vote(height int64) abci.ExtendedCommitInfo {
	c.t.Helper()
	var votes []abci.ExtendedVoteInfo
	for _, v := range c.voters[0] {
		i := slices.IndexFunc(c.members, func(m *member) bool { return bytes.Equal(m.addr, v.Address) })
		vote := abci.ExtendedVoteInfo{Validator: v, BlockIdFlag: cmtproto.BlockIDFlagAbsent}
		if i >= 0 && !c.absent[i] {
			vote.BlockIdFlag = cmtproto.BlockIDFlagCommit
			if height >= 2 {
				res, err := c.members[i].ExtendVote(c.t.Context(), &abci.RequestExtendVote{Height: height, Hash: []byte("x")})
				require.NoError(c.t, err)
				vote.VoteExtension = res.VoteExtension
				vote.ExtensionSignature = c.members[i].sign(height, c.round, res.VoteExtension)
			}
		}
		votes = append(votes, vote)
	}
	for _, m := range c.members {
		for _, v := range votes {
			if v.ExtensionSignature == nil {
				continue
			}
			res, err := m.VerifyVoteExtension(&abci.RequestVerifyVoteExtension{Height: height, Hash: []byte("x"), ValidatorAddress: v.Validator.Address, VoteExtension: v.VoteExtension})
			require.NoError(c.t, err)
			require.Equal(c.t, abci.ResponseVerifyVoteExtension_ACCEPT, res.Status, "an honest vote")
		}
	}
	if c.late != nil {
		c.late(votes)
	}
	return abci.ExtendedCommitInfo{Round: c.round, Votes: votes}
}

func (m *member) sign(height int64, round int32, extension []byte) []byte {
	return ed25519.Sign(m.key, cmttypes.VoteExtensionSignBytes(testnode.ChainID, &cmtproto.Vote{Height: height, Round: round, Extension: extension}))
}

// voter is a member by its place among the votes.
func (c *committee) voter(vote abci.ExtendedVoteInfo) *member {
	i := slices.IndexFunc(c.members, func(m *member) bool { return bytes.Equal(m.addr, vote.Validator.Address) })
	return c.members[i]
}

// mix is what draws would use now; all members agree on it.
func (c *committee) mix() (mix [beacon.Size]byte) {
	c.t.Helper()
	for i, m := range c.members {
		ctx, err := m.CreateQueryContext(0, false)
		require.NoError(c.t, err)
		r, err := m.Beacon.At(ctx)
		require.NoError(c.t, err)
		if i == 0 {
			mix = r
		}
		require.Equal(c.t, mix, r, "member %d", i)
		require.NoError(c.t, m.Beacon.Invariants(ctx))
		require.NoError(c.t, m.Authority.Invariants(ctx))
	}
	return mix
}
