package subnet

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// SetIdentity says who a coldkey is, or with a netuid who runs a subnet, against a deposit that
// the identity's payer gets back (chain §2.6). Checks and errors in order: README.md.
func (k *Keeper) SetIdentity(ctx context.Context, coldkey []byte, netuid uint16, info types.IdentityInfo) (uint64, error) {
	if err := info.Validate(); err != nil {
		return 0, err
	}
	id, err := k.identified(ctx, coldkey, netuid)
	if err != nil {
		return 0, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	next := types.Identity{Payer: id, Deposit: info.Deposit(params.IdentityDeposit), Block: height(ctx), Info: info}
	old, found, err := k.identity(ctx, id, netuid)
	if err != nil {
		return 0, err
	}
	if !found || old.Payer != next.Payer || old.Deposit != next.Deposit {
		if err := k.refund(ctx, old); err != nil {
			return 0, err
		}
		if err := k.charge(ctx, coldkey, next.Deposit); err != nil {
			return 0, err
		}
	}
	if netuid != 0 {
		err = k.subnetIdentities.Set(ctx, netuid, next)
	} else {
		err = k.identities.Set(ctx, id, next)
	}
	if err != nil {
		return 0, err
	}
	emit(ctx, "IdentitySet", "coldkey", keys.SS58(coldkey), "netuid", netuid, "deposit", next.Deposit)
	return next.Deposit, nil
}

// ClearIdentity takes an identity back and returns what was paid to its payer. In the original
// anyone may clear anyone's, and the caller's deposit goes (chain §2.6); here a coldkey clears
// its own and that of a subnet it owns, there is no way to name another.
func (k *Keeper) ClearIdentity(ctx context.Context, coldkey []byte, netuid uint16) (uint64, error) {
	var id uint64
	var err error
	if netuid != 0 {
		_, err = k.owned(ctx, netuid, coldkey)
	} else {
		id, _, err = k.stake.ColdkeyID(ctx, coldkey) // 0, nobody's, if it has none
	}
	if err != nil {
		return 0, err
	}
	old, found, err := k.identity(ctx, id, netuid)
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, types.ErrIdentityNotFound.Wrapf("%s has set none for netuid %d", keys.SS58(coldkey), netuid)
	}
	if netuid != 0 {
		err = k.subnetIdentities.Remove(ctx, netuid)
	} else {
		err = k.identities.Remove(ctx, id)
	}
	if err != nil {
		return 0, err
	}
	if err := k.refund(ctx, old); err != nil {
		return 0, err
	}
	emit(ctx, "IdentityCleared", "coldkey", keys.SS58(coldkey), "netuid", netuid, "deposit", old.Deposit)
	return old.Deposit, nil
}

// dropSubnetIdentity is what the end of a subnet does to its identity.
func (k *Keeper) dropSubnetIdentity(ctx context.Context, netuid uint16) error {
	old, err := k.subnetIdentities.Get(ctx, netuid)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.subnetIdentities.Remove(ctx, netuid); err != nil {
		return err
	}
	return k.refund(ctx, old)
}

// identity is the stored identity of a subnet, or with netuid 0 of a coldkey.
func (k *Keeper) identity(ctx context.Context, coldkeyID uint64, netuid uint16) (i types.Identity, found bool, err error) {
	if netuid != 0 {
		i, err = k.subnetIdentities.Get(ctx, netuid)
	} else {
		i, err = k.identities.Get(ctx, coldkeyID)
	}
	if errors.Is(err, collections.ErrNotFound) {
		return i, false, nil
	}
	return i, err == nil, err
}

// identified is the id of a coldkey that may set the identity: of its subnet, or of itself if it
// has a hotkey on root or owns a subnet.
func (k *Keeper) identified(ctx context.Context, coldkey []byte, netuid uint16) (uint64, error) {
	if netuid != 0 {
		s, err := k.owned(ctx, netuid, coldkey)
		return s.Owner, err
	}
	id, known, err := k.stake.ColdkeyID(ctx, coldkey)
	if err != nil {
		return 0, err
	}
	if known {
		if known, err = k.prominent(ctx, id); err != nil {
			return 0, err
		}
	}
	if !known {
		return 0, types.ErrCannotRegisterIdentity.Wrapf("%s neither has a hotkey on root nor owns a subnet; get one of them first", keys.SS58(coldkey))
	}
	return id, nil
}

// prominent tells whether a coldkey has a hotkey on root or owns a subnet. It reads the members of
// root, at most 64, and the subnets, at most subnet_limit.
func (k *Keeper) prominent(ctx context.Context, coldkeyID uint64) (bool, error) {
	members, err := k.Neurons(ctx, 0)
	if err != nil {
		return false, err
	}
	for _, n := range members {
		owner, err := k.stake.HotkeyOwner(ctx, n.Hotkey)
		if err != nil {
			return false, fmt.Errorf("find the owner of hotkey id %d: %w", n.Hotkey, err)
		}
		if owner == coldkeyID {
			return true, nil
		}
	}
	owns := false
	err = k.subnets.Walk(ctx, nil, func(_ uint16, s types.Subnet) (bool, error) {
		owns = s.Owner == coldkeyID
		return owns, nil
	})
	return owns, err
}

// charge locks a deposit of coldkey's.
func (k *Keeper) charge(ctx context.Context, coldkey []byte, amount uint64) error {
	if err := k.affordable(ctx, coldkey, amount, 0); err != nil {
		return err
	}
	if err := k.stake.Lock(ctx, coldkey, amount); err != nil {
		return fmt.Errorf("hold %d rao: %w", amount, err)
	}
	return k.deposited(ctx, func(n *types.Network) { n.Deposits += amount })
}

// refund gives a deposit back to who paid it; the zero identity has none.
func (k *Keeper) refund(ctx context.Context, i types.Identity) error {
	if i.Deposit == 0 {
		return nil
	}
	payer, err := k.stake.Coldkey(ctx, i.Payer)
	if err != nil {
		return fmt.Errorf("find the payer of a deposit: %w", err)
	}
	if err := k.stake.Unlock(ctx, payer, i.Deposit); err != nil {
		return fmt.Errorf("return %d rao: %w", i.Deposit, err)
	}
	return k.deposited(ctx, func(n *types.Network) { n.Deposits -= i.Deposit })
}

// deposited keeps the sum of all deposits, so that the locks account can be audited.
func (k *Keeper) deposited(ctx context.Context, change func(*types.Network)) error {
	n, err := k.network.Get(ctx)
	if err != nil {
		return err
	}
	change(&n)
	return k.network.Set(ctx, n)
}
