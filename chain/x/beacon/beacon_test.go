package beacon

import (
	"bytes"
	"context"
	"testing"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdktestutil "github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/chain/x/beacon/types"
	"github.com/ergon-network/ergon/consensus/beacon"
)

// set is a fixed set of producers.
type set []authoritytypes.Producer

func (s set) Producers(context.Context) ([]authoritytypes.Producer, error) { return s, nil }

func setup(producers set) (sdk.Context, codec.Codec, Keeper) {
	cdc := codec.NewProtoCodec(codectypes.NewInterfaceRegistry())
	stores := storetypes.NewKVStoreKeys(types.StoreKey)
	ctx := sdktestutil.DefaultContextWithKeys(stores, nil, nil).WithChainID("test")
	return ctx, cdc, NewKeeper(cdc, runtime.NewKVStoreService(stores[types.StoreKey]), producers)
}

// grown is a beacon after twenty blocks of three producers, one of them silent since the tenth.
func grown(t *testing.T) (sdk.Context, codec.Codec, Keeper, set) {
	t.Helper()
	var producers set
	for i := range 3 {
		producers = append(producers, authoritytypes.Producer{Name: string(rune('a' + i)), PubKey: bytes.Repeat([]byte{byte(i + 1)}, 32), Power: 1})
	}
	ctx, cdc, k := setup(producers)
	NewAppModule(k).InitGenesis(ctx, cdc, AppModule{}.DefaultGenesis(cdc))
	for h := uint64(2); h < 22; h++ {
		var signed []types.Signed
		var info abci.CommitInfo
		for i, p := range producers {
			v, next := beacon.NewSecret(p.PubKey, nil).At(h)
			s := types.Signed{Extension: types.Extension(v, next), Signature: make([]byte, 64)}
			if i == 2 && h > 10 {
				s = types.Signed{}
			}
			signed = append(signed, s)
			info.Votes = append(info.Votes, abci.VoteInfo{Validator: abci.Validator{Address: p.Address(), Power: 1}, BlockIdFlag: cmtproto.BlockIDFlagCommit})
		}
		require.NoError(t, k.Advance(ctx, types.WriteVotes(signed), Commit{ChainID: "test", Height: h, Info: info}))
		require.NoError(t, k.Invariants(ctx))
	}
	return ctx, cdc, k, producers
}

func TestTheMixGoesOnAfterExportAndImport(t *testing.T) {
	ctx, cdc, k, producers := grown(t)
	raw := NewAppModule(k).ExportGenesis(ctx, cdc)
	require.NoError(t, AppModule{}.ValidateGenesis(cdc, nil, raw))
	again, _, k2 := setup(producers)
	NewAppModule(k2).InitGenesis(again, cdc, raw)
	require.Equal(t, string(raw), string(NewAppModule(k2).ExportGenesis(again, cdc)))
	for h := uint64(22); h < 40; h++ {
		require.NoError(t, k.Advance(ctx, nil, Commit{Height: h}))
		require.NoError(t, k2.Advance(again, nil, Commit{Height: h}))
		a, err := k.At(ctx)
		require.NoError(t, err)
		b, err := k2.At(again)
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
}

func TestQueryTellsWhoWithheld(t *testing.T) {
	ctx, _, k, producers := grown(t)
	res, err := NewQueryServer(k).Beacon(ctx, &types.QueryBeaconRequest{})
	require.NoError(t, err)
	mix, err := k.At(ctx)
	require.NoError(t, err)
	require.Equal(t, mix[:], res.Mix)
	require.EqualValues(t, beacon.Window, res.Window)
	for i, p := range producers {
		want := types.Opened{Name: p.Name, PubKey: p.PubKey, Height: 21}
		if i == 2 {
			want.Height, want.Withheld = 10, 4 // heights 11 to 14; the others may still come
		}
		require.Equal(t, want, res.Producers[i])
	}
}

func TestGenesisRefuses(t *testing.T) {
	ctx, cdc, k, _ := grown(t)
	whole, err := k.ExportGenesis(ctx)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*types.State){
		"no mix":            func(s *types.State) { s.Mix = nil },
		"short mix":         func(s *types.State) { s.Mix = s.Mix[1:] },
		"pending missing":   func(s *types.State) { s.Pending = s.Pending[1:] },
		"short sum":         func(s *types.State) { s.Pending[3].Sum = nil },
		"not an address":    func(s *types.State) { s.Chains[1].Producer = nil },
		"short tip":         func(s *types.State) { s.Chains[1].Tip = s.Chains[1].Tip[1:] },
		"not in order":      func(s *types.State) { s.Chains[0], s.Chains[1] = s.Chains[1], s.Chains[0] },
		"a producer twice":  func(s *types.State) { s.Chains[1] = s.Chains[0] },
		"too many chains":   func(s *types.State) { s.Chains = make([]types.Chain, 1000) },
		"only chains":       func(s *types.State) { *s = types.State{Chains: s.Chains} },
		"only silent count": func(s *types.State) { *s = types.State{Silent: 1} },
	} {
		var g types.GenesisState
		cdc.MustUnmarshalJSON(cdc.MustMarshalJSON(whole), &g)
		spoil(&g.State)
		raw := cdc.MustMarshalJSON(&g)
		require.ErrorIs(t, AppModule{}.ValidateGenesis(cdc, nil, raw), types.ErrGenesis, name)
		again, _, k2 := setup(nil)
		require.Panics(t, func() { NewAppModule(k2).InitGenesis(again, cdc, raw) }, name)
	}
	require.Error(t, AppModule{}.ValidateGenesis(cdc, nil, []byte("{")))
}
