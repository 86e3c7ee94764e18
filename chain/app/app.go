package app

import (
	"context"
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
	"github.com/ergon-network/ergon/chain/x/beacon"
	beacontypes "github.com/ergon-network/ergon/chain/x/beacon/types"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/chain/x/stake"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/chain/x/subnet"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/chain/x/upgrade"
	upgradetypes "github.com/ergon-network/ergon/chain/x/upgrade/types"
	beaconrules "github.com/ergon-network/ergon/consensus/beacon"
	"github.com/ergon-network/ergon/consensus/issuance"
)

// Name is the application's name in the ledger's handshake.
const Name = "ergon"

// App is the ledger's state machine.
type App struct {
	*baseapp.BaseApp
	Encoding Encoding

	Accounts  AccountKeeper
	Bank      bankkeeper.BaseKeeper
	Authz     authzkeeper.Keeper
	Consensus consensuskeeper.Keeper
	Authority authority.Keeper
	Beacon    beacon.Keeper
	Stake     stake.Keeper
	Subnet    *subnet.Keeper
	Incentive *incentive.Keeper
	Upgrade   upgrade.Keeper

	state    *state
	modules  *module.Manager
	keys     map[string]*storetypes.KVStoreKey
	rewrite  *ss58.Rewriter
	settings Settings
	halted   chan error
	secret   *beaconrules.Secret // nil: this node produces no blocks

	door   sync.Mutex // see lanes.go
	pool   *mempool.Pool
	budget int      // transactions in a block that this node proposes
	block  [][]byte // executed, not committed yet
	height uint64   // of block
}

var _ servertypes.Application = (*App)(nil)

// moduleAccounts are the accounts that belong to modules and what each may do. Only stake
// mints and burns (design, "Money path").
var moduleAccounts = map[string][]string{
	authtypes.FeeCollectorName: nil,
	staketypes.ModuleName:      {authtypes.Minter, authtypes.Burner},
	staketypes.LocksName:       nil,
}

// Settings are what a ledger may be opened with beside its database. The zero value is usual.
type Settings struct {
	Height   int64             // open as it was at this height, to read; 0: at the last
	Releases []Release         // nil: those of the program
	Versions map[string]uint64 // to rehearse an upgrade: the versions that modules will have
}

// New opens the ledger in db, at its last committed height. It fails when the database was
// written by an incompatible layout or needs another release.
func New(logger log.Logger, db dbm.DB, options ...func(*baseapp.BaseApp)) (*App, error) {
	return Open(Settings{}, logger, db, options...)
}

// Open is New under settings.
func Open(settings Settings, logger log.Logger, db dbm.DB, options ...func(*baseapp.BaseApp)) (*App, error) {
	if settings.Releases == nil {
		settings.Releases = Releases
	}
	enc, err := MakeEncoding()
	if err != nil {
		return nil, fmt.Errorf("build codecs: %w", err)
	}
	remembering := newState(db, logger)
	options = append([]func(*baseapp.BaseApp){rememberCommits(remembering)}, options...)
	base := baseapp.NewBaseApp(Name, logger, db, enc.TxConfig.TxDecoder(), options...)
	base.SetInterfaceRegistry(enc.Registry)
	base.SetTxEncoder(enc.TxConfig.TxEncoder())
	a := &App{
		BaseApp: base, state: remembering, Encoding: enc, settings: settings, halted: make(chan error, 1), pool: mempool.New(), budget: mempool.MaxTxs,
		keys: storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, authzkeeper.StoreKey, consensustypes.StoreKey,
			authoritytypes.StoreKey, beacontypes.StoreKey, staketypes.StoreKey, subnet.StoreKey, incentivetypes.StoreKey, upgradetypes.StoreKey),
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
	return a, a.load()
}

