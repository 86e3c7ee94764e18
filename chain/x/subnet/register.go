package subnet

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// Register buys a uid of a subnet for hotkey, owned and paid by coldkey, and returns the uid
// and the rao burned (chain §3.1). maxCost of 0 is no limit. Checks and errors in order:
// README.md.
func (k *Keeper) Register(ctx context.Context, netuid uint16, hotkey, coldkey []byte, maxCost uint64) (uint16, uint64, error) {
	s, err := k.open(ctx, netuid, byBurn, height(ctx), hotkey)
	if err != nil {
		return 0, 0, err
	}
	price := s.Terms.Burn
	if err := k.pay(ctx, coldkey, price, maxCost); err != nil {
		return 0, 0, err
	}
	uid, err := k.enter(ctx, s, byBurn, hotkey, coldkey)
	return uid, price, err
}

// way is how a hotkey gets its uid.
type way string

const (
	byBurn way = "burn"
	byWork way = "work"
)

// enter gives a hotkey of coldkey's a uid of a subnet that is open, counts it and says so.
func (k *Keeper) enter(ctx context.Context, s types.Subnet, by way, hotkey, coldkey []byte) (uint16, error) {
	netuid, now := uint16(s.Netuid), height(ctx)
	id, err := k.stake.EnsureOwned(ctx, hotkey, coldkey)
	if err != nil {
		return 0, fmt.Errorf("register %s: %w", keys.SS58(hotkey), err)
	}
	uid, replaced, err := k.fill(ctx, &s, id)
	if err != nil {
		return 0, err
	}
	burned := uint64(0)
	if by == byBurn {
		burned = s.Terms.Burn
		s.Terms = s.Terms.Sell(now)
	} else {
		s.Terms = s.Terms.Work(now)
	}
	if err := k.subnets.Set(ctx, netuid, s); err != nil {
		return 0, err
	}
	if err := k.hooks.SlotFilled(ctx, netuid, uid, replaced == nil); err != nil {
		return 0, fmt.Errorf("clear uid %d of subnet %d: %w", uid, netuid, err)
	}
	emit(ctx, "NeuronRegistered", "netuid", netuid, "uid", uid, "hotkey", keys.SS58(hotkey),
		"coldkey", keys.SS58(coldkey), "by", by, "burned", burned, "replaced", textOf(replaced))
	return uid, nil
}

// open is the subnet with its terms settled, if a hotkey that has none gets a uid there this way
// in block now.
func (k *Keeper) open(ctx context.Context, netuid uint16, by way, now uint64, hotkey []byte) (types.Subnet, error) {
	s, err := k.selling(ctx, netuid, by, now)
	if err != nil {
		return s, err
	}
	uid, registered, err := k.uidOf(ctx, netuid, hotkey)
	if err == nil && registered {
		err = types.ErrHotKeyAlreadyRegisteredInSubNet.Wrapf("%s holds uid %d of subnet %d", keys.SS58(hotkey), uid, netuid)
	}
	return s, err
}

// selling is the subnet with its terms settled, if anybody gets a uid there this way in block now.
func (k *Keeper) selling(ctx context.Context, netuid uint16, by way, now uint64) (types.Subnet, error) {
	if netuid == 0 {
		return types.Subnet{}, types.ErrRegistrationNotPermittedOnRootSubnet.Wrap("netuid 0 is root; choose a subnet from 1")
	}
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return s, err
	}
	switch {
	case by == byBurn && !s.Hyper.RegistrationAllowed:
		return s, types.ErrSubNetRegistrationDisabled.Wrapf("the owner of subnet %d closed registration", netuid)
	case by == byWork && !s.Hyper.PowRegistrationAllowed:
		return s, types.ErrSubNetRegistrationDisabled.Wrapf("the owner of subnet %d takes no proof of work; buy a uid instead", netuid)
	}
	s.Terms = s.Terms.At(now, &s.Hyper, k.rules.AdjustBurn)
	if sold := s.Terms.Sold(now); sold >= s.Hyper.MaxRegsPerBlock {
		return s, types.ErrTooManyRegistrationsThisBlock.Wrapf("subnet %d sold %d of %d uids in block %d; try in a later block",
			netuid, sold, s.Hyper.MaxRegsPerBlock, now)
	}
	// Three times the target may be given out in an interval, of both kinds together (chain §3.1).
	if limit := 3 * s.Hyper.TargetRegsPerInterval; s.Terms.RegsInterval >= limit {
		return s, types.ErrTooManyRegistrationsThisInterval.Wrapf("subnet %d sold %d of %d uids since block %d; try from block %d",
			netuid, s.Terms.RegsInterval, limit, s.Terms.LastAdjustment, s.Terms.LastAdjustment+s.Hyper.AdjustmentInterval)
	}
	return s, nil
}

