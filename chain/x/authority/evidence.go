package authority

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"

	"cosmossdk.io/core/comet"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/authority/types"
)

// BeginBlock removes every producer whom the block's evidence proves to have signed two different
// blocks of one height, or to have helped to deceive a light client. The evidence is part of the
// block, so all nodes remove the same ones, in a replay too. Being down is not punished.
func (k Keeper) BeginBlock(ctx context.Context) error {
	info := sdk.UnwrapSDKContext(ctx).CometInfo()
	if info == nil || info.GetEvidence() == nil || info.GetEvidence().Len() == 0 {
		return nil
	}
	evidence := info.GetEvidence()
	set, err := k.Producers(ctx)
	if err != nil {
		return err
	}
	for i := range evidence.Len() {
		if set, err = k.punish(ctx, set, evidence.Get(i)); err != nil {
			return err
		}
	}
	return nil
}

// punish removes the guilty one from the set and returns who is left.
func (k Keeper) punish(ctx context.Context, set []types.Producer, e comet.Evidence) ([]types.Producer, error) {
	var reason string
	switch e.Type() {
	case comet.DuplicateVote:
		reason = types.ReasonDoubleSigning
	case comet.LightClientAttack:
		reason = types.ReasonLightClientAttack
	default:
		return set, nil
	}
	at := slices.IndexFunc(set, func(p types.Producer) bool { return bytes.Equal(p.Address(), e.Validator().Address()) })
	if at < 0 {
		return set, nil // removed already, by root or by earlier evidence
	}
	log := sdk.UnwrapSDKContext(ctx).Logger()
	attributes := []sdk.Attribute{
		sdk.NewAttribute(types.AttributeReason, reason), sdk.NewAttribute(types.AttributeHeight, strconv.FormatInt(e.Height(), 10)),
	}
	gone, left, err := k.remove(ctx, set[at].PubKey)
	if errors.Is(err, types.ErrLastProducer) {
		emit(ctx, types.EventProducerKept, set[at], attributes...)
		log.Error("the last producer stays although it misbehaved: add others, then remove it", "producer", set[at].Name, "reason", reason, "height", e.Height())
		return set, nil
	}
	if err != nil {
		return nil, err
	}
	emit(ctx, types.EventProducerRemoved, gone, append(attributes, setAttributes(left)...)...)
	log.Error("producer removed: "+types.Tolerance(left), "producer", gone.Name, "reason", reason, "height", e.Height())
	return left, nil
}
