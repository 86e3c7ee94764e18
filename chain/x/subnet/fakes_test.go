package subnet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

const deposit = 500 // rao, the existential deposit of the fake ledger

var errNonAssociated = errors.New("NonAssociatedColdKey")

// who is the account of a name.
func who(name string) []byte {
	id := make([]byte, 32)
	copy(id, name)
	return id
}

// addr is the address of a name.
func addr(name string) string { return keys.SS58(who(name)) }

// ss58 is the address codec the application passes.
type ss58 struct{}

func (ss58) StringToBytes(s string) ([]byte, error) { return keys.ParseSS58(s) }
func (ss58) BytesToString(b []byte) (string, error) { return keys.SS58(b), nil }

// fakeStake is the ledger's accounts in memory.
type fakeStake struct {
	balance  map[string]uint64
	hotkeys  [][]byte // id-1 -> account
	owners   []uint64 // id-1 -> coldkey id
	coldkeys [][]byte
	slots    map[uint64]int
	staked   map[uint64]uint64
	delegate map[uint64]bool
	unlocked map[string]uint64
	recycled uint64
	locked   uint64
}

func newFakeStake() *fakeStake {
	return &fakeStake{balance: map[string]uint64{}, slots: map[uint64]int{},
		staked: map[uint64]uint64{}, delegate: map[uint64]bool{}, unlocked: map[string]uint64{}}
}

func find(all [][]byte, account []byte) (uint64, bool, error) {
	for i, a := range all {
		if string(a) == string(account) {
			return uint64(i + 1), true, nil
		}
	}
	return 0, false, nil
}

func at[T any](all []T, id uint64) (T, error) {
	var none T
	if id == 0 || id > uint64(len(all)) {
		return none, fmt.Errorf("no id %d", id)
	}
	return all[id-1], nil
}

func (f *fakeStake) HotkeyID(_ context.Context, a []byte) (uint64, bool, error) {
	return find(f.hotkeys, a)
}
func (f *fakeStake) HotkeyAccount(_ context.Context, id uint64) ([]byte, error) {
	return at(f.hotkeys, id)
}
func (f *fakeStake) HotkeyOwner(_ context.Context, id uint64) (uint64, error) {
	return at(f.owners, id)
}
func (f *fakeStake) EnsureOwned(ctx context.Context, hotkey, coldkey []byte) (uint64, error) {
	owner, err := f.EnsureColdkey(ctx, coldkey)
	if err != nil {
		return 0, err
	}
	if id, ok, _ := find(f.hotkeys, hotkey); ok {
		if f.owners[id-1] != owner {
			return 0, errNonAssociated
		}
		return id, nil
	}
	f.hotkeys, f.owners = append(f.hotkeys, hotkey), append(f.owners, owner)
	return uint64(len(f.hotkeys)), nil
}
func (f *fakeStake) EnsureColdkey(_ context.Context, a []byte) (uint64, error) {
	if id, ok, _ := find(f.coldkeys, a); ok {
		return id, nil
	}
	f.coldkeys = append(f.coldkeys, a)
	return uint64(len(f.coldkeys)), nil
}
func (f *fakeStake) ColdkeyID(_ context.Context, a []byte) (uint64, bool, error) {
	return find(f.coldkeys, a)
}
func (f *fakeStake) Coldkey(_ context.Context, id uint64) ([]byte, error) { return at(f.coldkeys, id) }
func (f *fakeStake) AddSlot(_ context.Context, id uint64) error           { f.slots[id]++; return nil }
func (f *fakeStake) DropSlot(_ context.Context, id uint64) error {
	if f.slots[id]--; f.slots[id] < 0 {
		return fmt.Errorf("hotkey id %d has no slot to drop", id)
	}
	return nil
}
func (f *fakeStake) StakeOf(_ context.Context, id uint64) (uint64, error) { return f.staked[id], nil }
func (f *fakeStake) EnsureDelegate(_ context.Context, id uint64) error {
	f.delegate[id] = true
	return nil
}
func (f *fakeStake) take(from []byte, amount uint64) error {
	if amount == 0 || f.balance[string(from)] < amount+deposit {
		return fmt.Errorf("cannot take %d rao", amount)
	}
	f.balance[string(from)] -= amount
	return nil
}
func (f *fakeStake) Recycle(_ context.Context, from []byte, amount uint64) error {
	f.recycled += amount
	return f.take(from, amount)
}
func (f *fakeStake) Lock(_ context.Context, from []byte, amount uint64) error {
	f.locked += amount
	return f.take(from, amount)
}
func (f *fakeStake) Unlock(_ context.Context, to []byte, amount uint64) error {
	if f.locked < amount {
		return fmt.Errorf("unlock %d of %d rao", amount, f.locked)
	}
	f.locked -= amount
	f.unlocked[string(to)] += amount
	f.balance[string(to)] += amount
	return nil
}
func (f *fakeStake) ForgetSlot(ctx context.Context, id uint64) error { return f.DropSlot(ctx, id) }
func (f *fakeStake) FreeBalance(_ context.Context, a []byte) (uint64, error) {
	return f.balance[string(a)], nil
}
func (f *fakeStake) ExistentialDeposit(context.Context) (uint64, error) { return deposit, nil }

