package app_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// council is a ledger whose root network has so many members, with 1000 TAO each, and so many
// subnets. Nobody weighs yet.
type council struct {
	*testnode.World
	t    *testing.T
	cold []*keys.Pair
	hot  []*keys.Pair
}

func newCouncil(t *testing.T, members, subnets int, tune func(*incentivetypes.Params)) *council {
	t.Helper()
	c := &council{t: t}
	names := []string{"stranger"}
	for i := range members {
		names = append(names, fmt.Sprintf("r%d", i))
	}
	o := genesis.Options{Tempo: 10, TuneIncentive: tune, Tune: func(p *subnettypes.Params) { p.LockReductionInterval = 1 }}
	w, err := testnode.NewTunedWorld(nil, o, names)
	require.NoError(t, err)
	c.World = w
	for range subnets {
		_, err := w.Subnet("market")
		require.NoError(t, err)
	}
	for i, name := range names[1:] {
		c.cold, c.hot = append(c.cold, testnode.Key(name)), append(c.hot, testnode.Key(name+"-hot"))
		c.join(i)
		require.NoError(t, w.Stake(c.cold[i], c.hot[i], 1000*testnode.TAO))
	}
	return c
}

func (c *council) join(i int) {
	c.t.Helper()
	_, err := c.Must(c.cold[i], &subnettypes.MsgRootRegister{Coldkey: c.cold[i].Address(), Hotkey: c.hot[i].Address()})
	require.NoError(c.t, err)
}

func rootRow(cold, hot *keys.Pair, netuids, values []uint32) *incentivetypes.MsgSetRootWeights {
	return &incentivetypes.MsgSetRootWeights{Coldkey: cold.Address(), Hotkey: hot.Address(), Netuids: netuids, Values: values}
}

func (c *council) weigh(i int, netuids, values []uint32) {
	c.t.Helper()
	_, err := c.Must(c.cold[i], rootRow(c.cold[i], c.hot[i], netuids, values))
	require.NoError(c.t, err)
}

func (c *council) root() *incentivetypes.QueryRootResponse {
	c.t.Helper()
	ctx, err := c.Context()
	require.NoError(c.t, err)
	r, err := incentive.Querier{Keeper: c.App.Incentive}.Root(ctx, &incentivetypes.QueryRootRequest{})
	require.NoError(c.t, err)
	return r
}

// rates are what the subnets earn a block, in the order of their netuids.
func (c *council) rates() (out []uint64) {
	for _, s := range c.root().Subnets {
		out = append(out, s.Rate)
	}
	return out
}

// epoch runs the next root epoch and returns its block.
func (c *council) epoch() *abci.ResponseFinalizeBlock {
	c.t.Helper()
	require.NoError(c.t, c.Until(int64(c.root().NextEpoch)-1))
	res, err := c.Block()
	require.NoError(c.t, err)
	require.NoError(c.t, c.Check())
	require.NotEmpty(c.t, client.Attribute(res.Events, incentivetypes.EventRootEpoch, "decided"))
	return res
}

func (c *council) graph(netuid uint32) *incentivetypes.QueryMetagraphResponse {
	c.t.Helper()
	ctx, err := c.Context()
	require.NoError(c.t, err)
	g, err := incentive.Querier{Keeper: c.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: netuid})
	require.NoError(c.t, err)
	return g
}

func localRoot(p *incentivetypes.Params) { p.RootTempo, p.RootWeightsRateLimit = 9, 0 }

// TestRootEpochOfTheVectors is the vector diagonal_10 on a ledger, with what its subnets are owed
// block by block.
func TestRootEpochOfTheVectors(t *testing.T) {
	c := newCouncil(t, 10, 9, func(p *incentivetypes.Params) { localRoot(p); p.RootTempo, p.RootRho = 63, 30 })
	for i := range uint32(10) {
		c.weigh(int(i), []uint32{i}, []uint32{1})
	}
	require.Equal(t, make([]uint64, 9), c.rates(), "nothing before root speaks")
	res := c.epoch()
	require.Equal(t, "true", client.Attribute(res.Events, incentivetypes.EventRootEpoch, "decided"))
	netuid := uint32(1)
	for c.graph(netuid).NextEpoch <= uint64(c.Height)+3 {
		netuid++ // its epoch would empty it
	}
	for block, want := range []uint64{99_999_999, 199_999_998, 299_999_997} {
		require.Equal(t, want, c.graph(netuid).Pending, "after %d blocks", block+1)
		_, err := c.Block()
		require.NoError(t, err)
	}
	for _, s := range c.root().Subnets {
		require.EqualValues(t, 99_999_999, s.Rate)
		require.EqualValues(t, 99_999_999, s.Share)
	}
	require.EqualValues(t, testnode.TAO, c.root().BlockEmission, "weight on root itself is paid to nobody")
}

