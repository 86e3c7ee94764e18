package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/store/v2/snapshots"
	snapshottypes "github.com/cosmos/cosmos-sdk/store/v2/snapshots/types"

	"github.com/ergon-network/ergon/chain/app"
)

// keepSnapshots is how many snapshots a node keeps that was not told.
const keepSnapshots = 2

// openApp opens the state in dir as it was at a height, or at the last one with height 0. Closing
// the application closes its databases.
func openApp(dir, chainID string, c Config, height int64, logger log.Logger) (*app.App, error) {
	prune, err := c.Pruning.options()
	if err != nil {
		return nil, err
	}
	db, err := app.OpenDB(filepath.Join(dir, "data"))
	if err != nil {
		return nil, fmt.Errorf("open state in %s (is another node running there?): %w", dir, err)
	}
	store, err := snapshotStore(dir)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	keep := c.Snapshots.Keep
	if keep == 0 {
		keep = keepSnapshots
	}
	a, err := app.Open(app.Settings{Height: height}, logger, db,
		baseapp.SetChainID(chainID), baseapp.SetPruning(prune), baseapp.SetIAVLCacheSize(100_000),
		baseapp.SetQueryGasLimit(queryGas), baseapp.SetMinRetainBlocks(c.Pruning.KeepBlocks),
		baseapp.SetSnapshot(store, snapshottypes.NewSnapshotOptions(c.Snapshots.Interval, keep)))
	if err != nil {
		if a != nil {
			return nil, errors.Join(err, a.Close())
		}
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func snapshotDir(dir string) string { return filepath.Join(dir, "data", "snapshots") }

func snapshotStore(dir string) (*snapshots.Store, error) {
	path := snapshotDir(dir)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	db, err := dbm.NewDB("metadata", dbm.GoLevelDBBackend, path)
	if err != nil {
		return nil, fmt.Errorf("open snapshots in %s: %w", dir, err)
	}
	return snapshots.NewStore(db, path)
}

// readGenesis reads the genesis of a directory that holds a ledger.
func readGenesis(dir string) (*cmttypes.GenesisDoc, error) {
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	doc, err := cmttypes.GenesisDocFromFile(cmtcfg.DefaultConfig().SetRoot(dir).GenesisFile())
	if err != nil {
		return nil, fmt.Errorf("read genesis: %w", err)
	}
	return doc, nil
}

// Export is the genesis of a ledger that goes on where the one in dir stood after a block; height 0
// is the last. The node must not be running.
func Export(dir string, height int64) (_ *cmttypes.GenesisDoc, err error) {
	doc, err := readGenesis(dir)
	if err != nil {
		return nil, err
	}
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	a, err := openApp(dir, doc.ChainID, c, height, log.NewNopLogger())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Export()
}