// fakeHooks records calls; scores and emission answer Scores, zero where not given.
type fakeHooks struct {
	calls    []string
	pruning  []uint16
	emission []uint64
	rates    map[uint16]uint64
	n        func(netuid uint16) int
}

// fakeAuthority has one root.
type fakeAuthority struct{}

func (fakeAuthority) IsRoot(_ context.Context, account []byte) (bool, error) {
	return string(account) == string(who("root")), nil
}

func (f *fakeHooks) SubnetCreated(_ context.Context, netuid uint16) error {
	f.calls = append(f.calls, fmt.Sprintf("created %d", netuid))
	return nil
}
func (f *fakeHooks) SubnetRemoved(_ context.Context, netuid uint16) error {
	f.calls = append(f.calls, fmt.Sprintf("removed %d", netuid))
	return nil
}
func (f *fakeHooks) EmissionRate(_ context.Context, netuid uint16) (uint64, error) {
	return f.rates[netuid], nil
}
func (f *fakeHooks) SlotFilled(_ context.Context, netuid, uid uint16, appended bool) error {
	f.calls = append(f.calls, fmt.Sprintf("filled %d/%d appended=%t", netuid, uid, appended))
	return nil
}
func (f *fakeHooks) Scores(_ context.Context, netuid uint16) ([]uint16, []uint64, error) {
	n := f.n(netuid)
	return append(f.pruning, make([]uint16, n)...)[:n], append(f.emission, make([]uint64, n)...)[:n], nil
}
func (f *fakeHooks) HyperChanged(_ context.Context, netuid uint16, name string) error {
	f.calls = append(f.calls, fmt.Sprintf("changed %d %s", netuid, name))
	return nil
}

// adjustBurn is chain §3.3 with 18 fraction bits, in big integers.
func adjustBurn(current uint64, regs, target uint32, alpha, lo, hi uint64) uint64 {
	num := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
	mul := func(a, b *big.Int) *big.Int { m := new(big.Int).Mul(a, b); return m.Rsh(m, 18) }
	one := num(1 << 18)
	cur := new(big.Int).Lsh(num(current), 18)
	updated := new(big.Int).Mul(cur, num(uint64(regs)+uint64(target)))
	updated.Quo(updated, num(2*uint64(target)))
	a := new(big.Int).Lsh(num(alpha), 18)
	a.Quo(a, num(math.MaxUint64))
	next := new(big.Int).Add(mul(a, cur), mul(new(big.Int).Sub(one, a), updated))
	next.Rsh(next, 18)
	if !next.IsUint64() {
		return hi
	}
	return min(max(next.Uint64(), lo), hi)
}

// lockCost is chain §3.6.
func lockCost(last, minLock, interval, lastBlock, now uint64, any bool) uint64 {
	cost := new(big.Int).SetUint64(last)
	if any {
		cost.Lsh(cost, 1)
	}
	fall := new(big.Int).SetUint64(last / interval)
	cost.Sub(cost, fall.Mul(fall, new(big.Int).SetUint64(now-lastBlock)))
	if cost.Sign() < 0 || !cost.IsUint64() {
		return minLock
	}
	return max(minLock, cost.Uint64())
}

// prune is yuma §6: among the neurons past immunity, or all if none is, the least one.
func prune(variant string, scores []uint16, emission, registered []uint64, block, immunity uint64, protected []bool) (uint16, bool) {
	for _, wantImmune := range []bool{false, true} {
		best := -1
		for i := range scores {
			if protected[i] || (block-registered[i] < immunity) != wantImmune {
				continue
			}
			if best < 0 {
				best = i
				continue
			}
			if variant == types.Variant2024 {
				if scores[i] < scores[best] || scores[i] == scores[best] && !wantImmune {
					best = i
				}
			} else if emission[i] < emission[best] || emission[i] == emission[best] && registered[i] < registered[best] {
				best = i
			}
		}
		if best >= 0 {
			return uint16(best), true
		}
	}
	return 0, false
}

