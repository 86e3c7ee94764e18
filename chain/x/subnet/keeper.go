// Package subnet keeps who takes part: subnets and their hyperparameters, the price of a uid,
// the holders of uids, and where they serve. It moves no money itself (package stake does) and
// scores nobody (package incentive does). README.md is its specification.
package subnet

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// StoreKey names the module's store.
const StoreKey = types.ModuleName

// Rules are the pure functions of the market for uids and subnets. None may be nil.
type Rules struct {
	// AdjustBurn moves the price or the difficulty of a uid after an interval (chain §3.3).
	AdjustBurn types.AdjustBurn
	// LockCost is the price of a subnet in block now (chain §3.6), in rao; any says whether a
	// subnet was ever created.
	LockCost func(lastLock, minLock, interval, lastBlock, now uint64, any bool) uint64
	// Prune chooses the uid to replace (yuma §6). All slices have one entry per uid; protected
	// uids are never chosen; false if none can be.
	Prune func(variant string, scores []uint16, emission, registeredAt []uint64, block, immunity uint64, protected []bool) (uint16, bool)
	// PruneSubnet chooses the subnet to end for a new one (chain §3.6), by place; false if all
	// are immune.
	PruneSubnet func(netuids []uint16, emission, registeredAt []uint64, block, immunity uint64) (int, bool)
}

// Keeper reads and writes the module's state. Its methods take part in a block's execution and
// are not safe for concurrent use on one context.
type Keeper struct {
	addresses address.Codec
	stake     Stake
	authority Authority
	rules     Rules
	hooks     Hooks

	schema  collections.Schema
	params  collections.Item[types.Params]
	network collections.Item[types.Network]
	subnets collections.Map[uint16, types.Subnet]
	neurons collections.Map[collections.Pair[uint16, uint16], types.Neuron]
	uids    collections.Map[collections.Pair[uint16, uint64], uint16] // (netuid, hotkey id) -> uid
	root    collections.Item[types.RootNetwork]
	changes collections.Map[collections.Pair[uint16, uint32], types.Change] // (netuid, slot of the ring)

	work             collections.Map[uint16, types.WorkBlock] // ring of the blocks that work may be for
	identities       collections.Map[uint64, types.Identity]  // by coldkey id
	subnetIdentities collections.Map[uint16, types.Identity]
	commitments      collections.Map[collections.Pair[uint16, uint16], types.Commitment] // (netuid, uid)
}

// NewKeeper makes the keeper. addresses reads the signer fields of messages (SS58). Call
// SetHooks before the first block.
func NewKeeper(cdc codec.BinaryCodec, svc store.KVStoreService, addresses address.Codec, stake Stake, authority Authority, rules Rules) (*Keeper, error) {
	sb := collections.NewSchemaBuilder(svc)
	k := &Keeper{
		addresses: addresses,
		stake:     stake,
		authority: authority,
		rules:     rules,
		params:    collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[types.Params](cdc)),
		network:   collections.NewItem(sb, collections.NewPrefix(1), "network", codec.CollValue[types.Network](cdc)),
		subnets:   collections.NewMap(sb, collections.NewPrefix(2), "subnets", collections.Uint16Key, codec.CollValue[types.Subnet](cdc)),
		neurons: collections.NewMap(sb, collections.NewPrefix(3), "neurons",
			collections.PairKeyCodec(collections.Uint16Key, collections.Uint16Key), codec.CollValue[types.Neuron](cdc)),
		uids: collections.NewMap(sb, collections.NewPrefix(4), "uids",
			collections.PairKeyCodec(collections.Uint16Key, collections.Uint64Key), collections.Uint16Value),
		root: collections.NewItem(sb, collections.NewPrefix(5), "root", codec.CollValue[types.RootNetwork](cdc)),
		changes: collections.NewMap(sb, collections.NewPrefix(6), "changes",
			collections.PairKeyCodec(collections.Uint16Key, collections.Uint32Key), codec.CollValue[types.Change](cdc)),

		work:             collections.NewMap(sb, collections.NewPrefix(20), "work", collections.Uint16Key, codec.CollValue[types.WorkBlock](cdc)),
		identities:       collections.NewMap(sb, collections.NewPrefix(21), "identities", collections.Uint64Key, codec.CollValue[types.Identity](cdc)),
		subnetIdentities: collections.NewMap(sb, collections.NewPrefix(22), "subnet_identities", collections.Uint16Key, codec.CollValue[types.Identity](cdc)),
		commitments: collections.NewMap(sb, collections.NewPrefix(23), "commitments",
			collections.PairKeyCodec(collections.Uint16Key, collections.Uint16Key), codec.CollValue[types.Commitment](cdc)),
	}
	var err error
	if k.schema, err = sb.Build(); err != nil {
		return nil, fmt.Errorf("build the schema of module %s: %w", types.ModuleName, err)
	}
	return k, nil
}

