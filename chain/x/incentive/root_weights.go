package incentive

import (
	"bytes"
	"context"
	"encoding/json"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

// SetRootWeights replaces a root validator's row. The checks and their order are chain §6.2; see
// the README for those that cannot fail here.
func (k *Keeper) SetRootWeights(ctx context.Context, m *types.MsgSetRootWeights) (*types.MsgSetRootWeightsResponse, error) {
	coldkey, err := k.address.StringToBytes(m.Coldkey)
	if err != nil {
		return nil, err
	}
	account, err := k.address.StringToBytes(m.Hotkey)
	if err != nil {
		return nil, err
	}
	id, err := k.ownHotkey(ctx, account, coldkey)
	if err != nil {
		return nil, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if params.RootTempo == 0 {
		return nil, types.ErrNotRoot
	}
	netuids, values, err := k.subnetsListed(ctx, m)
	if err != nil {
		return nil, err
	}
	c, err := k.rootCaller(ctx, account, id)
	if err != nil {
		return nil, err
	}
	if err := k.mayWeighSubnets(ctx, params, c, m.VersionKey); err != nil {
		return nil, err
	}
	if netuid, twice := yuma.Duplicate(netuids); twice {
		return nil, types.ErrDuplicateUids.Wrapf("netuid %d", netuid)
	}
	pairs := yuma.MakePairs(netuids, yuma.MaxUpscale(values))
	if err := k.weights.Set(ctx, collections.Join(subnettypes.RootNetuid, c.uid), packRow(height(ctx), pairs)); err != nil {
		return nil, err
	}
	row, err := json.Marshal(rows(pairs))
	if err != nil {
		return nil, err
	}
	emit(ctx, types.EventRootWeightsSet, "netuid", text(uint64(subnettypes.RootNetuid)), "uid", text(uint64(c.uid)), "hotkey", keys.SS58(account),
		"coldkey", keys.SS58(coldkey), "weights", string(row))
	return &types.MsgSetRootWeightsResponse{}, nil
}

// rows are pairs as events tell them: [[netuid,value],...].
func rows(pairs []yuma.Pair) [][2]uint16 {
	out := make([][2]uint16, len(pairs))
	for i, p := range pairs {
		out[i] = [2]uint16{p.UID, p.Value}
	}
	return out
}

// ownHotkey covers checks 1 and 2: the hotkey has an owner, who is the signer.
func (k *Keeper) ownHotkey(ctx context.Context, account, coldkey []byte) (uint64, error) {
	id, known, err := k.stake.HotkeyID(ctx, account)
	if err != nil {
		return 0, err
	}
	if !known {
		return 0, staketypes.ErrHotkeyNotFound.Wrapf("%s has never registered: register it first", keys.SS58(account))
	}
	h, err := k.stake.Hotkey(ctx, id)
	if err != nil {
		return 0, err
	}
	owner, err := k.stake.Coldkey(ctx, h.Owner)
	if err != nil {
		return 0, err
	}
	if !bytes.Equal(owner, coldkey) {
		return 0, staketypes.ErrNonAssociatedColdkey.Wrapf("%s is owned by %s: sign with that coldkey", keys.SS58(account), keys.SS58(owner))
	}
	return id, nil
}

// subnetsListed covers checks 4 and 5: one value per netuid, and every netuid a subnet or 0. A
// list names a netuid as often as it likes here; looking each up once bounds the work by the
// number of subnets.
func (k *Keeper) subnetsListed(ctx context.Context, m *types.MsgSetRootWeights) (netuids, values []uint16, err error) {
	if len(m.Netuids) != len(m.Values) {
		return nil, nil, types.ErrLengthsDiffer.Wrapf("%d netuids and %d values", len(m.Netuids), len(m.Values))
	}
	if netuids, values, err = narrow(m.Netuids, m.Values); err != nil {
		return nil, nil, err
	}
	seen := map[uint16]bool{subnettypes.RootNetuid: true}
	for _, netuid := range netuids {
		if seen[netuid] {
			continue
		}
		if _, err := k.subnet.Get(ctx, netuid); err != nil {
			return nil, nil, types.ErrInvalidUid.Wrapf("netuid %d: there is no such subnet; `ergon subnet list` shows them", netuid)
		}
		seen[netuid] = true
	}
	return netuids, values, nil
}

// rootCaller covers check 6: the hotkey is a member of the root network.
func (k *Keeper) rootCaller(ctx context.Context, account []byte, id uint64) (caller, error) {
	uid, ok, err := k.subnet.UID(ctx, subnettypes.RootNetuid, id)
	if err != nil {
		return caller{}, err
	}
	if !ok {
		return caller{}, types.ErrNotRegistered.Wrapf("%s is not on the root network: `ergon root register`", keys.SS58(account))
	}
	row, err := k.weights.Get(ctx, collections.Join(subnettypes.RootNetuid, uid))
	if err != nil {
		return caller{}, types.ErrUnknownNeuronState.Wrapf("root uid %d", uid)
	}
	return caller{account: account, hotkey: id, uid: uid, row: row}, nil
}

// mayWeighSubnets covers checks 7 to 9: stake, version and rate limit. Root has no permits: all of
// its members weigh.
func (k *Keeper) mayWeighSubnets(ctx context.Context, p types.Params, c caller, version uint64) error {
	backing, err := k.stake.StakeOf(ctx, c.hotkey)
	if err != nil {
		return err
	}
	if backing < p.RootWeightsMinStake {
		return types.ErrNotEnoughStake.Wrapf("%d rao staked, %d needed", backing, p.RootWeightsMinStake)
	}
	if v := p.RootWeightsVersion; v != 0 && version < v {
		return types.ErrVersionKey.Wrapf("version key %d, root asks for %d", version, v)
	}
	now, last := height(ctx), rowUpdated(c.row)
	if limit := p.RootWeightsRateLimit; last != 0 && now-last < limit {
		return types.ErrTooFast.Wrapf("too soon: %d of %d blocks left, last update at block %d", limit-(now-last), limit, last)
	}
	return nil
}
