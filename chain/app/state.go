package app

import (
	"slices"
	"sync/atomic"

	dbm "github.com/cosmos/cosmos-db"
	protoio "github.com/cosmos/gogoproto/io"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	snapshottypes "github.com/cosmos/cosmos-sdk/store/v2/snapshots/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
)

// state is the ledger's state, which remembers what it committed last. BaseApp asks for the last
// commit three times a block, and every time the SDK's store hashes the roots of all its parts
// twice over: a third of the time of an empty block.
type state struct {
	*rootmulti.Store
	last atomic.Pointer[storetypes.CommitID] // nil: ask the SDK's store
}

// rememberCommits is the first option of a ledger: those after it configure the store that it sets.
func rememberCommits(s *state) func(*baseapp.BaseApp) {
	return func(b *baseapp.BaseApp) { b.SetCMS(s) }
}

func newState(db dbm.DB, logger log.Logger) *state {
	return &state{Store: rootmulti.NewStore(db, logger)}
}

// LastCommitID is the version and the hash of the last commit.
func (s *state) LastCommitID() storetypes.CommitID {
	id := s.last.Load()
	if id == nil {
		return s.Store.LastCommitID()
	}
	return storetypes.CommitID{Version: id.Version, Hash: slices.Clone(id.Hash)}
}

// LatestVersion is the height of the last commit.
func (s *state) LatestVersion() int64 { return s.LastCommitID().Version }

// Commit writes what the block changed. Only it fills the memory: a reader that did could put an
// older commit over a newer one.
func (s *state) Commit() storetypes.CommitID {
	id := s.Store.Commit()
	s.last.Store(&storetypes.CommitID{Version: id.Version, Hash: slices.Clone(id.Hash)})
	return id
}

// What follows replaces the state by another one, so nothing is remembered of the one before.

func (s *state) LoadLatestVersion() error {
	s.last.Store(nil)
	return s.Store.LoadLatestVersion()
}

func (s *state) LoadVersion(version int64) error {
	s.last.Store(nil)
	return s.Store.LoadVersion(version)
}

func (s *state) LoadLatestVersionAndUpgrade(upgrades *storetypes.StoreUpgrades) error {
	s.last.Store(nil)
	return s.Store.LoadLatestVersionAndUpgrade(upgrades)
}

func (s *state) LoadVersionAndUpgrade(version int64, upgrades *storetypes.StoreUpgrades) error {
	s.last.Store(nil)
	return s.Store.LoadVersionAndUpgrade(version, upgrades)
}

func (s *state) RollbackToVersion(version int64) error {
	s.last.Store(nil)
	return s.Store.RollbackToVersion(version)
}

func (s *state) Restore(height uint64, format uint32, from protoio.Reader) (snapshottypes.SnapshotItem, error) {
	s.last.Store(nil)
	return s.Store.Restore(height, format, from)
}
