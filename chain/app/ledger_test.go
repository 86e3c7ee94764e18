package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// market is a subnet with two staked validators (uids 0, 1) and three miners (2, 3, 4).
type market struct {
	*testnode.World
	netuid uint32
	hot    []*keys.Pair
}

func newMarket(t *testing.T, tempo uint32) *market {
	t.Helper()
	w, err := testnode.NewWorld(nil, tempo, []string{"v0", "v1", "m2", "m3", "m4"})
	require.NoError(t, err)
	m := &market{World: w}
	m.netuid, err = w.Subnet("test")
	require.NoError(t, err)
	for i, name := range []string{"v0", "v1", "m2", "m3", "m4"} {
		cold, hot := testnode.Key(name), testnode.Key(name+"-hot")
		uid, err := w.Register(cold, hot, m.netuid)
		require.NoError(t, err)
		require.EqualValues(t, i, uid)
		m.hot = append(m.hot, hot)
	}
	require.NoError(t, w.Stake(testnode.Key("v0"), m.hot[0], 6_000*testnode.TAO))
	require.NoError(t, w.Stake(testnode.Key("v1"), m.hot[1], 4_000*testnode.TAO))
	return m
}

// epochs runs to the block after the n-th next epoch, when it has been paid.
func (m *market) epochs(t *testing.T, n int) {
	t.Helper()
	for range n {
		graph := m.metagraph(t)
		require.NotZero(t, graph.NextEpoch)
		require.NoError(t, m.Until(int64(graph.NextEpoch)+1))
	}
}

func (m *market) metagraph(t *testing.T) *incentivetypes.QueryMetagraphResponse {
	t.Helper()
	ctx, err := m.Context()
	require.NoError(t, err)
	g, err := incentive.Querier{Keeper: m.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: m.netuid, Full: true})
	require.NoError(t, err)
	return g
}

func TestMinersArePaidByTheirWeights(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 1) // hands out permits
	for _, v := range m.hot[:2] {
		require.NoError(t, m.Weigh(v, m.netuid, []uint32{2, 3, 4}, []uint32{60, 40, 0}))
	}
	before := m.metagraph(t)
	m.epochs(t, 1)
	g := m.metagraph(t)
	gain := func(uid int) uint64 { return g.Neurons[uid].Stake - before.Neurons[uid].Stake }
	require.Positive(t, gain(2))
	require.InDelta(t, 1.5, float64(gain(2))/float64(gain(3)), 1e-3, "60 to 40")
	require.Zero(t, gain(4))
	require.Positive(t, gain(0))
	require.EqualValues(t, g.EpochIndex, 2)
}

func TestBlockEmissionIsPaidInFull(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 3)
	ctx, err := m.Context()
	require.NoError(t, err)
	r, err := incentive.Querier{Keeper: m.App.Incentive}.Payouts(ctx, &incentivetypes.QueryPayoutsRequest{Netuid: m.netuid, Limit: 1})
	require.NoError(t, err)
	require.Len(t, r.Payouts, 1)
	p := r.Payouts[0]
	require.EqualValues(t, 10*testnode.TAO, p.Accrued, "one TAO a block for a tempo of ten")
	var paid uint64
	for _, x := range p.Rewards {
		paid += x.Miner + x.Validator
	}
	require.Equal(t, p.Accrued, paid+p.OwnerCut+p.Unissued)
	require.InDelta(t, 0.18, float64(p.OwnerCut)/float64(p.Accrued), 1e-4)
	require.Less(t, p.Unissued, uint64(1000), "only rounding is left over")
}

func TestHotkeyWithoutCoinsCanAct(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 1)
	ctx, err := m.Context()
	require.NoError(t, err)
	require.Zero(t, m.App.Stake.FreeBalance(ctx, m.hot[0].Public()))
	require.NoError(t, m.Weigh(m.hot[0], m.netuid, []uint32{2}, []uint32{1}))
}

