package incentive

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

// caller is the validator a weight call comes from.
type caller struct {
	account []byte
	hotkey  uint64 // id
	uid     uint16
	row     []byte // its stored weight row
}

// SetWeights replaces a validator's weight row for all to see. The checks and their order are
// yuma §7.1; check 0 sends the caller to commit and reveal where the subnet asks for that.
func (k *Keeper) SetWeights(ctx context.Context, m *types.MsgSetWeights) (*types.MsgSetWeightsResponse, error) {
	sub, missing := k.market(ctx, m.Netuid)
	if enabled, _ := commitReveal(sub); missing == nil && enabled {
		return nil, types.ErrCommitRevealEnabled.Wrapf("subnet %d", m.Netuid)
	}
	if err := k.weigh(ctx, m, sub, missing, nil); err != nil {
		return nil, err
	}
	return &types.MsgSetWeightsResponse{}, nil
}

// weigh runs the checks of yuma §7.1 and puts the row in force. One that is revealed comes with the
// block of its commit: the rate limit was the commit's, and the last update stays as it is.
func (k *Keeper) weigh(ctx context.Context, m *types.MsgSetWeights, sub subnettypes.Subnet, missing error, committed *uint64) error {
	account, err := k.address.StringToBytes(m.Hotkey)
	if err != nil {
		return err
	}
	if err := weighable(m, sub, missing); err != nil {
		return err
	}
	c, err := k.caller(ctx, sub, account)
	if err != nil {
		return err
	}
	if err := k.mayWeigh(ctx, sub, c, m, committed == nil); err != nil {
		return err
	}
	pairs, err := checkedRow(sub, c.uid, m)
	if err != nil {
		return err
	}
	at := open(height(ctx))
	if committed != nil {
		at.updated, at.weighed = rowUpdated(c.row), *committed
	}
	if err := k.weights.Set(ctx, collections.Join(uint16(sub.Netuid), c.uid), at.pack(pairs)); err != nil {
		return err
	}
	emit(ctx, types.EventWeightsSet, "netuid", text(uint64(sub.Netuid)), "uid", text(uint64(c.uid)), "hotkey", keys.SS58(account))
	return nil
}

// market finds the subnet that a call names.
func (k *Keeper) market(ctx context.Context, netuid uint32) (subnettypes.Subnet, error) {
	if netuid == 0 || netuid > 65535 {
		return subnettypes.Subnet{}, subnettypes.ErrSubnetDoesNotExist.Wrapf("netuid %d", netuid)
	}
	return k.subnet.Get(ctx, uint16(netuid))
}

// weighable covers checks 1 to 4: the call is about a subnet that can be weighed.
func weighable(m *types.MsgSetWeights, sub subnettypes.Subnet, missing error) error {
	if m.Netuid == 0 {
		return types.ErrRootWeights
	}
	if len(m.Uids) != len(m.Values) {
		return types.ErrLengthsDiffer.Wrapf("%d uids and %d values", len(m.Uids), len(m.Values))
	}
	if missing != nil {
		return missing
	}
	if len(m.Uids) > int(sub.N) {
		return types.ErrTooManyUids.Wrapf("%d uids, the subnet has %d", len(m.Uids), sub.N)
	}
	return nil
}

// caller covers check 5: the hotkey holds a uid here.
func (k *Keeper) caller(ctx context.Context, sub subnettypes.Subnet, account []byte) (caller, error) {
	netuid := uint16(sub.Netuid)
	id, ok, err := k.stake.HotkeyID(ctx, account)
	if err != nil {
		return caller{}, err
	}
	if !ok {
		return caller{}, types.ErrNotRegistered.Wrapf("%s on subnet %d", keys.SS58(account), netuid)
	}
	uid, ok, err := k.subnet.UID(ctx, netuid, id)
	if err != nil {
		return caller{}, err
	}
	if !ok {
		return caller{}, types.ErrNotRegistered.Wrapf("%s on subnet %d", keys.SS58(account), netuid)
	}
	row, err := k.weights.Get(ctx, collections.Join(netuid, uid))
	if err != nil {
		return caller{}, types.ErrUnknownNeuronState.Wrapf("subnet %d uid %d", netuid, uid)
	}
	return caller{account: account, hotkey: id, uid: uid, row: row}, nil
}

