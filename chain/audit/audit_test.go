package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/chain/audit/books"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/chain/x/stake"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/chain/x/subnet"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/keys"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const tao = testnode.TAO

// ledger is a state machine driven block by block, read the way a client reads a node.
type ledger struct {
	*testnode.Node
	t      *testing.T
	doc    *cmttypes.GenesisDoc
	blocks []client.Block
	lie    func(what string, answer any) // may change an answer
}

func newLedger(t *testing.T, tune func(*incentivetypes.Params)) *ledger {
	t.Helper()
	o := genesis.Options{Tempo: 10, Profile: genesis.Localnet, ChainID: testnode.ChainID, TuneIncentive: tune}
	for _, name := range []string{"owner", "v0", "v1", "m2", "nominator", "root"} {
		o.Balances = append(o.Balances, genesis.Balance{Address: testnode.Key(name).Address(), Rao: 100_000 * tao})
	}
	o.Root = testnode.Key("root").Address()
	n, err := testnode.New(nil, o)
	require.NoError(t, err)
	doc, err := genesis.New(o)
	require.NoError(t, err)
	l := &ledger{Node: n, t: t, doc: doc, lie: func(string, any) {}}
	l.block()
	return l
}

func (l *ledger) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	l.t.Helper()
	res, err := l.Node.Block(txs...)
	require.NoError(l.t, err)
	l.blocks = append(l.blocks, client.Block{Height: uint64(l.Node.Height), Begin: res.Events, Txs: res.TxResults})
	return res
}

// must executes messages of one signer in a block of their own.
func (l *ledger) must(signer *keys.Pair, msgs ...sdk.Msg) {
	l.t.Helper()
	raw, err := l.Sign(signer, msgs...)
	require.NoError(l.t, err)
	res := l.block(raw)
	require.Zero(l.t, res.TxResults[0].Code, res.TxResults[0].Log)
}

// live is a ledger with everything that moves money: two subnets, delegated stake, a closed and
// reopened registration, a refused transaction, transfers, and several epochs.
func live(t *testing.T) *ledger {
	l := newLedger(t, testnode.ShareEqually)
	key := testnode.Key
	owner := key("owner")
	l.must(owner, &subnettypes.MsgCreateSubnet{Coldkey: owner.Address(), Name: "one"})
	for _, name := range []string{"v0", "v1", "m2"} {
		l.must(key(name), &subnettypes.MsgRegister{Coldkey: key(name).Address(), Hotkey: key(name + "-hot").Address(), Netuid: 1})
	}
	l.must(key("v0"), &staketypes.MsgAddStake{Coldkey: key("v0").Address(), Hotkey: key("v0-hot").Address(), Amount: 6_000 * tao},
		&staketypes.MsgBecomeDelegate{Coldkey: key("v0").Address(), Hotkey: key("v0-hot").Address()})
	l.must(key("v1"), &staketypes.MsgAddStake{Coldkey: key("v1").Address(), Hotkey: key("v1-hot").Address(), Amount: 5_000 * tao})
	l.must(key("nominator"), &staketypes.MsgAddStake{Coldkey: key("nominator").Address(), Hotkey: key("v0-hot").Address(), Amount: 3_333 * tao})
	l.run(13)
	for _, name := range []string{"v0", "v1"} {
		l.must(key(name+"-hot"), &incentivetypes.MsgSetWeights{Hotkey: key(name + "-hot").Address(), Netuid: 1, Uids: []uint32{2}, Values: []uint32{1}})
	}
	l.must(owner, &subnettypes.MsgCreateSubnet{Coldkey: owner.Address(), Name: "two"})
	l.must(key("v0"), &subnettypes.MsgRegister{Coldkey: key("v0").Address(), Hotkey: key("v0-hot").Address(), Netuid: 2})
	l.run(25)
	set := func(value string) {
		l.must(owner, &subnettypes.MsgSetHyperparameter{Coldkey: owner.Address(), Netuid: 2, Name: "registration_allowed", Value: value})
	}
	set("false")
	l.run(9)
	set("true")
	raw, err := l.Sign(key("m2"), &staketypes.MsgRemoveStake{Coldkey: key("m2").Address(), Hotkey: key("v0-hot").Address(), Amount: 1})
	require.NoError(t, err)
	require.NotZero(t, l.block(raw).TxResults[0].Code, "a refusal was wanted")
	l.must(key("nominator"), &staketypes.MsgRemoveStake{Coldkey: key("nominator").Address(), Hotkey: key("v0-hot").Address(), Amount: 333 * tao})
	for _, rao := range []uint64{5 * tao, 1_000_000 * tao} {
		raw, err := l.Sign(key("m2"), client.TransferCall(key("m2").Address(), key("stranger").Address(), rao))
		require.NoError(t, err)
		require.Equal(t, rao > 5*tao, l.block(raw).TxResults[0].Code != 0)
	}
	l.run(12)
	return l
}

