package subnet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func isErr(err, want error) bool { return errors.Is(err, want) }

// fault breaks one precondition of a call; want is the error the call then gives.
type fault[M any] struct {
	name  string
	want  error
	apply func(*world, *M)
}

// inOrder calls with faults i, i+1, … all present and wants the error of the i-th: each check
// is made, and before the ones after it.
func inOrder[M any](t *testing.T, faults []fault[M], setup func(*testing.T) (*world, M), call func(*world, *M) error) {
	for i, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			w, m := setup(t)
			for _, later := range slices.Backward(faults[i:]) {
				later.apply(w, &m)
			}
			if err := call(w, &m); !isErr(err, f.want) {
				t.Errorf("with every later fault: got %v, want %v", err, f.want)
			}
			w, m = setup(t)
			f.apply(w, &m)
			if err := call(w, &m); !isErr(err, f.want) {
				t.Errorf("alone: got %v, want %v", err, f.want)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		w, m := setup(t)
		if err := call(w, &m); err != nil {
			t.Error(err)
		}
		w.sound()
	})
}

func TestRegisterChecksInOrder(t *testing.T) {
	hyper := func(fn func(*types.Hyperparameters)) func(*world, *types.MsgRegister) {
		return func(w *world, _ *types.MsgRegister) { w.edit(1, func(s *types.Subnet) { fn(&s.Hyper) }) }
	}
	own := func(w *world) uint64 {
		id, _ := w.stake.EnsureOwned(w.ctx, who("hot"), who("other"))
		return id
	}
	inOrder(t, []fault[types.MsgRegister]{
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgRegister) { m.Coldkey = "5x" }},
		{"hotkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgRegister) { m.Hotkey = "" }},
		{"netuid beyond 16 bits", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgRegister) { m.Netuid = 65537 }},
		{"root", types.ErrRegistrationNotPermittedOnRootSubnet, func(_ *world, m *types.MsgRegister) { m.Netuid = 0 }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgRegister) { m.Netuid = 2 }},
		{"closed", types.ErrSubNetRegistrationDisabled, hyper(func(h *types.Hyperparameters) { h.RegistrationAllowed = false })},
		{"block full", types.ErrTooManyRegistrationsThisBlock, hyper(func(h *types.Hyperparameters) { h.MaxRegsPerBlock = 0 })},
		{"interval full", types.ErrTooManyRegistrationsThisInterval, func(w *world, _ *types.MsgRegister) {
			w.edit(1, func(s *types.Subnet) { s.Terms.RegsInterval = 3 * s.Hyper.TargetRegsPerInterval })
		}},
		{"already here", types.ErrHotKeyAlreadyRegisteredInSubNet, func(w *world, _ *types.MsgRegister) {
			if err := w.k.uids.Set(w.ctx, collections.Join(uint16(1), own(w)), 0); err != nil {
				w.t.Fatal(err)
			}
		}},
		{"price above max_cost", types.ErrPriceAboveMaxCost, func(_ *world, m *types.MsgRegister) { m.MaxCost = types.TAO - 1 }},
		{"balance short by 1 rao", types.ErrNotEnoughBalance, func(w *world, _ *types.MsgRegister) {
			w.stake.balance[string(who("cold"))] = types.TAO + deposit - 1
		}},
		{"hotkey of another", errNonAssociated, func(w *world, _ *types.MsgRegister) { own(w) }},
		{"no uids", types.ErrNoNeuronIDAvailable, hyper(func(h *types.Hyperparameters) { h.MaxAllowedUids, h.MaxAllowedValidators = 0, 0 })},
	}, func(t *testing.T) (*world, types.MsgRegister) {
		w := newWorld(t, types.DefaultParams())
		w.create("owner")
		w.at(2)
		w.stake.balance[string(who("cold"))] = types.TAO + deposit
		return w, types.MsgRegister{Coldkey: addr("cold"), Hotkey: addr("hot"), Netuid: 1, MaxCost: types.TAO}
	}, func(w *world, m *types.MsgRegister) error {
		_, err := w.msg.Register(w.ctx, m)
		return err
	})
}

