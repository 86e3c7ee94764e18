// Package stake is the ledger's module for who owns and backs whom: hotkeys and their owners,
// stake, delegation, payouts, and the only door to the bank. README.md is its specification.
package stake

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"
	errorsmod "cosmossdk.io/errors"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/ss58"
	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// Keeper holds the module's state. Every method that writes may leave part of its writes behind
// when it fails: call it inside a transaction or a cached context. Not safe for concurrent use on
// one context, as nothing in a block is.
type Keeper struct {
	account   AccountKeeper
	bank      BankKeeper
	root      Root
	emission  types.EmissionFunc
	addresses address.Codec

	params collections.Item[types.Params]
	totals collections.Item[types.Totals]

	hotkeys     collections.Map[uint64, types.Hotkey]
	hotkeyIDs   collections.Map[[]byte, uint64]
	hotkeyCount collections.Sequence

	coldkeys     collections.Map[uint64, types.Coldkey]
	coldkeyIDs   collections.Map[[]byte, uint64]
	coldkeyCount collections.Sequence

	holdings  collections.Map[pair, []byte] // (hotkey, coldkey) -> shares, big endian
	backed    collections.KeySet[pair]      // (coldkey, hotkey): owned or held
	releasing collections.KeySet[uint64]    // hotkeys whose nominators are being paid back
	delegates collections.KeySet[uint64]    // hotkeys that take nominations

	rates    collections.Map[pair, types.Rate] // (coldkey, hotkey): recent stake operations
	ratesAge collections.KeySet[aged]          // (block, coldkey, hotkey): the same, the oldest first
	sweep    collections.Item[types.Sweep]     // absent when no sweep is under way

	swaps       collections.Map[[]byte, types.ColdkeySwap] // by the old key's account
	swapTargets collections.KeySet[[]byte]                 // the new keys' accounts
}

// aged is a key of a block and two internal ids.
type aged = collections.Triple[uint64, uint64, uint64]

// pair is a key of two internal ids.
type pair = collections.Pair[uint64, uint64]

// NewKeeper opens the module's state in store. The account keeper must know the module accounts
// "stake" (minter, burner) and "locks" (no permission), and the bank must block both as
// recipients of transfers. root is who may set parameters; emission answers the Issuance query only.
func NewKeeper(cdc codec.BinaryCodec, store corestore.KVStoreService, account AccountKeeper, bank BankKeeper, root Root, emission types.EmissionFunc) Keeper {
	sb := collections.NewSchemaBuilder(store)
	pairs := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	k := Keeper{
		account:   account,
		bank:      bank,
		root:      root,
		emission:  emission,
		addresses: ss58.NewCodec(),

		params: collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		totals: collections.NewItem(sb, types.TotalsPrefix, "totals", codec.CollValue[types.Totals](cdc)),

		hotkeys:     collections.NewMap(sb, types.HotkeyPrefix, "hotkeys", collections.Uint64Key, codec.CollValue[types.Hotkey](cdc)),
		hotkeyIDs:   collections.NewMap(sb, types.HotkeyIDPrefix, "hotkey_ids", collections.BytesKey, collections.Uint64Value),
		hotkeyCount: collections.NewSequence(sb, types.HotkeyCountPrefix, "hotkey_count"),

		coldkeys:     collections.NewMap(sb, types.ColdkeyPrefix, "coldkeys", collections.Uint64Key, codec.CollValue[types.Coldkey](cdc)),
		coldkeyIDs:   collections.NewMap(sb, types.ColdkeyIDPrefix, "coldkey_ids", collections.BytesKey, collections.Uint64Value),
		coldkeyCount: collections.NewSequence(sb, types.ColdkeyCountPrefix, "coldkey_count"),

		holdings:  collections.NewMap(sb, types.HoldingPrefix, "holdings", pairs, collections.BytesValue),
		backed:    collections.NewKeySet(sb, types.BackedPrefix, "backed", pairs),
		releasing: collections.NewKeySet(sb, types.ReleasingPrefix, "releasing", collections.Uint64Key),
		delegates: collections.NewKeySet(sb, types.DelegatePrefix, "delegates", collections.Uint64Key),

		rates: collections.NewMap(sb, types.RatePrefix, "rates", pairs, codec.CollValue[types.Rate](cdc)),
		ratesAge: collections.NewKeySet(sb, types.RateAgePrefix, "rates_age",
			collections.TripleKeyCodec(collections.Uint64Key, collections.Uint64Key, collections.Uint64Key)),
		sweep: collections.NewItem(sb, types.SweepPrefix, "sweep", codec.CollValue[types.Sweep](cdc)),

		swaps:       collections.NewMap(sb, types.SwapPrefix, "swaps", collections.BytesKey, codec.CollValue[types.ColdkeySwap](cdc)),
		swapTargets: collections.NewKeySet(sb, types.SwapTargetPrefix, "swap_targets", collections.BytesKey),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections share a prefix: a mistake in this file, found by any test
	}
	return k
}

// Params returns the module's parameters.
func (k Keeper) Params(ctx context.Context) (types.Params, error) {
	p, err := k.params.Get(ctx)
	return p, errorsmod.Wrap(err, "read stake parameters")
}

// Totals returns the running sums of the ledger's life.
func (k Keeper) Totals(ctx context.Context) (types.Totals, error) {
	t, err := k.totals.Get(ctx)
	return t, errorsmod.Wrap(err, "read stake totals")
}

// updateTotals reads the totals, lets change alter them and writes them back.
func (k Keeper) updateTotals(ctx context.Context, change func(*types.Totals) error) error {
	t, err := k.Totals(ctx)
	if err != nil {
		return err
	}
	if err := change(&t); err != nil {
		return err
	}
	return errorsmod.Wrap(k.totals.Set(ctx, t), "write stake totals")
}

// lookup reads a key that may be absent.
func lookup[K, V any](ctx context.Context, m collections.Map[K, V], key K) (v V, found bool, err error) {
	v, err = m.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return v, false, nil
	}
	return v, err == nil, err
}

// grow is a += b for sums that must stay within 64 bits.
func grow(a *uint64, b uint64) error {
	if *a+b < b {
		return types.ErrOverflow.Wrapf("%d + %d rao", *a, b)
	}
	*a += b
	return nil
}

func emit(ctx context.Context, kind string, attributes ...sdk.Attribute) {
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(kind, attributes...))
}