// rooted is a ledger on which a root network of two decides, changes its mind, and has a subnet
// closed and one dissolved between its epochs.
func rooted(t *testing.T) *ledger {
	l := newLedger(t, func(p *incentivetypes.Params) { p.RootTempo = 6 })
	key := testnode.Key
	owner := key("owner")
	for _, name := range []string{"one", "two", "three"} {
		l.must(owner, &subnettypes.MsgCreateSubnet{Coldkey: owner.Address(), Name: name})
	}
	say := func(name string, netuids, values []uint32) {
		l.must(key(name), &incentivetypes.MsgSetRootWeights{Coldkey: key(name).Address(), Hotkey: key(name + "-hot").Address(), Netuids: netuids, Values: values})
	}
	for _, name := range []string{"v0", "v1"} {
		l.must(key(name), &subnettypes.MsgRegister{Coldkey: key(name).Address(), Hotkey: key(name + "-hot").Address(), Netuid: 1},
			&subnettypes.MsgRootRegister{Coldkey: key(name).Address(), Hotkey: key(name + "-hot").Address()},
			&staketypes.MsgAddStake{Coldkey: key(name).Address(), Hotkey: key(name + "-hot").Address(), Amount: 5_000 * tao})
		say(name, []uint32{1, 2, 3}, []uint32{3, 2, 1})
	}
	l.run(20)
	say("v0", []uint32{2, 0}, []uint32{1, 1})
	set := func(value string) *subnettypes.MsgSetHyperparameter {
		return &subnettypes.MsgSetHyperparameter{Coldkey: owner.Address(), Netuid: 2, Name: "registration_allowed", Value: value}
	}
	l.must(owner, set("false"))
	l.run(12)
	// One transaction that closes, opens, founds and ends: what it tells in between is not yet true.
	l.must(owner, set("true"), set("false"), set("true"),
		&subnettypes.MsgCreateSubnet{Coldkey: owner.Address(), Name: "four"},
		&subnettypes.MsgDissolveSubnet{Coldkey: owner.Address(), Netuid: 4},
		&subnettypes.MsgDissolveSubnet{Coldkey: owner.Address(), Netuid: 3})
	l.run(15)
	for _, c := range [][2]string{{"owner_cut", "0"}, {"closed_subnets_earn", "true"}, {"root_tempo", "0"}, {"root_tempo", "3"}} {
		l.must(key("root"), &incentivetypes.MsgSetParam{Root: key("root").Address(), Name: c[0], Value: c[1]})
		l.run(5)
		l.must(owner, set("false"))
		l.run(5)
		l.must(owner, set("true"))
	}
	return l
}

func TestAuditOverRootEpochs(t *testing.T) {
	l := rooted(t)
	for height := uint64(1); height <= uint64(l.Node.Height); height++ {
		r, err := audit.Run(context.Background(), l, audit.Options{Height: height})
		require.NoError(t, err)
		require.True(t, r.Equal, "block %d: %+v", height, r.Differences)
	}
	r, err := audit.Run(context.Background(), l, audit.Options{})
	require.NoError(t, err)
	require.Positive(t, r.Subnets[0].Validators)
	require.NotEqual(t, r.Subnets[0].Accrued, r.Subnets[1].Accrued)
}

// Keys that change their names, and stake that moves, are followed.
func TestAuditFollowsSwaps(t *testing.T) {
	l := live(t)
	key := testnode.Key
	l.must(key("v1"), &staketypes.MsgMoveStake{Coldkey: key("v1").Address(), From: key("v1-hot").Address(), To: key("v0-hot").Address(), Amount: 77 * tao})
	l.must(key("v0"), &staketypes.MsgSwapHotkey{Coldkey: key("v0").Address(), Old: key("v0-hot").Address(), New: key("v0-new").Address()})
	l.must(key("owner"), &staketypes.MsgScheduleColdkeySwap{Coldkey: key("owner").Address(), New: key("heir").Address()})
	l.must(key("nominator"), &staketypes.MsgRemoveAllStake{Coldkey: key("nominator").Address()})
	l.run(25)
	l.must(key("v0"), &staketypes.MsgExecuteColdkeySwap{Signer: key("v0").Address(), Coldkey: key("owner").Address()})
	l.run(20)
	r, err := audit.Run(context.Background(), l, audit.Options{})
	require.NoError(t, err)
	require.True(t, r.Equal, "%+v", r.Differences)
	require.Equal(t, 3, r.Hotkeys)
	for _, epoch := range []uint64{1, 3} { // before and after the swap
		pay, err := audit.Trace(context.Background(), l, 1, 0, epoch)
		require.NoError(t, err)
		require.Equal(t, key("v0-new").Address(), pay.Hotkey)
	}
}

