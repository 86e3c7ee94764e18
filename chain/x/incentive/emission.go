package incentive

import (
	"context"
	"encoding/json"
	"errors"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
)

// rolled brings an emission's counter up to and including block through.
func rolled(e types.Emission, through uint64) types.Emission {
	if through+1 > e.Since {
		e.Accrued += e.Rate * (through + 1 - e.Since)
		e.Since = through + 1
	}
	return e
}

// reprice sets every subnet's rate from the block emission and its share of it, from block from
// on. A subnet whose registration is closed earns nothing, and its share is never minted; in the
// era of 2023 it earned (chain §1.5).
func (k *Keeper) reprice(ctx context.Context, perBlock, from uint64) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	var subs []subnettypes.Subnet
	if err := k.subnet.Each(ctx, func(s subnettypes.Subnet) error { subs = append(subs, s); return nil }); err != nil {
		return err
	}
	if err := k.perBlock.Set(ctx, perBlock); err != nil {
		return err
	}
	shareOf, err := k.shareOf(ctx, params, len(subs))
	if err != nil {
		return err
	}
	rates := [][2]any{}
	for _, s := range subs {
		netuid := uint16(s.Netuid)
		e, err := k.emissions.Get(ctx, netuid)
		if err != nil {
			return err
		}
		rate := uint64(0)
		if s.Hyper.RegistrationAllowed || params.ClosedSubnetsEarn {
			rate = shareOf(netuid, perBlock)
		}
		if rate != 0 {
			rates = append(rates, [2]any{netuid, text(rate)})
		}
		if rate == e.Rate {
			continue
		}
		e = rolled(e, from-1)
		e.Rate = rate
		if err := k.emissions.Set(ctx, netuid, e); err != nil {
			return err
		}
	}
	list, err := json.Marshal(rates)
	if err != nil {
		return err
	}
	emit(ctx, types.EventEmission, "block_emission", text(perBlock), "subnets", text(uint64(len(subs))), "rates", string(list))
	return nil
}

// followIssuance reprices when the issuance has crossed a halving since the last block, in
// either direction. Most blocks read one number and write nothing.
func (k *Keeper) followIssuance(ctx context.Context) error {
	issuance, err := k.stake.Issuance(ctx)
	if err != nil {
		return err
	}
	now := k.emission(issuance)
	before, err := k.perBlock.Get(ctx)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if err == nil && before == now {
		return nil
	}
	return k.reprice(ctx, now, height(ctx))
}

// schedule moves a subnet's next epoch, keeping the queue of due epochs in step. The queue is
// what lets a block with nothing due read one key, however many subnets there are.
func (k *Keeper) schedule(ctx context.Context, netuid uint16, e *types.Emission, next uint64) error {
	if e.NextEpoch != 0 {
		if err := k.due.Remove(ctx, collections.Join(e.NextEpoch, netuid)); err != nil {
			return err
		}
	}
	e.NextEpoch = next
	if next == 0 {
		return nil
	}
	return k.due.Set(ctx, collections.Join(next, netuid))
}

// SubnetCreated opens a new subnet's emission and schedules its first epoch.
func (k *Keeper) SubnetCreated(ctx context.Context, netuid uint16) error {
	sub, err := k.subnet.Get(ctx, netuid)
	if err != nil {
		return err
	}
	m, err := k.mechanism(sub.Mechanism)
	if err != nil {
		return err
	}
	now := height(ctx)
	e := types.Emission{Since: now + 1}
	if err := k.schedule(ctx, netuid, &e, m.Begin(sub, e, now)); err != nil {
		return err
	}
	if err := k.emissions.Set(ctx, netuid, e); err != nil {
		return err
	}
	if err := k.vectors.Set(ctx, netuid, types.Vectors{}); err != nil {
		return err
	}
	issuance, err := k.stake.Issuance(ctx)
	if err != nil {
		return err
	}
	return k.reprice(ctx, k.emission(issuance), now+1)
}

// HyperChanged follows a change of tempo or variant (the schedule) and of registration (the rate).
func (k *Keeper) HyperChanged(ctx context.Context, netuid uint16, name string) error {
	switch name {
	case "registration_allowed":
		perBlock, err := k.perBlock.Get(ctx)
		if err != nil {
			return err
		}
		return k.reprice(ctx, perBlock, height(ctx)+1)
	case "tempo", "yuma_variant":
		sub, err := k.subnet.Get(ctx, netuid)
		if err != nil {
			return err
		}
		m, err := k.mechanism(sub.Mechanism)
		if err != nil {
			return err
		}
		e, err := k.emissions.Get(ctx, netuid)
		if err != nil {
			return err
		}
		e.LastEpoch = height(ctx) // yuma §6: set_tempo restarts the phase
		if err := k.schedule(ctx, netuid, &e, m.Begin(sub, e, height(ctx))); err != nil {
			return err
		}
		return k.emissions.Set(ctx, netuid, e)
	}
	return nil
}

// BlockEmission is the rao a block that the rates were last computed from.
func (k *Keeper) BlockEmission(ctx context.Context) (uint64, error) { return k.perBlock.Get(ctx) }