func TestRegisterAppendsAndCounts(t *testing.T) {
	params := types.DefaultParams()
	params.Defaults.MaxRegsPerBlock, params.Defaults.TargetRegsPerInterval = 2, 2
	w := newWorld(t, params)
	netuid := w.create("owner")
	w.at(2)
	r, err := w.msg.Register(w.ctx, &types.MsgRegister{Coldkey: addr("owner"), Hotkey: addr("a"), Netuid: 1})
	if err != nil || r.Uid != 0 || r.Burned != types.TAO {
		t.Fatalf("first: %+v, %v", r, err)
	}
	want := fmt.Sprintf("netuid=1 uid=0 hotkey=%s coldkey=%s by=burn burned=1000000000 replaced= ", addr("a"), addr("owner"))
	if got := w.event("NeuronRegistered"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if uid := w.register(netuid, "b", "owner"); uid != 1 {
		t.Errorf("second uid %d", uid)
	}
	if _, _, err := w.k.Register(w.ctx, netuid, who("c"), who("owner"), 0); !isErr(err, types.ErrTooManyRegistrationsThisBlock) {
		t.Errorf("third in a block: %v", err)
	}
	w.at(3) // the counter of the block before is void without a write
	w.register(netuid, "c", "owner")
	s := w.subnet(netuid)
	if s.N != 3 || s.Terms.RegsInterval != 3 || s.Terms.Sold(3) != 1 || s.Terms.Sold(4) != 0 || s.Terms.Recycled != 3*types.TAO {
		t.Errorf("record %+v", s)
	}
	if got, want := w.hooks.calls, []string{"created 1", "filled 1/0 appended=true", "filled 1/1 appended=true", "filled 1/2 appended=true"}; !slices.Equal(got, want) {
		t.Errorf("hooks %v", got)
	}
	w.sound()
}

// full is a subnet of four neurons of which b belongs to the subnet's owner; a has served.
func full(t testing.TB, variant string) *world {
	params := types.DefaultParams()
	params.Defaults = types.DefaultHyperparameters(variant)
	params.Defaults.MaxAllowedUids, params.Defaults.MaxAllowedValidators = 4, 4
	params.Defaults.MaxRegsPerBlock, params.Defaults.TargetRegsPerInterval = 9, 9
	params.Defaults.ImmunityPeriod = 50
	w := newWorld(t, params)
	w.create("owner")
	for i, name := range []string{"a", "b", "c", "d"} {
		w.at(uint64(2 + i))
		coldkey := "cold " + name
		if name == "b" {
			coldkey = "owner"
		}
		w.register(1, name, coldkey)
		if err := w.k.ServeAxon(w.ctx, 1, who(name), types.Axon{Ip: "192.0.2.1", IpType: 4, Port: 8091}); err != nil {
			t.Fatal(err)
		}
	}
	w.at(100)
	w.hooks.calls = nil
	return w
}

func TestPruning(t *testing.T) {
	for _, c := range []struct {
		name, variant string
		scores        []uint16
		emission      []uint64
		immune        []uint16 // uids registered in block 60
		want          uint16
	}{
		{"2024 lowest score", types.Variant2024, []uint16{9, 3, 5, 7}, nil, nil, 1},
		{"2024 tie takes the highest uid", types.Variant2024, []uint16{9, 3, 3, 7}, nil, nil, 2},
		{"2024 immune is passed over", types.Variant2024, []uint16{9, 3, 5, 7}, nil, []uint16{1}, 2},
		{"2024 all immune", types.Variant2024, []uint16{9, 5, 3, 3}, nil, []uint16{0, 1, 2, 3}, 2},
		{"2026 lowest emission", types.Variant2026, nil, []uint64{9, 8, 5, 7}, nil, 2},
		{"2026 owner is protected", types.Variant2026, nil, []uint64{9, 3, 5, 7}, nil, 2},
		{"2026 tie takes the oldest", types.Variant2026, nil, []uint64{5, 5, 5, 5}, nil, 0},
		{"2026 all immune", types.Variant2026, nil, []uint64{9, 3, 5, 4}, []uint16{0, 1, 2, 3}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := full(t, c.variant)
			w.hooks.pruning, w.hooks.emission = c.scores, c.emission
			for _, uid := range c.immune {
				n := w.neuron(1, uid)
				n.RegisteredAt = 60
				if err := w.k.neurons.Set(w.ctx, join(1, uint32(uid)), n); err != nil {
					t.Fatal(err)
				}
			}
			old := w.neuron(1, c.want)
			if uid := w.register(1, "new", "cold new"); uid != c.want {
				t.Fatalf("replaced uid %d, want %d", uid, c.want)
			}
			id, _, _ := w.stake.HotkeyID(w.ctx, who("new"))
			if got, want := w.neuron(1, c.want), (types.Neuron{Uid: uint32(c.want), Hotkey: id, RegisteredAt: 100}); got != want {
				t.Errorf("slot holds %+v, want %+v", got, want)
			}
			if _, ok, err := w.k.UID(w.ctx, 1, old.Hotkey); ok || err != nil {
				t.Errorf("the old hotkey is still found (%v)", err)
			}
			if w.stake.slots[old.Hotkey] != 0 || w.stake.slots[id] != 1 {
				t.Errorf("slots: old %d, new %d", w.stake.slots[old.Hotkey], w.stake.slots[id])
			}
			if want := fmt.Sprintf("filled 1/%d appended=false", c.want); !slices.Equal(w.hooks.calls, []string{want}) {
				t.Errorf("hooks %v, want %s", w.hooks.calls, want)
			}
			gone, _ := w.stake.HotkeyAccount(w.ctx, old.Hotkey)
			if !strings.Contains(w.event("NeuronRegistered"), "replaced="+ss58String(gone)+" ") {
				t.Errorf("event %q names no predecessor", w.event("NeuronRegistered"))
			}
			w.sound()
		})
	}
}

func ss58String(account []byte) string { s, _ := ss58{}.BytesToString(account); return s }

func TestSubnetOfItsOwnerAloneGivesUpNoSlot(t *testing.T) {
	w := full(t, types.Variant2026)
	for i := range w.stake.owners {
		w.stake.owners[i] = w.subnet(1).Owner
	}
	w.rich("cold new")
	if _, _, err := w.k.Register(w.ctx, 1, who("new"), who("cold new"), 0); !isErr(err, types.ErrNoNeuronIDAvailable) {
		t.Errorf("got %v", err)
	}
}

func TestHotkeyComesBackWithNothing(t *testing.T) {
	w := full(t, types.Variant2024)
	w.register(1, "new", "cold new") // all scores 0: replaces uid 3, d
	w.at(101)
	if uid := w.register(1, "d", "cold d"); uid != 2 { // "new" is immune now
		t.Fatalf("d got uid %d", uid)
	}
	if n := w.neuron(1, 2); n.Axon != nil || n.RegisteredAt != 101 {
		t.Errorf("d came back as %+v", n)
	}
	w.sound()
}