func TestRootWeightsDivideTheEmission(t *testing.T) {
	c := newCouncil(t, 3, 3, localRoot)
	for i := range 3 {
		c.weigh(i, []uint32{1, 2}, []uint32{3, 1})
	}
	c.epoch()
	rates := c.rates()
	require.InDelta(t, 750_000_000, rates[0], 5_000)
	require.InDelta(t, 250_000_000, rates[1], 5_000)
	require.Zero(t, rates[2])
	next := c.root().NextEpoch
	c.weigh(0, nil, nil)
	require.Equal(t, rates, c.rates(), "rates move at root epochs only")
	c.epoch()
	require.EqualValues(t, next+10, c.root().NextEpoch, "every tempo+1 blocks")
	require.Zero(t, (next+1)%10-9, "of the grid of chain 1.5")

	for i := range 3 { // only one of three backs subnet 3: less than half the stake is squeezed
		c.weigh(i, []uint32{1, 3}, []uint32{100, uint32(1 - min(i, 1))})
	}
	c.epoch()
	require.Less(t, c.rates()[2], uint64(1_000_000))
}

func TestRootEpochThatCannotDecideChangesNothing(t *testing.T) {
	c := newCouncil(t, 0, 1, localRoot)
	res := c.epoch()
	require.Equal(t, "false", client.Attribute(res.Events, incentivetypes.EventRootEpoch, "decided"), "no member")

	c = newCouncil(t, 1, 0, localRoot)
	require.Equal(t, "false", client.Attribute(c.epoch().Events, incentivetypes.EventRootEpoch, "decided"), "no subnet")

	c = newCouncil(t, 1, 2, localRoot)
	c.weigh(0, []uint32{1}, []uint32{1})
	c.epoch()
	require.Equal(t, []uint64{testnode.TAO, 0}, c.rates())
	c.weigh(0, []uint32{2}, []uint32{1})
	_, err := c.Must(c.cold[0], &staketypes.MsgRemoveStake{Coldkey: c.cold[0].Address(), Hotkey: c.hot[0].Address(), Amount: 1000 * testnode.TAO})
	require.NoError(t, err)
	require.Equal(t, "false", client.Attribute(c.epoch().Events, incentivetypes.EventRootEpoch, "decided"), "no stake")
	require.Equal(t, []uint64{testnode.TAO, 0}, c.rates(), "the old rates stay")
	require.NoError(t, c.Stake(c.cold[0], c.hot[0], testnode.TAO))
	c.epoch()
	require.Equal(t, []uint64{0, testnode.TAO}, c.rates())
	c.weigh(0, nil, nil)
	require.Equal(t, "true", client.Attribute(c.epoch().Events, incentivetypes.EventRootEpoch, "decided"))
	require.Equal(t, []uint64{0, 0}, c.rates(), "nobody says anything: nobody earns")
}

func TestSubnetsBetweenRootEpochs(t *testing.T) {
	c := newCouncil(t, 1, 2, localRoot)
	c.weigh(0, []uint32{1, 2}, []uint32{1, 1})
	c.epoch()
	before := c.rates()
	id, err := c.Subnet("new")
	require.NoError(t, err)
	require.Equal(t, append(before, 0), c.rates(), "a new subnet earns nothing until root speaks, and takes nothing")
	c.weigh(0, []uint32{1, 2, id}, []uint32{1, 1, 2})
	c.epoch()
	require.InDelta(t, 500_000_000, c.rates()[2], 5_000)

	set := func(value string) []abci.Event {
		events, err := c.Must(c.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: c.Owner.Address(), Netuid: id, Name: "registration_allowed", Value: value})
		require.NoError(t, err)
		return events
	}
	set("false")
	require.Zero(t, c.rates()[2])
	_, err = c.Block()
	require.NoError(t, err)
	owed := c.graph(id).Pending
	settled := 0
	for range 25 {
		res, err := c.Block()
		require.NoError(t, err)
		for _, e := range res.Events {
			if e.Type == incentivetypes.EventEpochSettled && client.Attribute([]abci.Event{e}, e.Type, "netuid") == fmt.Sprint(id) {
				settled++
				require.LessOrEqual(t, client.Attribute([]abci.Event{e}, e.Type, "accrued"), fmt.Sprint(owed))
				owed = 0
			}
		}
	}
	require.GreaterOrEqual(t, settled, 2, "a closed subnet's epoch still runs")
	require.Zero(t, c.graph(id).Pending)
	set("true")
	require.InDelta(t, 500_000_000, c.rates()[2], 5_000, "the share was kept")
}

