package app

import (
	"bytes"
	"context"

	"cosmossdk.io/core/store"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
)

// authzStore is x/authz's store without leftovers: where all grants that would have ended at one
// time are revoked, the module leaves an entry for that time with nothing in it, which no genesis
// carries.
type authzStore struct{ store.KVStoreService }

func (s authzStore) OpenKVStore(ctx context.Context) store.KVStore {
	return grants{s.KVStoreService.OpenKVStore(ctx)}
}

type grants struct{ store.KVStore }

func (g grants) Set(key, value []byte) error {
	if len(value) == 0 && bytes.HasPrefix(key, authzkeeper.GrantQueuePrefix) {
		return g.Delete(key)
	}
	return g.KVStore.Set(key, value)
}

// grantsEvery is how many blocks pass between two looks for grants that have ended. They end by
// their time whether or not they have been cleared away.
const grantsEvery = 100

// authzModule is the SDK's module without its look at every block.
type authzModule struct{ authzmodule.AppModule }

// BeginBlock implements appmodule.HasBeginBlocker.
func (m authzModule) BeginBlock(ctx context.Context) error {
	if sdk.UnwrapSDKContext(ctx).BlockHeight()%grantsEvery != 0 {
		return nil
	}
	return m.AppModule.BeginBlock(ctx)
}
