package subnet

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// SetCommitment publishes up to 128 bytes under a hotkey's uid, in place of what was there
// (chain §2.6). It goes with the uid: a newcomer inherits nothing. Checks and errors in order:
// README.md.
func (k *Keeper) SetCommitment(ctx context.Context, netuid uint16, hotkey []byte, format string, data []byte) error {
	_, n, err := k.holder(ctx, netuid, hotkey)
	if err != nil {
		return err
	}
	c := types.Commitment{Block: height(ctx), Format: format, Data: data}
	if err := c.Validate(); err != nil {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	at := collections.Join(netuid, uint16(n.Uid))
	old, err := k.commitments.Get(ctx, at)
	switch {
	case errors.Is(err, collections.ErrNotFound):
	case err != nil:
		return err
	default:
		if err := tooSoon(types.ErrCommitmentRateLimit, c.Block, old.Block, params.CommitmentRateLimit); err != nil {
			return err
		}
	}
	if err := k.commitments.Set(ctx, at, c); err != nil {
		return err
	}
	return k.tell(ctx, "CommitmentSet", netuid, hotkey, n, "format", format, "bytes", len(data))
}

// unpublish drops what the modules keep under a uid beyond its record: its holder is replaced.
func (k *Keeper) unpublish(ctx context.Context, netuid, uid uint16) error {
	return k.commitments.Remove(ctx, collections.Join(netuid, uid))
}

// unpublishAll drops what belongs to a subnet that ends, beyond its record and its neurons'.
func (k *Keeper) unpublishAll(ctx context.Context, netuid uint16) error {
	if err := k.dropSubnetIdentity(ctx, netuid); err != nil {
		return err
	}
	return k.commitments.Clear(ctx, collections.NewPrefixedPairRange[uint16, uint16](netuid))
}