// TestHalvingKeepsRootsShares crosses the first halving between two root epochs: the shares that
// stand are of the new block emission at once, exactly, and again when coins are recycled.
func TestHalvingKeepsRootsShares(t *testing.T) {
	owner, hot := testnode.Key("owner"), testnode.Key("hot")
	n, err := testnode.New(nil, genesis.Options{
		Tempo: 10, TuneIncentive: func(p *incentivetypes.Params) { localRoot(p); p.RootTempo = 20 },
		Tune:     func(p *subnettypes.Params) { p.Defaults.MinBurn = testnode.TAO },
		Balances: []genesis.Balance{{Address: owner.Address(), Rao: 10_499_985 * testnode.TAO}},
	})
	require.NoError(t, err)
	c := &council{t: t, World: &testnode.World{Node: n, Owner: owner}, cold: []*keys.Pair{owner}, hot: []*keys.Pair{hot}}
	block := func() *abci.ResponseFinalizeBlock {
		res, err := c.Block()
		require.NoError(t, err)
		return res
	}
	block()
	for range 2 {
		_, err := c.Subnet("market")
		require.NoError(t, err)
	}
	c.join(0)
	require.NoError(t, c.Stake(owner, hot, 10*testnode.TAO))
	_, err = c.Register(owner, hot, 1)
	require.NoError(t, err)
	c.weigh(0, []uint32{1, 2}, []uint32{2, 1})
	for c.Height < int64(c.root().NextEpoch-1) {
		block()
	}
	block()
	full := c.rates()
	require.InDelta(t, 666_666_666, full[0], 5_000)
	decided := c.root().DecidedAt
	for i := 0; c.root().BlockEmission == testnode.TAO; i++ {
		require.Less(t, i, 200, "the halving does not come")
		block()
		decided = c.root().DecidedAt
	}
	require.NotEqual(t, uint64(c.Height), decided, "between two root epochs")
	half := c.rates()
	for i := range half {
		require.InDelta(t, full[i]/2, half[i], 1)
	}
	for i := range 30 {
		_, err := c.Register(owner, testnode.Key(fmt.Sprint("burner", i)), 2)
		require.NoError(t, err)
	}
	block()
	require.Equal(t, full, c.rates(), "recycled coins can be mined again, at the same shares")
}

func TestSetRootWeightsErrorsInOrder(t *testing.T) {
	c := newCouncil(t, 2, 2, func(p *incentivetypes.Params) {
		localRoot(p)
		p.RootWeightsRateLimit, p.RootWeightsVersion, p.RootWeightsMinStake = 5, 7, 500*testnode.TAO
	})
	stranger := testnode.Key("stranger")
	_, err := c.Register(stranger, testnode.Key("elsewhere"), 1)
	require.NoError(t, err)
	require.NoError(t, c.Until(c.Height+6))
	// Each case mends what the one before was refused for, and nothing else.
	worst := rootRow(stranger, testnode.Key("nobody"), []uint32{1, 9, 1}, []uint32{1, 1})
	for _, step := range []struct {
		name string
		want error
		mend func()
	}{
		{"no such hotkey", staketypes.ErrHotkeyNotFound, func() { worst.Hotkey = c.hot[0].Address() }},
		{"another's hotkey", staketypes.ErrNonAssociatedColdkey, func() { worst.Hotkey = testnode.Key("elsewhere").Address() }},
		{"lengths differ", incentivetypes.ErrLengthsDiffer, func() { worst.Values = []uint32{1, 70000, 1} }},
		{"value over 16 bits", incentivetypes.ErrValueRange, func() { worst.Values[1] = 1 }},
		{"no such subnet", incentivetypes.ErrInvalidUid, func() { worst.Netuids[1] = 0 }},
		{"not on root", incentivetypes.ErrNotRegistered, func() { worst.Coldkey, worst.Hotkey = c.cold[0].Address(), c.hot[0].Address() }},
		{"too little stake", incentivetypes.ErrNotEnoughStake, func() {
			require.NoError(t, c.Stake(c.cold[0], c.hot[0], 900*testnode.TAO))
		}},
		{"old version", incentivetypes.ErrVersionKey, func() { worst.VersionKey = 7 }},
		{"twice the same", incentivetypes.ErrDuplicateUids, func() { worst.Netuids[2] = 2 }},
	} {
		if step.name == "too little stake" {
			_, err := c.Must(c.cold[0], &staketypes.MsgRemoveStake{Coldkey: c.cold[0].Address(), Hotkey: c.hot[0].Address(), Amount: 900 * testnode.TAO})
			require.NoError(t, err)
		}
		signer := stranger
		if worst.Coldkey == c.cold[0].Address() {
			signer = c.cold[0]
		}
		c.refused(step.name, signer, worst, step.want)
		step.mend()
	}
	events, err := c.Must(c.cold[0], worst)
	require.NoError(t, err)
	for key, want := range map[string]string{
		"uid": "0", "hotkey": c.hot[0].Address(), "coldkey": c.cold[0].Address(), "weights": "[[1,65535],[0,65535],[2,65535]]",
	} {
		require.Equal(t, want, client.Attribute(events, incentivetypes.EventRootWeightsSet, key), key)
	}
	c.refused("too soon", c.cold[0], worst, incentivetypes.ErrTooFast)
}

