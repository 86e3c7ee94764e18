package beacon

import (
	"context"
	"encoding/json"
	"fmt"

	"cosmossdk.io/core/appmodule"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"github.com/ergon-network/ergon/chain/x/beacon/types"
)

// AppModule wires the keeper into the application.
type AppModule struct{ keeper Keeper }

var (
	_ appmodule.AppModule   = AppModule{}
	_ appmodule.HasServices = AppModule{}
	_ module.AppModuleBasic = AppModule{}
	_ module.HasGenesis     = AppModule{}
)

// NewAppModule returns the module. The zero AppModule serves where only its codecs are needed.
func NewAppModule(k Keeper) AppModule { return AppModule{k} }

// IsAppModule implements appmodule.AppModule.
func (AppModule) IsAppModule() {}

// IsOnePerModuleType implements depinject.OnePerModuleType.
func (AppModule) IsOnePerModuleType() {}

// Name implements module.AppModuleBasic.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion counts changes of the state's form.
func (AppModule) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec has nothing to register: the module has no messages.
func (AppModule) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterInterfaces has nothing to register: the module has no messages.
func (AppModule) RegisterInterfaces(codectypes.InterfaceRegistry) {}

// RegisterGRPCGatewayRoutes serves the queries over REST.
func (AppModule) RegisterGRPCGatewayRoutes(c client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(c)); err != nil {
		panic(err) // the SDK's interface has no error; the generated code never returns one
	}
}

// RegisterServices implements appmodule.HasServices.
func (m AppModule) RegisterServices(r grpc.ServiceRegistrar) error {
	types.RegisterQueryServer(r, NewQueryServer(m.keeper))
	return nil
}

// DefaultGenesis implements module.HasGenesisBasics.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis implements module.HasGenesisBasics.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var g types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &g); err != nil {
		return fmt.Errorf("decode %s genesis: %w", types.ModuleName, err)
	}
	return g.Validate()
}

// InitGenesis implements module.HasGenesis. The SDK's interface has no error: a ledger that cannot
// start must not, so it panics.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var g types.GenesisState
	cdc.MustUnmarshalJSON(raw, &g)
	if err := m.keeper.InitGenesis(ctx, &g); err != nil {
		panic(fmt.Errorf("init %s genesis: %w", types.ModuleName, err))
	}
}

// ExportGenesis implements module.HasGenesis; it panics when the store cannot be read.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	g, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(fmt.Errorf("export %s genesis: %w", types.ModuleName, err))
	}
	return cdc.MustMarshalJSON(g)
}
