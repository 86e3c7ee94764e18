package subnet

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// SetHyperparameter changes one parameter of a subnet on behalf of its owner (chain §4.5).
func (k *Keeper) SetHyperparameter(ctx context.Context, netuid uint16, coldkey []byte, name, value string) error {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return err
	}
	id, known, err := k.stake.ColdkeyID(ctx, coldkey)
	if err != nil {
		return fmt.Errorf("find the caller: %w", err)
	}
	if !known || id != s.Owner {
		return types.ErrBadOrigin.Wrapf("%s does not own subnet %d; sign with the owner's coldkey", keys.SS58(coldkey), netuid)
	}
	return k.SetHyper(ctx, netuid, name, value, types.Owner)
}

// SetHyper changes one parameter with the rights of `by`. The caller has tested who asks.
// Prices up to this block are settled under the old value.
func (k *Keeper) SetHyper(ctx context.Context, netuid uint16, name, value string, by types.Setter) error {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return err
	}
	p, err := types.FindHyper(name)
	if err != nil {
		return err
	}
	old := p.Get(&s.Hyper)
	now := height(ctx)
	s.Terms = s.Terms.At(now, &s.Hyper, k.rules.AdjustBurn)
	if err := p.Set(&s, value, by); err != nil {
		return err
	}
	if name == "difficulty" {
		s.Terms.Difficulty = s.Hyper.Difficulty
	}
	s.Terms = s.Terms.Rebase(now, &s.Hyper)
	if err := k.subnets.Set(ctx, netuid, s); err != nil {
		return err
	}
	if err := k.hooks.HyperChanged(ctx, netuid, name); err != nil {
		return fmt.Errorf("apply %s of subnet %d: %w", name, netuid, err)
	}
	emit(ctx, "HyperparameterSet", "netuid", netuid, "name", name, "old", old, "new", p.Get(&s.Hyper))
	return nil
}
