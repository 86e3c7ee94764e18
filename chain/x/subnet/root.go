package subnet

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// RootRegister makes a hotkey that coldkey owns a member of the root network, free of charge
// (chain §3.7). It returns the uid and the account that lost it, nil if the uid is new. Members
// are the neurons of netuid 0, which has no record among the subnets. Checks and errors in
// order: README.md.
func (k *Keeper) RootRegister(ctx context.Context, hotkey, coldkey []byte) (uint16, []byte, error) {
	root, err := k.openRoot(ctx)
	if err != nil {
		return 0, nil, err
	}
	uid, member, err := k.uidOf(ctx, types.RootNetuid, hotkey)
	if err != nil {
		return 0, nil, err
	}
	if member {
		return 0, nil, types.ErrHotKeyAlreadyRegisteredInSubNet.Wrapf("%s is member %d of root", keys.SS58(hotkey), uid)
	}
	// Ours: the original lets anyone put any hotkey on root, and so make it a delegate.
	id, err := k.stake.EnsureOwned(ctx, hotkey, coldkey)
	if err != nil {
		return 0, nil, fmt.Errorf("register %s on root: %w", keys.SS58(hotkey), err)
	}
	uid, replaced, err := k.seat(ctx, &root, id)
	if err != nil {
		return 0, nil, err
	}
	if err := k.root.Set(ctx, root.Join(height(ctx))); err != nil {
		return 0, nil, err
	}
	if err := k.stake.EnsureDelegate(ctx, id); err != nil {
		return 0, nil, fmt.Errorf("make %s a delegate: %w", keys.SS58(hotkey), err)
	}
	if err := k.hooks.SlotFilled(ctx, types.RootNetuid, uid, replaced == nil); err != nil {
		return 0, nil, fmt.Errorf("clear uid %d of root: %w", uid, err)
	}
	emit(ctx, "RootRegistered", "uid", uid, "hotkey", keys.SS58(hotkey), "coldkey", keys.SS58(coldkey), "replaced", textOf(replaced))
	return uid, replaced, nil
}

// openRoot is the state of root, if it takes a member in this block.
func (k *Keeper) openRoot(ctx context.Context) (types.RootNetwork, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return types.RootNetwork{}, err
	}
	root, err := k.root.Get(ctx)
	if err != nil {
		return root, err
	}
	now, rules := height(ctx), params.Root
	root = root.At(now, rules)
	if joined := root.Joined(now); joined >= rules.MaxRegsPerBlock {
		return root, types.ErrTooManyRegistrationsThisBlock.Wrapf("root took %d of %d members in block %d; try in a later block",
			joined, rules.MaxRegsPerBlock, now)
	}
	if root.RegsInterval >= rules.Most() {
		return root, types.ErrTooManyRegistrationsThisInterval.Wrapf("root took %d of %d members since block %d; try from block %d",
			root.RegsInterval, rules.Most(), root.IntervalStart, root.IntervalStart+rules.AdjustmentInterval)
	}
	return root, nil
}

// seat gives a place on root: a new one while there are fewer than 64 members, else the place of
// the one with the least stake, if the newcomer has more. Root has no immunity.
func (k *Keeper) seat(ctx context.Context, root *types.RootNetwork, hotkey uint64) (uid uint16, replaced []byte, err error) {
	if root.N < types.MaxRootMembers {
		uid = uint16(root.N)
		root.N++
	} else if uid, replaced, err = k.unseat(ctx, hotkey); err != nil {
		return 0, nil, err
	}
	return uid, replaced, k.occupy(ctx, types.RootNetuid, uid, hotkey)
}

// unseat takes the place of the member with the least stake (the lowest uid of equals) for a
// newcomer with strictly more.
func (k *Keeper) unseat(ctx context.Context, newcomer uint64) (uint16, []byte, error) {
	members, err := k.Neurons(ctx, types.RootNetuid)
	if err != nil {
		return 0, nil, err
	}
	least, stake, err := k.leastStaked(ctx, members)
	if err != nil {
		return 0, nil, err
	}
	own, err := k.stake.StakeOf(ctx, newcomer)
	if err != nil {
		return 0, nil, fmt.Errorf("read the stake of hotkey id %d: %w", newcomer, err)
	}
	if own <= stake {
		return 0, nil, types.ErrStakeTooLowForRoot.Wrapf("%d rao on the hotkey; root is full and its least member has %d: stake %d more",
			own, stake, stake-own+1)
	}
	gone, err := k.vacate(ctx, types.RootNetuid, members[least].Hotkey)
	return uint16(least), gone, err
}

