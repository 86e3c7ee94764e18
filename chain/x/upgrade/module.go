package upgrade

import (
	"context"
	"encoding/json"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/ergon-network/ergon/chain/x/upgrade/types"
)

// AppModule plugs the keeper into the application.
type AppModule struct{ keeper Keeper }

// NewAppModule wraps a keeper.
func NewAppModule(k Keeper) AppModule { return AppModule{keeper: k} }

var (
	_ appmodule.AppModule   = AppModule{}
	_ appmodule.HasServices = AppModule{}
	_ module.AppModuleBasic = AppModule{}
	_ module.HasGenesis     = AppModule{}
)

func (AppModule) IsAppModule()                                      {}
func (AppModule) IsOnePerModuleType()                               {}
func (AppModule) Name() string                                      { return types.ModuleName }
func (AppModule) ConsensusVersion() uint64                          { return 1 }
func (AppModule) RegisterLegacyAminoCodec(*codec.LegacyAmino)       {}
func (AppModule) RegisterInterfaces(r codectypes.InterfaceRegistry) { types.RegisterInterfaces(r) }

// RegisterGRPCGatewayRoutes serves the queries over REST.
func (AppModule) RegisterGRPCGatewayRoutes(c client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(c)); err != nil {
		panic(err) // only a malformed route table does this, at start
	}
}

// RegisterServices serves messages and queries.
func (m AppModule) RegisterServices(r grpc.ServiceRegistrar) error {
	types.RegisterMsgServer(r, server{m.keeper})
	types.RegisterQueryServer(r, server{m.keeper})
	return nil
}

// DefaultGenesis has no plan and no past; the program fills in its versions.
func (AppModule) DefaultGenesis(c codec.JSONCodec) json.RawMessage {
	return c.MustMarshalJSON(&types.GenesisState{})
}

// ValidateGenesis checks a genesis section before a node starts from it.
func (AppModule) ValidateGenesis(c codec.JSONCodec, _ client.TxEncodingConfig, b json.RawMessage) error {
	var g types.GenesisState
	if err := c.UnmarshalJSON(b, &g); err != nil {
		return err
	}
	return g.Validate()
}

// InitGenesis restores the state of a genesis file.
func (m AppModule) InitGenesis(ctx sdk.Context, c codec.JSONCodec, b json.RawMessage) {
	var g types.GenesisState
	c.MustUnmarshalJSON(b, &g)
	if err := m.keeper.InitGenesis(ctx, &g); err != nil {
		panic(err) // the SDK's interface leaves no other way to refuse a genesis
	}
}

// ExportGenesis writes the state out.
func (m AppModule) ExportGenesis(ctx sdk.Context, c codec.JSONCodec) json.RawMessage {
	g, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err) // as above
	}
	return c.MustMarshalJSON(g)
}
