package app

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/ergon-network/ergon/chain/mempool"
	"github.com/ergon-network/ergon/chain/ss58"
	"github.com/ergon-network/ergon/chain/x/authority"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/chain/x/stake"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/chain/x/subnet"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
)

// Name is the application's name in the ledger's handshake.
const Name = "ergon"

// App is the ledger's state machine.
type App struct {
	*baseapp.BaseApp
	Encoding Encoding

	Accounts  authkeeper.AccountKeeper
	Bank      bankkeeper.BaseKeeper
	Authz     authzkeeper.Keeper
	Consensus consensuskeeper.Keeper
	Authority authority.Keeper
	Stake     stake.Keeper
	Subnet    *subnet.Keeper
	Incentive *incentive.Keeper

	modules *module.Manager
	keys    map[string]*storetypes.KVStoreKey
	rewrite *ss58.Rewriter

	door   sync.Mutex // see lanes.go
	pool   *mempool.Pool
	budget int      // transactions in a block that this node proposes
	block  [][]byte // executed, not committed yet
}

var _ servertypes.Application = (*App)(nil)

// moduleAccounts are the accounts that belong to modules and what each may do. Only stake
// mints and burns (design, "Money path").
var moduleAccounts = map[string][]string{
	authtypes.FeeCollectorName: nil,
	staketypes.ModuleName:      {authtypes.Minter, authtypes.Burner},
	staketypes.LocksName:       nil,
}

// New opens the ledger in db, at its last committed height. It fails when the database was
// written by an incompatible layout.
func New(logger log.Logger, db dbm.DB, options ...func(*baseapp.BaseApp)) (*App, error) {
	enc, err := MakeEncoding()
	if err != nil {
		return nil, fmt.Errorf("build codecs: %w", err)
	}
	base := baseapp.NewBaseApp(Name, logger, db, enc.TxConfig.TxDecoder(), options...)
	base.SetInterfaceRegistry(enc.Registry)
	base.SetTxEncoder(enc.TxConfig.TxEncoder())
	a := &App{
		BaseApp: base, Encoding: enc, pool: mempool.New(), budget: mempool.MaxTxs,
		keys: storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, authzkeeper.StoreKey, consensustypes.StoreKey,
			authoritytypes.StoreKey, staketypes.StoreKey, subnet.StoreKey, incentivetypes.StoreKey),
		rewrite: ss58.NewRewriter(authtypes.FeeCollectorName, staketypes.ModuleName, staketypes.LocksName),
	}
	if err := a.wireKeepers(logger); err != nil {
		return nil, fmt.Errorf("wire keepers: %w", err)
	}
	if err := a.wireModules(); err != nil {
		return nil, err
	}
	a.MountKVStores(a.keys)
	a.MountObjectStores(storetypes.NewObjectStoreKeys(banktypes.ObjectStoreKey))
	a.wireHandlers()
	if err := a.LoadLatestVersion(); err != nil {
		return nil, fmt.Errorf("load ledger state: %w", err)
	}
	return a, nil
}

func (a *App) wireKeepers(logger log.Logger) error {
	cdc, codec := a.Encoding.Codec, ss58.NewCodec()
	authority20, err := codec.BytesToString(authtypes.NewModuleAddress(authoritytypes.ModuleName))
	if err != nil {
		return err
	}
	service := func(key string) servedStore { return runtime.NewKVStoreService(a.keys[key]) }

	a.Consensus = consensuskeeper.NewKeeper(cdc, service(consensustypes.StoreKey), authority20, runtime.EventService{})
	a.SetParamStore(a.Consensus.ParamsStore)
	a.Accounts = authkeeper.NewAccountKeeper(cdc, service(authtypes.StoreKey), authtypes.ProtoBaseAccount,
		moduleAccounts, codec, ss58.HRP, authority20)
	a.Bank = bankkeeper.NewBaseKeeper(cdc, service(banktypes.StoreKey), a.Accounts, blockedAddresses(), authority20, logger)
	a.Authz = authzkeeper.NewKeeper(service(authzkeeper.StoreKey), cdc, a.MsgServiceRouter(), a.Accounts)
	a.Authority = authority.NewKeeper(cdc, service(authoritytypes.StoreKey))
	a.Stake = stake.NewKeeper(cdc, service(staketypes.StoreKey), a.Accounts, a.Bank, emissionAndHalving)
	if a.Subnet, err = subnet.NewKeeper(cdc, service(subnet.StoreKey), codec, subnetStake{a.Stake}, subnetRules()); err != nil {
		return err
	}
	a.Incentive = incentive.NewKeeper(cdc, service(incentivetypes.StoreKey), a.Stake, a.Subnet, codec, issuance.BlockEmission)
	a.Subnet.SetHooks(a.Incentive)
	return nil
}

