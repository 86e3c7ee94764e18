package authority

import (
	"bytes"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdktestutil "github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/authority/types"
)

func setup() (sdk.Context, codec.Codec, Keeper) {
	cdc := codec.NewProtoCodec(codectypes.NewInterfaceRegistry())
	stores := storetypes.NewKVStoreKeys(types.StoreKey)
	return sdktestutil.DefaultContextWithKeys(stores, nil, nil), cdc, NewKeeper(cdc, runtime.NewKVStoreService(stores[types.StoreKey]))
}

func producer(fill byte, power int64) types.Producer {
	return types.Producer{Name: string('a' + rune(fill)), PubKey: bytes.Repeat([]byte{fill}, 32), Power: power}
}

// root is the account whose bytes are all 7.
const root = "5CDvHBym6RLoxTdX9MS1acpaDbNxaFagqM5LpBiFGjWT6o1n"

func genesis(n int) *types.GenesisState {
	g := &types.GenesisState{Params: types.Params{Root: root}}
	for i := range n {
		g.Producers = append(g.Producers, producer(byte(n-i), int64(10+i))) // keys not in order: the genesis order counts
	}
	return g
}

func TestGenesisRoundTrip(t *testing.T) {
	for _, n := range []int{1, 4, types.MaxProducers} {
		ctx, cdc, k := setup()
		raw := cdc.MustMarshalJSON(genesis(n))
		require.NoError(t, AppModule{}.ValidateGenesis(cdc, nil, raw))
		updates := NewAppModule(k).InitGenesis(ctx, cdc, raw)
		require.Len(t, updates, n)
		for i, p := range genesis(n).Producers {
			want := abci.ValidatorUpdate{PubKey: cmtcrypto.PublicKey{Sum: &cmtcrypto.PublicKey_Ed25519{Ed25519: p.PubKey}}, Power: p.Power}
			require.Equal(t, want, updates[i])
		}
		require.JSONEq(t, string(raw), string(NewAppModule(k).ExportGenesis(ctx, cdc)))
		res, err := NewQueryServer(k).Producers(ctx, &types.QueryProducersRequest{})
		require.NoError(t, err)
		require.Equal(t, genesis(n).Producers, res.Producers)
		updates, err = NewAppModule(k).EndBlock(ctx)
		require.NoError(t, err)
		require.Empty(t, updates)
	}
}

func TestGenesisRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*types.GenesisState){
		"nobody":        func(g *types.GenesisState) { g.Producers = nil },
		"too many":      func(g *types.GenesisState) { *g = *genesis(types.MaxProducers + 1) },
		"key twice":     func(g *types.GenesisState) { g.Producers[2].PubKey = g.Producers[0].PubKey },
		"no key":        func(g *types.GenesisState) { g.Producers[1].PubKey = nil },
		"short key":     func(g *types.GenesisState) { g.Producers[1].PubKey = g.Producers[1].PubKey[:31] },
		"no power":      func(g *types.GenesisState) { g.Producers[1].Power = 0 },
		"minus power":   func(g *types.GenesisState) { g.Producers[1].Power = -1 },
		"too powerful":  func(g *types.GenesisState) { g.Producers[1].Power = types.MaxPower + 1 },
		"root unknown":  func(g *types.GenesisState) { g.Params.Root = "5nobody" },
		"name too long": func(g *types.GenesisState) { g.Producers[1].Name = strings.Repeat("x", types.MaxName+1) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cdc, k := setup()
			g := genesis(3)
			spoil(g)
			require.ErrorIs(t, AppModule{}.ValidateGenesis(cdc, nil, cdc.MustMarshalJSON(g)), types.ErrGenesis)
			_, err := k.InitGenesis(ctx, g)
			require.ErrorIs(t, err, types.ErrGenesis)
			require.Panics(t, func() { NewAppModule(k).InitGenesis(ctx, cdc, cdc.MustMarshalJSON(g)) })
		})
	}
	require.Error(t, AppModule{}.ValidateGenesis(codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), nil, []byte("{")))
}

func TestRootIsOneAccount(t *testing.T) {
	ctx, _, k := setup()
	_, err := k.InitGenesis(ctx, genesis(1))
	require.NoError(t, err)
	for account, want := range map[byte]bool{7: true, 8: false} {
		is, err := k.IsRoot(ctx, bytes.Repeat([]byte{account}, 32))
		require.NoError(t, err)
		require.Equal(t, want, is)
	}
	ctx, _, k = setup()
	nobody := genesis(1)
	nobody.Params.Root = ""
	_, err = k.InitGenesis(ctx, nobody)
	require.NoError(t, err)
	is, err := k.IsRoot(ctx, nil)
	require.NoError(t, err)
	require.False(t, is, "without a root nobody is root")
}
