package subnet

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// seated is a network whose root has n members h0, h1, ... with the stakes given, the rest 100.
func seated(t *testing.T, n int, stakes map[string]uint64) *world {
	t.Helper()
	w := newWorld(t, types.LocalnetParams())
	for i := range n {
		w.at(uint64(1 + i/16))
		hot := fmt.Sprint("h", i)
		if _, _, err := w.k.RootRegister(w.ctx, who(hot), who("cold")); err != nil {
			t.Fatal(err)
		}
		w.staked(hot, 100)
	}
	for hot, amount := range stakes {
		w.staked(hot, amount)
	}
	w.at(200)
	w.sound()
	return w
}

func (w *world) staked(hotkey string, amount uint64) uint64 {
	id, err := w.stake.EnsureOwned(w.ctx, who(hotkey), who("cold"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.stake.staked[id] = amount
	return id
}

func TestRootRegisterChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgRootRegister]{
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgRootRegister) { m.Coldkey = "" }},
		{"hotkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgRootRegister) { m.Hotkey = "x" }},
		{"one too many in this block", types.ErrTooManyRegistrationsThisBlock, func(w *world, _ *types.MsgRootRegister) {
			_ = w.k.root.Set(w.ctx, types.RootNetwork{N: 64, RegsBlock: 200, RegsThisBlock: 16, IntervalStart: 200})
		}},
		{"one too many in this interval", types.ErrTooManyRegistrationsThisInterval, func(w *world, _ *types.MsgRootRegister) {
			_ = w.k.root.Set(w.ctx, types.RootNetwork{N: 64, RegsInterval: 192, IntervalStart: 200})
		}},
		{"a member already", types.ErrHotKeyAlreadyRegisteredInSubNet, func(_ *world, m *types.MsgRootRegister) { m.Hotkey = addr("h3") }},
		{"another's hotkey", errNonAssociated, func(_ *world, m *types.MsgRootRegister) { m.Coldkey = addr("thief") }},
		{"no more stake than the least", types.ErrStakeTooLowForRoot, func(w *world, _ *types.MsgRootRegister) { w.staked("new", 7) }},
	}, func(t *testing.T) (*world, types.MsgRootRegister) {
		w := seated(t, 64, map[string]uint64{"h9": 7})
		w.staked("new", 8)
		return w, types.MsgRootRegister{Coldkey: addr("cold"), Hotkey: addr("new")}
	}, func(w *world, m *types.MsgRootRegister) error {
		_, err := w.msg.RootRegister(w.ctx, m)
		return err
	})
}

