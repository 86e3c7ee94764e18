package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/testnode"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	upgradetypes "github.com/ergon-network/ergon/chain/x/upgrade/types"
)

// iron is a release that keeps x/stake's parameters in another form: here, with the smallest
// nomination doubled.
func iron(stakeVersion uint64) app.Settings {
	double := func(ctx sdk.Context, a *app.App) error {
		p, err := a.Stake.Params(ctx)
		if err != nil {
			return err
		}
		p.NominatorMin *= 2
		for _, key := range a.StoreKeys() {
			if key.Name() == staketypes.StoreKey {
				ctx.KVStore(key).Set(staketypes.ParamsPrefix.Bytes(), a.Encoding.Codec.MustMarshal(&p))
			}
		}
		return nil
	}
	return app.Settings{
		Releases: []app.Release{{Name: "iron", Migrations: []app.Migration{{Module: staketypes.ModuleName, From: 1, Run: double}}}},
		Versions: map[string]uint64{staketypes.ModuleName: stakeVersion},
	}
}

func open(db dbm.DB, s app.Settings) (*app.App, error) {
	return app.Open(s, log.NewNopLogger(), db, baseapp.SetChainID(testnode.ChainID))
}

// planned is a ledger whose next block begins the release iron.
func planned(t *testing.T, db dbm.DB) (w *testnode.World, at int64) {
	t.Helper()
	w, err := testnode.NewWorld(db, 10, []string{"alice"})
	require.NoError(t, err)
	at = w.Height + 6
	_, err = w.Must(w.Root, &upgradetypes.MsgScheduleUpgrade{Root: w.Root.Address(), Plan: upgradetypes.Plan{Name: "iron", Height: uint64(at), Info: "https://example.org/iron"}})
	require.NoError(t, err)
	require.NoError(t, w.Until(at-2))
	_, err = open(db, iron(2))
	require.ErrorIs(t, err, app.ErrUpgrade, "the new program must not begin early")
	require.ErrorContains(t, err, "run the earlier release until then")
	require.NoError(t, w.Until(at-1))
	return w, at
}

func TestUpgradeMigratesStateAtItsHeight(t *testing.T) {
	db, other := dbm.NewMemDB(), dbm.NewMemDB()
	w, at := planned(t, db)
	_, _ = planned(t, other)
	before, err := w.App.Stake.Params(must(w.Context()))
	require.NoError(t, err)

	_, err = w.Block()
	require.ErrorIs(t, err, app.ErrUpgrade, "the old program must not go on")
	require.ErrorContains(t, err, `begins upgrade "iron", which this program does not know: install the release of that name (https://example.org/iron)`)
	require.ErrorIs(t, <-w.App.Halted(), app.ErrUpgrade)
	_, err = open(db, app.Settings{})
	require.ErrorIs(t, err, app.ErrUpgrade, "nor begin again")
	unable := iron(3)
	a, err := open(db, unable)
	require.NoError(t, err)
	_, err = testnode.Resume(a).Block()
	require.ErrorContains(t, err, "module stake: this program cannot migrate version 2: run the release between")

	hashes := map[string]bool{}
	for _, d := range []dbm.DB{db, other} {
		a, err := open(d, iron(2))
		require.NoError(t, err)
		n := testnode.Resume(a)
		res, err := n.Block()
		require.NoError(t, err)
		require.Equal(t, at, n.Height)
		require.Equal(t, "iron", client.Attribute(res.Events, upgradetypes.EventApplied, "name"))
		hashes[string(res.AppHash)] = true
		after, err := a.Stake.Params(must(n.Context()))
		require.NoError(t, err)
		require.Equal(t, 2*before.NominatorMin, after.NominatorMin)
		_, due, err := a.Upgrade.Plan(must(n.Context()))
		require.NoError(t, err)
		require.False(t, due)
		versions, err := a.Upgrade.Versions(must(n.Context()))
		require.NoError(t, err)
		require.Contains(t, versions, upgradetypes.Version{Module: "stake", Version: 2})
		_, err = n.Block()
		require.NoError(t, err)
	}
	require.Len(t, hashes, 1)
	_, err = open(db, app.Settings{})
	require.ErrorIs(t, err, app.ErrUpgrade)
	require.ErrorContains(t, err, "module stake has another form than this program's; no upgrade is scheduled: run the release that wrote it")
	a, err = open(db, iron(2))
	require.NoError(t, err)
	doc, err := a.Export()
	require.NoError(t, err)
	fresh, err := open(dbm.NewMemDB(), app.Settings{})
	require.NoError(t, err)
	_, err = testnode.Begin(fresh, doc)
	require.ErrorContains(t, err, "the genesis holds module stake in another form")
}

func must(ctx sdk.Context, err error) sdk.Context {
	if err != nil {
		panic(err)
	}
	return ctx
}

func TestWhoSchedulesUpgrades(t *testing.T) {
	w, err := testnode.NewWorld(nil, 10, []string{"alice"})
	require.NoError(t, err)
	root, alice := w.Root, testnode.Key("alice")
	plan := upgradetypes.Plan{Name: "iron", Height: 1000}
	long := make([]byte, upgradetypes.MaxInfo+1)
	for _, c := range []struct {
		name string
		msg  sdk.Msg
		want *errorsmod.Error
	}{
		{"nothing to cancel", &upgradetypes.MsgCancelUpgrade{Root: root.Address()}, upgradetypes.ErrNoPlan},
		{"no root", &upgradetypes.MsgScheduleUpgrade{Root: alice.Address(), Plan: plan}, upgradetypes.ErrNotRoot},
		{"no name", &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: upgradetypes.Plan{Height: 1000}}, upgradetypes.ErrPlan},
		{"long name", &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: upgradetypes.Plan{Name: string(long), Height: 1000}}, upgradetypes.ErrPlan},
		{"long info", &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: upgradetypes.Plan{Name: "x", Height: 1000, Info: string(long)}}, upgradetypes.ErrPlan},
		{"past", &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: upgradetypes.Plan{Name: "iron", Height: 3}}, upgradetypes.ErrPlan},
		{"far", &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: upgradetypes.Plan{Name: "iron", Height: 10_000_000}}, upgradetypes.ErrPlan},
		{"good", &upgradetypes.MsgScheduleUpgrade{Root: root.Address(), Plan: plan}, nil},
		{"cancel by another", &upgradetypes.MsgCancelUpgrade{Root: alice.Address(), Name: "iron"}, upgradetypes.ErrNotRoot},
		{"cancel another", &upgradetypes.MsgCancelUpgrade{Root: root.Address(), Name: "steel"}, upgradetypes.ErrNoPlan},
		{"cancel", &upgradetypes.MsgCancelUpgrade{Root: root.Address(), Name: "iron"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			signer := root
			if c.want == upgradetypes.ErrNotRoot {
				signer = alice
			}
			res, err := w.Deliver(signer, c.msg)
			require.NoError(t, err)
			if c.want == nil {
				require.Zero(t, res.Code, res.Log)
				return
			}
			require.Equal(t, c.want.Codespace(), res.Codespace)
			require.Equal(t, c.want.ABCICode(), res.Code, res.Log)
		})
	}
	require.NoError(t, w.Check())
}
