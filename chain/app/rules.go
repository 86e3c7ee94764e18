package app

import (
	"cosmossdk.io/core/store"
)

type servedStore = store.KVStoreService
