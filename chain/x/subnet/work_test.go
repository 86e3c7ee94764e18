package subnet

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"cosmossdk.io/collections"
	coreheader "cosmossdk.io/core/header"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
)

// hashOf is the hash of a block in these tests.
func hashOf(block uint64) [pow.Size]byte { return sha256.Sum256(fmt.Append(nil, "block ", block)) }

// begin moves to a block the way the ledger does: through its beginning, and those before it.
func (w *world) begin(block uint64) {
	w.t.Helper()
	for b := uint64(w.ctx.BlockHeight()) + 1; b <= block; b++ {
		w.at(b)
		hash := hashOf(b)
		w.ctx = w.ctx.WithHeaderInfo(coreheader.Info{Height: int64(b), Hash: hash[:]})
		if err := w.k.BeginBlock(w.ctx); err != nil {
			w.t.Fatal(err)
		}
	}
}

// worked is a registration whose work is done: the first nonce, from start, that meets the difficulty.
func worked(netuid uint16, hotkey, coldkey string, block, difficulty, start uint64) types.MsgRegisterPow {
	p := pow.New(hashOf(block), [pow.Size]byte(who(hotkey)), netuid)
	for p.Seal(start) == [pow.Size]byte{} || !pow.Meets(p.Seal(start), difficulty) {
		start++
	}
	seal := p.Seal(start)
	return types.MsgRegisterPow{Hotkey: addr(hotkey), Coldkey: addr(coldkey), Netuid: uint32(netuid), BlockNumber: block, Nonce: start, Work: seal[:]}
}

const difficulty = 8 // of the subnets of these tests

func workParams() types.Params {
	p := types.DefaultParams()
	p.NetworkRateLimit = 0
	h := &p.Defaults
	h.PowRegistrationAllowed = true
	h.MinDifficulty, h.Difficulty, h.MaxDifficulty = difficulty, difficulty, 1<<40
	return p
}

func TestRegisterPowChecksInOrder(t *testing.T) {
	hyper := func(fn func(*types.Hyperparameters)) func(*world, *types.MsgRegisterPow) {
		return func(w *world, _ *types.MsgRegisterPow) { w.edit(1, func(s *types.Subnet) { fn(&s.Hyper) }) }
	}
	own := func(w *world) uint64 {
		id, _ := w.stake.EnsureOwned(w.ctx, who("hot"), who("other"))
		return id
	}
	inOrder(t, []fault[types.MsgRegisterPow]{
		{"hotkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgRegisterPow) { m.Hotkey = "5x" }},
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgRegisterPow) { m.Coldkey = "" }},
		{"netuid beyond 16 bits", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgRegisterPow) { m.Netuid = 65537 }},
		{"work of 31 bytes", types.ErrInvalidSeal, func(_ *world, m *types.MsgRegisterPow) { m.Work = m.Work[:31] }},
		{"root", types.ErrRegistrationNotPermittedOnRootSubnet, func(_ *world, m *types.MsgRegisterPow) { m.Netuid = 0 }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgRegisterPow) { m.Netuid = 2 }},
		{"takes no work", types.ErrSubNetRegistrationDisabled, hyper(func(h *types.Hyperparameters) { h.PowRegistrationAllowed = false })},
		{"block full", types.ErrTooManyRegistrationsThisBlock, hyper(func(h *types.Hyperparameters) { h.MaxRegsPerBlock = 0 })},
		{"interval full", types.ErrTooManyRegistrationsThisInterval, func(w *world, _ *types.MsgRegisterPow) {
			w.edit(1, func(s *types.Subnet) { s.Terms.RegsInterval = 3 * s.Hyper.TargetRegsPerInterval })
		}},
		{"already here", types.ErrHotKeyAlreadyRegisteredInSubNet, func(w *world, _ *types.MsgRegisterPow) {
			if err := w.k.uids.Set(w.ctx, collections.Join(uint16(1), own(w)), 0); err != nil {
				w.t.Fatal(err)
			}
		}},
		{"block of the future", types.ErrInvalidWorkBlock, func(_ *world, m *types.MsgRegisterPow) { m.BlockNumber = 9 }},
		{"too easy", types.ErrInvalidDifficulty, func(_ *world, m *types.MsgRegisterPow) { m.Work[0] |= 0x20 }},
		{"another seal", types.ErrInvalidSeal, func(_ *world, m *types.MsgRegisterPow) { m.Nonce++ }},
		{"used before", types.ErrWorkReused, func(w *world, m *types.MsgRegisterPow) {
			hash := hashOf(7)
			if err := w.k.work.Set(w.ctx, ring(7), types.WorkBlock{Block: 7, Hash: hash[:], Used: append(make([]byte, 32), m.Work...)}); err != nil {
				w.t.Fatal(err)
			}
		}},
		{"hotkey of another", errNonAssociated, func(w *world, _ *types.MsgRegisterPow) { own(w) }},
		{"no uids", types.ErrNoNeuronIDAvailable, hyper(func(h *types.Hyperparameters) { h.MaxAllowedUids, h.MaxAllowedValidators = 0, 0 })},
	}, func(t *testing.T) (*world, types.MsgRegisterPow) {
		w := newWorld(t, workParams())
		w.create("owner")
		w.begin(8)
		return w, worked(1, "hot", "cold", 7, difficulty, 0)
	}, func(w *world, m *types.MsgRegisterPow) error {
		_, err := w.msg.RegisterPow(w.ctx, m)
		return err
	})
}