func TestRootTakesTheNewcomerWithMoreStake(t *testing.T) {
	w := seated(t, 64, map[string]uint64{"h9": 7, "h20": 7})
	id := w.staked("new", 8)
	w.hooks.calls = nil
	r, err := w.msg.RootRegister(w.ctx, &types.MsgRootRegister{Coldkey: addr("cold"), Hotkey: addr("new")})
	if err != nil {
		t.Fatal(err)
	}
	if r.Uid != 9 || r.Replaced != addr("h9") { // of equals the lowest uid goes
		t.Errorf("%+v, want uid 9 in place of h9", r)
	}
	old, _, _ := w.stake.HotkeyID(w.ctx, who("h9"))
	if w.stake.slots[id] != 1 || w.stake.slots[old] != 0 || !w.stake.delegate[id] {
		t.Errorf("slots %d and %d, delegate %t", w.stake.slots[id], w.stake.slots[old], w.stake.delegate[id])
	}
	if n := w.neuron(0, 9); n.Hotkey != id || n.RegisteredAt != 200 {
		t.Errorf("member %+v", n)
	}
	if !slices.Equal(w.hooks.calls, []string{"filled 0/9 appended=false"}) {
		t.Errorf("hooks %v", w.hooks.calls)
	}
	want := fmt.Sprintf("uid=9 hotkey=%s coldkey=%s replaced=%s ", addr("new"), addr("cold"), addr("h9"))
	if got := w.event("RootRegistered"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if _, err := w.k.Get(w.ctx, 0); !isErr(err, types.ErrSubnetDoesNotExist) {
		t.Errorf("root has a record: %v", err)
	}
	w.sound()
}

// One may join root without any subnet; the first 64 need no stake.
func TestRootGrowsTo64(t *testing.T) {
	w := newWorld(t, types.LocalnetParams())
	for i := range types.MaxRootMembers {
		w.at(uint64(10 + i/16))
		uid, gone, err := w.k.RootRegister(w.ctx, who(fmt.Sprint("h", i)), who("cold"))
		if err != nil || int(uid) != i || gone != nil {
			t.Fatalf("uid %d, gone %x, %v", uid, gone, err)
		}
	}
	w.at(100)
	if _, _, err := w.k.RootRegister(w.ctx, who("late"), who("cold")); !isErr(err, types.ErrStakeTooLowForRoot) {
		t.Errorf("65th member: %v", err)
	}
	members, err := w.query.RootMembers(w.ctx, &types.QueryRootMembersRequest{})
	if err != nil || len(members.Members) != 64 || members.Limit != 64 || members.Opens != 101 || members.Height != 100 {
		t.Errorf("%+v (%v)", members, err)
	}
	if m := members.Members[63]; m.Uid != 63 || m.Hotkey != addr("h63") || m.Coldkey != addr("cold") || m.RegisteredAt != 13 {
		t.Errorf("last member %+v", m)
	}
	w.sound()
}

// The public network takes one a block and three in a hundred blocks.
func TestRootRegistrationIntervals(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	joined := 0
	for block := uint64(1); block <= 350; block++ {
		w.at(block)
		opens := w.opens(block - 1)
		_, _, err := w.k.RootRegister(w.ctx, who(fmt.Sprint("h", block)), who("cold"))
		if err == nil {
			joined++
		}
		if open := opens == block; open != (err == nil) {
			t.Fatalf("block %d: %v, but the block before announced %d", block, err, opens)
		}
		if _, _, err := w.k.RootRegister(w.ctx, who(fmt.Sprint("i", block)), who("cold")); err == nil {
			t.Fatalf("block %d took two", block)
		}
	}
	if want := 3 * 4; joined != want { // intervals begin at 0, 100, 200 and 300
		t.Errorf("%d joined, want %d", joined, want)
	}
	w.sound()
}

func (w *world) opens(block uint64) uint64 {
	r, err := w.query.RootMembers(w.ctx.WithBlockHeight(int64(block)), &types.QueryRootMembersRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return r.Opens
}

func TestRootInGenesis(t *testing.T) {
	w := seated(t, 3, nil)
	w.create("owner")
	w.register(1, "m", "cold m")
	first := NewAppModule(w.k).ExportGenesis(w.ctx, w.cdc)
	fresh := bareWorld(t)
	fresh.stake, fresh.k.stake = w.stake, w.stake
	m := NewAppModule(fresh.k)
	m.InitGenesis(fresh.ctx, w.cdc, first)
	fresh.sound()
	if second := m.ExportGenesis(fresh.ctx, w.cdc); string(second) != string(first) {
		t.Errorf("exported\n%s\nimported and exported\n%s", first, second)
	}
	for name, breakIt := range map[string]func(*types.GenesisState){
		"too many":     func(g *types.GenesisState) { g.Root.N = 65 },
		"one missing":  func(g *types.GenesisState) { g.Root.N = 5 },
		"one too many": func(g *types.GenesisState) { g.Root.N = 2 },
		"same hotkey":  func(g *types.GenesisState) { g.Neurons[1].Neuron.Hotkey = g.Neurons[0].Neuron.Hotkey },
		"rules":        func(g *types.GenesisState) { g.Params.Root.AdjustmentInterval = 0 },
	} {
		g, err := w.k.ExportGenesis(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		breakIt(g)
		if err := g.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRootInvariants(t *testing.T) {
	for name, breakIt := range map[string]func(*world){
		"n":      func(w *world) { _ = w.k.root.Set(w.ctx, types.RootNetwork{N: 2}) },
		"most":   func(w *world) { _ = w.k.root.Set(w.ctx, types.RootNetwork{N: 65}) },
		"orphan": func(w *world) { _ = w.k.uids.Set(w.ctx, joinID(0, 77), 1) },
	} {
		w := seated(t, 3, nil)
		breakIt(w)
		if err := w.k.Invariants(w.ctx); !errors.Is(err, types.ErrInvariant) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