// leastStaked is the place in members of the one with the least stake, and that stake.
func (k *Keeper) leastStaked(ctx context.Context, members []types.Neuron) (least int, stake uint64, err error) {
	for i, m := range members {
		s, err := k.stake.StakeOf(ctx, m.Hotkey)
		if err != nil {
			return 0, 0, fmt.Errorf("read the stake of hotkey id %d: %w", m.Hotkey, err)
		}
		if i == 0 || s < stake {
			least, stake = i, s
		}
	}
	return least, stake, nil
}

// occupy writes the record of a slot's new holder whole, with its index entry, and counts it.
func (k *Keeper) occupy(ctx context.Context, netuid, uid uint16, hotkey uint64) error {
	if err := k.unpublish(ctx, netuid, uid); err != nil {
		return err
	}
	n := types.Neuron{Uid: uint32(uid), Hotkey: hotkey, RegisteredAt: height(ctx)}
	if err := k.neurons.Set(ctx, collections.Join(netuid, uid), n); err != nil {
		return err
	}
	if err := k.uids.Set(ctx, collections.Join(netuid, hotkey), uid); err != nil {
		return err
	}
	if err := k.stake.AddSlot(ctx, hotkey); err != nil {
		return fmt.Errorf("count the slot of hotkey id %d: %w", hotkey, err)
	}
	return nil
}

// vacate ends a hotkey's hold on its slot, whose record the next holder replaces, and returns
// the hotkey's account.
func (k *Keeper) vacate(ctx context.Context, netuid uint16, hotkey uint64) ([]byte, error) {
	account, err := k.stake.HotkeyAccount(ctx, hotkey)
	if err != nil {
		return nil, fmt.Errorf("find hotkey id %d: %w", hotkey, err)
	}
	if err := k.uids.Remove(ctx, collections.Join(netuid, hotkey)); err != nil {
		return nil, err
	}
	if err := k.stake.DropSlot(ctx, hotkey); err != nil {
		return nil, fmt.Errorf("count the slot of hotkey id %d: %w", hotkey, err)
	}
	return account, nil
}

// RootMembers are the members of root in uid order, with what tells a newcomer whether it can join.
func (k *Keeper) RootMembers(ctx context.Context) (*types.QueryRootMembersResponse, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	root, err := k.root.Get(ctx)
	if err != nil {
		return nil, err
	}
	members, err := k.Neurons(ctx, types.RootNetuid)
	if err != nil {
		return nil, err
	}
	out := &types.QueryRootMembersResponse{
		Limit: types.MaxRootMembers, Opens: root.Opens(height(ctx), params.Root), Height: height(ctx),
	}
	for _, n := range members {
		m, err := k.rootMember(ctx, n)
		if err != nil {
			return nil, err
		}
		out.Members = append(out.Members, m)
	}
	_, out.LeastStake, err = k.leastStaked(ctx, members)
	return out, err
}

func (k *Keeper) rootMember(ctx context.Context, n types.Neuron) (types.RootMember, error) {
	m := types.RootMember{Uid: n.Uid, RegisteredAt: n.RegisteredAt}
	account, err := k.stake.HotkeyAccount(ctx, n.Hotkey)
	if err != nil {
		return m, fmt.Errorf("find hotkey id %d: %w", n.Hotkey, err)
	}
	owner, err := k.stake.HotkeyOwner(ctx, n.Hotkey)
	if err != nil {
		return m, fmt.Errorf("find the owner of hotkey id %d: %w", n.Hotkey, err)
	}
	coldkey, err := k.stake.Coldkey(ctx, owner)
	if err != nil {
		return m, fmt.Errorf("find coldkey id %d: %w", owner, err)
	}
	m.Hotkey, m.Coldkey = keys.SS58(account), keys.SS58(coldkey)
	m.Stake, err = k.stake.StakeOf(ctx, n.Hotkey)
	return m, err
}

// textOf is an account's SS58 text, empty for nobody.
func textOf(account []byte) string {
	if account == nil {
		return ""
	}
	return keys.SS58(account)
}