func (c *council) refused(name string, signer *keys.Pair, m sdk.Msg, want error) {
	c.t.Helper()
	res, err := c.Deliver(signer, m)
	require.NoError(c.t, err)
	refusal := &client.Refusal{Codespace: res.Codespace, Code: res.Code, Log: res.Log}
	require.Truef(c.t, errors.Is(refusal, want), "%s: got %s", name, res.Log)
}

func TestRootSetsTheEmissionsParameters(t *testing.T) {
	c := newCouncil(t, 1, 2, localRoot)
	c.weigh(0, []uint32{1}, []uint32{1})
	c.epoch()
	m := &incentivetypes.MsgSetParam{Root: c.Owner.Address(), Name: "nothing", Value: "x"}
	c.refused("not root", c.Owner, m, incentivetypes.ErrBadOrigin)
	m.Root = c.Root.Address()
	c.refused("no such parameter", c.Root, m, incentivetypes.ErrUnknownParam)
	set := func(name, value string) []abci.Event {
		events, err := c.Must(c.Root, &incentivetypes.MsgSetParam{Root: c.Root.Address(), Name: name, Value: value})
		require.NoError(t, err)
		require.NoError(t, c.Check())
		return events
	}
	for _, p := range incentivetypes.ParamTable() {
		for _, bad := range []string{"", "-1", "1.5", "18446744073709551616"} {
			c.refused(p.Name, c.Root, &incentivetypes.MsgSetParam{Root: c.Root.Address(), Name: p.Name, Value: bad}, incentivetypes.ErrParamValue)
		}
	}
	events := set("owner_cut", "0")
	require.Equal(t, "11796", client.Attribute(events, incentivetypes.EventParamSet, "old"))
	require.Equal(t, c.Root.Address(), client.Attribute(events, incentivetypes.EventParamSet, "coldkey"))
	require.Equal(t, []uint64{testnode.TAO, 0}, c.rates())
	set("root_tempo", "0")
	require.Equal(t, []uint64{testnode.TAO / 2, testnode.TAO / 2}, c.rates(), "no root: equally, at once")
	set("root_tempo", "4")
	require.Equal(t, []uint64{testnode.TAO, 0}, c.rates(), "what root said last")
	c.epoch()
	_, err := c.Must(c.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: c.Owner.Address(), Netuid: 1, Name: "registration_allowed", Value: "false"})
	require.NoError(t, err)
	require.Equal(t, []uint64{0, 0}, c.rates())
	set("closed_subnets_earn", "true")
	require.Equal(t, []uint64{testnode.TAO, 0}, c.rates())
}

func TestRootWeightsNeedARootNetwork(t *testing.T) {
	c := newCouncil(t, 1, 2, testnode.ShareEqually)
	c.refused("no root", c.cold[0], rootRow(c.cold[0], c.hot[0], []uint32{1}, []uint32{1}), incentivetypes.ErrNotRoot)
	require.Equal(t, []uint64{testnode.TAO / 2, testnode.TAO / 2}, c.rates(), "subnets share equally")
	require.Zero(t, c.root().NextEpoch)
}

