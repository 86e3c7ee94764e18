package app

import (
	"bytes"
	"context"

	"cosmossdk.io/core/store"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// bankStore is x/bank's store without a waste: with every balance the bank writes its entry in the
// index of holders, which has no value and nearly always is there already. Half of what a transfer
// writes to the tree is saved by looking first.
type bankStore struct{ store.KVStoreService }

func (s bankStore) OpenKVStore(ctx context.Context) store.KVStore {
	return holders{s.KVStoreService.OpenKVStore(ctx)}
}

type holders struct{ store.KVStore }

func (h holders) Set(key, value []byte) error {
	if len(value) == 0 && bytes.HasPrefix(key, banktypes.DenomAddressPrefix) {
		if there, err := h.Has(key); err != nil || there {
			return err
		}
	}
	return h.KVStore.Set(key, value)
}
