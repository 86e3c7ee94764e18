package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	sdk "github.com/cosmos/cosmos-sdk/types"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
)

// Digest is a hash over every key and value of every store, in order. Unlike the app hash it does
// not depend on the heights at which they were written, so it tells whether two ledgers hold the
// same, wherever they began.
func (a *App) Digest(ctx sdk.Context) []byte {
	h := sha256.New()
	for _, key := range a.StoreKeys() {
		part(h, []byte(key.Name()))
		it := ctx.MultiStore().GetKVStore(key).Iterator(nil, nil)
		for ; it.Valid(); it.Next() {
			part(h, it.Key())
			part(h, it.Value())
		}
		_ = it.Close()
	}
	return h.Sum(nil)
}

func part(h hash.Hash, b []byte) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(b)))
	h.Write(size[:])
	h.Write(b)
}

// Difference names the first entry that two ledgers do not share: store, prefix and key. It is nil
// when there is none.
func (a *App) Difference(ctx sdk.Context, other *App, otherCtx sdk.Context) error {
	for _, key := range a.StoreKeys() {
		otherKey := other.keys[key.Name()]
		if otherKey == nil {
			return fmt.Errorf("store %s: only one of the ledgers has it", key.Name())
		}
		err := difference(ctx.MultiStore().GetKVStore(key), otherCtx.MultiStore().GetKVStore(otherKey))
		if err != nil {
			return fmt.Errorf("store %s, %w", key.Name(), err)
		}
	}
	return nil
}

func difference(a, b storetypes.KVStore) error {
	x, y := a.Iterator(nil, nil), b.Iterator(nil, nil)
	defer func() { _, _ = x.Close(), y.Close() }()
	for ; x.Valid() && y.Valid(); x.Next() {
		switch c := bytes.Compare(x.Key(), y.Key()); {
		case c < 0:
			return entry("is in the first ledger only", x.Key(), x.Value(), nil)
		case c > 0:
			return entry("is in the second ledger only", y.Key(), nil, y.Value())
		case !bytes.Equal(x.Value(), y.Value()):
			return entry("differs", x.Key(), x.Value(), y.Value())
		}
		y.Next()
	}
	if x.Valid() {
		return entry("is in the first ledger only", x.Key(), x.Value(), nil)
	}
	if y.Valid() {
		return entry("is in the second ledger only", y.Key(), nil, y.Value())
	}
	return nil
}

func entry(what string, key, first, second []byte) error {
	return fmt.Errorf("prefix %d, key %x %s: %x, %x", key[0], key, what, first, second)
}
