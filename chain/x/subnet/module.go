package subnet

import (
	"context"
	"encoding/json"
	"fmt"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// AppModule plugs the keeper into an application. The zero value serves where only types and
// defaults are needed.
type AppModule struct{ keeper *Keeper }

// NewAppModule makes the module of a keeper.
func NewAppModule(k *Keeper) AppModule { return AppModule{k} }

var (
	_ appmodule.AppModule       = AppModule{}
	_ appmodule.HasServices     = AppModule{}
	_ appmodule.HasBeginBlocker = AppModule{}
	_ module.AppModuleBasic     = AppModule{}
	_ module.HasGenesis         = AppModule{}
)

// IsAppModule marks the type for the SDK.
func (AppModule) IsAppModule() {}

// IsOnePerModuleType marks the type for the SDK.
func (AppModule) IsOnePerModuleType() {}

// Name is the module's name.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion is the version of the module's state.
func (AppModule) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec does nothing: no client signs in the legacy form.
func (AppModule) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterInterfaces makes the messages decodable.
func (AppModule) RegisterInterfaces(r codectypes.InterfaceRegistry) {
	r.RegisterImplementations((*sdk.Msg)(nil),
		&types.MsgCreateSubnet{}, &types.MsgRegister{}, &types.MsgServeAxon{}, &types.MsgSetHyperparameter{},
		&types.MsgRootRegister{}, &types.MsgDissolveSubnet{}, &types.MsgTransferSubnet{}, &types.MsgSetParam{})
	r.RegisterImplementations((*sdk.Msg)(nil), &types.MsgRegisterPow{}, &types.MsgServePrometheus{},
		&types.MsgSetIdentity{}, &types.MsgClearIdentity{}, &types.MsgSetCommitment{})
	msgservice.RegisterMsgServiceDesc(r, &types.Msg_serviceDesc)
}

// RegisterGRPCGatewayRoutes serves the queries over REST. It fails only if a route is
// registered twice, which is a wiring error, and the SDK's signature leaves no other way out.
func (AppModule) RegisterGRPCGatewayRoutes(c client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(c)); err != nil {
		panic(fmt.Errorf("register the REST routes of module %s: %w", types.ModuleName, err))
	}
}

// RegisterServices serves messages and queries.
func (m AppModule) RegisterServices(r grpc.ServiceRegistrar) error {
	types.RegisterMsgServer(r, NewMsgServer(m.keeper))
	types.RegisterQueryServer(r, NewQueryServer(m.keeper))
	return nil
}

// BeginBlock keeps the block's hash.
func (m AppModule) BeginBlock(ctx context.Context) error { return m.keeper.BeginBlock(ctx) }

// DefaultGenesis is a public network without subnets.
func (AppModule) DefaultGenesis(c codec.JSONCodec) json.RawMessage {
	return c.MustMarshalJSON(types.NewGenesis(types.DefaultParams()))
}

// ValidateGenesis says what is wrong with the module's genesis.
func (AppModule) ValidateGenesis(c codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var g types.GenesisState
	if err := c.UnmarshalJSON(raw, &g); err != nil {
		return fmt.Errorf("read the genesis of module %s: %w", types.ModuleName, err)
	}
	return g.Validate()
}

// InitGenesis fills the store. A chain must not start from a state it cannot read, and the
// SDK's signature has no error: it panics, as every module does.
func (m AppModule) InitGenesis(ctx sdk.Context, c codec.JSONCodec, raw json.RawMessage) {
	var g types.GenesisState
	c.MustUnmarshalJSON(raw, &g)
	if err := m.keeper.InitGenesis(ctx, &g); err != nil {
		panic(fmt.Errorf("start module %s: %w", types.ModuleName, err))
	}
}

// ExportGenesis is the module's whole state; it panics where the store cannot be read.
func (m AppModule) ExportGenesis(ctx sdk.Context, c codec.JSONCodec) json.RawMessage {
	g, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(fmt.Errorf("export module %s: %w", types.ModuleName, err))
	}
	return c.MustMarshalJSON(g)
}
