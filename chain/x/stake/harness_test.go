package stake

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"testing"

	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdktestutil "github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/ss58"
	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount(ss58.HRP, ss58.HRP+"pub")
	os.Exit(m.Run())
}

// faucet is a module account that only the tests know; it mints what a genesis would have given.
const faucet = "faucet"

// fixture is the module over the real auth and bank keepers and an in-memory store.
type fixture struct {
	t       require.TestingT
	ctx     sdk.Context
	keeper  Keeper
	bank    bankkeeper.BaseKeeper
	account authkeeper.AccountKeeper
	writes  *int // writes to the module's own store
	cdc     codec.Codec
}

// newFixture is a ledger without rate limits, in block 1.
func newFixture(t require.TestingT) *fixture {
	f := bareFixture(t)
	require.NoError(t, f.keeper.InitGenesis(f.ctx, &types.GenesisState{Params: types.LocalnetParams()}))
	return f
}

// root is the account with the powers of root.
var root = key(9)

type onlyRoot struct{}

func (onlyRoot) IsRoot(_ context.Context, account []byte) (bool, error) {
	return bytes.Equal(account, root), nil
}

// at moves the ledger to a height.
func (f *fixture) at(height int64) { f.ctx = f.ctx.WithBlockHeight(height) }

// limits puts the limits of the live network in force.
func (f *fixture) limits() {
	f.setParams(func(p *types.Params) {
		d := types.DefaultParams()
		p.StakesPerInterval, p.TxRateLimit, p.TakeRateLimit = d.StakesPerInterval, d.TxRateLimit, d.TakeRateLimit
	})
}

// bareFixture has no genesis yet.
func bareFixture(t require.TestingT) *fixture {
	registry := codectypes.NewInterfaceRegistry()
	authtypes.RegisterInterfaces(registry)
	banktypes.RegisterInterfaces(registry)
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	stores := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, types.StoreKey)
	ctx := sdktestutil.DefaultContextWithKeys(stores, nil, nil).WithBlockHeight(1)
	addresses := ss58.NewCodec()
	authority, err := addresses.BytesToString(authtypes.NewModuleAddress("gov"))
	require.NoError(t, err)
	account := authkeeper.NewAccountKeeper(cdc, runtime.NewKVStoreService(stores[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{
			types.ModuleName: {authtypes.Minter, authtypes.Burner},
			types.LocksName:  nil,
			faucet:           {authtypes.Minter},
		}, addresses, ss58.HRP, authority)
	bank := bankkeeper.NewBaseKeeper(cdc, runtime.NewKVStoreService(stores[banktypes.StoreKey]), account, nil, authority, log.NewNopLogger())
	require.NoError(t, account.Params.Set(ctx, authtypes.DefaultParams()))
	require.NoError(t, bank.SetParams(ctx, banktypes.DefaultParams()))
	writes := new(int)
	service := countingService{runtime.NewKVStoreService(stores[types.StoreKey]), writes}
	halving := func(issuance uint64) (uint64, uint64) { return 7, issuance + 1 }
	return &fixture{t: t, ctx: ctx, bank: bank, account: account, writes: writes, cdc: cdc,
		keeper: NewKeeper(cdc, service, account, bank, onlyRoot{}, halving)}
}

// try runs one operation as a transaction: what fails leaves nothing behind.
func (f *fixture) try(op func(sdk.Context) error) error {
	cached, write := f.ctx.CacheContext()
	err := op(cached)
	if err == nil {
		write()
	}
	return err
}

func (f *fixture) check() {
	require.NoError(f.t, f.keeper.Invariants(f.ctx))
}

// fund gives an account what a genesis would have given it.
func (f *fixture) fund(account []byte, amount uint64) {
	if amount == 0 {
		return
	}
	require.NoError(f.t, f.bank.MintCoins(f.ctx, faucet, coins(amount)))
	require.NoError(f.t, f.bank.SendCoinsFromModuleToAccount(f.ctx, faucet, account, coins(amount)))
}

func (f *fixture) setParams(change func(*types.Params)) {
	p, err := f.keeper.Params(f.ctx)
	require.NoError(f.t, err)
	change(&p)
	require.NoError(f.t, f.keeper.SetParams(f.ctx, p))
}

// own registers a hotkey under an owner, with one uid.
func (f *fixture) own(hotkey, owner []byte) uint64 {
	id, err := f.keeper.EnsureOwned(f.ctx, hotkey, owner)
	require.NoError(f.t, err)
	require.NoError(f.t, f.keeper.AddSlot(f.ctx, id))
	return id
}

func (f *fixture) delegate(hotkey, owner []byte, take uint32) uint64 {
	id := f.own(hotkey, owner)
	require.NoError(f.t, f.keeper.BecomeDelegate(f.ctx, owner, hotkey))
	h, err := f.keeper.Hotkey(f.ctx, id)
	require.NoError(f.t, err)
	h.Take = take
	require.NoError(f.t, f.keeper.setHotkey(f.ctx, h))
	return id
}

// stake funds a coldkey with exactly what it needs and stakes it.
func (f *fixture) stake(coldkey, hotkey []byte, amount uint64) {
	params, err := f.keeper.Params(f.ctx)
	require.NoError(f.t, err)
	f.fund(coldkey, amount+params.ExistentialDeposit)
	staked, err := f.keeper.AddStake(f.ctx, coldkey, hotkey, amount)
	require.NoError(f.t, err)
	require.Equal(f.t, amount, staked)
}

// staked is what a coldkey has on a hotkey as a query shows it.
func (f *fixture) staked(coldkey, hotkey []byte) uint64 {
	hotkeyID, found, err := f.keeper.HotkeyID(f.ctx, hotkey)
	require.NoError(f.t, err)
	coldkeyID, known, err := f.keeper.ColdkeyID(f.ctx, coldkey)
	require.NoError(f.t, err)
	if !found || !known {
		return 0
	}
	entry, err := f.keeper.stakeEntry(f.ctx, coldkeyID, hotkeyID)
	require.NoError(f.t, err)
	return entry.Amount
}

func (f *fixture) free(account []byte) uint64 { return f.keeper.FreeBalance(f.ctx, account) }

// key is the n-th account of the tests.
func key(n int) []byte {
	source := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), 1})
	out := make([]byte, types.AccountSize)
	_, _ = source.Read(out)
	return out
}

func addressOf(n int) string { return keys.SS58(key(n)) }

// countingService counts the writes that reach a store.
type countingService struct {
	corestore.KVStoreService
	writes *int
}

func (s countingService) OpenKVStore(ctx context.Context) corestore.KVStore {
	return countingStore{s.KVStoreService.OpenKVStore(ctx), s.writes}
}

type countingStore struct {
	corestore.KVStore
	writes *int
}

func (s countingStore) Set(k, v []byte) error { *s.writes++; return s.KVStore.Set(k, v) }
func (s countingStore) Delete(k []byte) error { *s.writes++; return s.KVStore.Delete(k) }
