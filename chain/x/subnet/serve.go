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
	s, n, err := k.holder(ctx, netuid, hotkey)
	if err != nil {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := axon.Validate(params.AllowLoopback); err != nil {
		return err
	}
	now := height(ctx)
	if n.Axon != nil {
		if axon.Same(*n.Axon) {
			return nil
		}
		if err := tooSoon(types.ErrServingRateLimitExceeded, now, n.Axon.Block, s.Hyper.ServingRateLimit); err != nil {
			return err
		}
	}
	axon.Block = now
	n.Axon = &axon
	return k.publish(ctx, netuid, hotkey, n, "AxonServed")
}

// ServePrometheus publishes where a hotkey's neuron shows its metrics: ServeAxon with a clock of
// its own.
func (k *Keeper) ServePrometheus(ctx context.Context, netuid uint16, hotkey []byte, record types.Prometheus) error {
	s, n, err := k.holder(ctx, netuid, hotkey)
	if err != nil {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := record.Validate(params.AllowLoopback); err != nil {
		return err
	}
	now := height(ctx)
	if n.Prometheus != nil {
		if record.Same(*n.Prometheus) {
			return nil
		}
		if err := tooSoon(types.ErrServingRateLimitExceeded, now, n.Prometheus.Block, s.Hyper.ServingRateLimit); err != nil {
			return err
		}
	}
	record.Block = now
	n.Prometheus = &record
	return k.publish(ctx, netuid, hotkey, n, "PrometheusServed")
}

// holder is the neuron that a hotkey is on this very subnet. The original lets a hotkey publish
// under any netuid once it is registered on one (chain §4.1).
func (k *Keeper) holder(ctx context.Context, netuid uint16, hotkey []byte) (types.Subnet, types.Neuron, error) {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return s, types.Neuron{}, err
	}
	uid, registered, err := k.uidOf(ctx, netuid, hotkey)
	if err != nil {
		return s, types.Neuron{}, err
	}
	if !registered {
		return s, types.Neuron{}, types.ErrHotKeyNotRegisteredInSubNet.Wrapf("%s holds no uid of subnet %d; register it first", keys.SS58(hotkey), netuid)
	}
	n, err := k.Neuron(ctx, netuid, uid)
	return s, n, err
}

// registeredError is an error of the module's table.
type registeredError interface {
	Wrapf(format string, args ...any) error
}

// tooSoon is kind if fewer than limit blocks have passed since last; a limit of 0 is none.
func tooSoon(kind registeredError, now, last, limit uint64) error {
	if since := now - last; since < limit {
		return kind.Wrapf("too soon: %d of %d blocks left, the last was in block %d", limit-since, limit, last)
	}
	return nil
}

// publish stores a neuron's record and says so.
func (k *Keeper) publish(ctx context.Context, netuid uint16, hotkey []byte, n types.Neuron, event string) error {
	if err := k.neurons.Set(ctx, collections.Join(netuid, uint16(n.Uid)), n); err != nil {
		return err
	}
	return k.tell(ctx, event, netuid, hotkey, n)
}

// tell emits an event about what a neuron published; more are further attributes.
func (k *Keeper) tell(ctx context.Context, event string, netuid uint16, hotkey []byte, n types.Neuron, more ...any) error {
	coldkey, err := k.ownerAccount(ctx, n.Hotkey)
	if err != nil {
		return err
	}
	emit(ctx, event, append([]any{"netuid", netuid, "uid", n.Uid, "hotkey", keys.SS58(hotkey), "coldkey", keys.SS58(coldkey)}, more...)...)
	return nil
}

// ownerAccount is the coldkey of a known hotkey id.
func (k *Keeper) ownerAccount(ctx context.Context, hotkeyID uint64) ([]byte, error) {
	owner, err := k.stake.HotkeyOwner(ctx, hotkeyID)
	if err != nil {
		return nil, err
	}
	return k.stake.Coldkey(ctx, owner)
}
