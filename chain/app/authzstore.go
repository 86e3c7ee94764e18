package app

import (
	"bytes"
	"context"

	"cosmossdk.io/core/store"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
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
