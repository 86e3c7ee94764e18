package app_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// keysOf lists every key of every store whose entries belong to subnets. Accounts, balances and
// hotkeys outlive the subnets they came with.
func keysOf(t *testing.T, w *testnode.World) []string {
	t.Helper()
	outlive := map[string]bool{"acc": true, "bank": true, "stake": true}
	ctx, err := w.Context()
	require.NoError(t, err)
	var all []string
	for _, key := range w.App.StoreKeys() {
		if outlive[key.Name()] {
			continue
		}
		it := ctx.KVStore(key.(*storetypes.KVStoreKey)).Iterator(nil, nil)
		for ; it.Valid(); it.Next() {
			all = append(all, fmt.Sprintf("%s/%x", key.Name(), it.Key()))
		}
		require.NoError(t, it.Close())
	}
	return all
}

// A netuid lives a full life, with everything a subnet can have, and is dissolved: not one key of
// it is left in any store, and the subnet that takes the number next begins as the first did.
func TestDissolvedNetuidLeavesNoKey(t *testing.T) {
	w, err := testnode.NewWorld(nil, 10, []string{"v0", "v1", "m2", "m3", "m4"})
	require.NoError(t, err)
	require.NoError(t, w.Until(3)) // the ring of block hashes is full from then on
	before := keysOf(t, w)

	live := func() *incentivetypes.QueryMetagraphResponse {
		m := settled(t, w)
		require.EqualValues(t, 1, m.netuid)
		require.Greater(t, len(keysOf(t, w)), len(before)+20)
		_, err = m.Must(m.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: m.Owner.Address(), Netuid: m.netuid})
		require.NoError(t, err)
		require.NoError(t, m.Check())
		require.Equal(t, before, keysOf(t, w))
		netuid, err := w.Subnet("next")
		require.NoError(t, err)
		require.EqualValues(t, 1, netuid)
		g := m.metagraph(t)
		_, err = w.Must(w.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: w.Owner.Address(), Netuid: netuid})
		require.NoError(t, err)
		return g
	}
	first := live()
	require.Empty(t, first.Neurons)
	require.Zero(t, first.Pending)
	require.Zero(t, first.EpochIndex)
	second := live()
	require.Equal(t, first.Subnet.Hyper, second.Subnet.Hyper)
	require.Equal(t, first.Subnet.Burn, second.Subnet.Burn)
	require.Equal(t, first.Subnet.Recycled, second.Subnet.Recycled)
}

// settled is a market that has lived: neurons, axons, commitments, an identity, weights, bonds, permits, payouts, changes.
func settled(t *testing.T, w *testnode.World) *market {
	t.Helper()
	m := &market{World: w}
	var err error
	m.netuid, err = w.Subnet("lives")
	require.NoError(t, err)
	for _, name := range []string{"v0", "v1", "m2", "m3", "m4"} {
		hot := testnode.Key(name + "-hot")
		_, err := w.Register(testnode.Key(name), hot, m.netuid)
		require.NoError(t, err)
		_, err = w.Must(hot, &subnettypes.MsgServeAxon{Hotkey: hot.Address(), Netuid: m.netuid, Axon: subnettypes.Axon{Ip: "127.0.0.1", IpType: 4, Port: 80}})
		require.NoError(t, err)
		_, err = w.Must(hot, &subnettypes.MsgSetCommitment{Hotkey: hot.Address(), Netuid: m.netuid, Format: "raw", Data: []byte(name)})
		require.NoError(t, err)
		m.hot = append(m.hot, hot)
	}
	for i := range 2 {
		require.NoError(t, w.Stake(testnode.Key(fmt.Sprint("v", i)), m.hot[i], 1000*testnode.TAO))
	}
	_, err = w.Must(w.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: w.Owner.Address(), Netuid: m.netuid, Name: "kappa", Value: "30000"})
	require.NoError(t, err)
	_, err = w.Must(w.Owner, &subnettypes.MsgSetIdentity{Coldkey: w.Owner.Address(), Netuid: m.netuid, Info: subnettypes.IdentityInfo{Display: "lives"}})
	require.NoError(t, err)
	m.epochs(t, 1)
	for _, v := range m.hot[:2] {
		require.NoError(t, w.Weigh(v, m.netuid, []uint32{2, 3, 4}, []uint32{60, 40, 1}))
	}
	m.epochs(t, 2)
	return m
}

