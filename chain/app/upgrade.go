package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	upgradetypes "github.com/ergon-network/ergon/chain/x/upgrade/types"
)

// Release is a set of rules that begins at a block which root schedules by the release's name
// (x/upgrade). A module whose state takes another form raises its ConsensusVersion, and the release
// says how the old form becomes the new one.
type Release struct {
	Name       string
	Migrations []Migration
}

// Migration turns a module's state of one version into that of the next.
type Migration struct {
	Module string
	From   uint64
	Run    func(ctx sdk.Context, a *App) error
}

// Releases lists those that this program can begin, oldest first. The rules of the first one
// begin with a ledger's first block, so it has no entry.
var Releases []Release

// ErrUpgrade is wrapped by every error that says that another program has to run this ledger.
var ErrUpgrade = errors.New("this ledger needs another release of the program")

// versionsOfProgram is the form in which this program keeps each module's state, by name.
func (a *App) versionsOfProgram() []upgradetypes.Version {
	all := a.modules.GetVersionMap()
	out := make([]upgradetypes.Version, 0, len(all))
	for name, v := range all {
		if rehearsed, ok := a.settings.Versions[name]; ok {
			v = rehearsed
		}
		out = append(out, upgradetypes.Version{Module: name, Version: v})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Module < out[j].Module })
	return out
}

func (a *App) release(name string) (Release, bool) {
	i := slices.IndexFunc(a.settings.Releases, func(r Release) bool { return r.Name == name })
	if i < 0 {
		return Release{}, false
	}
	return a.settings.Releases[i], true
}

// fits tells whether this program may make the block at height next.
func (a *App) fits(ctx sdk.Context, next int64) error {
	plan, planned, err := a.Upgrade.Plan(ctx)
	if err != nil {
		return err
	}
	due := planned && plan.Height == uint64(next)
	if _, known := a.release(plan.Name); due && known {
		return nil
	}
	if due {
		return fmt.Errorf("%w: block %d begins upgrade %q, which this program does not know: install the release of that name (%s) and start it in the same directory",
			ErrUpgrade, plan.Height, plan.Name, orNothing(plan.Info))
	}
	stored, err := a.Upgrade.Versions(ctx)
	if err != nil {
		return err
	}
	if v, differs := firstDifference(stored, a.versionsOfProgram()); differs {
		remedy := "no upgrade is scheduled: run the release that wrote it"
		if planned {
			remedy = fmt.Sprintf("upgrade %q begins at block %d, the next is %d: run the earlier release until then", plan.Name, plan.Height, next)
		}
		return fmt.Errorf("%w: the state of module %s has another form than this program's; %s", ErrUpgrade, v, remedy)
	}
	return nil
}

func orNothing(info string) string {
	if info == "" {
		return "the plan does not say where it is"
	}
	return info
}

// firstDifference names a module whose versions differ.
func firstDifference(stored, program []upgradetypes.Version) (string, bool) {
	for i := range max(len(stored), len(program)) {
		switch {
		case i >= len(stored):
			return program[i].Module, true
		case i >= len(program) || stored[i] != program[i]:
			return stored[i].Module, true
		}
	}
	return "", false
}

// beginRelease carries an upgrade out in the block where one is due. A block that this program
// cannot make is refused; Halted tells why.
func (a *App) beginRelease(ctx sdk.Context) error {
	plan, planned, err := a.Upgrade.Plan(ctx)
	if err != nil || !planned || plan.Height != uint64(ctx.BlockHeight()) {
		return err
	}
	err = a.upgrade(ctx, plan)
	if err != nil {
		select {
		case a.halted <- err:
		default: // told already
		}
	}
	return err
}

// Halted delivers why the ledger cannot go on with this program.
func (a *App) Halted() <-chan error { return a.halted }

