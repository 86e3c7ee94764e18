package incentive

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
)

// commitReveal tells whether a subnet hides weights, and for how many epochs.
func commitReveal(sub subnettypes.Subnet) (enabled bool, period uint64) {
	return sub.Hyper.CommitRevealWeightsEnabled, max(uint64(sub.Hyper.CommitRevealPeriod), 1)
}

// CommitWeights hides a validator's next weight row behind its hash (yuma §7.3). It is the
// validator's last update; the row counts from its reveal on.
func (k *Keeper) CommitWeights(ctx context.Context, m *types.MsgCommitWeights) (*types.MsgCommitWeightsResponse, error) {
	if err := m.ValidateBasic(); err != nil {
		return nil, err
	}
	sub, c, err := k.hiding(ctx, m.Netuid, m.Hotkey)
	if err != nil {
		return nil, err
	}
	last, limit := rowUpdated(c.row), sub.Hyper.WeightsRateLimit
	if left := rateLeft(height(ctx), last, limit); left > 0 {
		return nil, types.ErrCommitTooFast.Wrap(tooSoon(left, limit, last))
	}
	e, err := k.emissions.Get(ctx, uint16(sub.Netuid))
	if err != nil {
		return nil, err
	}
	_, period := commitReveal(sub)
	at, now := Slot{uint16(sub.Netuid), c.uid}, height(ctx)
	commit := yuma.Commit{Hotkey: [32]byte(c.account), Hash: [32]byte(m.Hash), Epoch: e.EpochIndex, Block: now}
	if err := k.revealer.Commit(ctx, at, commit, period); err != nil {
		return nil, err
	}
	stamped, row := rowStamp(c.row), slices.Clone(c.row)
	stamped.updated = now
	stamped.put(row)
	if err := k.weights.Set(ctx, at.key(), row); err != nil {
		return nil, err
	}
	out := &types.MsgCommitWeightsResponse{Epoch: e.EpochIndex, RevealEpoch: e.EpochIndex + period}
	return out, k.tell(ctx, types.EventCommitted, at, c, "hash", hex.EncodeToString(m.Hash),
		"epoch", text(out.Epoch), "reveal_epoch", text(out.RevealEpoch))
}

// RevealWeights discloses a committed row in the epoch of its reveal; it then has to pass what a row
// set in the open passes, except for the rate limit.
func (k *Keeper) RevealWeights(ctx context.Context, m *types.MsgRevealWeights) (*types.MsgRevealWeightsResponse, error) {
	if err := m.ValidateBasic(); err != nil {
		return nil, err
	}
	sub, c, err := k.hiding(ctx, m.Netuid, m.Hotkey)
	if err != nil {
		return nil, err
	}
	e, err := k.emissions.Get(ctx, uint16(sub.Netuid))
	if err != nil {
		return nil, err
	}
	_, period := commitReveal(sub)
	at := Slot{uint16(sub.Netuid), c.uid}
	commit, err := k.revealer.Reveal(ctx, at, disclosed(m), period, e.EpochIndex)
	if errors.Is(err, types.ErrRevealTooEarly) {
		opens := opensAt(sub, e, commit.Epoch+period)
		now := height(ctx)
		return nil, types.ErrRevealTooEarly.Wrapf("too soon: %d of %d blocks left, committed in epoch %d, epoch %d runs and epoch %d opens it",
			opens-min(opens, now), opens-min(opens, commit.Block), commit.Epoch, e.EpochIndex, commit.Epoch+period)
	}
	if err != nil {
		return nil, err
	}
	row := &types.MsgSetWeights{Hotkey: m.Hotkey, Netuid: m.Netuid, Uids: m.Uids, Values: m.Values, VersionKey: m.VersionKey}
	if err := k.weigh(ctx, row, sub, nil, &commit.Block); err != nil {
		return nil, err
	}
	return &types.MsgRevealWeightsResponse{}, k.tell(ctx, types.EventRevealed, at, c, "committed_at", text(commit.Block))
}

