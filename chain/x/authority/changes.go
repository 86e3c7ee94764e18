package authority

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"cosmossdk.io/collections"
	abci "github.com/cometbft/cometbft/abci/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/authority/types"
)

// add puts one more producer at the end of the set.
func (k Keeper) add(ctx context.Context, p types.Producer) ([]types.Producer, error) {
	return k.change(ctx, func(set []types.Producer) ([]types.Producer, error) {
		if at := find(set, p.PubKey); at >= 0 {
			return nil, types.ErrKnown.Wrapf("%x is %q: remove it first, or set its power", p.PubKey, set[at].Name)
		}
		if len(set) >= types.MaxProducers {
			return nil, types.ErrTooMany.Wrapf("%d: remove one first", len(set))
		}
		return append(set, p), nil
	})
}

// remove takes a producer out of the set and returns it and who is left.
func (k Keeper) remove(ctx context.Context, key []byte) (gone types.Producer, left []types.Producer, err error) {
	left, err = k.change(ctx, func(set []types.Producer) ([]types.Producer, error) {
		at := find(set, key)
		if at < 0 {
			return nil, types.ErrUnknownProducer.Wrapf("%x: `ergon node producers list` shows them", key)
		}
		if len(set) == 1 {
			return nil, types.ErrLastProducer.Wrapf("%q: add another one first", set[0].Name)
		}
		gone = set[at]
		return slices.Delete(set, at, at+1), nil
	})
	return gone, left, err
}

// setPower changes the voting power of a producer.
func (k Keeper) setPower(ctx context.Context, key []byte, power int64) (p types.Producer, set []types.Producer, err error) {
	set, err = k.change(ctx, func(set []types.Producer) ([]types.Producer, error) {
		at := find(set, key)
		if at < 0 {
			return nil, types.ErrUnknownProducer.Wrapf("%x: `ergon node producers list` shows them", key)
		}
		if set[at].Power == power {
			return nil, types.ErrUnchanged.Wrapf("the power of %q is %d", set[at].Name, power)
		}
		set[at].Power = power
		p = set[at]
		return set, nil
	})
	return p, set, err
}

// change edits the set. The set as the engine knows it is kept until the block ends.
func (k Keeper) change(ctx context.Context, edit func([]types.Producer) ([]types.Producer, error)) ([]types.Producer, error) {
	before, err := k.Producers(ctx)
	if err != nil {
		return nil, err
	}
	after, err := edit(slices.Clone(before))
	if err != nil {
		return nil, err
	}
	if kept, err := k.before.Has(ctx); err != nil {
		return nil, fmt.Errorf("read the set before this block: %w", err)
	} else if !kept {
		if err := k.before.Set(ctx, types.ProducerList{Producers: before}); err != nil {
			return nil, fmt.Errorf("keep the set before this block: %w", err)
		}
	}
	return after, k.write(ctx, before, after)
}

// write replaces the set in the store; positions stay without gaps.
func (k Keeper) write(ctx context.Context, before, after []types.Producer) error {
	for i, p := range after {
		if i < len(before) && same(p, before[i]) {
			continue
		}
		if err := k.producers.Set(ctx, uint64(i), p); err != nil {
			return fmt.Errorf("write producer %d: %w", i, err)
		}
	}
	for i := len(after); i < len(before); i++ {
		if err := k.producers.Remove(ctx, uint64(i)); err != nil {
			return fmt.Errorf("remove producer %d: %w", i, err)
		}
	}
	return nil
}

// EndBlock returns how the set differs from what the engine knows; most blocks change nothing.
// The engine does not survive the removal of somebody it does not know, so who came and went
// within the block is not mentioned.
func (k Keeper) EndBlock(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	before, err := k.before.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the set before this block: %w", err)
	}
	if err := k.before.Remove(ctx); err != nil {
		return nil, fmt.Errorf("forget the set before this block: %w", err)
	}
	now, err := k.Producers(ctx)
	if err != nil {
		return nil, err
	}
	return updates(before.Producers, now), nil
}

func updates(before, now []types.Producer) []abci.ValidatorUpdate {
	var out []abci.ValidatorUpdate
	for _, p := range before {
		if find(now, p.PubKey) < 0 {
			out = append(out, abci.Ed25519ValidatorUpdate(p.PubKey, 0))
		}
	}
	for _, p := range now {
		if at := find(before, p.PubKey); at < 0 || before[at].Power != p.Power {
			out = append(out, abci.Ed25519ValidatorUpdate(p.PubKey, p.Power))
		}
	}
	return out
}

func find(set []types.Producer, key []byte) int {
	return slices.IndexFunc(set, func(p types.Producer) bool { return bytes.Equal(p.PubKey, key) })
}

func same(a, b types.Producer) bool {
	return a.Name == b.Name && a.Power == b.Power && bytes.Equal(a.PubKey, b.PubKey)
}

// emit tells of a producer: who it is, then what else there is to say.
func emit(ctx context.Context, kind string, p types.Producer, more ...sdk.Attribute) {
	attributes := append([]sdk.Attribute{
		sdk.NewAttribute(types.AttributeProducer, p.Name),
		sdk.NewAttribute(types.AttributeKey, base64.StdEncoding.EncodeToString(p.PubKey)),
	}, more...)
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(kind, attributes...))
}

// setAttributes say how the ledger stands after a change.
func setAttributes(set []types.Producer) []sdk.Attribute {
	return []sdk.Attribute{
		sdk.NewAttribute(types.AttributeProducers, strconv.Itoa(len(set))),
		sdk.NewAttribute(types.AttributeTolerates, strconv.Itoa(types.Tolerates(set))),
	}
}
