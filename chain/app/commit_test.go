package app_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

// hiding is a market whose subnet asks for commit and reveal.
func hiding(t *testing.T, tempo uint32) *market {
	t.Helper()
	m := newMarket(t, tempo)
	m.param(t, "commit_reveal_weights_enabled", "true")
	return m
}

func (m *market) param(t *testing.T, name, value string) {
	t.Helper()
	_, err := m.Must(m.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: m.Owner.Address(), Netuid: m.netuid, Name: name, Value: value})
	require.NoError(t, err)
}

// reveal is a row of the hotkey's; its salt is what makes its hash its own.
func (m *market) reveal(hotkey *keys.Pair, salt uint32, uids, values []uint32) *incentivetypes.MsgRevealWeights {
	return &incentivetypes.MsgRevealWeights{Hotkey: hotkey.Address(), Netuid: m.netuid, Uids: uids, Values: values, Salt: []uint32{salt, 7}}
}

func (m *market) commit(r *incentivetypes.MsgRevealWeights, by *keys.Pair) *incentivetypes.MsgCommitWeights {
	row := yuma.Commitment{Hotkey: [32]byte(by.Public()), Index: uint16(r.Netuid), VersionKey: r.VersionKey}
	for _, l := range []struct {
		from []uint32
		to   *[]uint16
	}{{r.Uids, &row.UIDs}, {r.Values, &row.Values}, {r.Salt, &row.Salt}} {
		for _, v := range l.from {
			*l.to = append(*l.to, uint16(v))
		}
	}
	hash := row.Hash()
	return &incentivetypes.MsgCommitWeights{Hotkey: by.Address(), Netuid: r.Netuid, Hash: hash[:]}
}

func (m *market) commits(t *testing.T, hotkey *keys.Pair) *incentivetypes.QueryCommitsResponse {
	t.Helper()
	ctx, err := m.Context()
	require.NoError(t, err)
	r, err := incentive.Querier{Keeper: m.App.Incentive}.Commits(ctx, &incentivetypes.QueryCommitsRequest{Netuid: m.netuid, Hotkey: hotkey.Address()})
	require.NoError(t, err)
	return r
}

// refused delivers a message that must fail with an error, and returns the ledger's words.
func (m *market) refused(t *testing.T, name string, who *keys.Pair, msg sdk.Msg, want error) string {
	t.Helper()
	res, err := m.Deliver(who, msg)
	require.NoError(t, err)
	refusal := &client.Refusal{Codespace: res.Codespace, Code: res.Code, Log: res.Log}
	require.Truef(t, errors.Is(refusal, want), "%s: got %s", name, res.Log)
	require.NoError(t, m.Check(), name)
	return res.Log
}

func (m *market) accepted(t *testing.T, who *keys.Pair, msg sdk.Msg) {
	t.Helper()
	_, err := m.Must(who, msg)
	require.NoError(t, err)
	require.NoError(t, m.Check())
}

// Weights committed in one epoch and revealed in the next are paid for at that one's end: a commit
// needs no permit, so a market pays no later than with weights in the open.
func TestCommittedWeightsArePaidAfterTheirReveal(t *testing.T) {
	m := hiding(t, 10)
	v := m.hot[0]
	row := m.reveal(v, 1, []uint32{2, 3}, []uint32{60, 40})
	m.accepted(t, v, m.commit(row, v))
	committed := m.commits(t, v)
	require.Len(t, committed.Commits, 1)
	c := committed.Commits[0]
	require.Equal(t, incentivetypes.CommitEarly, c.State)
	require.Equal(t, committed.NextEpoch, c.OpensAt)
	require.Equal(t, committed.NextEpoch+committed.NextEpoch-m.epochBefore(t, committed.NextEpoch), c.ExpiresAt, "one epoch to reveal in")
	require.Equal(t, c.CommittedAt, committed.LastUpdate, "the commit is the last update")
	require.Less(t, committed.WeighedAt, c.CommittedAt, "the row does not count yet")

	m.epochs(t, 1)
	open := m.commits(t, v)
	require.Equal(t, incentivetypes.CommitOpen, open.Commits[0].State)
	require.Zero(t, open.Commits[0].OpensAt)
	m.accepted(t, v, row)
	after := m.commits(t, v)
	require.Empty(t, after.Commits, "a commit is used up by its reveal")
	require.Equal(t, c.CommittedAt, after.LastUpdate, "a reveal is no update")
	require.Equal(t, c.CommittedAt, after.WeighedAt)
	require.EqualValues(t, m.Height, after.RevealedAt)

	before := m.metagraph(t)
	require.Len(t, before.Neurons[0].Weights, 2)
	m.epochs(t, 1)
	g := m.metagraph(t)
	require.Equal(t, before.Neurons[4].Stake, g.Neurons[4].Stake)
	gain := func(uid int) float64 { return float64(g.Neurons[uid].Stake - before.Neurons[uid].Stake) }
	require.InDelta(t, 1.5, gain(2)/gain(3), 1e-3, "60 to 40")
}

