package incentive

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// newcomerScore protects a fresh slot from being pruned again before its first epoch (chain §3.5).
const newcomerScore = 65535

// SlotFilled gives uid to a newcomer: whatever the predecessor said or earned is gone (chain
// §3.5 "Ours"). Weights and bonds of others towards the uid need no write: the epoch masks every
// row that is older than the registration.
func (k *Keeper) SlotFilled(ctx context.Context, netuid, uid uint16, appended bool) error {
	key := collections.Join(netuid, uid)
	if netuid == subnettypes.RootNetuid { // a member of root has a row over subnets and nothing else
		return k.weights.Remove(ctx, key)
	}
	if err := k.weights.Set(ctx, key, packRow(height(ctx), nil)); err != nil {
		return err
	}
	if err := k.bonds.Remove(ctx, key); err != nil {
		return err
	}
	v, err := k.vectors.Get(ctx, netuid)
	if err != nil {
		return err
	}
	grow(&v, int(uid)+1)
	clearSlot(&v, int(uid))
	if !appended {
		v.Pruning[uid] = newcomerScore
	}
	if err := k.vectors.Set(ctx, netuid, v); err != nil {
		return err
	}
	bitmap, err := k.permits.Get(ctx, netuid)
	if notFound(err) || (err == nil && !bit(bitmap, uid)) {
		return nil
	}
	if err != nil {
		return err
	}
	clearBit(bitmap, uid)
	return k.permits.Set(ctx, netuid, bitmap)
}

// Scores are what a pruning decision looks at, one per uid: the 2024 form's pruning score (of
// 65535) and the 2026 form's emission of the last epoch in rao.
func (k *Keeper) Scores(ctx context.Context, netuid uint16) ([]uint16, []uint64, error) {
	v, err := k.vectors.Get(ctx, netuid)
	if err != nil {
		return nil, nil, err
	}
	pruning := make([]uint16, len(v.Pruning))
	for i, p := range v.Pruning {
		pruning[i] = uint16(p)
	}
	return pruning, v.Emission, nil
}

// grow extends every vector to n uids with the values of an appended slot: active, no score.
func grow(v *types.Vectors, n int) {
	for len(v.Active) < n {
		v.Active = append(v.Active, true)
		v.Emission = append(v.Emission, 0)
		v.Rank = append(v.Rank, 0)
		v.Trust = append(v.Trust, 0)
		v.Consensus = append(v.Consensus, 0)
		v.Incentive = append(v.Incentive, 0)
		v.Dividends = append(v.Dividends, 0)
		v.ValidatorTrust = append(v.ValidatorTrust, 0)
		v.Pruning = append(v.Pruning, 0)
		v.Permit = append(v.Permit, false)
	}
}

func clearSlot(v *types.Vectors, i int) {
	v.Active[i], v.Permit[i] = true, false
	v.Emission[i], v.Rank[i], v.Trust[i], v.Consensus[i] = 0, 0, 0, 0
	v.Incentive[i], v.Dividends[i], v.ValidatorTrust[i], v.Pruning[i] = 0, 0, 0, 0
}
