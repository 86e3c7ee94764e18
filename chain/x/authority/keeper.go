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
)

// Keeper holds the set of producers.
type Keeper struct {
	producers collections.Map[uint64, types.Producer]
}

// NewKeeper opens the module's state in storeService.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{collections.NewMap(sb, types.ProducerPrefix, "producers", collections.Uint64Key, codec.CollValue[types.Producer](cdc))}
	if _, err := sb.Build(); err != nil {
		panic(err) // a mistake in this function, found by any test
	}
	return k
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
	return &types.GenesisState{Producers: producers}, err
}

// queryServer answers the module's queries.
type queryServer struct{ keeper Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (s queryServer) Producers(ctx context.Context, _ *types.QueryProducersRequest) (*types.QueryProducersResponse, error) {
	producers, err := s.keeper.Producers(ctx)
	return &types.QueryProducersResponse{Producers: producers}, err
}
