package subnet

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// CreateSubnet opens a market owned by coldkey and returns its netuid and the rao locked for
// it (chain §3.6). maxCost of 0 is no limit. Checks and errors in order: README.md.
func (k *Keeper) CreateSubnet(ctx context.Context, coldkey []byte, name string, maxCost uint64) (uint16, uint64, error) {
	if err := types.ValidName(name); err != nil {
		return 0, 0, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, 0, err
	}
	network, err := k.network.Get(ctx)
	if err != nil {
		return 0, 0, err
	}
	now := height(ctx)
	if first := opens(params, network); now < first {
		return 0, 0, types.ErrNetworkTxRateLimitExceeded.Wrapf("the last subnet was created in block %d; wait for block %d",
			network.LastLockBlock, first)
	}
	cost := k.lockCost(params, network, now)
	if err := k.affordable(ctx, coldkey, cost, maxCost); err != nil {
		return 0, 0, err
	}
	netuid, err := k.room(ctx, params, network)
	if err != nil {
		return 0, 0, err
	}
	if err := k.stake.Lock(ctx, coldkey, cost); err != nil {
		return 0, 0, fmt.Errorf("lock %d rao: %w", cost, err)
	}
	owner, err := k.stake.EnsureColdkey(ctx, coldkey)
	if err != nil {
		return 0, 0, fmt.Errorf("give the owner an id: %w", err)
	}
	s := types.Subnet{
		Netuid: uint32(netuid), Name: name, Mechanism: types.MechanismYuma,
		Owner: owner, RegisteredAt: now, Locked: cost, Hyper: params.Defaults,
	}
	s.Terms = types.Terms{Burn: params.InitialBurn, Difficulty: params.Defaults.Difficulty}.Rebase(now, &s.Hyper)
	if err := k.subnets.Set(ctx, netuid, s); err != nil {
		return 0, 0, err
	}
	if err := k.count(ctx, cost); err != nil {
		return 0, 0, err
	}
	if err := k.hooks.SubnetCreated(ctx, netuid); err != nil {
		return 0, 0, fmt.Errorf("start the mechanism of subnet %d: %w", netuid, err)
	}
	emit(ctx, "NetworkAdded", "netuid", netuid, "owner", keys.SS58(coldkey), "locked", cost)
	return netuid, cost, nil
}

// opens is the first block that takes a creation, as far as the rate limit goes; the first
// subnet ever is free of it.
func opens(p types.Params, n types.Network) uint64 {
	if !n.Any {
		return 0
	}
	return n.LastLockBlock + p.NetworkRateLimit
}

func (k *Keeper) lockCost(p types.Params, n types.Network, block uint64) uint64 {
	return k.rules.LockCost(n.LastLock, p.MinLock, p.LockReductionInterval, n.LastLockBlock, block, n.Any)
}

// LockCost is what creating a subnet costs in the next block, rao.
func (k *Keeper) LockCost(ctx context.Context) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	network, err := k.network.Get(ctx)
	if err != nil {
		return 0, err
	}
	return k.lockCost(params, network, height(ctx)+1), nil
}

// count enters a creation for that lock. It reads the counters anew: a subnet may just have ended.
func (k *Keeper) count(ctx context.Context, lock uint64) error {
	network, err := k.network.Get(ctx)
	if err != nil {
		return err
	}
	network.LastLock, network.LastLockBlock, network.Any = lock, height(ctx), true
	network.Count++
	return k.network.Set(ctx, network)
}

// room is the netuid of a new subnet: the lowest free one, or, at the limit, that of a subnet
// which ends for it.
func (k *Keeper) room(ctx context.Context, p types.Params, n types.Network) (uint16, error) {
	if n.Count >= p.SubnetLimit {
		return k.prune(ctx, p)
	}
	return k.freeNetuid(ctx)
}

// freeNetuid is the lowest netuid from 1 that no subnet has. It reads keys only, at most
// subnet_limit of them.
func (k *Keeper) freeNetuid(ctx context.Context) (uint16, error) {
	it, err := k.subnets.Iterate(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = it.Close() }()
	free := uint16(1)
	for ; it.Valid(); it.Next() {
		taken, err := it.Key()
		if err != nil {
			return 0, err
		}
		if taken != free {
			break
		}
		free++
	}
	return free, nil
}
