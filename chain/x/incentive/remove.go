package incentive

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
)

// EmissionRate is what a subnet is given of the emission, rao a block.
func (k *Keeper) EmissionRate(ctx context.Context, netuid uint16) (uint64, error) {
	e, err := k.emissions.Get(ctx, netuid)
	return e.Rate, err
}

// SubnetRemoved erases everything kept under a netuid, so that the next subnet of that number
// finds nothing of its predecessor (chain §3.6). What the last epoch settled was earned: it is
// paid at once, since there is no next block for this subnet. What has accrued since is never
// minted. The others share the emission from the next block on.
func (k *Keeper) SubnetRemoved(ctx context.Context, netuid uint16) error {
	if err := k.payLast(ctx, netuid); err != nil {
		return err
	}
	e, err := k.emissions.Get(ctx, netuid)
	if err != nil {
		return err
	}
	dropped := rolled(e, height(ctx)).Accrued
	if err := k.schedule(ctx, netuid, &e, 0); err != nil {
		return err
	}
	if err := k.erase(ctx, netuid); err != nil {
		return err
	}
	issuance, err := k.stake.Issuance(ctx)
	if err != nil {
		return err
	}
	if err := k.reprice(ctx, k.emission(issuance), height(ctx)+1); err != nil {
		return err
	}
	emit(ctx, types.EventEmissionClosed, "netuid", text(uint64(netuid)), "dropped", text(dropped))
	return nil
}

// payLast pays what was settled in this block's beginning, if anything was.
func (k *Keeper) payLast(ctx context.Context, netuid uint16) error {
	p, err := k.loaded.Get(ctx, netuid)
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	return k.pay(ctx, p, uint64(params.PayoutHistory))
}

func (k *Keeper) erase(ctx context.Context, netuid uint16) error {
	if err := k.emissions.Remove(ctx, netuid); err != nil {
		return err
	}
	if err := k.vectors.Remove(ctx, netuid); err != nil {
		return err
	}
	if err := k.permits.Remove(ctx, netuid); err != nil {
		return err
	}
	uids := collections.NewPrefixedPairRange[uint16, uint16](netuid)
	if err := k.weights.Clear(ctx, uids); err != nil {
		return err
	}
	if err := k.bonds.Clear(ctx, uids); err != nil {
		return err
	}
	return k.payouts.Clear(ctx, collections.NewPrefixedPairRange[uint16, uint64](netuid))
}
