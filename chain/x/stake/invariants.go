package stake

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// Invariants checks everything the module promises about its whole state (README.md, chain §9):
// the sums, the shares, the indexes, and that the stake account holds exactly what is staked. It
// reads all keys: for tests and audits, not for a block.
func (k Keeper) Invariants(ctx context.Context) error {
	g, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if err := g.Validate(); err != nil {
		return types.ErrInvariant.Wrap(err.Error())
	}
	if held := k.FreeBalance(ctx, k.account.GetModuleAddress(types.ModuleName)); held != g.Totals.Staked {
		return types.ErrInvariant.Wrapf("the stake account holds %d rao, %d are staked", held, g.Totals.Staked)
	}
	if err := k.checkIDs(ctx, g); err != nil {
		return err
	}
	if err := k.checkBacked(ctx, g); err != nil {
		return err
	}
	return k.checkLists(ctx, g)
}

// checkIDs tests that accounts and ids are each other's inverse and that no future id is in use.
func (k Keeper) checkIDs(ctx context.Context, g *types.GenesisState) error {
	var hotkeys, coldkeys uint64
	for _, h := range g.Hotkeys {
		hotkeys = h.Record.Id
		if id, found, err := k.HotkeyID(ctx, h.Record.Account); err != nil || !found || id != hotkeys {
			return types.ErrInvariant.Wrapf("hotkey %d is indexed as %d (%t, %v)", hotkeys, id, found, err)
		}
		if !k.account.HasAccount(ctx, h.Record.Account) {
			return types.ErrInvariant.Wrapf("hotkey %d has no account", hotkeys)
		}
	}
	for _, c := range g.Coldkeys {
		coldkeys = c.Id
		if id, found, err := k.ColdkeyID(ctx, c.Account); err != nil || !found || id != coldkeys {
			return types.ErrInvariant.Wrapf("coldkey %d is indexed as %d (%t, %v)", coldkeys, id, found, err)
		}
	}
	if next, err := k.hotkeyCount.Peek(ctx); err != nil || next != hotkeys {
		return types.ErrInvariant.Wrapf("%d hotkeys counted, the last is %d (%v)", next, hotkeys, err)
	}
	if next, err := k.coldkeyCount.Peek(ctx); err != nil || next != coldkeys {
		return types.ErrInvariant.Wrapf("%d coldkeys counted, the last is %d (%v)", next, coldkeys, err)
	}
	indexed := 0
	count := func([]byte, uint64) (bool, error) { indexed++; return false, nil }
	if err := k.hotkeyIDs.Walk(ctx, nil, count); err != nil {
		return err
	}
	if err := k.coldkeyIDs.Walk(ctx, nil, count); err != nil {
		return err
	}
	if indexed != len(g.Hotkeys)+len(g.Coldkeys) {
		return types.ErrInvariant.Wrapf("%d keys are indexed, %d are recorded", indexed, len(g.Hotkeys)+len(g.Coldkeys))
	}
	return nil
}

// checkBacked tests that a coldkey's list names exactly what it owns and holds.
func (k Keeper) checkBacked(ctx context.Context, g *types.GenesisState) error {
	var want []pair
	for _, h := range g.Hotkeys {
		want = append(want, collections.Join(h.Record.Owner, h.Record.Id))
	}
	for _, h := range g.Holdings {
		want = append(want, collections.Join(h.Coldkey, h.Hotkey))
	}
	for _, key := range want {
		if listed, err := k.backed.Has(ctx, key); err != nil || !listed {
			return types.ErrInvariant.Wrapf("coldkey %d does not list hotkey %d (%v)", key.K1(), key.K2(), err)
		}
	}
	listed := 0
	if err := k.backed.Walk(ctx, nil, func(pair) (bool, error) { listed++; return false, nil }); err != nil {
		return err
	}
	if listed != len(want) {
		return types.ErrInvariant.Wrapf("coldkeys list %d hotkeys, they own or hold %d", listed, len(want))
	}
	return nil
}

// checkLists tests the lists that follow from other records: delegates, counters by age, the keys
// that wait for a swap.
func (k Keeper) checkLists(ctx context.Context, g *types.GenesisState) error {
	delegates := 0
	for _, h := range g.Hotkeys {
		listed, err := k.delegates.Has(ctx, h.Record.Id)
		if err != nil || listed != h.Record.Delegate {
			return types.ErrInvariant.Wrapf("hotkey %d is a delegate: %t, listed as one: %t (%v)", h.Record.Id, h.Record.Delegate, listed, err)
		}
		if listed {
			delegates++
		}
	}
	for _, r := range g.Rates {
		if listed, err := k.ratesAge.Has(ctx, collections.Join3(r.Rate.Block, r.Coldkey, r.Hotkey)); err != nil || !listed || r.Rate.Block > height(ctx) {
			return types.ErrInvariant.Wrapf("rate of coldkey %d on hotkey %d at block %d is not in its place (%v)", r.Coldkey, r.Hotkey, r.Rate.Block, err)
		}
	}
	for _, s := range g.Swaps {
		if listed, err := k.swapTargets.Has(ctx, s.New); err != nil || !listed {
			return types.ErrInvariant.Wrapf("the new key of a coldkey swap, %x, is not reserved (%v)", s.New, err)
		}
		if _, known, err := k.ColdkeyID(ctx, s.Old); err != nil || !known {
			return types.ErrInvariant.Wrapf("the swap of %x concerns no coldkey (%v)", s.Old, err)
		}
	}
	var found [3]int
	err := errors.Join(
		k.delegates.Walk(ctx, nil, func(uint64) (bool, error) { found[0]++; return false, nil }),
		k.ratesAge.Walk(ctx, nil, func(aged) (bool, error) { found[1]++; return false, nil }),
		k.swapTargets.Walk(ctx, nil, func([]byte) (bool, error) { found[2]++; return false, nil }),
	)
	if want := [3]int{delegates, len(g.Rates), len(g.Swaps)}; err != nil || found != want {
		return types.ErrInvariant.Wrapf("%d delegates, rates and swaps are listed, there are %d (%v)", found, want, err)
	}
	return nil
}
