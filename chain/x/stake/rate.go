package stake

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// ratesDropped is how many counters that no longer count one stake operation clears away. It is
// more than one, so the store holds at most what the busiest interval wrote.
const ratesDropped = 2

// rateLeft tells how many of the allowed stake operations a coldkey has used up on a hotkey, and
// how many blocks are left until the next one; 0 means that it may be now (chain §2.3).
func (k Keeper) rateLeft(ctx context.Context, params types.Params, coldkeyID, hotkeyID uint64) (used uint32, left uint64, err error) {
	r, found, err := lookup(ctx, k.rates, collections.Join(coldkeyID, hotkeyID))
	if err != nil {
		return 0, 0, errorsmod.Wrapf(err, "read rate of coldkey %d on hotkey %d", coldkeyID, hotkeyID)
	}
	now := height(ctx)
	if !found || r.Block+types.StakeInterval <= now {
		return 0, 0, nil
	}
	if params.StakesPerInterval == 0 || r.Count < params.StakesPerInterval {
		return r.Count, 0, nil
	}
	return r.Count, r.Block + types.StakeInterval - now, nil
}

// checkRate refuses an operation that comes too soon with the error of its direction.
func (k Keeper) checkRate(ctx context.Context, params types.Params, coldkeyID uint64, h types.Hotkey, refusal *errorsmod.Error) error {
	used, left, err := k.rateLeft(ctx, params, coldkeyID, h.Id)
	if err != nil || left == 0 {
		return err
	}
	return refusal.Wrapf("%d of %d stake operations on %s within %d blocks: wait %d blocks",
		used, params.StakesPerInterval, keys.SS58(h.Account), types.StakeInterval, left)
}

// countStake counts an operation that succeeded: for its hotkey, and as a call of its coldkey. The
// window slides: each operation renews the block of all before it that still count. Without a limit
// nothing is counted.
func (k Keeper) countStake(ctx context.Context, params types.Params, coldkeyID uint64, hotkeyIDs ...uint64) error {
	for _, hotkeyID := range hotkeyIDs {
		if params.StakesPerInterval > 0 {
			used, _, err := k.rateLeft(ctx, params, coldkeyID, hotkeyID)
			if err != nil {
				return err
			}
			if err := k.setRate(ctx, coldkeyID, hotkeyID, types.Rate{Block: height(ctx), Count: used + 1}); err != nil {
				return err
			}
		}
	}
	if err := k.dropRates(ctx); err != nil {
		return err
	}
	return k.called(ctx, coldkeyID)
}

// called notes the block of a coldkey's call, which limits its next delegation or swap.
func (k Keeper) called(ctx context.Context, coldkeyID uint64) error {
	c, err := k.coldkeyRecord(ctx, coldkeyID)
	if err != nil || c.LastTx == height(ctx) {
		return err
	}
	c.LastTx = height(ctx)
	return k.setColdkey(ctx, c)
}

// setRate replaces a counter and its place in the order of age.
func (k Keeper) setRate(ctx context.Context, coldkeyID, hotkeyID uint64, r types.Rate) error {
	key := collections.Join(coldkeyID, hotkeyID)
	before, found, err := lookup(ctx, k.rates, key)
	if err == nil && found {
		err = k.ratesAge.Remove(ctx, collections.Join3(before.Block, coldkeyID, hotkeyID))
	}
	if err == nil {
		err = k.ratesAge.Set(ctx, collections.Join3(r.Block, coldkeyID, hotkeyID))
	}
	if err == nil {
		err = k.rates.Set(ctx, key, r)
	}
	return errorsmod.Wrapf(err, "write rate of coldkey %d on hotkey %d", coldkeyID, hotkeyID)
}

// dropRates clears away the oldest counters that no longer count.
func (k Keeper) dropRates(ctx context.Context) error {
	stale, err := k.staleRates(ctx)
	if err != nil {
		return err
	}
	for _, key := range stale {
		err := k.ratesAge.Remove(ctx, key)
		if err == nil {
			err = k.rates.Remove(ctx, collections.Join(key.K2(), key.K3()))
		}
		if err != nil {
			return errorsmod.Wrapf(err, "drop rate of coldkey %d on hotkey %d", key.K2(), key.K3())
		}
	}
	return nil
}

func (k Keeper) staleRates(ctx context.Context) ([]aged, error) {
	it, err := k.ratesAge.Iterate(ctx, nil)
	if err != nil {
		return nil, errorsmod.Wrap(err, "list rates")
	}
	defer func() { _ = it.Close() }()
	var stale []aged
	for ; it.Valid() && len(stale) < ratesDropped; it.Next() {
		key, err := it.Key()
		if err != nil {
			return nil, errorsmod.Wrap(err, "list rates")
		}
		if key.K1()+types.StakeInterval > height(ctx) {
			break
		}
		stale = append(stale, key)
	}
	return stale, nil
}
