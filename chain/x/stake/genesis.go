package stake

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// InitGenesis writes an exported or hand-written state into an empty store. The bank must have
// been initialised before: the stake account has to hold exactly what is staked.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	for _, name := range [...]string{types.ModuleName, types.LocksName} {
		if k.account.GetModuleAddress(name) == nil {
			return types.ErrGenesis.Wrapf("module account %q is unknown: register it with the account keeper", name)
		}
		k.account.GetModuleAccount(ctx, name)
	}
	if held := k.FreeBalance(ctx, k.account.GetModuleAddress(types.ModuleName)); held != g.Totals.Staked {
		return types.ErrGenesis.Wrapf("the stake account holds %d rao, %d are staked: correct the bank's genesis", held, g.Totals.Staked)
	}
	if err := errors.Join(k.params.Set(ctx, g.Params), k.totals.Set(ctx, g.Totals)); err != nil {
		return errorsmod.Wrap(err, "write stake parameters and totals")
	}
	if err := k.importKeys(ctx, g); err != nil {
		return err
	}
	for _, h := range g.Holdings {
		err := errors.Join(k.holdings.Set(ctx, collections.Join(h.Hotkey, h.Coldkey), h.Shares),
			k.backed.Set(ctx, collections.Join(h.Coldkey, h.Hotkey)))
		if err != nil {
			return errorsmod.Wrapf(err, "write holding of coldkey %d on hotkey %d", h.Coldkey, h.Hotkey)
		}
	}
	for _, id := range g.Releasing {
		if err := k.releasing.Set(ctx, id); err != nil {
			return errorsmod.Wrapf(err, "queue release of hotkey %d", id)
		}
	}
	return k.importPending(ctx, g)
}

// importPending writes what is under way: rate counters, a sweep, announced swaps.
func (k Keeper) importPending(ctx context.Context, g *types.GenesisState) error {
	for _, r := range g.Rates {
		if err := k.setRate(ctx, r.Coldkey, r.Hotkey, r.Rate); err != nil {
			return err
		}
	}
	if g.Sweep != nil {
		if err := k.sweep.Set(ctx, *g.Sweep); err != nil {
			return errorsmod.Wrap(err, "write sweep")
		}
	}
	for _, s := range g.Swaps {
		if err := k.setSwap(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// importKeys writes coldkeys and hotkeys. Ids are never given back, so the highest tells how many
// there have been.
func (k Keeper) importKeys(ctx context.Context, g *types.GenesisState) error {
	var hotkeys, coldkeys uint64
	for _, c := range g.Coldkeys {
		coldkeys = c.Id
		if err := k.putColdkey(ctx, c); err != nil {
			return err
		}
	}
	for _, h := range g.Hotkeys {
		hotkeys = h.Record.Id
		if err := k.putHotkey(ctx, h.Record); err != nil {
			return err
		}
	}
	err := errors.Join(k.hotkeyCount.Set(ctx, hotkeys), k.coldkeyCount.Set(ctx, coldkeys))
	return errorsmod.Wrap(err, "write key counts")
}

// ExportGenesis reads the whole state, in the order of the store's keys.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return nil, err
	}
	totals, err := k.Totals(ctx)
	if err != nil {
		return nil, err
	}
	g := &types.GenesisState{Params: params, Totals: totals}
	if err := k.exportPending(ctx, g); err != nil {
		return nil, err
	}
	err = errors.Join(
		k.coldkeys.Walk(ctx, nil, func(_ uint64, c types.Coldkey) (bool, error) {
			g.Coldkeys = append(g.Coldkeys, c)
			return false, nil
		}),
		k.hotkeys.Walk(ctx, nil, func(_ uint64, h types.Hotkey) (bool, error) {
			g.Hotkeys = append(g.Hotkeys, types.GenesisHotkey{Record: h})
			return false, nil
		}),
		k.holdings.Walk(ctx, nil, func(key pair, shares []byte) (bool, error) {
			g.Holdings = append(g.Holdings, types.GenesisHolding{Hotkey: key.K1(), Coldkey: key.K2(), Shares: shares})
			return false, nil
		}),
		k.releasing.Walk(ctx, nil, func(id uint64) (bool, error) {
			g.Releasing = append(g.Releasing, id)
			return false, nil
		}),
	)
	return g, errorsmod.Wrap(err, "export stake")
}

func (k Keeper) exportPending(ctx context.Context, g *types.GenesisState) error {
	sweep, err := k.sweep.Get(ctx)
	if err == nil {
		g.Sweep = &sweep
	} else if !errors.Is(err, collections.ErrNotFound) {
		return errorsmod.Wrap(err, "export sweep")
	}
	err = errors.Join(
		k.rates.Walk(ctx, nil, func(key pair, r types.Rate) (bool, error) {
			g.Rates = append(g.Rates, types.GenesisRate{Coldkey: key.K1(), Hotkey: key.K2(), Rate: r})
			return false, nil
		}),
		k.swaps.Walk(ctx, nil, func(_ []byte, s types.ColdkeySwap) (bool, error) {
			g.Swaps = append(g.Swaps, s)
			return false, nil
		}),
	)
	return errorsmod.Wrap(err, "export stake")
}
