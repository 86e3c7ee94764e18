package subnet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestSetParamChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgSetParam]{
		{"root is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgSetParam) { m.Root = "" }},
		{"not root", types.ErrBadOrigin, func(_ *world, m *types.MsgSetParam) { m.Root = addr("owner") }},
		{"unknown name", types.ErrUnknownParam, func(_ *world, m *types.MsgSetParam) { m.Name = "allow_loopback" }},
		{"bad value", types.ErrParams, func(_ *world, m *types.MsgSetParam) { m.Value = "65536" }},
	}, func(t *testing.T) (*world, types.MsgSetParam) {
		return newWorld(t, types.DefaultParams()), types.MsgSetParam{Root: addr("root"), Name: "subnet_limit", Value: "65535"}
	}, func(w *world, m *types.MsgSetParam) error {
		_, err := w.msg.SetParam(w.ctx, m)
		return err
	})
}

func TestParamSet(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.setParam("defaults.tempo", "99")
	want := fmt.Sprintf("name=defaults.tempo old=360 new=99 coldkey=%s ", addr("root"))
	if got := w.event("ParamSet"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if netuid := w.create("owner"); w.subnet(netuid).Hyper.Tempo != 99 {
		t.Errorf("a new subnet's tempo is %d", w.subnet(netuid).Hyper.Tempo)
	}
	r, err := w.query.Params(w.ctx, &types.QueryParamsRequest{})
	if err != nil || r.Params.Defaults.Tempo != 99 {
		t.Errorf("%+v (%v)", r, err)
	}
}

// Every global parameter is set within its range, and to nothing else.
func TestParamsHaveBounds(t *testing.T) {
	for _, p := range types.ParamTable() {
		if strings.HasPrefix(p.Name, "defaults.") {
			continue
		}
		least, most, found := strings.Cut(p.Range, "..")
		if !found || p.Unit == "" {
			t.Fatalf("%s lacks a range or a unit", p.Name)
		}
		for value, ok := range map[string]bool{least: true, most: true, "-1": false, "": false, "0x1": false, most + "0": false} {
			w := newWorld(t, types.DefaultParams())
			w.setParam("defaults.min_burn", "0")
			w.setParam("defaults.max_burn", "21000000000000000")
			err := w.k.SetParam(w.ctx, who("root"), p.Name, value)
			if ok != (err == nil) || !ok && !isErr(err, types.ErrParams) {
				t.Errorf("%s to %q: %v", p.Name, value, err)
			}
			params, _ := w.k.Params(w.ctx)
			if ok && p.Get(&params) != value {
				t.Errorf("%s: set %s, got %s", p.Name, value, p.Get(&params))
			}
		}
	}
}

// The defaults obey the rules of the hyperparameters, and agree with the other parameters.
func TestDefaultsAreHyperparameters(t *testing.T) {
	for name, c := range map[string]struct{ value, want string }{
		"defaults.kappa":                    {"65536", "kappa: 65536 is outside 0..65535"},
		"defaults.min_burn":                 {"100000000001", "above max_burn"},
		"defaults.max_burn":                 {"999999999", "initial_burn 1000000000 is outside"},
		"initial_burn":                      {"100000000001", "initial_burn 100000000001 is outside"},
		"defaults.max_allowed_uids":         {"0", "does not exceed the 0 uids in use"},
		"defaults.yuma_variant":             {"2024", "yuma3 needs"},
		"defaults.":                         {"1", "root can set: network_rate_limit"},
		"kappa":                             {"1", "UnknownParam"},
		"defaults.commit_reveal_period":     {"0", "outside 1..100"},
		"defaults.pow_registration_allowed": {"yes", "neither true nor false"},
	} {
		w := newWorld(t, types.DefaultParams())
		before, _ := w.k.Params(w.ctx)
		err := w.k.SetParam(w.ctx, who("root"), name, c.value)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s: %v, want %q", name, c.value, err, c.want)
		}
		if after, _ := w.k.Params(w.ctx); after != before {
			t.Errorf("%s to %s was refused and changed the parameters", name, c.value)
		}
	}
}

// Root sets what owners cannot, and everything they can; nobody else sets anything.
func TestWhoSetsHyperparameters(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	if err := w.k.SetHyperparameter(w.ctx, 1, who("root"), "liquid_alpha", "true"); err != nil {
		t.Fatal(err)
	}
	if err := w.k.SetHyperparameter(w.ctx, 1, who("root"), "min_difficulty", "1"); err != nil {
		t.Fatal(err)
	}
	for _, p := range types.HyperTable() {
		s := w.subnet(1)
		value := p.Get(&s.Hyper)
		if err := w.k.SetHyperparameter(w.ctx, 1, who("root"), p.Name, value); err != nil {
			t.Errorf("%s by root: %v", p.Name, err)
		}
		for _, other := range []string{"stranger", "cold"} {
			if err := w.k.SetHyperparameter(w.ctx, 1, who(other), p.Name, value); !isErr(err, types.ErrBadOrigin) {
				t.Errorf("%s by %s: %v", p.Name, other, err)
			}
		}
	}
	w.sound()
}

// The difficulty stands where it was set, inside its bounds, and moving a bound moves it.
func TestDifficultyIsSetWithinItsBounds(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	set := func(name, value, want string) {
		t.Helper()
		err := w.k.SetHyperparameter(w.ctx, 1, who("owner"), name, value)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s to %s: %v, want %q", name, value, err, want)
		}
	}
	stands := func(want uint64) {
		t.Helper()
		info, err := w.k.Info(w.ctx, w.subnet(1))
		if err != nil || info.Hyper.Difficulty != want || w.subnet(1).Terms.Difficulty != want {
			t.Errorf("difficulty %d, want %d (%v)", info.Hyper.Difficulty, want, err)
		}
	}
	stands(1<<64 - 1) // the minimum of a new subnet
	set("difficulty", "10000000", "difficulty: 10000000 is outside min_difficulty..max_difficulty")
	set("max_difficulty", "9", "min_difficulty 18446744073709551615 is above max_difficulty 9")
	set("min_difficulty", "1000", "")
	set("difficulty", "5000", "")
	stands(5000)
	set("max_difficulty", "4000", "")
	stands(4000)
	set("min_difficulty", "4001", "above max_difficulty")
	set("kappa", "1", "")
	stands(4000)
	w.sound()
}
