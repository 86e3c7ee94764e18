// Package incentive decides who is paid: it keeps validators' weights, runs each subnet's
// mechanism when its epoch is due, and hands the result to x/stake to be minted.
package incentive

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
)

// Keeper owns the module's state. All of it is keyed by netuid, uid and internal ids.
type Keeper struct {
	stake     StakeKeeper
	subnet    SubnetKeeper
	authority Authority
	address   address.Codec
	emission  func(issuance uint64) uint64 // rao a block
	known     map[string]Mechanism         // read by name only

	schema    collections.Schema
	params    collections.Item[types.Params]
	perBlock  collections.Item[uint64]
	emissions collections.Map[uint16, types.Emission]
	due       collections.KeySet[collections.Pair[uint64, uint16]]
	vectors   collections.Map[uint16, types.Vectors]
	permits   collections.Map[uint16, []byte]
	weights   collections.Map[collections.Pair[uint16, uint16], []byte]
	bonds     collections.Map[collections.Pair[uint16, uint16], []byte]
	loaded    collections.Map[uint16, types.Payout]
	payouts   collections.Map[collections.Pair[uint16, uint64], types.Payout]
	root      collections.Item[types.RootDecision]
	commits   collections.Map[collections.Pair[uint16, uint16], types.Commits]

	revealer Revealer // over commits
}

// NewKeeper wires the module. emission gives the block emission in rao at an issuance
// (chain §1.2).
func NewKeeper(cdc codec.BinaryCodec, service store.KVStoreService, stake StakeKeeper, subnet SubnetKeeper, authority Authority,
	address address.Codec, emission func(uint64) uint64,
) *Keeper {
	sb := collections.NewSchemaBuilder(service)
	uid := collections.PairKeyCodec(collections.Uint16Key, collections.Uint16Key)
	k := &Keeper{
		stake: stake, subnet: subnet, authority: authority, address: address, emission: emission, known: map[string]Mechanism{},
		params:    collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[types.Params](cdc)),
		perBlock:  collections.NewItem(sb, collections.NewPrefix(1), "block_emission", collections.Uint64Value),
		emissions: collections.NewMap(sb, collections.NewPrefix(2), "emissions", collections.Uint16Key, codec.CollValue[types.Emission](cdc)),
		due:       collections.NewKeySet(sb, collections.NewPrefix(3), "due", collections.PairKeyCodec(collections.Uint64Key, collections.Uint16Key)),
		vectors:   collections.NewMap(sb, collections.NewPrefix(4), "vectors", collections.Uint16Key, codec.CollValue[types.Vectors](cdc)),
		permits:   collections.NewMap(sb, collections.NewPrefix(5), "permits", collections.Uint16Key, collections.BytesValue),
		weights:   collections.NewMap(sb, collections.NewPrefix(6), "weights", uid, collections.BytesValue),
		bonds:     collections.NewMap(sb, collections.NewPrefix(7), "bonds", uid, collections.BytesValue),
		loaded:    collections.NewMap(sb, collections.NewPrefix(8), "loaded", collections.Uint16Key, codec.CollValue[types.Payout](cdc)),
		payouts:   collections.NewMap(sb, collections.NewPrefix(9), "payouts", collections.PairKeyCodec(collections.Uint16Key, collections.Uint64Key), codec.CollValue[types.Payout](cdc)),
		commits:   collections.NewMap(sb, collections.NewPrefix(30), "commits", uid, codec.CollValue[types.Commits](cdc)),
		root:      collections.NewItem(sb, collections.NewPrefix(20), "root", codec.CollValue[types.RootDecision](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err) // a duplicate prefix above: a programming error found by any test
	}
	k.schema = schema
	k.revealer = hashed{k.commits}
	k.Register(NewYuma(k))
	return k
}

// Register adds a mechanism; call it while the app is wired, before the first block.
func (k *Keeper) Register(m Mechanism) { k.known[m.Name()] = m }

func (k *Keeper) mechanism(name string) (Mechanism, error) {
	m, ok := k.known[name]
	if !ok {
		return nil, types.ErrNoSuchMechanism.Wrapf("%q", name)
	}
	return m, nil
}

func height(ctx context.Context) uint64 {
	return uint64(sdk.UnwrapSDKContext(ctx).BlockHeight())
}

func emit(ctx context.Context, name string, pairs ...string) {
	attrs := make([]sdk.Attribute, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		attrs = append(attrs, sdk.NewAttribute(pairs[i], pairs[i+1]))
	}
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(name, attrs...))
}

func text(n uint64) string { return fmt.Sprintf("%d", n) }