// Dissolving gives the lock back, leaves all stake where it is, and pays what the block's epoch
// has just settled; what accrued since is never minted.
func TestDissolveAndMoney(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 1)
	for _, v := range m.hot[:2] {
		require.NoError(t, m.Weigh(v, m.netuid, []uint32{2, 3, 4}, []uint32{60, 40, 1}))
	}
	g := m.metagraph(t)
	lock := g.Subnet.Locked
	require.NoError(t, m.Until(int64(g.NextEpoch)-1))
	free := func() uint64 {
		ctx, err := m.Context()
		require.NoError(t, err)
		return m.App.Stake.FreeBalance(ctx, m.Owner.Public())
	}
	staked := func() (sum uint64) {
		ctx, err := m.Context()
		require.NoError(t, err)
		for _, hot := range m.hot {
			id, _, err := m.App.Stake.HotkeyID(ctx, hot.Public())
			require.NoError(t, err)
			stake, err := m.App.Stake.StakeOf(ctx, id)
			require.NoError(t, err)
			sum += stake
		}
		return sum
	}
	balance, stake := free(), staked()
	// The epoch settles as this block begins; its payout would be due in the next.
	events, err := m.Must(m.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: m.Owner.Address(), Netuid: m.netuid})
	require.NoError(t, err)
	require.NoError(t, m.Check())
	paid := client.Attribute(events, "Payout", "netuid")
	require.Equal(t, "1", paid, "what was settled is paid at once")
	require.Equal(t, "dissolved", client.Attribute(events, "NetworkRemoved", "why"))
	require.Equal(t, "0", client.Attribute(events, "EmissionClosed", "dropped"))
	pending := 10 * uint64(testnode.TAO) // a TAO a block for a tempo of ten
	cut := pending * 11796 / 65535
	require.Equal(t, lock+cut, free()-balance)
	require.InDelta(t, float64(pending-cut), float64(staked()-stake), 1000)
	for range 30 {
		_, err := m.Block()
		require.NoError(t, err)
		require.NoError(t, m.Check())
	}
	require.InDelta(t, float64(pending-cut), float64(staked()-stake), 1000, "stake stays where it is, and nothing more is minted")
	// Everybody can take it.
	ctx, err := m.Context()
	require.NoError(t, err)
	id, _, err := m.App.Stake.HotkeyID(ctx, m.hot[0].Public())
	require.NoError(t, err)
	h, err := m.App.Stake.Hotkey(ctx, id)
	require.NoError(t, err)
	require.Zero(t, h.Slots)
	require.Positive(t, h.Own)
}

// At the limit a creation ends the subnet with the least emission past immunity.
func TestPrunedSubnetMakesRoom(t *testing.T) {
	w, err := testnode.NewTunedWorld(nil, genesis.Options{Tempo: 10, Tune: func(p *subnettypes.Params) {
		p.SubnetLimit, p.NetworkImmunity = 2, 50
	}}, []string{"v0"})
	require.NoError(t, err)
	for _, name := range []string{"first", "second"} {
		_, err := w.Subnet(name)
		require.NoError(t, err)
	}
	res, err := w.Deliver(w.Owner, &subnettypes.MsgCreateSubnet{Coldkey: w.Owner.Address(), Name: "early"})
	require.NoError(t, err)
	require.Contains(t, res.Log, "AllNetworksInImmunity")
	_, err = w.Must(w.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: w.Owner.Address(), Netuid: 2, Name: "registration_allowed", Value: "false"})
	require.NoError(t, err)
	require.NoError(t, w.Until(w.Height+55))
	netuid, err := w.Subnet("third")
	require.NoError(t, err)
	require.EqualValues(t, 2, netuid, "the closed subnet earns nothing")
	require.NoError(t, w.Check())
	require.NoError(t, w.Until(w.Height+25))
}

// throng is a subnet with n uids.
func throng(tb testing.TB, w *testnode.World, n int) uint32 {
	tb.Helper()
	netuid, err := w.Subnet("crowd")
	require.NoError(tb, err)
	cold := testnode.Key("v0")
	for i := 0; i < n; {
		var txs [][]byte
		for ; i < n && len(txs) < 256; i++ {
			hot := testnode.Key(fmt.Sprint("crowd-", i))
			tx, err := w.Sign(cold, &subnettypes.MsgRegister{Coldkey: cold.Address(), Hotkey: hot.Address(), Netuid: netuid})
			require.NoError(tb, err)
			txs = append(txs, tx)
		}
		res, err := w.Block(txs...)
		require.NoError(tb, err)
		for _, r := range res.TxResults {
			require.Zero(tb, r.Code, r.Log)
		}
	}
	return netuid
}

func roomy(p *subnettypes.Params) {
	p.Defaults.MaxAllowedUids, p.Defaults.MaxRegsPerBlock, p.Defaults.TargetRegsPerInterval = 4096, 4096, 65535
	p.Defaults.AdjustmentInterval = 100_000
}