// hiding covers the gates that commit and reveal share: the subnet exists, hides weights, and the
// hotkey holds a uid there.
func (k *Keeper) hiding(ctx context.Context, netuid uint32, hotkey string) (subnettypes.Subnet, caller, error) {
	account, err := k.address.StringToBytes(hotkey)
	if err != nil {
		return subnettypes.Subnet{}, caller{}, err
	}
	sub, err := k.market(ctx, netuid)
	if err != nil {
		return sub, caller{}, err
	}
	if enabled, _ := commitReveal(sub); !enabled {
		return sub, caller{}, types.ErrCommitRevealDisabled.Wrapf("subnet %d", netuid)
	}
	c, err := k.caller(ctx, sub, account)
	return sub, c, err
}

// disclosed is the row whose hash was committed. ValidateBasic has seen that its numbers fit.
func disclosed(m *types.MsgRevealWeights) yuma.Commitment {
	return yuma.Commitment{Index: uint16(m.Netuid), UIDs: short(m.Uids), Values: short(m.Values), Salt: short(m.Salt), VersionKey: m.VersionKey}
}

func short(wide []uint32) []uint16 {
	out := make([]uint16, len(wide))
	for i, v := range wide {
		out[i] = uint16(v)
	}
	return out
}

// opensAt estimates the block at which an epoch to come begins, by the present tempo; 0 when none
// is scheduled.
func opensAt(sub subnettypes.Subnet, e types.Emission, epoch uint64) uint64 {
	if e.NextEpoch == 0 || epoch <= e.EpochIndex {
		return 0
	}
	blocks := uint64(sub.Hyper.Tempo)
	if sub.Hyper.YumaVariant == subnettypes.Variant2024 {
		blocks++
	}
	return e.NextEpoch + (epoch-e.EpochIndex-1)*blocks
}

// tell emits an event of a validator, coldkey included.
func (k *Keeper) tell(ctx context.Context, event string, at Slot, c caller, more ...string) error {
	h, err := k.stake.Hotkey(ctx, c.hotkey)
	if err != nil {
		return err
	}
	owner, err := k.ownerAddress(ctx, h.Owner)
	if err != nil {
		return err
	}
	emit(ctx, event, append([]string{"netuid", text(uint64(at.Netuid)), "uid", text(uint64(at.UID)),
		"hotkey", keys.SS58(c.account), "coldkey", owner}, more...)...)
	return nil
}

// Commits says where a validator's weights stand.
func (q Querier) Commits(ctx context.Context, r *types.QueryCommitsRequest) (*types.QueryCommitsResponse, error) {
	account, err := q.address.StringToBytes(r.Hotkey)
	if err != nil {
		return nil, err
	}
	sub, err := q.market(ctx, r.Netuid)
	if err != nil {
		return nil, err
	}
	c, err := q.caller(ctx, sub, account)
	if err != nil {
		return nil, err
	}
	e, err := q.emissions.Get(ctx, uint16(sub.Netuid))
	if err != nil {
		return nil, err
	}
	waiting, err := q.revealer.Waiting(ctx, Slot{uint16(sub.Netuid), c.uid})
	if err != nil {
		return nil, err
	}
	at := rowStamp(c.row)
	out := &types.QueryCommitsResponse{
		Height: height(ctx), Epoch: e.EpochIndex, NextEpoch: e.NextEpoch, Uid: uint32(c.uid),
		LastUpdate: at.updated, WeighedAt: at.weighed, RevealedAt: at.revealed, BlocksLeft: rateLeft(height(ctx), at.updated, sub.Hyper.WeightsRateLimit),
	}
	out.Enabled, out.Period = commitReveal(sub)
	for _, w := range waiting {
		out.Commits = append(out.Commits, commitInfo(sub, e, out.Period, w))
	}
	return out, nil
}

func commitInfo(sub subnettypes.Subnet, e types.Emission, period uint64, c yuma.Commit) types.CommitInfo {
	opens := c.Epoch + period
	out := types.CommitInfo{
		Hash: hex.EncodeToString(c.Hash[:]), CommittedAt: c.Block, Epoch: c.Epoch, RevealEpoch: opens,
		State: types.CommitExpired, OpensAt: opensAt(sub, e, opens), ExpiresAt: opensAt(sub, e, opens+1),
	}
	switch yuma.RevealAt(c.Epoch, period, e.EpochIndex) {
	case yuma.RevealEarly:
		out.State = types.CommitEarly
	case yuma.RevealOpen:
		out.State = types.CommitOpen
	}
	return out
}