func TestRegisterPowCountsAndCostsNothing(t *testing.T) {
	w := newWorld(t, workParams())
	w.create("owner")
	w.begin(8)
	m := worked(1, "hot", "cold", 7, difficulty, 0)
	r, err := w.msg.RegisterPow(w.ctx, &m)
	if err != nil || r.Uid != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := fmt.Sprintf("netuid=1 uid=0 hotkey=%s coldkey=%s by=work burned=0 replaced= ", addr("hot"), addr("cold"))
	if got := w.event("NeuronRegistered"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if terms := w.subnet(1).Terms; terms.RegsInterval != 1 || terms.PowRegsInterval != 1 || terms.Sold(8) != 1 || terms.Recycled != 0 {
		t.Errorf("terms %+v", terms)
	}
	if w.stake.recycled != 0 || w.stake.balance[string(who("cold"))] != 0 {
		t.Error("proof of work was paid for")
	}
	w.sound()
}

// A block's work counts in the two blocks after it, and in no other. In particular work for a
// block whose hash is not known yet, 32 zero bytes in the original, is never good.
func TestWorkIsGoodForTwoBlocks(t *testing.T) {
	for now, good := range map[uint64]bool{6: false, 7: false, 8: true, 9: true, 10: false, 11: false} {
		w := newWorld(t, workParams())
		w.create("owner")
		w.begin(now)
		m := worked(1, "hot", "cold", 7, difficulty, 0)
		if _, err := w.msg.RegisterPow(w.ctx, &m); (err == nil) != good || err != nil && !isErr(err, types.ErrInvalidWorkBlock) {
			t.Errorf("work for block 7 in block %d: %v", now, err)
		}
	}
	w := newWorld(t, workParams())
	w.create("owner")
	w.at(8) // no block told its hash
	m := worked(1, "hot", "cold", 7, difficulty, 0)
	if _, err := w.msg.RegisterPow(w.ctx, &m); !isErr(err, types.ErrInvalidWorkBlock) {
		t.Errorf("without a hash: %v", err)
	}
}

func TestWorkFitsOneSubnetOneHotkeyOneBlock(t *testing.T) {
	w := newWorld(t, workParams())
	w.create("owner")
	w.create("owner")
	w.begin(8)
	good := worked(1, "hot", "cold", 7, difficulty, 0)
	for name, change := range map[string]func(*types.MsgRegisterPow){
		"subnet": func(m *types.MsgRegisterPow) { m.Netuid = 2 },
		"hotkey": func(m *types.MsgRegisterPow) { m.Hotkey = addr("other") },
		"block":  func(m *types.MsgRegisterPow) { m.BlockNumber = 6 },
		"nonce":  func(m *types.MsgRegisterPow) { m.Nonce++ },
	} {
		m := good
		change(&m)
		if _, err := w.msg.RegisterPow(w.ctx, &m); !isErr(err, types.ErrInvalidSeal) {
			t.Errorf("work for another %s: %v", name, err)
		}
	}
	// The form of the original, which names no subnet, is no work here.
	p := pow.Unbound(hashOf(7), [pow.Size]byte(who("hot")))
	nonce := uint64(0)
	for !pow.Meets(p.Seal(nonce), difficulty) {
		nonce++
	}
	seal := p.Seal(nonce)
	m := good
	m.Nonce, m.Work = nonce, seal[:]
	if _, err := w.msg.RegisterPow(w.ctx, &m); !isErr(err, types.ErrInvalidSeal) {
		t.Errorf("unbound work: %v", err)
	}
}

// Work that was used is remembered for as long as it could be used again, and no longer: by then
// its block is too old. So the state holds three blocks' worth, whatever happens.
func TestUsedWorkIsRememberedWhileItCounts(t *testing.T) {
	params := workParams()
	params.Defaults.MaxAllowedUids, params.Defaults.MaxAllowedValidators = 1, 1
	params.Defaults.YumaVariant, params.Defaults.Yuma3 = types.Variant2024, false
	params.Defaults.MaxRegsPerBlock, params.Defaults.TargetRegsPerInterval, params.Defaults.ImmunityPeriod = 9, 9, 0
	w := newWorld(t, params)
	w.create("owner")
	w.begin(8)
	m := worked(1, "hot", "cold", 7, difficulty, 0)
	if _, err := w.msg.RegisterPow(w.ctx, &m); err != nil {
		t.Fatal(err)
	}
	w.register(1, "rival", "rival") // takes the only slot
	w.begin(9)
	if _, err := w.msg.RegisterPow(w.ctx, &m); !isErr(err, types.ErrWorkReused) {
		t.Errorf("the same work again: %v", err)
	}
	fresh := worked(1, "hot", "cold", 7, difficulty, m.Nonce+1)
	if _, err := w.msg.RegisterPow(w.ctx, &fresh); err != nil {
		t.Errorf("other work for the same block: %v", err)
	}
	w.begin(10)
	if _, err := w.msg.RegisterPow(w.ctx, &m); isErr(err, types.ErrWorkReused) {
		t.Error("block 7 is forgotten")
	}
	held := 0
	if err := w.k.work.Walk(w.ctx, nil, func(_ uint16, b types.WorkBlock) (bool, error) {
		held++
		if b.Block < 8 || len(b.Used) != 0 {
			t.Errorf("still holds %+v", b)
		}
		return false, nil
	}); err != nil || held != pow.MaxAge {
		t.Errorf("%d blocks held, %v", held, err)
	}
}

// The difficulty moves with the price, and one interval takes three times its target of both
// kinds together.
func TestBothWaysInCountTogether(t *testing.T) {
	params := workParams()
	params.Defaults.MaxRegsPerBlock, params.Defaults.TargetRegsPerInterval = 9, 1
	params.Defaults.AdjustmentAlpha = 0
	w := newWorld(t, params)
	w.create("owner")
	w.begin(8)
	for i := range 2 {
		m := worked(1, fmt.Sprint("hot ", i), "cold", 7, difficulty, 0)
		if _, err := w.msg.RegisterPow(w.ctx, &m); err != nil {
			t.Fatal(err)
		}
	}
	w.register(1, "bought", "cold")
	m := worked(1, "one more", "cold", 7, difficulty, 0)
	if _, err := w.msg.RegisterPow(w.ctx, &m); !isErr(err, types.ErrTooManyRegistrationsThisInterval) {
		t.Errorf("fourth, by work: %v", err)
	}
	if _, _, err := w.k.Register(w.ctx, 1, who("two more"), who("cold"), 0); !isErr(err, types.ErrTooManyRegistrationsThisInterval) {
		t.Errorf("fourth, by burn: %v", err)
	}
	w.at(359) // the next block adjusts: more work than burns (case A), difficulty up, price stands
	q, err := w.query.Subnet(w.ctx, &types.QuerySubnetRequest{Netuid: 1})
	if err != nil || q.Subnet.Hyper.Difficulty != 2*difficulty || q.Subnet.Burn != types.TAO {
		t.Errorf("difficulty %d, burn %d, %v", q.Subnet.Hyper.Difficulty, q.Subnet.Burn, err)
	}
}

func TestWorkQuery(t *testing.T) {
	w := newWorld(t, workParams())
	w.create("owner")
	w.begin(8)
	r, err := w.query.Work(w.ctx, &types.QueryWorkRequest{Netuid: 1})
	hash := hashOf(8)
	if err != nil || r.Block != 8 || string(r.Hash) != string(hash[:]) || r.Difficulty != difficulty || !r.Open {
		t.Fatalf("%+v, %v", r, err)
	}
	m := worked(1, "hot", "cold", r.Block, r.Difficulty, 0)
	if hotkey, err := w.k.CheckWork(w.ctx, &m, 9); err != nil || string(hotkey) != string(who("hot")) {
		t.Errorf("in the next block: %v", err)
	}
	w.begin(9)
	if _, err := w.msg.RegisterPow(w.ctx, &m); err != nil {
		t.Error(err)
	}
	if _, err := w.query.Work(w.ctx, &types.QueryWorkRequest{Netuid: 5}); !isErr(err, types.ErrSubnetDoesNotExist) {
		t.Errorf("no subnet: %v", err)
	}
}

func FuzzRegisterPow(f *testing.F) {
	w := newWorld(f, workParams())
	w.create("owner")
	w.begin(8)
	good := worked(1, "hot", "cold", 7, difficulty, 0)
	f.Add(good.Hotkey, good.Coldkey, good.Netuid, good.BlockNumber, good.Nonce, good.Work)
	f.Add("", "5", uint32(1<<31), uint64(1<<63), uint64(0), []byte{1})
	f.Fuzz(func(t *testing.T, hotkey, coldkey string, netuid uint32, block, nonce uint64, seal []byte) {
		m := types.MsgRegisterPow{Hotkey: hotkey, Coldkey: coldkey, Netuid: netuid, BlockNumber: block, Nonce: nonce, Work: seal}
		ctx, _ := w.ctx.CacheContext()
		_, checked := w.k.CheckWork(ctx, &m, 8)
		if checked == nil && (len(seal) != pow.Size || !pow.Fresh(block, 8) || netuid != 1) {
			t.Errorf("accepted %+v", m)
		}
	})
}
