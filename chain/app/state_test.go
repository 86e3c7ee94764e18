package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
)

// What the store remembers of its last commit is what the database says, after commits, a reading
// of an older height and a rollback.
func TestTheRememberedCommitIsTheOneOnDisk(t *testing.T) {
	db := dbm.NewMemDB()
	w, err := testnode.NewWorld(db, 10, []string{"alice"})
	require.NoError(t, err)
	hashes := map[int64][]byte{}
	for range 5 {
		res, err := w.Block()
		require.NoError(t, err)
		id := w.App.CommitMultiStore().LastCommitID()
		require.Equal(t, res.AppHash, id.Hash)
		require.Equal(t, w.App.LastBlockHeight(), id.Version)
		require.Equal(t, id.Version, w.App.CommitMultiStore().LatestVersion())
		hashes[id.Version] = id.Hash

		again, err := app.New(log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
		require.NoError(t, err)
		require.Equal(t, id, again.LastCommitID())
	}
	id := w.App.LastCommitID()
	id.Hash[0]++
	require.NotEqual(t, id, w.App.LastCommitID(), "what a caller got is the caller's own")

	old := w.App.LastBlockHeight() - 2
	require.NoError(t, w.App.CommitMultiStore().RollbackToVersion(old))
	require.Equal(t, old, w.App.LastBlockHeight())
	require.Equal(t, hashes[old], w.App.LastCommitID().Hash)
}