// The block that dissolves a subnet of 4096 uids, the most there can be, or of 256.
func BenchmarkDissolve(b *testing.B) {
	for _, n := range []int{256, 4096} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				w, err := testnode.NewTunedWorld(nil, genesis.Options{Tempo: 10_000, Tune: roomy}, []string{"v0"})
				require.NoError(b, err)
				netuid := throng(b, w, n)
				tx, err := w.Sign(w.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: w.Owner.Address(), Netuid: netuid})
				require.NoError(b, err)
				b.StartTimer()
				res, err := w.Block(tx)
				require.NoError(b, err)
				b.StopTimer()
				require.Zero(b, res.TxResults[0].Code, res.TxResults[0].Log)
				b.ReportMetric(float64(res.TxResults[0].GasUsed), "gas")
				require.NoError(b, w.Check())
			}
		})
	}
}

// Root's members take part in everything a slot counts for.
func TestRootMembershipOnTheLedger(t *testing.T) {
	m := newMarket(t, 10)
	cold, hot := testnode.Key("v0"), m.hot[0]
	_, err := m.Must(cold, &subnettypes.MsgRootRegister{Coldkey: cold.Address(), Hotkey: hot.Address()})
	require.NoError(t, err)
	require.NoError(t, m.Check())
	ctx, err := m.Context()
	require.NoError(t, err)
	id, _, err := m.App.Stake.HotkeyID(ctx, hot.Public())
	require.NoError(t, err)
	h, err := m.App.Stake.Hotkey(ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 2, h.Slots)
	require.True(t, h.Delegate)
	uid, member, err := m.App.Subnet.UID(ctx, 0, id)
	require.NoError(t, err)
	require.True(t, member)
	require.Zero(t, uid)

	thief := testnode.Key("v1")
	res, err := m.Deliver(thief, &subnettypes.MsgRootRegister{Coldkey: thief.Address(), Hotkey: m.hot[2].Address()})
	require.NoError(t, err)
	require.Contains(t, res.Log, "does not own", "nobody puts another's hotkey on root")
	require.NoError(t, m.Check())
	require.NoError(t, m.Until(m.Height+20))
}

// A seat on root makes a delegate, whatever calls its owner has made lately, and starts no clock (chain §2.4).
func TestRootSeatsStartNoClock(t *testing.T) {
	w, err := testnode.NewWorld(nil, 10, []string{"v0"})
	require.NoError(t, err)
	rules := staketypes.LocalnetParams()
	rules.TxRateLimit, rules.TakeRateLimit = 1000, 1000
	_, err = w.Must(w.Root, &staketypes.MsgSetParams{Root: w.Root.Address(), Params: rules})
	require.NoError(t, err)
	cold, first, second := testnode.Key("v0"), testnode.Key("first"), testnode.Key("second")
	for _, hot := range []*keys.Pair{first, second} {
		_, err := w.Must(cold, &subnettypes.MsgRootRegister{Coldkey: cold.Address(), Hotkey: hot.Address()})
		require.NoError(t, err)
	}
	_, err = w.Must(cold, &staketypes.MsgDecreaseTake{Coldkey: cold.Address(), Hotkey: first.Address(), Take: 6000})
	require.NoError(t, err)
	_, err = w.Must(cold, &staketypes.MsgIncreaseTake{Coldkey: cold.Address(), Hotkey: first.Address(), Take: 7000})
	require.NoError(t, err, "no raise of the take has been made yet")
	require.NoError(t, w.Check())
}

// Root is the account the authority module names; its messages set what owners cannot.
func TestRootSetsParameters(t *testing.T) {
	w, err := testnode.NewWorld(nil, 10, []string{"v0"})
	require.NoError(t, err)
	boss := w.Root
	netuid, err := w.Subnet("x")
	require.NoError(t, err)
	set := func(who *keys.Pair) string {
		res, err := w.Deliver(who, &subnettypes.MsgSetHyperparameter{Coldkey: who.Address(), Netuid: netuid, Name: "tempo", Value: "20"})
		require.NoError(t, err)
		return res.Log
	}
	require.Contains(t, set(w.Owner), "BadOrigin")
	require.Empty(t, set(boss))
	_, err = w.Must(boss, &subnettypes.MsgSetParam{Root: boss.Address(), Name: "subnet_limit", Value: "1"})
	require.NoError(t, err)
	res, err := w.Deliver(w.Owner, &subnettypes.MsgSetParam{Root: w.Owner.Address(), Name: "subnet_limit", Value: "1"})
	require.NoError(t, err)
	require.Contains(t, res.Log, "BadOrigin")
	ctx, err := w.Context()
	require.NoError(t, err)
	log, err := w.App.Subnet.Changes(ctx, uint16(netuid), 0)
	require.NoError(t, err)
	require.Len(t, log, 1)
	require.True(t, log[0].ByRoot)
	require.Equal(t, boss.Address(), log[0].Who)
	graph, err := incentive.Querier{Keeper: w.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: netuid})
	require.NoError(t, err)
	require.EqualValues(t, 20, graph.Subnet.Hyper.Tempo)
}