// SetHooks connects the module that runs the epochs.
func (k *Keeper) SetHooks(h Hooks) { k.hooks = h }

// Params are the global parameters.
func (k *Keeper) Params(ctx context.Context) (types.Params, error) { return k.params.Get(ctx) }

// Get is the record of a subnet; ErrSubnetDoesNotExist if there is none. Its terms may be
// unsettled: Info shows the price as it stands.
func (k *Keeper) Get(ctx context.Context, netuid uint16) (types.Subnet, error) {
	s, err := k.subnets.Get(ctx, netuid)
	if errors.Is(err, collections.ErrNotFound) {
		return s, types.ErrSubnetDoesNotExist.Wrapf("netuid %d; list the subnets that exist", netuid)
	}
	return s, err
}

// Each calls fn for every subnet in ascending netuid and stops at its first error. The records
// are read before the first call, so fn may write.
func (k *Keeper) Each(ctx context.Context, fn func(types.Subnet) error) error {
	var all []types.Subnet
	err := k.subnets.Walk(ctx, nil, func(_ uint16, s types.Subnet) (bool, error) {
		all = append(all, s)
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := fn(s); err != nil {
			return err
		}
	}
	return nil
}

// Neurons are the holders of a subnet's uids, in uid order: the i-th has uid i.
func (k *Keeper) Neurons(ctx context.Context, netuid uint16) ([]types.Neuron, error) {
	var all []types.Neuron
	err := k.neurons.Walk(ctx, collections.NewPrefixedPairRange[uint16, uint16](netuid),
		func(_ collections.Pair[uint16, uint16], n types.Neuron) (bool, error) {
			all = append(all, n)
			return false, nil
		})
	return all, err
}

// Neuron is the holder of a uid; ErrHotKeyNotRegisteredInSubNet if the uid is not in use.
func (k *Keeper) Neuron(ctx context.Context, netuid, uid uint16) (types.Neuron, error) {
	n, err := k.neurons.Get(ctx, collections.Join(netuid, uid))
	if errors.Is(err, collections.ErrNotFound) {
		return n, types.ErrHotKeyNotRegisteredInSubNet.Wrapf("uid %d of subnet %d is not in use", uid, netuid)
	}
	return n, err
}

// UID is the uid a hotkey holds on a subnet; false if it holds none.
func (k *Keeper) UID(ctx context.Context, netuid uint16, hotkeyID uint64) (uint16, bool, error) {
	uid, err := k.uids.Get(ctx, collections.Join(netuid, hotkeyID))
	if errors.Is(err, collections.ErrNotFound) {
		return 0, false, nil
	}
	return uid, err == nil, err
}

// uidOf is UID for an account.
func (k *Keeper) uidOf(ctx context.Context, netuid uint16, hotkey []byte) (uint16, bool, error) {
	id, known, err := k.stake.HotkeyID(ctx, hotkey)
	if err != nil || !known {
		return 0, false, err
	}
	return k.UID(ctx, netuid, id)
}

// SettleTerms stores the adjustments of the price that are due in this block (chain §3.3).
// Calling it once an epoch keeps the work of every later settlement small; calling it more or
// less often changes no price.
func (k *Keeper) SettleTerms(ctx context.Context, netuid uint16) error {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return err
	}
	terms := s.Terms.At(height(ctx), &s.Hyper, k.rules.AdjustBurn)
	if terms == s.Terms {
		return nil
	}
	s.Terms = terms
	return k.subnets.Set(ctx, netuid, s)
}

// affordable says whether coldkey can pay a price: it is within the caller's limit (0 = no
// limit), and the balance covers it and the existential deposit. The original lets the deposit
// stay behind and takes less than the price; ours always takes exactly the price.
func (k *Keeper) affordable(ctx context.Context, coldkey []byte, price, maxCost uint64) error {
	if maxCost > 0 && price > maxCost {
		return types.ErrPriceAboveMaxCost.Wrapf("the price is %d rao, max_cost %d; raise max_cost or wait for the price to fall", price, maxCost)
	}
	balance, err := k.stake.FreeBalance(ctx, coldkey)
	if err != nil {
		return fmt.Errorf("read the balance: %w", err)
	}
	deposit, err := k.stake.ExistentialDeposit(ctx)
	if err != nil {
		return fmt.Errorf("read the existential deposit: %w", err)
	}
	if balance < deposit || balance-deposit < price {
		return types.ErrNotEnoughBalance.Wrapf("balance %d rao; needs the price of %d and an existential deposit of %d", balance, price, deposit)
	}
	return nil
}

func height(ctx context.Context) uint64 { return uint64(sdk.UnwrapSDKContext(ctx).BlockHeight()) }

// emit records an event; pairs are attribute names and values.
func emit(ctx context.Context, name string, pairs ...any) {
	attributes := make([]sdk.Attribute, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		attributes = append(attributes, sdk.NewAttribute(fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])))
	}
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(name, attributes...))
}
