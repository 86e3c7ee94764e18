package subnet

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestSetHyperparameterChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgSetHyperparameter]{
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgSetHyperparameter) { m.Coldkey = "" }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgSetHyperparameter) { m.Netuid = 2 }},
		{"not the owner", types.ErrBadOrigin, func(_ *world, m *types.MsgSetHyperparameter) { m.Coldkey = addr("stranger") }},
		{"unknown name", types.ErrUnknownHyperparameter, func(_ *world, m *types.MsgSetHyperparameter) { m.Name = "Kappa" }},
		{"bad value", types.ErrHyperparameter, func(_ *world, m *types.MsgSetHyperparameter) { m.Value = "65536" }},
	}, func(t *testing.T) (*world, types.MsgSetHyperparameter) {
		w := newWorld(t, types.DefaultParams())
		w.create("owner")
		return w, types.MsgSetHyperparameter{Coldkey: addr("owner"), Netuid: 1, Name: "kappa", Value: "65535"}
	}, func(w *world, m *types.MsgSetHyperparameter) error {
		_, err := w.msg.SetHyperparameter(w.ctx, m)
		return err
	})
}

func TestHyperparameterSet(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	w.hooks.calls = nil
	if err := w.k.SetHyperparameter(w.ctx, 1, who("owner"), "registration_allowed", "false"); err != nil {
		t.Fatal(err)
	}
	if w.subnet(1).Hyper.RegistrationAllowed {
		t.Error("not stored")
	}
	if got, want := w.event("HyperparameterSet"), fmt.Sprintf("netuid=1 name=registration_allowed old=true new=false coldkey=%s by=owner ", addr("owner")); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if !slices.Equal(w.hooks.calls, []string{"changed 1 registration_allowed"}) {
		t.Errorf("hooks %v", w.hooks.calls)
	}
}

func TestRootOnlyHyperparametersAreRefusedForOwners(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	for _, p := range types.HyperTable() {
		s := w.subnet(1)
		value := p.Get(&s.Hyper)
		err := w.k.SetHyperparameter(w.ctx, 1, who("owner"), p.Name, value)
		if p.Setter == types.Root && !isErr(err, types.ErrBadOrigin) {
			t.Errorf("%s set by its owner: %v", p.Name, err)
		}
		if p.Setter == types.Owner && isErr(err, types.ErrBadOrigin) {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// A change settles the price under the old rules first, and bounds bind from the block that
// sets them.
func TestHyperparametersAndThePrice(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	w.at(3 * 360)
	want := types.TAO
	for range 3 {
		want = adjustBurn(want, 0, 1, alpha97, 1, 100*types.TAO)
	}
	set := func(name, value string) {
		t.Helper()
		if err := w.k.SetHyperparameter(w.ctx, 1, who("root"), name, value); err != nil {
			t.Fatal(err)
		}
	}
	set("adjustment_alpha", "0")
	if got := w.subnet(1).Terms; got.Burn != want || got.LastAdjustment != 3*360 {
		t.Errorf("terms %+v, want a price of %d", got, want)
	}
	w.at(3*360 + 200)
	set("adjustment_interval", "10") // 20 intervals have gone by at once: one adjustment is due
	w.at(3*360 + 201)
	info, err := w.k.Info(w.ctx.WithBlockHeight(3*360+200), w.subnet(1))
	if err != nil || info.Burn != want/2 || info.NextAdjustment != 3*360+211 {
		t.Errorf("price %d until %d (%v), want %d until %d", info.Burn, info.NextAdjustment, err, want/2, 3*360+211)
	}
	set("min_burn", "2000000000")
	if got := w.subnet(1).Terms.Burn; got != 2*types.TAO {
		t.Errorf("price %d under the new floor", got)
	}
	set("max_burn", "2000000000")
	set("min_burn", "5")
	set("max_burn", "7")
	if got := w.subnet(1).Terms.Burn; got != 7 {
		t.Errorf("price %d above the new ceiling", got)
	}
	w.sound()
}

func TestSubnetIsNeverShrunk(t *testing.T) {
	w := full(t, types.Variant2026)
	for value, ok := range map[string]bool{"4": false, "3": false, "5": true} {
		if err := w.k.SetHyperparameter(w.ctx, 1, who("root"), "max_allowed_uids", value); (err == nil) != ok {
			t.Errorf("max_allowed_uids %s with 4 in use: %v", value, err)
		}
	}
	for i := range 2 { // one free slot, then a replacement
		w.register(1, fmt.Sprint("more", i), "cold")
	}
	if n := w.subnet(1).N; n != 5 {
		t.Errorf("n is %d", n)
	}
	w.sound()
}