// epochBefore is the block of the epoch that comes before the one at a block, by the tempo.
func (m *market) epochBefore(t *testing.T, block uint64) uint64 {
	t.Helper()
	g := m.metagraph(t)
	tempo := uint64(g.Subnet.Hyper.Tempo)
	if g.Subnet.Hyper.YumaVariant == subnettypes.Variant2024 {
		tempo++
	}
	return block - tempo
}

func TestSetWeightsIsRefusedWhereTheyAreCommitted(t *testing.T) {
	m := hiding(t, 10)
	// Check 0 comes before every other: lengths differ here too.
	set := &incentivetypes.MsgSetWeights{Hotkey: m.hot[0].Address(), Netuid: m.netuid, Uids: []uint32{1, 2}, Values: []uint32{1}}
	m.refused(t, "set", m.hot[0], set, incentivetypes.ErrCommitRevealEnabled)
	m.param(t, "commit_reveal_weights_enabled", "false")
	m.refused(t, "set in the open", m.hot[0], set, incentivetypes.ErrLengthsDiffer)
}

func TestCommitErrorsInOrder(t *testing.T) {
	m := newMarket(t, 100)
	v, stranger := m.hot[0], testnode.Key("v0")
	good := m.commit(m.reveal(v, 1, []uint32{2}, []uint32{1}), v)
	with := func(change func(*incentivetypes.MsgCommitWeights)) *incentivetypes.MsgCommitWeights {
		c := *good
		change(&c)
		return &c
	}
	m.refused(t, "hash", v, with(func(c *incentivetypes.MsgCommitWeights) { c.Hash = c.Hash[1:]; c.Netuid = 9 }), incentivetypes.ErrCommitHash)
	m.refused(t, "no such subnet", v, with(func(c *incentivetypes.MsgCommitWeights) { c.Netuid = 9 }), subnettypes.ErrSubnetDoesNotExist)
	m.refused(t, "netuid of 17 bits", v, with(func(c *incentivetypes.MsgCommitWeights) { c.Netuid = 65536 + m.netuid }), subnettypes.ErrSubnetDoesNotExist)
	m.refused(t, "root", v, with(func(c *incentivetypes.MsgCommitWeights) { c.Netuid = 0 }), subnettypes.ErrSubnetDoesNotExist)
	unregistered := with(func(c *incentivetypes.MsgCommitWeights) { c.Hotkey = stranger.Address() })
	m.refused(t, "disabled", stranger, unregistered, incentivetypes.ErrCommitRevealDisabled)
	m.param(t, "commit_reveal_weights_enabled", "true")
	m.refused(t, "not registered", stranger, unregistered, incentivetypes.ErrNotRegistered)
	for i := range uint32(yuma.MaxCommits) {
		m.accepted(t, v, m.commit(m.reveal(v, i, []uint32{2}, []uint32{1}), v))
	}
	log := m.refused(t, "an eleventh", v, good, incentivetypes.ErrTooManyCommits)
	require.Contains(t, log, "10 wait")
	m.param(t, "weights_rate_limit", "50")
	log = m.refused(t, "rate limit before the number", v, good, incentivetypes.ErrCommitTooFast)
	require.Regexp(t, `too soon: 4[78] of 50 blocks left`, log)
}