// upgrade brings the state of every module into this program's form.
func (a *App) upgrade(ctx sdk.Context, plan upgradetypes.Plan) error {
	if err := a.fits(ctx, ctx.BlockHeight()); err != nil {
		return err
	}
	r, _ := a.release(plan.Name)
	stored, err := a.Upgrade.Versions(ctx)
	if err != nil {
		return err
	}
	from := map[string]uint64{}
	for _, v := range stored {
		from[v.Module] = v.Version
	}
	program := a.versionsOfProgram()
	for _, v := range program {
		old, existed := from[v.Module]
		if !existed {
			a.begin(ctx, v.Module)
			continue
		}
		if err := a.migrate(ctx, r, v.Module, old, v.Version); err != nil {
			return fmt.Errorf("%w: upgrade %q: module %s: %w", ErrUpgrade, plan.Name, v.Module, err)
		}
	}
	if err := a.Upgrade.SetVersions(ctx, program); err != nil {
		return err
	}
	return a.Upgrade.Finish(ctx, plan)
}

func (a *App) migrate(ctx sdk.Context, r Release, name string, from, to uint64) error {
	if from > to {
		return fmt.Errorf("its state is of version %d, this program's is %d: run a later release", from, to)
	}
	for ; from < to; from++ {
		i := slices.IndexFunc(r.Migrations, func(m Migration) bool { return m.Module == name && m.From == from })
		if i < 0 {
			return fmt.Errorf("this program cannot migrate version %d: run the release between", from)
		}
		if err := r.Migrations[i].Run(ctx, a); err != nil {
			return fmt.Errorf("migrate version %d: %w", from, err)
		}
	}
	return nil
}

// begin gives a module that is new in a release its first state.
func (a *App) begin(ctx sdk.Context, name string) {
	if m, ok := a.modules.Modules[name].(module.HasGenesis); ok {
		m.InitGenesis(ctx, a.Encoding.Codec, m.DefaultGenesis(a.Encoding.Codec))
	}
}

// settleVersions fills a new ledger's versions in, and refuses a genesis of another form.
func (a *App) settleVersions(ctx sdk.Context, section json.RawMessage) error {
	var g upgradetypes.GenesisState
	if err := a.Encoding.Codec.UnmarshalJSON(orEmpty(section), &g); err != nil {
		return fmt.Errorf("genesis upgrade section: %w", err)
	}
	if len(g.Versions) == 0 {
		return a.Upgrade.SetVersions(ctx, a.versionsOfProgram())
	}
	if name, differs := firstDifference(g.Versions, a.versionsOfProgram()); differs {
		return fmt.Errorf("%w: the genesis holds module %s in another form than this program's: start it with the release that exported it", ErrUpgrade, name)
	}
	return nil
}

func orEmpty(section json.RawMessage) json.RawMessage {
	if section == nil {
		return json.RawMessage("{}")
	}
	return section
}

// addStores mounts the stores that a release adds at the height it begins.
func (a *App) addStores(ms storetypes.CommitMultiStore) error {
	height := ms.LatestVersion()
	if height == 0 {
		return baseapp.DefaultStoreLoader(ms)
	}
	info, err := a.state.GetCommitInfo(height)
	if err != nil {
		return fmt.Errorf("read what block %d wrote: %w", height, err)
	}
	var added []string
	for _, key := range a.StoreKeys() {
		if !slices.ContainsFunc(info.StoreInfos, func(s storetypes.StoreInfo) bool { return s.Name == key.Name() }) {
			added = append(added, key.Name())
		}
	}
	if len(added) == 0 {
		return baseapp.DefaultStoreLoader(ms)
	}
	return ms.LoadLatestVersionAndUpgrade(&storetypes.StoreUpgrades{Added: added})
}

// lastHeader is what of the last block's header the store keeps.
func (a *App) lastHeader() cmtproto.Header {
	h := cmtproto.Header{ChainID: a.ChainID(), Height: a.LastBlockHeight()}
	if info, err := a.state.GetCommitInfo(h.Height); err == nil {
		h.Time = info.Timestamp
	}
	return h
}