func (k *Keeper) pay(ctx context.Context, coldkey []byte, price, maxCost uint64) error {
	if err := k.affordable(ctx, coldkey, price, maxCost); err != nil {
		return err
	}
	if price == 0 {
		return nil
	}
	if err := k.stake.Recycle(ctx, coldkey, price); err != nil {
		return fmt.Errorf("recycle %d rao: %w", price, err)
	}
	return nil
}

// fill gives a slot to a hotkey: the next one while there is room, else a pruned one, whose
// record is replaced whole (chain §3.5 keeps most of the predecessor's; ours keeps nothing).
// It returns the uid and the account that lost it, nil if none. s.N is updated, not stored.
func (k *Keeper) fill(ctx context.Context, s *types.Subnet, hotkey uint64) (uid uint16, replaced []byte, err error) {
	netuid := uint16(s.Netuid)
	switch {
	case s.Hyper.MaxAllowedUids == 0:
		return 0, nil, types.ErrNoNeuronIDAvailable.Wrapf("subnet %d has no uids", netuid)
	case s.N < s.Hyper.MaxAllowedUids:
		uid = uint16(s.N)
		s.N++
	default:
		if uid, replaced, err = k.evict(ctx, s); err != nil {
			return 0, nil, err
		}
	}
	return uid, replaced, k.occupy(ctx, netuid, uid, hotkey)
}

// evict takes the slot of the neuron that the pruning rule chooses and returns it with the
// account that held it. It reads every neuron of the subnet: at most max_allowed_uids.
func (k *Keeper) evict(ctx context.Context, s *types.Subnet) (uint16, []byte, error) {
	netuid := uint16(s.Netuid)
	neurons, err := k.Neurons(ctx, netuid)
	if err != nil {
		return 0, nil, err
	}
	uid, err := k.choose(ctx, s, neurons)
	if err != nil {
		return 0, nil, err
	}
	account, err := k.vacate(ctx, netuid, neurons[uid].Hotkey)
	return uid, account, err
}

// choose is the uid that the subnet's pruning rule gives up (yuma §6).
func (k *Keeper) choose(ctx context.Context, s *types.Subnet, neurons []types.Neuron) (uint16, error) {
	netuid := uint16(s.Netuid)
	scores, emission, err := k.hooks.Scores(ctx, netuid)
	if err != nil {
		return 0, fmt.Errorf("read the scores of subnet %d: %w", netuid, err)
	}
	if len(scores) != len(neurons) || len(emission) != len(neurons) {
		return 0, fmt.Errorf("subnet %d has %d neurons, but %d scores and %d emissions", netuid, len(neurons), len(scores), len(emission))
	}
	registered := make([]uint64, len(neurons))
	protected := make([]bool, len(neurons))
	for i, n := range neurons {
		registered[i] = n.RegisteredAt
		if s.Hyper.YumaVariant != types.Variant2026 {
			continue
		}
		owner, err := k.stake.HotkeyOwner(ctx, n.Hotkey)
		if err != nil {
			return 0, fmt.Errorf("find the owner of hotkey id %d: %w", n.Hotkey, err)
		}
		protected[i] = owner == s.Owner
	}
	uid, ok := k.rules.Prune(s.Hyper.YumaVariant, scores, emission, registered, height(ctx), uint64(s.Hyper.ImmunityPeriod), protected)
	if !ok {
		return 0, types.ErrNoNeuronIDAvailable.Wrapf("no uid of subnet %d can be replaced: all belong to its owner", netuid)
	}
	if int(uid) >= len(neurons) {
		return 0, fmt.Errorf("the pruning rule chose uid %d of %d", uid, len(neurons))
	}
	return uid, nil
}