// mayWeigh covers checks 6 to 9: stake, version, rate limit unless it was the commit's, and permit.
func (k *Keeper) mayWeigh(ctx context.Context, sub subnettypes.Subnet, c caller, m *types.MsgSetWeights, rated bool) error {
	owner, err := k.isOwner(ctx, sub, c)
	if err != nil {
		return err
	}
	if least := sub.Hyper.WeightsMinStake; least > 0 && !owner {
		backing, err := k.stake.StakeOf(ctx, c.hotkey)
		if err != nil {
			return err
		}
		if backing < least {
			return types.ErrNotEnoughStake.Wrapf("%d rao staked, %d needed", backing, least)
		}
	}
	if v := sub.Hyper.WeightsVersion; v != 0 && m.VersionKey < v {
		return types.ErrVersionKey.Wrapf("version key %d, the subnet asks for %d", m.VersionKey, v)
	}
	last, limit := rowUpdated(c.row), sub.Hyper.WeightsRateLimit
	if left := rateLeft(height(ctx), last, limit); rated && left > 0 {
		return types.ErrTooFast.Wrap(tooSoon(left, limit, last))
	}
	if owner || selfWeight(c.uid, m) {
		return nil
	}
	bitmap, err := k.permits.Get(ctx, uint16(sub.Netuid))
	if err != nil && !notFound(err) {
		return err
	}
	if !bit(bitmap, c.uid) {
		return types.ErrNoPermit.Wrapf("uid %d of subnet %d", c.uid, sub.Netuid)
	}
	return nil
}

// rateLeft is how many blocks are left of a rate limit; last 0 is never.
func rateLeft(now, last, limit uint64) uint64 {
	if last != 0 && now-last < limit {
		return limit - (now - last)
	}
	return 0
}

func tooSoon(left, limit, last uint64) string {
	return fmt.Sprintf("too soon: %d of %d blocks left, last update at block %d", left, limit, last)
}

// isOwner reports whether the caller enjoys the 2026 exceptions of the subnet owner's hotkeys.
func (k *Keeper) isOwner(ctx context.Context, sub subnettypes.Subnet, c caller) (bool, error) {
	if sub.Hyper.YumaVariant != "2026" {
		return false, nil
	}
	h, err := k.stake.Hotkey(ctx, c.hotkey)
	if err != nil {
		return false, err
	}
	return sub.Owner != 0 && h.Owner == sub.Owner, nil
}

// selfWeight is one weight, on oneself: legal for a miner, it keeps the uid active.
func selfWeight(uid uint16, m *types.MsgSetWeights) bool {
	return len(m.Uids) == 1 && m.Uids[0] == uint32(uid)
}

// checkedRow covers checks 10 to 13 and returns the max-upscaled row as it is stored.
func checkedRow(sub subnettypes.Subnet, own uint16, m *types.MsgSetWeights) ([]yuma.Pair, error) {
	uids, values, err := narrow(m.Uids, m.Values)
	if err != nil {
		return nil, err
	}
	if uid, twice := yuma.Duplicate(uids); twice {
		return nil, types.ErrDuplicateUids.Wrapf("uid %d", uid)
	}
	if uid, outside := yuma.Absent(uids, int(sub.N)); outside {
		return nil, types.ErrInvalidUid.Wrapf("uid %d, the subnet has %d", uid, sub.N)
	}
	if least := sub.Hyper.MinAllowedWeights; !yuma.CheckLength(own, uids, values, uint16(least), int(sub.N)) {
		return nil, types.ErrTooFewWeights.Wrapf("%d weights, at least %d", len(values), min(least, sub.N))
	}
	values = yuma.MaxUpscale(values)
	if limit := sub.Hyper.MaxWeightLimit; !yuma.CheckMaxWeight(own, uids, values, uint16(limit)) {
		return nil, types.ErrMaxWeight.Wrapf("the largest share is over %d/65535", limit)
	}
	return yuma.MakePairs(uids, values), nil
}

// narrow takes a message's numbers, which travel as 32 bits, to the 16 bits that they must fit.
func narrow(wideUids, wideValues []uint32) (uids, values []uint16, err error) {
	uids, values = make([]uint16, len(wideUids)), make([]uint16, len(wideValues))
	for i, uid := range wideUids {
		if uid > 65535 || wideValues[i] > 65535 {
			return nil, nil, types.ErrValueRange.Wrapf("uid %d value %d", uid, wideValues[i])
		}
		uids[i], values[i] = uint16(uid), uint16(wideValues[i])
	}
	return uids, values, nil
}