func TestRevealErrorsInOrder(t *testing.T) {
	m := newMarket(t, 60)
	v, stranger := m.hot[0], testnode.Key("v0")
	row := m.reveal(v, 1, []uint32{2}, []uint32{1})
	with := func(change func(*incentivetypes.MsgRevealWeights)) *incentivetypes.MsgRevealWeights {
		r := *row
		change(&r)
		return &r
	}
	type rw = incentivetypes.MsgRevealWeights
	m.refused(t, "salt too long", v, with(func(r *rw) { r.Salt = make([]uint32, 257); r.Netuid = 9 }), incentivetypes.ErrSalt)
	m.refused(t, "salt over 16 bits", v, with(func(r *rw) { r.Salt = []uint32{65536} }), incentivetypes.ErrSalt)
	m.refused(t, "uid over 16 bits", v, with(func(r *rw) { r.Uids = []uint32{65536} }), incentivetypes.ErrValueRange)
	m.refused(t, "value over 16 bits", v, with(func(r *rw) { r.Values = []uint32{65536} }), incentivetypes.ErrValueRange)
	m.refused(t, "no such subnet", v, with(func(r *rw) { r.Netuid = 9 }), subnettypes.ErrSubnetDoesNotExist)
	m.refused(t, "disabled", stranger, with(func(r *rw) { r.Hotkey = stranger.Address() }), incentivetypes.ErrCommitRevealDisabled)
	m.param(t, "commit_reveal_weights_enabled", "true")
	m.refused(t, "not registered", stranger, with(func(r *rw) { r.Hotkey = stranger.Address() }), incentivetypes.ErrNotRegistered)
	m.refused(t, "nothing committed", v, row, incentivetypes.ErrNoCommits)
	m.accepted(t, v, m.commit(row, v))
	m.refused(t, "another row", v, with(func(r *rw) { r.Values = []uint32{2} }), incentivetypes.ErrCommitMismatch)
	m.refused(t, "another salt", v, with(func(r *rw) { r.Salt = []uint32{2} }), incentivetypes.ErrCommitMismatch)
	m.refused(t, "another version", v, with(func(r *rw) { r.VersionKey = 1 }), incentivetypes.ErrCommitMismatch)
	log := m.refused(t, "early", v, row, incentivetypes.ErrRevealTooEarly)
	require.Regexp(t, `too soon: \d+ of \d+ blocks left`, log)

	// Who knows another's row has to have committed it too: the hash is bound to the hotkey.
	thief := m.hot[1]
	m.accepted(t, thief, &incentivetypes.MsgCommitWeights{Hotkey: thief.Address(), Netuid: m.netuid, Hash: m.commit(row, v).Hash})
	m.epochs(t, 1)
	m.refused(t, "a copied commit", thief, with(func(r *rw) { r.Hotkey = thief.Address() }), incentivetypes.ErrCommitMismatch)

	m.epochs(t, 1)
	m.refused(t, "expired", v, row, incentivetypes.ErrCommitExpired)
}

// A revealed row passes what any row passes, and a row that fails keeps its commit.
func TestARevealedRowIsChecked(t *testing.T) {
	m := hiding(t, 40)
	v := m.hot[0]
	rows := map[string]struct {
		uids, values []uint32
		want         error
	}{
		"lengths":   {[]uint32{2, 3}, []uint32{1}, incentivetypes.ErrLengthsDiffer},
		"too many":  {make([]uint32, 6), make([]uint32, 6), incentivetypes.ErrTooManyUids},
		"duplicate": {[]uint32{2, 2}, []uint32{1, 1}, incentivetypes.ErrDuplicateUids},
		"no uid":    {[]uint32{2, 9}, []uint32{1, 1}, incentivetypes.ErrInvalidUid},
	}
	for i, name := range []string{"lengths", "too many", "duplicate", "no uid"} {
		m.accepted(t, v, m.commit(m.reveal(v, uint32(i), rows[name].uids, rows[name].values), v))
	}
	good := m.reveal(v, 9, []uint32{2}, []uint32{1})
	miner := m.reveal(m.hot[4], 9, []uint32{2}, []uint32{1})
	m.accepted(t, v, m.commit(good, v))
	m.accepted(t, m.hot[4], m.commit(miner, m.hot[4])) // neither stake nor permit is tested yet
	m.epochs(t, 1)
	for i, name := range []string{"lengths", "too many", "duplicate", "no uid"} {
		m.refused(t, name, v, m.reveal(v, uint32(i), rows[name].uids, rows[name].values), rows[name].want)
	}
	m.refused(t, "permit", m.hot[4], miner, incentivetypes.ErrNoPermit)
	m.param(t, "weights_rate_limit", "50")
	m.accepted(t, v, good) // the rate limit was the commit's
	require.Empty(t, m.commits(t, v).Commits, "what was committed before it is superseded")
	m.refused(t, "twice", v, good, incentivetypes.ErrNoCommits)
}

