package subnet

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// ServeAxon publishes where a hotkey's neuron listens (chain §4.1). The block of the record is
// set here. Serving the record that is already there is accepted at any time and changes
// nothing, so a restarted neuron need not ask first. Checks and errors in order: README.md.
func (k *Keeper) ServeAxon(ctx context.Context, netuid uint16, hotkey []byte, axon types.Axon) error {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return err
	}
	uid, registered, err := k.uidOf(ctx, netuid, hotkey)
	if err != nil {
		return err
	}
	if !registered {
		return types.ErrHotKeyNotRegisteredInSubNet.Wrapf("%s holds no uid of subnet %d; register it first", keys.SS58(hotkey), netuid)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := axon.Validate(params.AllowLoopback); err != nil {
		return err
	}
	n, err := k.Neuron(ctx, netuid, uid)
	if err != nil {
		return err
	}
	now := height(ctx)
	if n.Axon != nil {
		if axon.Block = n.Axon.Block; axon == *n.Axon {
			return nil
		}
		if limit := s.Hyper.ServingRateLimit; now-n.Axon.Block < limit {
			return types.ErrServingRateLimitExceeded.Wrapf("too soon: %d of %d blocks left, last served in block %d", limit-(now-n.Axon.Block), limit, n.Axon.Block)
		}
	}
	axon.Block = now
	n.Axon = &axon
	if err := k.neurons.Set(ctx, collections.Join(netuid, uid), n); err != nil {
		return err
	}
	emit(ctx, "AxonServed", "netuid", netuid, "uid", uid, "hotkey", keys.SS58(hotkey))
	return nil
}