func (l *ledger) run(blocks int) {
	for range blocks {
		l.block()
	}
}

func TestAuditOfAnHonestLedger(t *testing.T) {
	l := live(t)
	var last uint64
	r, err := audit.Run(context.Background(), l, audit.Options{Progress: func(done, total uint64) { last = done; require.EqualValues(t, l.Node.Height, total) }})
	require.NoError(t, err)
	require.True(t, r.Equal, "%+v", r.Differences)
	require.EqualValues(t, l.Node.Height, last)
	require.EqualValues(t, l.Node.Height, r.Blocks)
	require.Len(t, r.Subnets, 2)
	require.Greater(t, r.Payouts, 4)
	require.Positive(t, r.Totals.Miners)
	require.Positive(t, r.Totals.Validators)
	require.Positive(t, r.Totals.Owners)
	require.Positive(t, r.Totals.Recycled)
	require.GreaterOrEqual(t, r.Fees, uint64(3*fees.PerCall), "a batch, a transfer, and one that failed")
	require.Positive(t, r.Locked)
	require.Equal(t, r.SupplyNow+r.Totals.Recycled, r.SupplyGenesis+r.Totals.Miners+r.Totals.Validators+r.Totals.Owners)
	require.GreaterOrEqual(t, r.Accounts, 5)
	require.Equal(t, 3, r.Hotkeys)
}

func TestAuditAtAnyHeight(t *testing.T) {
	l := live(t)
	for height := uint64(1); height <= uint64(l.Node.Height); height++ {
		r, err := audit.Run(context.Background(), l, audit.Options{Height: height})
		require.NoError(t, err)
		require.True(t, r.Equal, "block %d: %+v", height, r.Differences)
	}
	_, err := audit.Run(context.Background(), l, audit.Options{Height: uint64(l.Node.Height) + 1})
	require.Error(t, err)
}

// TestAuditNamesEveryLie lets the ledger answer one number wrongly at a time.
func TestAuditNamesEveryLie(t *testing.T) {
	l := live(t)
	victim := testnode.Key("m2").Address()
	hotkey := testnode.Key("v0-hot").Address()
	for _, c := range []struct {
		names string
		lie   func(answer any)
	}{
		{"supply", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.Issuance++ }) }},
		{"block emission", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.BlockEmission-- }) }},
		{"total of miners", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.Totals.Miners-- }) }},
		{"total of validators", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.Totals.Validators++ }) }},
		{"total of owners", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.Totals.Owners++ }) }},
		{"total recycled", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.Totals.Recycled++ }) }},
		{"total staked", func(a any) { on(a, func(r *staketypes.QueryIssuanceResponse) { r.Totals.Staked++ }) }},
		{"balance of " + victim, func(a any) {
			on(a, func(r *staketypes.QueryBalanceResponse) { r.Free++ })
		}},
		{"stake on " + hotkey, func(a any) { on(a, func(r *staketypes.QueryHotkeyResponse) { r.Pool++ }) }},
		{"number of subnets", func(a any) { on(a, func(r *subnettypes.QuerySubnetsResponse) { r.Subnets = r.Subnets[:1] }) }},
		{"subnet 1 locked", func(a any) { on(a, func(r *subnettypes.QuerySubnetsResponse) { r.Subnets[0].Locked++ }) }},
		{"subnet 2 pending", func(a any) { on(a, func(r *incentivetypes.QueryMetagraphResponse) { r.Pending++ }) }},
		{"subnet 1 epochs", func(a any) { on(a, func(r *incentivetypes.QueryMetagraphResponse) { r.EpochIndex++ }) }},
		{"subnet 1 payout of epoch", func(a any) {
			on(a, func(r *[]incentivetypes.PayoutInfo) { (*r)[1].Rewards[0].Validator++ })
		}},
		{"subnet 1 payout of epoch", func(a any) { on(a, func(r *[]incentivetypes.PayoutInfo) { (*r)[0].PaidAt++ }) }},
		{"subnet 1 payouts", func(a any) { on(a, func(r *[]incentivetypes.PayoutInfo) { *r = nil }) }},
	} {
		t.Run(c.names, func(t *testing.T) {
			l.lie = func(_ string, answer any) { c.lie(answer) }
			defer func() { l.lie = func(string, any) {} }()
			r, err := audit.Run(context.Background(), l, audit.Options{})
			require.NoError(t, err)
			require.False(t, r.Equal)
			var names []string
			for _, d := range r.Differences {
				names = append(names, d.What)
			}
			require.Contains(t, strings.Join(names, "\n"), c.names)
		})
	}
}

