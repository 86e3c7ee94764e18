package incentive

import (
	"context"
	"encoding/json"
	"fmt"
	"math/bits"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/keys"
)

// BeginBlock is the ledger's money pipeline (design, "The block, in order"): the root epoch if it
// is due, pay what the last block loaded, follow the issuance, settle what is due. It never fails
// because of one subnet.
func (k *Keeper) BeginBlock(ctx context.Context) error {
	if err := k.runRoot(ctx); err != nil {
		return fmt.Errorf("root epoch at block %d: %w", height(ctx), err)
	}
	if err := k.payLoaded(ctx); err != nil {
		return fmt.Errorf("pay out at block %d: %w", height(ctx), err)
	}
	if err := k.followIssuance(ctx); err != nil {
		return fmt.Errorf("follow issuance at block %d: %w", height(ctx), err)
	}
	return k.settleDue(ctx)
}

// payLoaded mints and pays every settlement of the previous block.
func (k *Keeper) payLoaded(ctx context.Context) error {
	var due []types.Payout
	err := k.loaded.Walk(ctx, nil, func(_ uint16, p types.Payout) (bool, error) {
		due = append(due, p)
		return false, nil
	})
	if err != nil || len(due) == 0 {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	for _, p := range due {
		if err := k.pay(ctx, p, uint64(params.PayoutHistory)); err != nil {
			return fmt.Errorf("subnet %d: %w", p.Netuid, err)
		}
	}
	return nil
}

func (k *Keeper) pay(ctx context.Context, p types.Payout, keep uint64) error {
	credits := make([]staketypes.Credit, len(p.Rewards))
	for i, r := range p.Rewards {
		credits[i] = staketypes.Credit{HotkeyID: r.Hotkey, Miner: r.Miner, Validator: r.Validator}
	}
	if err := k.stake.Payout(ctx, credits, p.Owner, p.OwnerCut); err != nil {
		return err
	}
	p.PaidAt = height(ctx)
	netuid := uint16(p.Netuid)
	if err := k.loaded.Remove(ctx, netuid); err != nil {
		return err
	}
	// A ring: epoch e replaces epoch e-keep, so the records of a subnet never grow.
	if err := k.payouts.Set(ctx, collections.Join(netuid, p.EpochIndex%keep), p); err != nil {
		return err
	}
	return k.announce(ctx, p)
}

// announce emits the payout with every reward, from which `ergon audit` follows the money. The
// rewards are one attribute, [[uid,"hotkey",miner,validator],...]: 256 events would cost more
// than the epoch.
func (k *Keeper) announce(ctx context.Context, p types.Payout) error {
	rows := make([][4]any, len(p.Rewards))
	for i, r := range p.Rewards {
		h, err := k.stake.Hotkey(ctx, r.Hotkey)
		if err != nil {
			return err
		}
		rows[i] = [4]any{r.Uid, keys.SS58(h.Account), text(r.Miner), text(r.Validator)}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	owner, err := k.ownerAddress(ctx, p.Owner)
	if err != nil {
		return err
	}
	miners, validators, _ := sums(p.Rewards)
	emit(ctx, types.EventPayout, "netuid", text(uint64(p.Netuid)), "epoch", text(p.EpochIndex),
		"settled_at", text(p.SettledAt), "owner", owner, "owner_cut", text(p.OwnerCut),
		"miners", text(miners), "validators", text(validators), "rewards", string(list))
	return nil
}

func (k *Keeper) ownerAddress(ctx context.Context, id uint64) (string, error) {
	if id == 0 {
		return "", nil
	}
	account, err := k.stake.Coldkey(ctx, id)
	if err != nil {
		return "", err
	}
	return keys.SS58(account), nil
}

// settleDue runs the epochs that are due, oldest first, at most epochs_per_block of them. What
// is left stays in the queue, untouched, for the next block.
func (k *Keeper) settleDue(ctx context.Context) error {
	now := height(ctx)
	rng := new(collections.Range[collections.Pair[uint64, uint16]]).
		EndExclusive(collections.Join(now+1, uint16(0)))
	it, err := k.due.Iterate(ctx, rng)
	if err != nil {
		return err
	}
	if !it.Valid() {
		return it.Close()
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		_ = it.Close()
		return err
	}
	var due []uint16
	for ; it.Valid() && len(due) < int(params.EpochsPerBlock); it.Next() {
		key, err := it.Key()
		if err != nil {
			_ = it.Close()
			return err
		}
		due = append(due, key.K2())
	}
	if err := it.Close(); err != nil {
		return err
	}
	for _, netuid := range due {
		if err := k.epoch(ctx, netuid, uint64(params.OwnerCut)); err != nil {
			return err
		}
	}
	return nil
}

// epoch settles one subnet inside a cached context. A failure, panics included, writes nothing
// of the settlement: the pending is kept, EpochFailed is emitted and the next epoch scheduled.
func (k *Keeper) epoch(ctx context.Context, netuid uint16, ownerCut uint64) error {
	err := attempt(ctx, func(ctx context.Context) error { return k.settle(ctx, netuid, ownerCut) })
	if err == nil {
		return nil
	}
	emit(ctx, types.EventEpochFailed, "netuid", text(uint64(netuid)), "height", text(height(ctx)), "reason", err.Error())
	return k.postpone(ctx, netuid)
}

// attempt does work of which either all is written or, when it fails or panics, nothing.
func attempt(ctx context.Context, work func(context.Context) error) (err error) {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("settlement panicked: %v", r)
		}
	}()
	if err := work(cached); err != nil {
		return err
	}
	write()
	return nil
}

