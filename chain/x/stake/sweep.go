package stake

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// SweepBatch is how many nominations one block looks at while a raised minimum is applied. Those it
// pays back count against ReleaseBatch.
const SweepBatch = 1024

// startSweep begins to look for nominations below the minimum, from the first again if it was at it.
func (k Keeper) startSweep(ctx context.Context, minimum uint64) error {
	emit(ctx, types.EventSweepStarted, sdk.NewAttribute(types.AttributeMinimum, fmt.Sprint(minimum)))
	return errorsmod.Wrap(k.sweep.Set(ctx, types.Sweep{}), "start a sweep")
}

// nomination is one holding as the sweep finds it.
type nomination struct {
	hotkey, coldkey uint64
	shares          *big.Int
}

// sweepSome looks at the next nominations and pays back, at most budget of them, those that are
// worth less than the minimum is now. With no sweep under way it writes nothing.
func (k Keeper) sweepSome(ctx context.Context, budget int) error {
	at, err := k.sweep.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) || budget == 0 {
		return nil
	}
	if err != nil {
		return errorsmod.Wrap(err, "read sweep")
	}
	params, err := k.Params(ctx)
	if err != nil {
		return err
	}
	batch, err := k.nominations(ctx, at, SweepBatch)
	if err != nil {
		return err
	}
	for _, n := range batch {
		if budget == 0 {
			return errorsmod.Wrap(k.sweep.Set(ctx, at), "write sweep")
		}
		h, err := k.Hotkey(ctx, n.hotkey)
		if err != nil {
			return err
		}
		if h.Nominations().Value(n.shares) < params.NominatorMin {
			budget--
			k.closeGuarded(ctx, h, n.coldkey)
		}
		at = types.Sweep{Hotkey: n.hotkey, Coldkey: n.coldkey}
	}
	if len(batch) == SweepBatch {
		return errorsmod.Wrap(k.sweep.Set(ctx, at), "write sweep")
	}
	emit(ctx, types.EventSweepEnded)
	return errorsmod.Wrap(k.sweep.Remove(ctx), "end sweep")
}

// nominations lists the next holdings of all hotkeys, at most limit.
func (k Keeper) nominations(ctx context.Context, after types.Sweep, limit int) ([]nomination, error) {
	rest := new(collections.Range[pair]).StartExclusive(collections.Join(after.Hotkey, after.Coldkey))
	var batch []nomination
	err := k.holdings.Walk(ctx, rest, func(key pair, shares []byte) (bool, error) {
		batch = append(batch, nomination{key.K1(), key.K2(), new(big.Int).SetBytes(shares)})
		return len(batch) == limit, nil
	})
	return batch, errorsmod.Wrap(err, "list nominations")
}

// closeGuarded pays one nomination back. If that fails, it is undone and the nomination stays.
func (k Keeper) closeGuarded(ctx context.Context, h types.Hotkey, coldkeyID uint64) {
	k.guarded(ctx, h.Id, func(ctx context.Context) (int, error) {
		paid, err := k.closeHolding(ctx, &h, coldkeyID)
		if err != nil {
			return 0, err
		}
		if err := k.setHotkey(ctx, h); err != nil {
			return 0, err
		}
		return 1, k.unstaked(ctx, paid)
	})
}