func TestAuditFindsWhatTheEventsHide(t *testing.T) {
	l := live(t)
	// Somebody removes the record of one transfer: the balances no longer follow.
	for i, b := range l.blocks {
		if len(b.Txs) == 0 || len(b.Txs[0].Events) == 0 {
			continue
		}
		kept := b.Txs[0].Events[:0:0]
		for _, e := range b.Txs[0].Events {
			if e.Type != "coin_spent" {
				kept = append(kept, e)
			}
		}
		changed := *b.Txs[0]
		changed.Events = kept
		l.blocks[i].Txs = []*abci.ExecTxResult{&changed}
		break
	}
	r, err := audit.Run(context.Background(), l, audit.Options{})
	require.NoError(t, err)
	require.False(t, r.Equal)
	require.NotEmpty(t, r.Differences)
}

func TestAuditNeedsEveryBlock(t *testing.T) {
	l := live(t)
	l.blocks[3].Height = 0 // pruned
	_, err := audit.Run(context.Background(), l, audit.Options{})
	require.ErrorContains(t, err, "every block since genesis")
}

func TestTraceFollowsPayToStake(t *testing.T) {
	l := live(t)
	ctx := context.Background()
	kept, err := l.Payouts(ctx, 1, 64)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(kept), 4)
	for i, k := range kept {
		for _, r := range k.Rewards {
			p, err := audit.Trace(ctx, l, 1, uint16(r.Uid), k.EpochIndex)
			require.NoError(t, err)
			require.Equal(t, r.Hotkey, p.Hotkey)
			require.Equal(t, r.Miner+r.Validator, p.ToOwner+p.Nominators)
			require.Equal(t, k.Accrued, p.OwnerCut+p.Miners+p.Validators+p.Unissued)
			require.EqualValues(t, k.SettledAt+1, p.PaidAt)
			if i+1 < len(kept) {
				require.Equal(t, kept[i+1].SettledAt+1, p.AccruedFrom)
			}
			after, err := l.Hotkey(client.At(ctx, p.PaidAt), r.Hotkey)
			require.NoError(t, err)
			require.Equal(t, after.Own, p.OwnAfter, "no transaction touched the stake in a paying block")
			require.Equal(t, after.Pool, p.PoolAfter)
			if p.Validator > 0 && p.PoolBefore > 0 {
				require.Positive(t, p.Nominators)
				require.Positive(t, p.TakeRao)
			}
		}
	}
	last, err := audit.LastEpoch(ctx, l, 1)
	require.NoError(t, err)
	require.Equal(t, kept[0].EpochIndex, last)
	_, err = audit.Trace(ctx, l, 1, 0, last+1)
	require.ErrorIs(t, err, audit.ErrNoPayout)
	_, err = audit.Trace(ctx, l, 1, 4000, last)
	require.ErrorIs(t, err, audit.ErrNoReward)
}

func on[T any](answer any, change func(*T)) {
	if r, ok := answer.(*T); ok {
		change(r)
	}
}

// The rest reads the state machine the way the queries do.

func (l *ledger) at(ctx context.Context) sdk.Context {
	height := l.Node.Height
	if md, ok := metadata.FromOutgoingContext(ctx); ok {
		if v := md.Get(grpctypes.GRPCBlockHeightHeader); len(v) > 0 {
			n, err := strconv.ParseInt(v[len(v)-1], 10, 64)
			require.NoError(l.t, err)
			height = n
		}
	}
	c, err := l.App.CreateQueryContext(height, false)
	require.NoError(l.t, err)
	return c
}

func answer[T any](l *ledger, what string, r *T, err error) (*T, error) {
	if err == nil {
		l.lie(what, r)
	}
	return r, err
}

func (l *ledger) ChainID() string                        { return testnode.ChainID }
func (l *ledger) Height(context.Context) (uint64, error) { return uint64(l.Node.Height), nil }
func (l *ledger) Genesis(context.Context) (*rpctypes.ResultGenesis, error) {
	return &rpctypes.ResultGenesis{Genesis: l.doc}, nil
}