// blockedAddresses are the module accounts: nobody sends coins there by hand, or the supply
// equation (balances + stake + locks) would no longer mean what it says.
func blockedAddresses() map[string]bool {
	blocked := map[string]bool{}
	for name := range moduleAccounts {
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	return blocked
}

func (a *App) wireModules() error {
	cdc := a.Encoding.Codec
	a.modules = module.NewManager(
		auth.NewAppModule(cdc, a.Accounts, nil),
		bankModule{bank.NewAppModule(cdc, a.Bank, a.Accounts), a.Bank},
		authzmodule.NewAppModule(cdc, a.Authz, a.Accounts, a.Bank, a.Encoding.Registry),
		consensus.NewAppModule(cdc, a.Consensus),
		genutil.NewAppModule(a.Accounts, nil, a, a.Encoding.TxConfig),
		authority.NewAppModule(a.Authority),
		stake.NewAppModule(a.Stake),
		subnet.NewAppModule(a.Subnet),
		incentive.NewAppModule(a.Incentive),
	)
	order := []string{authtypes.ModuleName, banktypes.ModuleName, authz.ModuleName, consensustypes.ModuleName, authoritytypes.ModuleName,
		staketypes.ModuleName, subnettypes.ModuleName, incentivetypes.ModuleName, genutiltypes.ModuleName}
	a.modules.SetOrderPreBlockers(authtypes.ModuleName)
	a.modules.SetOrderBeginBlockers(authz.ModuleName, staketypes.ModuleName, incentivetypes.ModuleName)
	a.modules.SetOrderEndBlockers(banktypes.ModuleName, authoritytypes.ModuleName)
	a.modules.SetOrderInitGenesis(order...)
	a.modules.SetOrderExportGenesis(order...)
	configurator := module.NewConfigurator(cdc, a.MsgServiceRouter(), a.GRPCQueryRouter())
	if err := a.modules.RegisterServices(configurator); err != nil {
		return fmt.Errorf("register module services: %w", err)
	}
	return nil
}

func (a *App) wireHandlers() {
	a.SetAnteHandler(a.newAnteHandler())
	a.SetCheckTxHandler(a.checkTx)
	a.SetPrepareProposal(a.prepareProposal)
	a.SetProcessProposal(a.processProposal)
	a.SetInitChainer(a.initChain)
	a.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return a.modules.PreBlock(ctx)
	})
	a.SetBeginBlocker(func(ctx sdk.Context) (sdk.BeginBlock, error) { return a.modules.BeginBlock(ctx) })
	a.SetEndBlocker(func(ctx sdk.Context) (sdk.EndBlock, error) { return a.modules.EndBlock(ctx) })
}

func (a *App) initChain(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("genesis app_state is not a JSON object of modules: %w", err)
	}
	if err := a.openAccounts(ctx, state[banktypes.ModuleName]); err != nil {
		return nil, err
	}
	return a.modules.InitGenesis(ctx, a.Encoding.Codec, state)
}

// openAccounts gives every genesis balance an account, so that its holder can sign at once.
func (a *App) openAccounts(ctx sdk.Context, section json.RawMessage) error {
	var g banktypes.GenesisState
	if err := a.Encoding.Codec.UnmarshalJSON(section, &g); err != nil {
		return fmt.Errorf("genesis bank section: %w", err)
	}
	for _, b := range g.Balances {
		id, err := ss58.Codec{}.StringToBytes(b.Address)
		if err != nil {
			return fmt.Errorf("genesis balance: %w", err)
		}
		if !a.Accounts.HasAccount(ctx, id) {
			a.Accounts.SetAccount(ctx, a.Accounts.NewAccountWithAddress(ctx, id))
		}
	}
	return nil
}

// RegisterAPIRoutes serves the ledger's own queries over REST.
func (a *App) RegisterAPIRoutes(s *api.Server, _ config.APIConfig) {
	authtx.RegisterGRPCGatewayRoutes(s.ClientCtx, s.GRPCGatewayRouter)
	cmtservice.RegisterGRPCGatewayRoutes(s.ClientCtx, s.GRPCGatewayRouter)
	nodeservice.RegisterGRPCGatewayRoutes(s.ClientCtx, s.GRPCGatewayRouter)
	Basics().RegisterGRPCGatewayRoutes(s.ClientCtx, s.GRPCGatewayRouter)
}

// RegisterTxService serves simulation and transaction look-up.
func (a *App) RegisterTxService(c client.Context) {
	authtx.RegisterTxService(a.GRPCQueryRouter(), c, a.Simulate, a.Encoding.Registry)
}

// RegisterTendermintService serves block and node queries.
func (a *App) RegisterTendermintService(c client.Context) {
	cmtservice.RegisterTendermintService(c, a.GRPCQueryRouter(), a.Encoding.Registry,
		func(ctx context.Context, r *abci.RequestQuery) (*abci.ResponseQuery, error) { return a.Query(ctx, r) })
}

// RegisterNodeService serves the node's own status.
func (a *App) RegisterNodeService(c client.Context, cfg config.Config) {
	nodeservice.RegisterNodeService(c, a.GRPCQueryRouter(), cfg, func() int64 { return a.CommitMultiStore().EarliestVersion() })
}

// StoreKeys lists the stores of the ledger, for tests and tools that watch what is written.
func (a *App) StoreKeys() []storetypes.StoreKey {
	names := make([]string, 0, len(a.keys))
	for name := range a.keys {
		names = append(names, name)
	}
	sort.Strings(names)
	out := make([]storetypes.StoreKey, len(names))
	for i, name := range names {
		out[i] = a.keys[name]
	}
	return out
}
