package subnet

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// Why a subnet ended, as the event NetworkRemoved says it.
const (
	dissolved = "dissolved" // its owner ended it
	pruned    = "pruned"    // it made room for another
)

// DissolveSubnet ends a subnet of coldkey's and returns the rao it had locked (chain §3.6).
// Checks and errors in order: README.md.
func (k *Keeper) DissolveSubnet(ctx context.Context, netuid uint16, coldkey []byte) (uint64, error) {
	s, err := k.owned(ctx, netuid, coldkey)
	if err != nil {
		return 0, err
	}
	return s.Locked, k.remove(ctx, &s, dissolved)
}

// owned is a subnet that coldkey owns; SubnetDoesNotExist, then NotSubnetOwner.
func (k *Keeper) owned(ctx context.Context, netuid uint16, coldkey []byte) (types.Subnet, error) {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return s, err
	}
	owner, err := k.owns(ctx, &s, coldkey)
	if err == nil && !owner {
		err = types.ErrNotSubnetOwner.Wrapf("%s does not own subnet %d; sign with the owner's coldkey", keys.SS58(coldkey), netuid)
	}
	return s, err
}

func (k *Keeper) owns(ctx context.Context, s *types.Subnet, coldkey []byte) (bool, error) {
	id, known, err := k.stake.ColdkeyID(ctx, coldkey)
	if err != nil {
		return false, fmt.Errorf("find the caller: %w", err)
	}
	return known && id == s.Owner, nil
}

// prune ends the subnet that the rule chooses and returns the netuid that becomes free.
func (k *Keeper) prune(ctx context.Context, params types.Params) (uint16, error) {
	s, ok, err := k.weakest(ctx, params, height(ctx))
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, k.allImmune(ctx, params)
	}
	return uint16(s.Netuid), k.remove(ctx, &s, pruned)
}

// weakest is the subnet that would make room in a block; false if all are immune then. It reads
// every subnet's record: at most as many as ever existed at once.
func (k *Keeper) weakest(ctx context.Context, params types.Params, block uint64) (types.Subnet, bool, error) {
	var all []types.Subnet
	var netuids []uint16
	var rates, registered []uint64
	err := k.Each(ctx, func(s types.Subnet) error {
		rate, err := k.hooks.EmissionRate(ctx, uint16(s.Netuid))
		all, netuids = append(all, s), append(netuids, uint16(s.Netuid))
		rates, registered = append(rates, rate), append(registered, s.RegisteredAt)
		return err
	})
	if err != nil {
		return types.Subnet{}, false, fmt.Errorf("read what the subnets earn: %w", err)
	}
	i, ok := k.rules.PruneSubnet(netuids, rates, registered, block, params.NetworkImmunity)
	if !ok {
		return types.Subnet{}, false, nil
	}
	return all[i], true, nil
}

// allImmune is the error of a creation at the limit when no subnet can make room for it.
func (k *Keeper) allImmune(ctx context.Context, params types.Params) error {
	first, found := uint64(0), false
	err := k.Each(ctx, func(s types.Subnet) error {
		if !found || s.RegisteredAt < first {
			first, found = s.RegisteredAt, true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !found {
		return types.ErrAllNetworksInImmunity.Wrapf("subnet_limit is %d; governance can raise it", params.SubnetLimit)
	}
	return types.ErrAllNetworksInImmunity.Wrapf("subnet_limit is %d and no subnet is older than network_immunity, %d blocks; try from block %d",
		params.SubnetLimit, params.NetworkImmunity, first+params.NetworkImmunity)
}

// remove ends a subnet: everything kept under its netuid goes, here and in the module that runs
// the epochs, and the lock returns to the owner. All in one block: the work is a few keys per
// uid, and there are at most max_allowed_uids, 4096, of them.
func (k *Keeper) remove(ctx context.Context, s *types.Subnet, why string) error {
	netuid := uint16(s.Netuid)
	owner, err := k.stake.Coldkey(ctx, s.Owner)
	if err != nil {
		return fmt.Errorf("find the owner of subnet %d: %w", netuid, err)
	}
	if err := k.empty(ctx, netuid); err != nil {
		return fmt.Errorf("empty subnet %d: %w", netuid, err)
	}
	if err := k.subnets.Remove(ctx, netuid); err != nil {
		return err
	}
	network, err := k.network.Get(ctx)
	if err != nil {
		return err
	}
	network.Count--
	if err := k.network.Set(ctx, network); err != nil {
		return err
	}
	if err := k.hooks.SubnetRemoved(ctx, netuid); err != nil {
		return fmt.Errorf("end the mechanism of subnet %d: %w", netuid, err)
	}
	if err := k.stake.Unlock(ctx, owner, s.Locked); err != nil {
		return fmt.Errorf("unlock %d rao: %w", s.Locked, err)
	}
	emit(ctx, "NetworkRemoved", "netuid", netuid, "owner", keys.SS58(owner), "unlocked", s.Locked, "why", why)
	return nil
}

// empty takes every uid of a subnet from its holder and clears what is kept beside the record.
// The hotkeys keep their stake, even those that are registered nowhere else (chain §3.6).
func (k *Keeper) empty(ctx context.Context, netuid uint16) error {
	neurons, err := k.Neurons(ctx, netuid)
	if err != nil {
		return err
	}
	for _, n := range neurons {
		if err := k.neurons.Remove(ctx, collections.Join(netuid, uint16(n.Uid))); err != nil {
			return err
		}
		if err := k.uids.Remove(ctx, collections.Join(netuid, n.Hotkey)); err != nil {
			return err
		}
		if err := k.stake.ForgetSlot(ctx, n.Hotkey); err != nil {
			return fmt.Errorf("count the slot of hotkey id %d: %w", n.Hotkey, err)
		}
	}
	if err := k.unpublishAll(ctx, netuid); err != nil {
		return err
	}
	return k.changes.Clear(ctx, collections.NewPrefixedPairRange[uint16, uint32](netuid))
}

// TransferSubnet gives a subnet with its lock and its share of the emission to another coldkey.
// It takes one step: a mistyped address fails its checksum, nothing is asked of the new owner that
// it would have to agree to, and a pending offer would be state that somebody has to clear.
// Checks and errors in order: README.md.
func (k *Keeper) TransferSubnet(ctx context.Context, netuid uint16, coldkey, to []byte) error {
	s, err := k.owned(ctx, netuid, coldkey)
	if err != nil {
		return err
	}
	if string(coldkey) == string(to) {
		return types.ErrInvalidAddress.Wrapf("new_owner %s owns subnet %d already", keys.SS58(to), netuid)
	}
	if s.Owner, err = k.stake.EnsureColdkey(ctx, to); err != nil {
		return fmt.Errorf("give the new owner an id: %w", err)
	}
	err = k.log(ctx, &s, types.Change{Account: coldkey, Name: "owner", Old: keys.SS58(coldkey), New: keys.SS58(to)})
	if err != nil {
		return err
	}
	if err := k.subnets.Set(ctx, netuid, s); err != nil {
		return err
	}
	emit(ctx, "SubnetTransferred", "netuid", netuid, "coldkey", keys.SS58(coldkey), "new_owner", keys.SS58(to))
	return nil
}
