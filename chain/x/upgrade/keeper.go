// Package upgrade is the ledger's module for changes of its own rules: which release begins at
// which block, and in what form each module's state is. README.md is its specification; chain/app
// acts on it.
package upgrade

import (
	"context"
	"errors"
	"strconv"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/upgrade/types"
	"github.com/ergon-network/ergon/keys"
)

// Keeper holds the plan, the versions and the past.
type Keeper struct {
	plan     collections.Item[types.Plan]
	versions collections.Map[string, uint64]
	done     collections.Map[string, uint64]
	root     Root
}

// NewKeeper opens the module's state in storeService.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, root Root) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		plan:     collections.NewItem(sb, types.PlanPrefix, "plan", codec.CollValue[types.Plan](cdc)),
		versions: collections.NewMap(sb, types.VersionPrefix, "versions", collections.StringKey, collections.Uint64Value),
		done:     collections.NewMap(sb, types.DonePrefix, "done", collections.StringKey, collections.Uint64Value),
		root:     root,
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // a mistake in this function, found by any test
	}
	return k
}

// Plan is what is scheduled; ok is false when nothing is.
func (k Keeper) Plan(ctx context.Context) (p types.Plan, ok bool, err error) {
	p, err = k.plan.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return p, false, nil
	}
	return p, err == nil, err
}

// Versions lists the form of each module's state, by name.
func (k Keeper) Versions(ctx context.Context) ([]types.Version, error) {
	var out []types.Version
	err := k.versions.Walk(ctx, nil, func(name string, v uint64) (bool, error) {
		out = append(out, types.Version{Module: name, Version: v})
		return false, nil
	})
	return out, err
}

// SetVersions records the form of each module's state.
func (k Keeper) SetVersions(ctx context.Context, versions []types.Version) error {
	for _, v := range versions {
		if err := k.versions.Set(ctx, v.Module, v.Version); err != nil {
			return err
		}
	}
	return nil
}

// Finish records that the plan has been carried out in this block.
func (k Keeper) Finish(ctx context.Context, p types.Plan) error {
	if err := errors.Join(k.plan.Remove(ctx), k.done.Set(ctx, p.Name, p.Height)); err != nil {
		return err
	}
	emit(ctx, types.EventApplied, "name", p.Name, "height", strconv.FormatUint(p.Height, 10))
	return nil
}

// past lists the upgrades the ledger has gone through, by name.
func (k Keeper) past(ctx context.Context) ([]types.Done, error) {
	var out []types.Done
	err := k.done.Walk(ctx, nil, func(name string, height uint64) (bool, error) {
		out = append(out, types.Done{Name: name, Height: height})
		return false, nil
	})
	return out, err
}

// InitGenesis writes a state into an empty store.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if g.Plan != nil {
		if err := k.plan.Set(ctx, *g.Plan); err != nil {
			return err
		}
	}
	for _, d := range g.Done {
		if err := k.done.Set(ctx, d.Name, d.Height); err != nil {
			return err
		}
	}
	return k.SetVersions(ctx, g.Versions)
}

// ExportGenesis reads the whole state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	p, ok, err := k.Plan(ctx)
	if err != nil {
		return nil, err
	}
	if ok {
		g.Plan = &p
	}
	if g.Versions, err = k.Versions(ctx); err != nil {
		return nil, err
	}
	g.Done, err = k.past(ctx)
	return g, err
}

// server answers messages and queries.
type server struct{ Keeper }

var (
	_ types.MsgServer   = server{}
	_ types.QueryServer = server{}
)

func (s server) mustBeRoot(ctx context.Context, address string) error {
	account, err := keys.ParseSS58(address)
	if err != nil {
		return types.ErrNotRoot.Wrap(err.Error())
	}
	is, err := s.root.IsRoot(ctx, account)
	if err != nil {
		return err
	}
	if !is {
		return types.ErrNotRoot.Wrapf("%s is not root: sign with the account that the authority module's parameters name", address)
	}
	return nil
}

func (s server) ScheduleUpgrade(ctx context.Context, m *types.MsgScheduleUpgrade) (*types.MsgScheduleUpgradeResponse, error) {
	if err := s.mustBeRoot(ctx, m.Root); err != nil {
		return nil, err
	}
	if err := m.Plan.Validate(); err != nil {
		return nil, err
	}
	now := uint64(sdk.UnwrapSDKContext(ctx).BlockHeight())
	if m.Plan.Height <= now {
		return nil, types.ErrPlan.Wrapf("block %d is past, this is block %d: name a later one, with time to install the release", m.Plan.Height, now)
	}
	if m.Plan.Height-now > types.MaxAhead {
		return nil, types.ErrPlan.Wrapf("block %d is more than %d blocks ahead: schedule it when it is nearer", m.Plan.Height, types.MaxAhead)
	}
	done, err := s.done.Has(ctx, m.Plan.Name)
	if err != nil {
		return nil, err
	}
	if done {
		return nil, types.ErrDone.Wrapf("%q: give the new release another name", m.Plan.Name)
	}
	emit(ctx, types.EventScheduled, "name", m.Plan.Name, "height", strconv.FormatUint(m.Plan.Height, 10), "coldkey", m.Root)
	return &types.MsgScheduleUpgradeResponse{}, s.plan.Set(ctx, m.Plan)
}

func (s server) CancelUpgrade(ctx context.Context, m *types.MsgCancelUpgrade) (*types.MsgCancelUpgradeResponse, error) {
	if err := s.mustBeRoot(ctx, m.Root); err != nil {
		return nil, err
	}
	p, ok, err := s.Plan(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, types.ErrNoPlan.Wrap("there is nothing to cancel")
	}
	if p.Name != m.Name {
		return nil, types.ErrNoPlan.Wrapf("%q is not planned, %q is: name that one", m.Name, p.Name)
	}
	emit(ctx, types.EventCanceled, "name", p.Name, "height", strconv.FormatUint(p.Height, 10), "coldkey", m.Root)
	return &types.MsgCancelUpgradeResponse{}, s.plan.Remove(ctx)
}

func (s server) Upgrades(ctx context.Context, _ *types.QueryUpgradesRequest) (*types.QueryUpgradesResponse, error) {
	g, err := s.ExportGenesis(ctx)
	if err != nil {
		return nil, err
	}
	return &types.QueryUpgradesResponse{Plan: g.Plan, Versions: g.Versions, Done: g.Done}, nil
}

func emit(ctx context.Context, name string, pairs ...string) {
	attrs := make([]sdk.Attribute, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		attrs = append(attrs, sdk.NewAttribute(pairs[i], pairs[i+1]))
	}
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(name, attrs...))
}