// The row in force is older than the last update here: whoever came in between is not paid by it.
func TestANewcomerIsNotPaidByAnOlderCommit(t *testing.T) {
	m := hiding(t, 20)
	v := m.hot[0]
	row := m.reveal(v, 1, []uint32{2, 3, 4, 5}, []uint32{1, 1, 1, 1})
	m.accepted(t, v, m.commit(row, v))
	uid, err := m.Register(testnode.Key("m4"), testnode.Key("newcomer"), m.netuid) // uid 5 was guessed
	require.NoError(t, err)
	require.EqualValues(t, 5, uid)
	m.epochs(t, 1)
	m.accepted(t, v, row)
	m.accepted(t, v, m.commit(m.reveal(v, 2, []uint32{2}, []uint32{1}), v)) // moves the last update past the newcomer
	g := m.metagraph(t)
	require.Greater(t, g.Neurons[0].LastUpdate, g.Neurons[5].RegisteredAt)
	require.Len(t, g.Neurons[0].Weights, 3, "the row says nothing of who came after it was made")
	m.epochs(t, 1)
	paid := m.metagraph(t)
	require.Positive(t, paid.Neurons[4].Stake-g.Neurons[4].Stake)
	require.Equal(t, g.Neurons[5].Stake, paid.Neurons[5].Stake)
}

func TestCommitsGoWithTheSlotsHolder(t *testing.T) {
	m := hiding(t, 20)
	for _, h := range m.hot {
		m.accepted(t, h, m.commit(m.reveal(h, 1, []uint32{2}, []uint32{1}), h))
	}
	ctx, err := m.Context()
	require.NoError(t, err)
	require.NoError(t, m.App.Incentive.SlotFilled(ctx, uint16(m.netuid), 3, false))
	r, err := incentive.Querier{Keeper: m.App.Incentive}.Commits(ctx, &incentivetypes.QueryCommitsRequest{Netuid: m.netuid, Hotkey: m.hot[3].Address()})
	require.NoError(t, err)
	require.Empty(t, r.Commits)
	require.Len(t, m.commits(t, m.hot[2]).Commits, 1)
}

func TestCommitsSurviveExport(t *testing.T) {
	m := hiding(t, 20)
	v := m.hot[0]
	for i := range uint32(3) {
		m.accepted(t, v, m.commit(m.reveal(v, i, []uint32{2}, []uint32{1}), v))
	}
	ctx, err := m.Context()
	require.NoError(t, err)
	g, err := m.App.Incentive.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Len(t, g.Subnets[0].Commits, 1)
	require.Len(t, g.Subnets[0].Commits[0].Commits.Commits, 3)

	other := newMarket(t, 20) // its own state gives way to the exported one
	octx, err := other.Context()
	require.NoError(t, err)
	require.NoError(t, other.App.Incentive.InitGenesis(octx, g))
	again, err := other.App.Incentive.ExportGenesis(octx)
	require.NoError(t, err)
	require.Equal(t, g.Subnets[0].Commits, again.Subnets[0].Commits)
	require.Equal(t, g.Subnets[0].Weights, again.Subnets[0].Weights)
}

func TestCommitsEndWithTheSubnet(t *testing.T) {
	m := hiding(t, 20)
	v := m.hot[0]
	row := m.reveal(v, 1, []uint32{2}, []uint32{1})
	m.accepted(t, v, m.commit(row, v))
	m.accepted(t, m.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: m.Owner.Address(), Netuid: m.netuid})
	again, err := m.Subnet("again")
	require.NoError(t, err)
	require.Equal(t, m.netuid, again)
	_, err = m.Register(testnode.Key("v0"), v, again)
	require.NoError(t, err)
	require.Empty(t, m.commits(t, v).Commits, "a new subnet of the same number finds nothing")
	m.param(t, "commit_reveal_weights_enabled", "true")
	m.refused(t, "of the subnet before", v, row, incentivetypes.ErrNoCommits)
}
