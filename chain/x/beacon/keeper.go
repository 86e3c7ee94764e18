// Package beacon is the ledger's module for randomness: it mixes one value of every producer into
// each block, and everything that draws asks it. README.md is its specification; the rules are in
// consensus/beacon.
package beacon

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/beacon/types"
	"github.com/ergon-network/ergon/consensus/beacon"
)

// Keeper holds the mix and how far each producer's chain is opened: one record.
type Keeper struct {
	state     collections.Item[types.State]
	producers Producers
}

// NewKeeper opens the module's state in storeService.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, producers Producers) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		state:     collections.NewItem(sb, types.StatePrefix, "state", codec.CollValue[types.State](cdc)),
		producers: producers,
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // a mistake in this function, found by any test
	}
	return k
}

// At is the randomness of this block, for draws (beacon.Draw). It is fixed before the block's
// transactions and was known to nobody more than Window+1 blocks ago: whoever draws among people
// must have closed the list by then.
func (k Keeper) At(ctx context.Context) ([beacon.Size]byte, error) {
	s, err := k.read(ctx)
	return s.Mix, err
}

func (k Keeper) read(ctx context.Context) (beacon.State, error) {
	record, err := k.state.Get(ctx)
	if err != nil {
		return beacon.State{}, fmt.Errorf("read the beacon: %w", err)
	}
	return record.Read()
}

func (k Keeper) write(ctx context.Context, s *beacon.State) error {
	if err := k.state.Set(ctx, types.Write(s)); err != nil {
		return fmt.Errorf("write the beacon: %w", err)
	}
	return nil
}

// InitGenesis writes the state into an empty store.
func (k Keeper) InitGenesis(ctx sdk.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if len(g.State.Mix) == 0 {
		fresh := beacon.Genesis(ctx.ChainID())
		return k.write(ctx, &fresh)
	}
	return k.state.Set(ctx, g.State)
}

// ExportGenesis reads the whole state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	s, err := k.state.Get(ctx)
	return &types.GenesisState{State: s}, err
}

// Invariants: the record is whole, and no chain is ahead of the ledger.
func (k Keeper) Invariants(ctx context.Context) error {
	s, err := k.read(ctx)
	if err != nil {
		return types.ErrInvariant.Wrap(err.Error())
	}
	for i := range s.Pending {
		if p := &s.Pending[i]; (p.Values == 0) != (p.Sum == beacon.Value{}) {
			return types.ErrInvariant.Wrapf("%d values of the height %d back add up to %x", p.Values, i, p.Sum)
		}
	}
	return nil
}

// queryServer answers the module's queries.
type queryServer struct{ keeper Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (q queryServer) Beacon(ctx context.Context, _ *types.QueryBeaconRequest) (*types.QueryBeaconResponse, error) {
	s, err := q.keeper.read(ctx)
	if err != nil {
		return nil, err
	}
	producers, err := q.keeper.producers.Producers(ctx)
	if err != nil {
		return nil, err
	}
	out := &types.QueryBeaconResponse{Mix: s.Mix[:], Silent: s.Silent, Window: beacon.Window}
	for _, p := range producers {
		opened := types.Opened{Name: p.Name, PubKey: p.PubKey}
		if c := s.Chain(beacon.Address(p.Address())); c != nil {
			opened.Height, opened.Withheld = c.Height, c.Withheld
		}
		out.Producers = append(out.Producers, opened)
	}
	return out, nil
}