// postpone gives a failed subnet its next turn a phase later.
func (k *Keeper) postpone(ctx context.Context, netuid uint16) error {
	e, err := k.emissions.Get(ctx, netuid)
	if err != nil {
		return err
	}
	sub, err := k.subnet.Get(ctx, netuid)
	if err != nil {
		return err
	}
	now, next := height(ctx), uint64(0)
	if m, err := k.mechanism(sub.Mechanism); err == nil {
		e.LastEpoch = now
		next = m.Begin(sub, e, now)
	}
	if err := k.schedule(ctx, netuid, &e, next); err != nil {
		return err
	}
	return k.emissions.Set(ctx, netuid, e)
}

// settle asks the subnet's mechanism for its judgement, checks it, and loads it for the next
// block.
func (k *Keeper) settle(ctx context.Context, netuid uint16, ownerShare uint64) error {
	now := height(ctx)
	sub, err := k.subnet.Get(ctx, netuid)
	if err != nil {
		return err
	}
	m, err := k.mechanism(sub.Mechanism)
	if err != nil {
		return err
	}
	state, err := k.emissions.Get(ctx, netuid)
	if err != nil {
		return err
	}
	if !m.Due(state, now) {
		return types.ErrSettlement.Wrapf("mechanism %q was queued for block %d but is not due", m.Name(), state.NextEpoch)
	}
	neurons, err := k.subnet.Neurons(ctx, netuid)
	if err != nil {
		return err
	}
	state = rolled(state, now)
	cut := uint64(0)
	if sub.Owner != 0 {
		cut, _ = issuance.OwnerCut(state.Accrued, uint16(ownerShare))
	}
	snap := Snapshot{Subnet: sub, Neurons: neurons, State: state, Height: now, Amount: state.Accrued - cut}
	result, err := m.Settle(ctx, snap)
	if err != nil {
		return err
	}
	if err := check(result, snap); err != nil {
		return err
	}
	return k.load(ctx, m, snap, result, cut)
}

// load closes the epoch: the pending becomes a payout of the next block.
func (k *Keeper) load(ctx context.Context, m Mechanism, snap Snapshot, result Settlement, cut uint64) error {
	netuid, e := uint16(snap.Subnet.Netuid), snap.State
	p := types.Payout{
		Netuid: snap.Subnet.Netuid, EpochIndex: e.EpochIndex, SettledAt: snap.Height, Accrued: e.Accrued,
		OwnerCut: cut, Owner: snap.Subnet.Owner, Unissued: result.Unissued, Rewards: result.Rewards,
	}
	e.Accrued = 0
	e.LastEpoch = snap.Height
	e.EpochIndex++
	e.LastStep = snap.Height
	if err := k.schedule(ctx, netuid, &e, m.Begin(snap.Subnet, e, snap.Height)); err != nil {
		return err
	}
	if err := k.emissions.Set(ctx, netuid, e); err != nil {
		return err
	}
	if err := k.loaded.Set(ctx, netuid, p); err != nil {
		return err
	}
	miners, validators, _ := sums(p.Rewards)
	emit(ctx, types.EventEpochSettled, "netuid", text(uint64(netuid)), "epoch", text(p.EpochIndex),
		"accrued", text(p.Accrued), "owner_cut", text(cut), "miners", text(miners),
		"validators", text(validators), "unissued", text(p.Unissued))
	return k.subnet.SettleTerms(ctx, netuid)
}

// check refuses a settlement that does not add up to what the mechanism was given.
func check(s Settlement, snap Snapshot) error {
	miners, validators, ok := sums(s.Rewards)
	total, carry := bits.Add64(miners, validators, 0)
	if !ok || carry != 0 || total > snap.Amount || snap.Amount-total != s.Unissued {
		return types.ErrSettlement.Wrapf("miners %d + validators %d + unissued %d of %d rao", miners, validators, s.Unissued, snap.Amount)
	}
	if len(s.Slashes) != 0 {
		return types.ErrSettlement.Wrapf("%d slashes: no mechanism of this release may slash", len(s.Slashes))
	}
	return nil
}

// sums adds up both sides of the rewards; ok is false on overflow.
func sums(rewards []types.Reward) (miners, validators uint64, ok bool) {
	var c1, c2 uint64
	for _, r := range rewards {
		if miners, c1 = bits.Add64(miners, r.Miner, 0); c1 != 0 {
			return 0, 0, false
		}
		if validators, c2 = bits.Add64(validators, r.Validator, 0); c2 != 0 {
			return 0, 0, false
		}
	}
	return miners, validators, true
}