// TestNewcomerDoesNotVoteWithItsPredecessorsRow fills root and outstakes its least member.
func TestNewcomerDoesNotVoteWithItsPredecessorsRow(t *testing.T) {
	c := newCouncil(t, 64, 1, func(p *incentivetypes.Params) { localRoot(p); p.RootTempo, p.RootWeightsRateLimit = 40, 50 })
	c.weigh(0, []uint32{1}, []uint32{1})
	rich, hot := testnode.Key("stranger"), testnode.Key("stranger-hot")
	_, err := c.Register(rich, hot, 1)
	require.NoError(t, err)
	require.NoError(t, c.Stake(rich, hot, 1001*testnode.TAO))
	c.cold, c.hot = append(c.cold, rich), append(c.hot, hot)
	c.join(64)
	member := c.root().Members[0]
	require.Equal(t, hot.Address(), member.Hotkey)
	require.Empty(t, member.Weights)
	c.refused("its clock starts now", rich, rootRow(rich, hot, []uint32{1}, []uint32{1}), incentivetypes.ErrTooFast)
	c.refused("replaced", c.cold[0], rootRow(c.cold[0], c.hot[0], []uint32{1}, []uint32{1}), incentivetypes.ErrNotRegistered)
	c.epoch()
	require.Zero(t, c.rates()[0])
}

// TestDissolvedSubnetLeavesNoVotes ends a subnet of three; the next with its netuid inherits
// nothing, and the others' shares stand.
func TestDissolvedSubnetLeavesNoVotes(t *testing.T) {
	c := newCouncil(t, 2, 3, localRoot)
	c.weigh(0, []uint32{1, 2, 3}, []uint32{1, 1, 1})
	c.weigh(1, []uint32{2}, []uint32{1})
	c.epoch()
	before := c.rates()
	updated := c.root().Members[1].LastUpdate
	_, err := c.Must(c.Owner, &subnettypes.MsgDissolveSubnet{Coldkey: c.Owner.Address(), Netuid: 2})
	require.NoError(t, err)
	require.NoError(t, c.Check())
	require.Equal(t, []uint64{before[0], before[2]}, c.rates(), "until the next root epoch")
	require.Equal(t, []incentivetypes.RootWeight{{Netuid: 1, Value: 65535}, {Netuid: 3, Value: 65535}}, c.root().Members[0].Weights)
	require.Empty(t, c.root().Members[1].Weights)
	require.Equal(t, updated, c.root().Members[1].LastUpdate, "the clock stays")
	id, err := c.Subnet("again")
	require.NoError(t, err)
	require.EqualValues(t, 2, id)
	require.Zero(t, c.rates()[1])
	c.epoch()
	require.Zero(t, c.rates()[1])
	require.InDelta(t, testnode.TAO/2, c.rates()[0], 1)
}

func TestRootSurvivesExport(t *testing.T) {
	c := newCouncil(t, 2, 2, localRoot)
	c.weigh(0, []uint32{1, 2, 0}, []uint32{5, 3, 1})
	c.epoch()
	ctx, err := c.Context()
	require.NoError(t, err)
	g, err := c.App.Incentive.ExportGenesis(ctx)
	require.NoError(t, err)
	require.NotNil(t, g.Root)
	require.Len(t, g.RootWeights, 2)
	fresh, err := testnode.NewWorld(nil, 10, []string{"a"})
	require.NoError(t, err)
	ctx, err = fresh.Context()
	require.NoError(t, err)
	require.NoError(t, fresh.App.Incentive.InitGenesis(ctx, g))
	again, err := fresh.App.Incentive.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Equal(t, g, again)
}

// FuzzSetRootWeights offers any row of a member: it is refused or taken, the ledger goes on and
// its rates stay shares.
func FuzzSetRootWeights(f *testing.F) {
	f.Add([]byte{0, 1, 2}, []byte{1, 2, 3}, uint32(0))
	f.Add([]byte{1, 1}, []byte{9}, uint32(70_000))
	f.Fuzz(func(t *testing.T, netuids, values []byte, wide uint32) {
		c := newCouncil(t, 1, 2, localRoot)
		m := rootRow(c.cold[0], c.hot[0], append(widened(netuids), wide), append(widened(values), wide))
		_, err := c.Deliver(c.cold[0], m)
		require.NoError(t, err)
		c.epoch()
	})
}

func widened(bytes []byte) []uint32 {
	out := make([]uint32, len(bytes))
	for i, b := range bytes {
		out[i] = uint32(b)
	}
	return out
}