func TestSetWeightsErrorsInOrder(t *testing.T) {
	m := newMarket(t, 100)
	many := make([]uint32, 6)
	cases := []struct {
		name   string
		who    *keys.Pair
		netuid uint32
		uids   []uint32
		values []uint32
		want   error
	}{
		{"root", m.hot[0], 0, nil, []uint32{1}, incentivetypes.ErrRootWeights},
		{"lengths differ", m.hot[0], m.netuid, []uint32{1, 2}, []uint32{1}, incentivetypes.ErrLengthsDiffer},
		{"more uids than the subnet", m.hot[0], m.netuid, many, many, incentivetypes.ErrTooManyUids},
		{"not registered", testnode.Key("v0"), m.netuid, []uint32{1}, []uint32{1}, incentivetypes.ErrNotRegistered},
		{"no permit before the first epoch", m.hot[0], m.netuid, []uint32{2, 2}, []uint32{1, 1}, incentivetypes.ErrNoPermit},
		{"duplicate with self first", m.hot[0], m.netuid, []uint32{0, 0}, []uint32{1, 1}, incentivetypes.ErrNoPermit},
	}
	after := []struct {
		name   string
		uids   []uint32
		values []uint32
		want   error
	}{
		{"duplicate", []uint32{2, 2}, []uint32{1, 1}, incentivetypes.ErrDuplicateUids},
		{"uid not in use", []uint32{2, 5}, []uint32{1, 1}, incentivetypes.ErrInvalidUid},
		{"value over 16 bits", []uint32{2}, []uint32{70000}, incentivetypes.ErrValueRange},
		{"empty", nil, nil, incentivetypes.ErrTooFewWeights},
	}
	refuse := func(name string, who *keys.Pair, msg *incentivetypes.MsgSetWeights, want error) {
		res, err := m.Deliver(who, msg)
		require.NoError(t, err)
		refusal := &client.Refusal{Codespace: res.Codespace, Code: res.Code, Log: res.Log}
		require.Truef(t, errors.Is(refusal, want), "%s: got %s", name, res.Log)
	}
	for _, c := range cases {
		refuse(c.name, c.who, &incentivetypes.MsgSetWeights{Hotkey: c.who.Address(), Netuid: c.netuid, Uids: c.uids, Values: c.values}, c.want)
	}
	require.NoError(t, m.Weigh(m.hot[0], m.netuid, []uint32{0}, []uint32{1}), "a lone self-weight needs no permit")
	m.epochs(t, 1)
	for _, c := range after {
		refuse(c.name, m.hot[0], &incentivetypes.MsgSetWeights{Hotkey: m.hot[0].Address(), Netuid: m.netuid, Uids: c.uids, Values: c.values}, c.want)
	}
}

// poisoned wraps the real mechanism and fails on one subnet, by panic or by greed.
type poisoned struct {
	incentive.Mechanism
	netuid uint32
	panics bool
}

func (p poisoned) Settle(ctx context.Context, s incentive.Snapshot) (incentive.Settlement, error) {
	if s.Subnet.Netuid != p.netuid {
		return p.Mechanism.Settle(ctx, s)
	}
	if p.panics {
		panic("poison")
	}
	greedy := incentivetypes.Reward{Uid: 0, Hotkey: s.Neurons[0].Hotkey, Miner: s.Amount, Validator: s.Amount}
	return incentive.Settlement{Rewards: []incentivetypes.Reward{greedy}}, nil
}

func TestPoisonedMechanismHurtsNobodyElse(t *testing.T) {
	for _, panics := range []bool{true, false} {
		t.Run(fmt.Sprintf("panics=%v", panics), func(t *testing.T) {
			m := newMarket(t, 10)
			sick, err := m.Subnet("sick")
			require.NoError(t, err)
			cold := testnode.Key("v0")
			_, err = m.Register(cold, testnode.Key("sick-hot"), sick)
			require.NoError(t, err)
			m.App.Incentive.Register(poisoned{incentive.NewYuma(m.App.Incentive), sick, panics})

			var failed []abci.Event
			for range 30 {
				res, err := m.Block()
				require.NoError(t, err)
				require.NoError(t, m.Check())
				for _, e := range res.Events {
					if e.Type == incentivetypes.EventEpochFailed {
						failed = append(failed, e)
					}
				}
			}
			require.GreaterOrEqual(t, len(failed), 2, "it is tried again every tempo")
			require.Equal(t, fmt.Sprint(sick), client.Attribute(failed, incentivetypes.EventEpochFailed, "netuid"))
			healthy := m.metagraph(t)
			require.GreaterOrEqual(t, healthy.EpochIndex, uint64(2))
			m.netuid = sick
			g := m.metagraph(t)
			require.Zero(t, g.EpochIndex)
			require.Greater(t, g.Pending, uint64(10*testnode.TAO), "the pending is kept")
		})
	}
}