// load reads the state and refuses what this program must not go on with.
func (a *App) load() error {
	a.SetStoreLoader(a.addStores)
	if h := a.settings.Height; h != 0 {
		if err := a.LoadVersion(h); err != nil {
			return fmt.Errorf("load the state of block %d (was it pruned?): %w", h, err)
		}
		return nil
	}
	if err := a.LoadLatestVersion(); err != nil {
		return fmt.Errorf("load ledger state: %w", err)
	}
	height := a.LastBlockHeight()
	if height == 0 {
		return nil
	}
	return a.fits(a.NewContextLegacy(true, a.lastHeader()), height+1)
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
	a.Accounts = AccountKeeper{authkeeper.NewAccountKeeper(cdc, service(authtypes.StoreKey), authtypes.ProtoBaseAccount,
		moduleAccounts, codec, ss58.HRP, authority20)}
	a.Bank = bankkeeper.NewBaseKeeper(cdc, bankStore{service(banktypes.StoreKey)}, a.Accounts, blockedAddresses(), authority20, logger)
	a.Authz = authzkeeper.NewKeeper(authzStore{service(authzkeeper.StoreKey)}, cdc, a.MsgServiceRouter(), a.Accounts)
	a.Authority = authority.NewKeeper(cdc, service(authoritytypes.StoreKey))
	a.Beacon = beacon.NewKeeper(cdc, service(beacontypes.StoreKey), a.Authority)
	a.Stake = stake.NewKeeper(cdc, service(staketypes.StoreKey), a.Accounts, a.Bank, a.Authority, emissionAndHalving)
	if a.Subnet, err = subnet.NewKeeper(cdc, service(subnet.StoreKey), codec, subnetStake{a.Stake}, a.Authority, subnetRules()); err != nil {
		return err
	}
	a.Incentive = incentive.NewKeeper(cdc, service(incentivetypes.StoreKey), a.Stake, a.Subnet, a.Authority, codec, issuance.BlockEmission)
	a.Subnet.SetHooks(a.Incentive)
	a.Upgrade = upgrade.NewKeeper(cdc, service(upgradetypes.StoreKey), a.Authority)
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
		auth.NewAppModule(cdc, a.Accounts.AccountKeeper, nil),
		bankModule{bank.NewAppModule(cdc, a.Bank, a.Accounts), a.Bank},
		authzmodule.NewAppModule(cdc, a.Authz, a.Accounts, a.Bank, a.Encoding.Registry),
		consensus.NewAppModule(cdc, a.Consensus),
		genutil.NewAppModule(a.Accounts, nil, a, a.Encoding.TxConfig),
		authority.NewAppModule(a.Authority),
		beacon.NewAppModule(a.Beacon),
		stake.NewAppModule(a.Stake),
		subnet.NewAppModule(a.Subnet),
		incentive.NewAppModule(a.Incentive),
		upgrade.NewAppModule(a.Upgrade),
	)
	order := []string{authtypes.ModuleName, banktypes.ModuleName, authz.ModuleName, consensustypes.ModuleName, authoritytypes.ModuleName,
		beacontypes.ModuleName, staketypes.ModuleName, subnettypes.ModuleName, incentivetypes.ModuleName, upgradetypes.ModuleName, genutiltypes.ModuleName}
	a.modules.SetOrderPreBlockers(authtypes.ModuleName)
	a.modules.SetOrderBeginBlockers(authoritytypes.ModuleName, authz.ModuleName, subnettypes.ModuleName, staketypes.ModuleName, incentivetypes.ModuleName)
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
	a.SetPrepareProposal(a.withValues(a.prepareProposal))
	a.SetProcessProposal(a.checkValues(a.processProposal))
	a.wireValues()
	a.SetInitChainer(a.initChain)
	a.SetBeginBlocker(func(ctx sdk.Context) (sdk.BeginBlock, error) { return a.modules.BeginBlock(ctx) })
	a.SetEndBlocker(func(ctx sdk.Context) (sdk.EndBlock, error) { return a.modules.EndBlock(ctx) })
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
