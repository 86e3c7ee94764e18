package subnet

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// SetHyperparameter changes one parameter of a subnet on behalf of its owner, or of root (chain
// §4.5). Checks and errors in order: README.md.
func (k *Keeper) SetHyperparameter(ctx context.Context, netuid uint16, coldkey []byte, name, value string) error {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return err
	}
	by := types.Root
	root, err := k.isRoot(ctx, coldkey)
	if err != nil {
		return err
	}
	if !root {
		by = types.Owner
		owner, err := k.owns(ctx, &s, coldkey)
		if err != nil {
			return err
		}
		if !owner {
			return types.ErrBadOrigin.Wrapf("%s does not own subnet %d; sign with the owner's coldkey", keys.SS58(coldkey), netuid)
		}
	}
	return k.setHyper(ctx, &s, coldkey, by, name, value)
}

// setHyper changes one parameter with the rights of `by`, whose account it logs. Prices up to
// this block are settled under the old value.
func (k *Keeper) setHyper(ctx context.Context, s *types.Subnet, account []byte, by types.Setter, name, value string) error {
	netuid := uint16(s.Netuid)
	p, err := types.FindHyper(name)
	if err != nil {
		return err
	}
	old := p.Get(&s.Hyper)
	now := height(ctx)
	s.Terms = s.Terms.At(now, &s.Hyper, k.rules.AdjustBurn)
	if name == "difficulty" { // what it was last set to is not where it stands
		s.Hyper.Difficulty = s.Terms.Difficulty
		old = p.Get(&s.Hyper)
	}
	if err := p.Set(s, value, by); err != nil {
		return err
	}
	if name == "difficulty" {
		s.Terms.Difficulty = s.Hyper.Difficulty
	}
	s.Terms = s.Terms.Rebase(now, &s.Hyper)
	set := p.Get(&s.Hyper)
	err = k.log(ctx, s, types.Change{Account: account, ByRoot: by == types.Root, Name: name, Old: old, New: set})
	if err != nil {
		return err
	}
	if err := k.subnets.Set(ctx, netuid, *s); err != nil {
		return err
	}
	if err := k.hooks.HyperChanged(ctx, netuid, name); err != nil {
		return fmt.Errorf("apply %s of subnet %d: %w", name, netuid, err)
	}
	emit(ctx, "HyperparameterSet", "netuid", netuid, "name", name, "old", old, "new", set,
		"coldkey", keys.SS58(account), "by", by)
	return nil
}
