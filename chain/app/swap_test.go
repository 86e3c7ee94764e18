package app_test

import (
	"encoding/binary"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/chain/x/stake"
	"github.com/ergon-network/ergon/chain/x/stake/pool"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

const tao = testnode.TAO

// crowdedGenesis is a ledger in which the hotkey "hot" of "a" has n nominators of 1 TAO each and so
// many uids.
func crowdedGenesis(t testing.TB, n int, slots uint32) *cmttypes.GenesisDoc {
	t.Helper()
	doc, err := genesis.New(genesis.Options{
		ChainID: testnode.ChainID, Profile: genesis.Localnet, Tempo: 10, Root: testnode.Key("root").Address(),
		Producers:     []authoritytypes.Producer{{Name: "test", PubKey: append([]byte{1}, make([]byte, 31)...), Power: 10}},
		Balances:      []genesis.Balance{{Address: testnode.Key("a").Address(), Rao: 10_000 * tao}, {Address: testnode.Key("root").Address(), Rao: tao}},
		Tune:          func(p *subnettypes.Params) { p.Defaults.CommitRevealWeightsEnabled = false },
		TuneIncentive: testnode.ShareEqually,
	})
	require.NoError(t, err)
	enc, err := app.MakeEncoding()
	require.NoError(t, err)
	var state map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(doc.AppState, &state))
	var bank banktypes.GenesisState
	enc.Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	bank.Balances = append(bank.Balances, banktypes.Balance{
		Address: authtypes.NewModuleAddress(staketypes.ModuleName).String(), Coins: sdk.NewCoins(sdk.NewInt64Coin(app.Denom, int64(n)*tao)),
	})
	state[banktypes.ModuleName] = enc.Codec.MustMarshalJSON(&bank)
	state[staketypes.ModuleName] = enc.Codec.MustMarshalJSON(crowdedStake(n, slots))
	doc.AppState, err = json.Marshal(state)
	require.NoError(t, err)
	return doc
}

func crowdedStake(n int, slots uint32) *staketypes.GenesisState {
	share := new(big.Int).Mul(big.NewInt(tao), big.NewInt(pool.Unit))
	g := &staketypes.GenesisState{
		Params: staketypes.LocalnetParams(), Totals: staketypes.Totals{Staked: uint64(n) * tao},
		Coldkeys: []staketypes.Coldkey{{Id: 1, Account: testnode.Key("a").Public()}},
		Hotkeys: []staketypes.GenesisHotkey{{Record: staketypes.Hotkey{
			Id: 1, Account: testnode.Key("hot").Public(), Owner: 1, Delegate: true, Pool: uint64(n) * tao,
			Slots: slots, Nominators: uint64(n), Shares: new(big.Int).Mul(share, big.NewInt(int64(n))).Bytes(),
		}}},
	}
	for i := range n {
		account := make([]byte, 32)
		binary.BigEndian.PutUint32(account, uint32(i+1))
		g.Coldkeys = append(g.Coldkeys, staketypes.Coldkey{Id: uint64(i + 2), Account: account})
		g.Holdings = append(g.Holdings, staketypes.GenesisHolding{Hotkey: 1, Coldkey: uint64(i + 2), Shares: share.Bytes()})
	}
	return g
}

// That the number of nominators does not matter, up to 100,000, is shown in x/stake; here is what all
// modules write. A block with a refused call of the same coldkey is what any call costs: the signer's sequence and
// the block's own keys.
func TestHotkeySwapWritesTenKeys(t *testing.T) {
	const n = 2000
	counter := &writeCounter{}
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), baseapp.SetChainID(testnode.ChainID), func(b *baseapp.BaseApp) {
		b.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{counter}, StopNodeOnErr: true})
	})
	require.NoError(t, err)
	node, err := testnode.Begin(a, crowdedGenesis(t, n, 1))
	require.NoError(t, err)
	_, err = node.Block()
	require.NoError(t, err)
	a.CommitMultiStore().AddListeners(a.StoreKeys())

	owner, old, fresh := testnode.Key("a"), testnode.Key("hot"), testnode.Key("new")
	swap := &staketypes.MsgSwapHotkey{Coldkey: owner.Address(), Old: old.Address(), New: fresh.Address(), MaxCost: 1}
	res, err := node.Deliver(owner, swap)
	require.NoError(t, err)
	require.Equal(t, staketypes.ErrMaxCost.ABCICode(), res.Code, res.Log)
	overhead := counter.last
	swap.MaxCost = tao
	res, err = node.Deliver(owner, swap)
	require.NoError(t, err)
	require.Zero(t, res.Code, res.Log)
	require.LessOrEqual(t, counter.last-overhead, 10)

	ctx, err := node.Context()
	require.NoError(t, err)
	h, err := stake.NewQueryServer(a.Stake).Hotkey(ctx, &staketypes.QueryHotkeyRequest{Hotkey: fresh.Address()})
	require.NoError(t, err)
	require.EqualValues(t, n, h.Nominators)
	require.EqualValues(t, uint64(n)*tao, h.Pool)
}
