// Package authority is the ledger's module for who produces blocks: a fixed set, given at genesis
// (proof of authority). README.md is its specification.
package authority

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/keys"
)

// Keeper holds the set of producers and the name of root.
type Keeper struct {
	params    collections.Item[types.Params]
	producers collections.Map[uint64, types.Producer]
}

// NewKeeper opens the module's state in storeService.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		params:    collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		producers: collections.NewMap(sb, types.ProducerPrefix, "producers", collections.Uint64Key, codec.CollValue[types.Producer](cdc)),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // a mistake in this function, found by any test
	}
	return k
}

// Params are the module's parameters.
func (k Keeper) Params(ctx context.Context) (types.Params, error) { return k.params.Get(ctx) }

// IsRoot tells whether account, 32 bytes, holds the powers of root: to set what nobody else may.
func (k Keeper) IsRoot(ctx context.Context, account []byte) (bool, error) {
	p, err := k.params.Get(ctx)
	if err != nil {
		return false, fmt.Errorf("read who is root: %w", err)
	}
	return p.Root != "" && p.Root == keys.SS58(account), nil
}

// Producers lists the producers in the order of the genesis.
func (k Keeper) Producers(ctx context.Context) ([]types.Producer, error) {
	var out []types.Producer
	err := k.producers.Walk(ctx, nil, func(_ uint64, p types.Producer) (bool, error) {
		out = append(out, p)
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list producers: %w", err)
	}
	return out, nil
}

// InitGenesis writes the producers into an empty store and returns what CometBFT starts with.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) ([]abci.ValidatorUpdate, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return nil, err
	}
	updates := make([]abci.ValidatorUpdate, len(g.Producers))
	for i, p := range g.Producers {
		if err := k.producers.Set(ctx, uint64(i), p); err != nil {
			return nil, fmt.Errorf("write producer %d: %w", i, err)
		}
		updates[i] = abci.Ed25519ValidatorUpdate(p.PubKey, p.Power)
	}
	return updates, nil
}

// ExportGenesis reads the whole state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	producers, err := k.Producers(ctx)
	if err != nil {
		return nil, err
	}
	params, err := k.params.Get(ctx)
	return &types.GenesisState{Producers: producers, Params: params}, err
}

// queryServer answers the module's queries.
type queryServer struct{ keeper Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.Params(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

func (s queryServer) Producers(ctx context.Context, _ *types.QueryProducersRequest) (*types.QueryProducersResponse, error) {
	producers, err := s.keeper.Producers(ctx)
	return &types.QueryProducersResponse{Producers: producers}, err
}
