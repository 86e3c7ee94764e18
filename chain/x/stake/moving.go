package stake

import (
	"bytes"
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// RemoveAllBatch is how many hotkeys of a coldkey one MsgRemoveAllStake looks at.
const RemoveAllBatch = 256

// MoveStake moves the coldkey's own stake from one hotkey to another and returns how much. It is
// unstaking and staking at once, with the checks of both in that order, but the balance is not
// touched. What would be left of a nomination below the minimum moves along.
func (k Keeper) MoveStake(ctx context.Context, coldkey, from, to []byte, want Want) (uint64, error) {
	if bytes.Equal(from, to) {
		return 0, types.ErrSameKey.Wrapf("%s to itself: name another hotkey to move to", keys.SS58(from))
	}
	params, err := k.Params(ctx)
	if err != nil {
		return 0, err
	}
	source, id, err := k.staked(ctx, coldkey, from, want)
	if err != nil {
		return 0, err
	}
	moved, err := k.takeOut(ctx, params, &source, id, want)
	if err != nil {
		return 0, err
	}
	target, err := k.hotkeyByAccount(ctx, to)
	if err != nil {
		return 0, err
	}
	if err := k.mayStake(ctx, params, target, id); err != nil {
		return 0, err
	}
	if err := k.put(ctx, params, &target, id, moved, moved); err != nil {
		return 0, err
	}
	emit(ctx, types.EventStakeMoved, coldkeyAttribute(coldkey), sdk.NewAttribute(types.AttributeFrom, keys.SS58(from)),
		sdk.NewAttribute(types.AttributeTo, keys.SS58(to)), amountAttribute(moved))
	return moved, k.countStake(ctx, params, id, source.Id, target.Id)
}

// RemoveAllStake moves a coldkey's stake on its hotkeys back to its balance: on RemoveAllBatch of
// them at most, those that its list has behind the hotkey after (nil: from the first). A hotkey
// whose rate limit is used up is skipped. It returns what became of each with stake, and the hotkey
// to go on after, nil when the list was finished.
func (k Keeper) RemoveAllStake(ctx context.Context, coldkey, after []byte) ([]types.Unstaked, []byte, error) {
	params, err := k.Params(ctx)
	if err != nil {
		return nil, nil, err
	}
	id, batch, more, err := k.backedAfter(ctx, coldkey, after, RemoveAllBatch)
	if err != nil {
		return nil, nil, err
	}
	var (
		out     []types.Unstaked
		emptied []uint64
		sum     uint64
		last    []byte
	)
	for _, hotkeyID := range batch {
		h, err := k.Hotkey(ctx, hotkeyID)
		if err != nil {
			return nil, nil, err
		}
		last = h.Account
		one, err := k.removeOne(ctx, params, h, id)
		if err != nil {
			return nil, nil, err
		}
		if one.Amount > 0 {
			out = append(out, one)
		}
		if one.Amount > 0 && one.Code == 0 {
			sum += one.Amount // a part of totals.staked, which fits
			emptied = append(emptied, hotkeyID)
			emit(ctx, types.EventStakeRemoved, hotkeyAttribute(h.Account), coldkeyAttribute(coldkey), amountAttribute(one.Amount))
		}
	}
	if len(out) == 0 && !more {
		return nil, nil, types.ErrNotEnoughStake.Wrapf("%s has no stake: nothing to do", keys.SS58(coldkey))
	}
	if !more {
		last = nil
	}
	if len(emptied) == 0 {
		return out, last, nil
	}
	if err := k.unstaked(ctx, sum); err != nil {
		return nil, nil, err
	}
	if err := k.countStake(ctx, params, id, emptied...); err != nil {
		return nil, nil, err
	}
	return out, last, k.withdraw(ctx, coldkey, sum)
}

// removeOne takes a coldkey's whole stake off a hotkey, or says why not.
func (k Keeper) removeOne(ctx context.Context, params types.Params, h types.Hotkey, coldkeyID uint64) (types.Unstaked, error) {
	out := types.Unstaked{Hotkey: keys.SS58(h.Account)}
	var err error
	if out.Amount, _, err = k.worth(ctx, h, coldkeyID); err != nil || out.Amount == 0 {
		return out, err
	}
	if _, out.BlocksLeft, err = k.rateLeft(ctx, params, coldkeyID, h.Id); err != nil {
		return out, err
	}
	if out.BlocksLeft > 0 {
		out.Code = types.ErrUnstakeRate.ABCICode()
		return out, nil
	}
	_, err = k.takeOut(ctx, params, &h, coldkeyID, Want{All: true})
	return out, err
}

// backedAfter lists the ids of the next hotkeys that a coldkey owns or holds, at most limit, and
// tells whether there are more. Nobody has none.
func (k Keeper) backedAfter(ctx context.Context, coldkey, after []byte, limit int) (coldkeyID uint64, ids []uint64, more bool, err error) {
	if err := checkAccount(coldkey); err != nil {
		return 0, nil, false, err
	}
	coldkeyID, found, err := k.ColdkeyID(ctx, coldkey)
	if err != nil || !found {
		return 0, nil, false, err
	}
	start := uint64(0)
	if after != nil {
		h, err := k.hotkeyByAccount(ctx, after)
		if err != nil {
			return 0, nil, false, err
		}
		start = h.Id
	}
	list := collections.NewPrefixedPairRange[uint64, uint64](coldkeyID).StartExclusive(start)
	err = k.backed.Walk(ctx, list, func(key pair) (bool, error) {
		if more = len(ids) == limit; more {
			return true, nil
		}
		ids = append(ids, key.K2())
		return false, nil
	})
	return coldkeyID, ids, more, errorsmod.Wrapf(err, "list hotkeys of coldkey %d", coldkeyID)
}