func (l *ledger) Block(_ context.Context, height uint64) (client.Block, error) {
	b := l.blocks[height-1]
	if b.Height == 0 {
		return b, errors.New("pruned")
	}
	return b, nil
}

func (l *ledger) Issuance(ctx context.Context) (*staketypes.QueryIssuanceResponse, error) {
	r, err := stake.NewQueryServer(l.App.Stake).Issuance(l.at(ctx), &staketypes.QueryIssuanceRequest{})
	return answer(l, "issuance", r, err)
}

func (l *ledger) Balance(ctx context.Context, address string) (*staketypes.QueryBalanceResponse, error) {
	r, err := stake.NewQueryServer(l.App.Stake).Balance(l.at(ctx), &staketypes.QueryBalanceRequest{Address: address})
	return answer(l, "balance", r, err)
}

func (l *ledger) Hotkey(ctx context.Context, hotkey string) (*staketypes.QueryHotkeyResponse, error) {
	r, err := stake.NewQueryServer(l.App.Stake).Hotkey(l.at(ctx), &staketypes.QueryHotkeyRequest{Hotkey: hotkey})
	return answer(l, "hotkey", r, err)
}

func (l *ledger) Subnets(ctx context.Context) (*subnettypes.QuerySubnetsResponse, error) {
	r, err := subnet.NewQueryServer(l.App.Subnet).Subnets(l.at(ctx), &subnettypes.QuerySubnetsRequest{})
	return answer(l, "subnets", r, err)
}

func (l *ledger) Metagraph(ctx context.Context, netuid uint16, full bool) (*incentivetypes.QueryMetagraphResponse, error) {
	r, err := incentive.Querier{Keeper: l.App.Incentive}.Metagraph(l.at(ctx), &incentivetypes.QueryMetagraphRequest{Netuid: uint32(netuid), Full: full})
	return answer(l, fmt.Sprint("metagraph ", netuid), r, err)
}

func (l *ledger) Payouts(ctx context.Context, netuid uint16, limit uint64) ([]incentivetypes.PayoutInfo, error) {
	r, err := incentive.Querier{Keeper: l.App.Incentive}.Payouts(l.at(ctx), &incentivetypes.QueryPayoutsRequest{Netuid: uint32(netuid), Limit: limit})
	if err != nil {
		return nil, err
	}
	l.lie("payouts", &r.Payouts)
	return r.Payouts, nil
}

// TestOpeningFromAnExportedLedger: a ledger exported at some height opens books that agree with
// themselves and with the history that led there.
func TestOpeningFromAnExportedLedger(t *testing.T) {
	l := live(t)
	r, err := audit.Run(context.Background(), l, audit.Options{})
	require.NoError(t, err)
	ctx, err := l.Context()
	require.NoError(t, err)
	staked, err := l.App.Stake.ExportGenesis(ctx)
	require.NoError(t, err)
	subnets, err := l.App.Subnet.ExportGenesis(ctx)
	require.NoError(t, err)
	paid, err := l.App.Incentive.ExportGenesis(ctx)
	require.NoError(t, err)
	cdc := l.App.Encoding.Codec
	state, err := json.Marshal(map[string]json.RawMessage{
		"bank": cdc.MustMarshalJSON(l.App.Bank.ExportGenesis(ctx)), "stake": cdc.MustMarshalJSON(staked),
		"subnet": cdc.MustMarshalJSON(subnets), "incentive": cdc.MustMarshalJSON(&paid),
	})
	require.NoError(t, err)
	opening, err := audit.Opening(&cmttypes.GenesisDoc{InitialHeight: l.Node.Height + 1, AppState: state})
	require.NoError(t, err)

	b := books.New(opening, issuance.BlockEmission)
	require.Empty(t, b.Faults)
	require.Equal(t, r.SupplyNow, b.Supply)
	require.Equal(t, r.Staked, b.Staked)
	require.Equal(t, r.Locked, b.Locked)
	require.Equal(t, r.Totals, b.Totals)
	for _, s := range r.Subnets {
		require.Equal(t, s.Pending, b.Subnets[s.Netuid].Pending(r.Height))
		require.Equal(t, s.Epochs, b.Subnets[s.Netuid].Epochs)
	}
	// The books go on where the exported ledger does: through whatever epochs come next.
	for range 25 {
		l.block()
		last := l.blocks[len(l.blocks)-1]
		require.NoError(t, b.Apply(books.Block{Height: last.Height, Begin: last.Begin, Txs: last.Txs}))
	}
	require.Empty(t, b.Faults)
	require.Greater(t, b.Totals.Miners, r.Totals.Miners)
}