// pruneSubnet ends the least earning one past immunity, of equals the first listed.
func pruneSubnet(_ []uint16, emission, registered []uint64, block, immunity uint64) (int, bool) {
	best := -1
	for i := range emission {
		if block-registered[i] >= immunity && (best < 0 || emission[i] < emission[best]) {
			best = i
		}
	}
	return best, best >= 0
}

var rules = Rules{AdjustBurn: adjustBurn, LockCost: lockCost, Prune: prune, PruneSubnet: pruneSubnet}

// world is a keeper over an empty store with its surroundings.
type world struct {
	t     testing.TB
	k     *Keeper
	cdc   codec.Codec
	ctx   sdk.Context
	key   *storetypes.KVStoreKey
	stake *fakeStake
	hooks *fakeHooks
	msg   types.MsgServer
	query types.QueryServer
}

func newWorld(t testing.TB, params types.Params) *world {
	t.Helper()
	w := bareWorld(t)
	if err := w.k.InitGenesis(w.ctx, types.NewGenesis(params)); err != nil {
		t.Fatal(err)
	}
	return w
}

func bareWorld(t testing.TB) *world {
	t.Helper()
	key := storetypes.NewKVStoreKey(StoreKey)
	w := &world{t: t, key: key, stake: newFakeStake(), cdc: codec.NewProtoCodec(codectypes.NewInterfaceRegistry())}
	w.ctx = testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t")).WithBlockHeight(1)
	k, err := NewKeeper(w.cdc, runtime.NewKVStoreService(key), ss58{}, w.stake, fakeAuthority{}, rules)
	if err != nil {
		t.Fatal(err)
	}
	w.hooks = &fakeHooks{n: func(netuid uint16) int {
		s, err := k.Get(w.ctx, netuid)
		if err != nil {
			t.Fatal(err)
		}
		return int(s.N)
	}}
	k.SetHooks(w.hooks)
	w.k, w.msg, w.query = k, NewMsgServer(k), NewQueryServer(k)
	return w
}

// at moves to a block.
func (w *world) at(block uint64) {
	w.ctx = w.ctx.WithBlockHeight(int64(block)).WithEventManager(sdk.NewEventManager())
}

// rich gives accounts more than they can spend.
func (w *world) rich(names ...string) {
	for _, n := range names {
		w.stake.balance[string(who(n))] = 1 << 60
	}
}

func (w *world) create(owner string) uint16 {
	w.t.Helper()
	w.rich(owner)
	netuid, _, err := w.k.CreateSubnet(w.ctx, who(owner), "market", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return netuid
}

func (w *world) register(netuid uint16, hotkey, coldkey string) uint16 {
	w.t.Helper()
	w.rich(coldkey)
	uid, _, err := w.k.Register(w.ctx, netuid, who(hotkey), who(coldkey), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return uid
}

// edit changes a subnet's record behind the keeper's back.
func (w *world) edit(netuid uint16, fn func(*types.Subnet)) {
	w.t.Helper()
	s := w.subnet(netuid)
	fn(&s)
	if err := w.k.subnets.Set(w.ctx, netuid, s); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) subnet(netuid uint16) types.Subnet {
	w.t.Helper()
	s, err := w.k.Get(w.ctx, netuid)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) neuron(netuid, uid uint16) types.Neuron {
	w.t.Helper()
	n, err := w.k.neurons.Get(w.ctx, collections.Join(netuid, uid))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) sound() {
	w.t.Helper()
	if err := w.k.Invariants(w.ctx); err != nil {
		w.t.Fatal(err)
	}
}

// event is the last event of a name as "k=v k=v".
func (w *world) event(name string) string {
	out := ""
	for _, e := range w.ctx.EventManager().Events() {
		if e.Type != name {
			continue
		}
		out = ""
		for _, a := range e.Attributes {
			out += a.Key + "=" + a.Value + " "
		}
	}
	return out
}

func join(netuid uint16, uid uint32) collections.Pair[uint16, uint16] {
	return collections.Join(netuid, uint16(uid))
}

func joinID(netuid uint16, hotkey uint64) collections.Pair[uint16, uint64] {
	return collections.Join(netuid, hotkey)
}

// setParam changes a global parameter with the powers of root.
func (w *world) setParam(name, value string) {
	w.t.Helper()
	if err := w.k.SetParam(w.ctx, who("root"), name, value); err != nil {
		w.t.Fatal(err)
	}
}