func TestNobodySeesBech32(t *testing.T) {
	m := newMarket(t, 10)
	to := testnode.Key("somebody")
	send := func(rao uint64) *abci.ExecTxResult {
		coins := sdk.NewCoins(sdk.NewCoin("rao", math.NewIntFromUint64(rao)))
		res, err := m.Deliver(testnode.Key("m2"), &banktypes.MsgSend{FromAddress: testnode.Key("m2").Address(), ToAddress: to.Address(), Amount: coins})
		require.NoError(t, err)
		return res
	}
	ok, refused := send(1000), send(1_000_000*testnode.TAO)
	require.Zero(t, ok.Code, ok.Log)
	require.NotZero(t, refused.Code)
	seen := refused.Log
	for _, e := range ok.Events {
		for _, a := range e.Attributes {
			seen += " " + a.Value
		}
	}
	require.NotContains(t, seen, "ergon1")
	require.Contains(t, seen, to.Address())
	block, err := m.Block()
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(block.Events), "ergon1")
}

func TestTamperedAndReplayedTransactionsAreRefused(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 1)
	tx, err := m.Sign(m.hot[0], &incentivetypes.MsgSetWeights{Hotkey: m.hot[0].Address(), Netuid: m.netuid, Uids: []uint32{2}, Values: []uint32{1}})
	require.NoError(t, err)
	bad := []byte(strings.Replace(string(tx), m.hot[0].Address(), m.hot[1].Address(), 1))
	res, err := m.Block(bad, tx, tx)
	require.NoError(t, err)
	require.NotZero(t, res.TxResults[0].Code, "another hotkey's name on the same signature")
	require.Zero(t, res.TxResults[1].Code, res.TxResults[1].Log)
	require.NotZero(t, res.TxResults[2].Code, "the same bytes again")
}

func TestTwoRunsGiveTheSameAppHash(t *testing.T) {
	run := func() []byte {
		m := newMarket(t, 10)
		m.epochs(t, 1)
		require.NoError(t, m.Weigh(m.hot[0], m.netuid, []uint32{2, 3}, []uint32{3, 1}))
		m.epochs(t, 2)
		return m.App.LastCommitID().Hash
	}
	require.Equal(t, run(), run())
}

func TestVariantsAreChosenPerSubnet(t *testing.T) {
	m := newMarket(t, 10)
	set := func(name, value string) {
		t.Helper()
		_, err := m.Must(m.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: m.Owner.Address(), Netuid: m.netuid, Name: name, Value: value})
		require.NoError(t, err)
	}
	set("yuma3", "false")
	set("yuma_variant", "2024")
	m.epochs(t, 1)
	first := m.metagraph(t)
	require.Zero(t, (first.LastEpoch+uint64(m.netuid)+1+1)%11, "the 2024 grid: every tempo+1 blocks, when the phase equals tempo")
	for _, v := range m.hot[:2] {
		require.NoError(t, m.Weigh(v, m.netuid, []uint32{2, 3}, []uint32{3, 1}))
	}
	m.epochs(t, 1)
	g := m.metagraph(t)
	require.Equal(t, first.LastEpoch+11, g.LastEpoch)
	require.Equal(t, g.Neurons[2].Incentive, g.Neurons[2].Rank, "only 2024 stores ranks")
	require.NotZero(t, g.Neurons[2].Rank)
	require.EqualValues(t, 65535, g.Neurons[2].PruningScore, "the best score")
}
