package subnet

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
	"github.com/cosmos/gogoproto/proto"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestExportImportExport(t *testing.T) {
	w := full(t, types.Variant2026)
	if err := w.k.SetHyperparameter(w.ctx, 1, who("owner"), "kappa", "1"); err != nil {
		t.Fatal(err)
	}
	w.at(20_000)
	w.create("second")
	w.register(2, "a", "cold a")
	first := NewAppModule(w.k).ExportGenesis(w.ctx, w.cdc)

	fresh := bareWorld(t)
	fresh.stake = w.stake
	fresh.k.stake = w.stake
	fresh.at(20_000)
	m := NewAppModule(fresh.k)
	if err := m.ValidateGenesis(w.cdc, nil, first); err != nil {
		t.Fatal(err)
	}
	m.InitGenesis(fresh.ctx, w.cdc, first)
	fresh.sound()
	if second := m.ExportGenesis(fresh.ctx, w.cdc); string(second) != string(first) {
		t.Errorf("exported\n%s\nimported and exported\n%s", first, second)
	}
	if uid := fresh.register(2, "z", "cold z"); uid != 1 {
		t.Errorf("imported state gives uid %d", uid)
	}
}

func TestGenesisIsRefused(t *testing.T) {
	base := func() *types.GenesisState {
		w := full(t, types.Variant2026)
		g, err := w.k.ExportGenesis(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	if err := base().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*types.GenesisState){
		"count":              func(g *types.GenesisState) { g.Network.Count = 2 },
		"root":               func(g *types.GenesisState) { g.Subnets[0].Netuid = 0 },
		"netuid":             func(g *types.GenesisState) { g.Subnets[0].Netuid = 65536 },
		"mechanism":          func(g *types.GenesisState) { g.Subnets[0].Mechanism = "magic" },
		"name":               func(g *types.GenesisState) { g.Subnets[0].Name = "\n" },
		"hyper":              func(g *types.GenesisState) { g.Subnets[0].Hyper.AdjustmentInterval = 0 },
		"burn":               func(g *types.GenesisState) { g.Subnets[0].Terms.Burn = 0 },
		"n too large":        func(g *types.GenesisState) { g.Subnets[0].N = 5 },
		"n too small":        func(g *types.GenesisState) { g.Subnets[0].N = 3 },
		"n above the neuron": func(g *types.GenesisState) { g.Neurons = g.Neurons[:3] },
		"uid order":          func(g *types.GenesisState) { g.Neurons[1].Neuron.Uid = 2 },
		"hotkey twice":       func(g *types.GenesisState) { g.Neurons[1].Neuron.Hotkey = g.Neurons[0].Neuron.Hotkey },
		"axon":               func(g *types.GenesisState) { g.Neurons[0].Neuron.Axon.Port = 0 },
		"params":             func(g *types.GenesisState) { g.Params.LockReductionInterval = 0 },
		"initial burn":       func(g *types.GenesisState) { g.Params.InitialBurn = 0 },
		"defaults":           func(g *types.GenesisState) { g.Params.Defaults.YumaVariant = "2025" },
	} {
		g := base()
		breakIt(g)
		w := bareWorld(t)
		if err := w.k.InitGenesis(w.ctx, g); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestProfilesAreValid(t *testing.T) {
	for name, p := range map[string]types.Params{"default": types.DefaultParams(), "localnet": types.LocalnetParams()} {
		if err := types.NewGenesis(p).Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := types.DefaultHyperparameters(types.Variant2024)
	if err := h.Validate(); err != nil || h.Yuma3 {
		t.Errorf("2024: %v, yuma3 %t", err, h.Yuma3)
	}
	if types.DefaultParams().AllowLoopback {
		t.Error("a public network accepts loopback axons")
	}
}

// Every message names its signer to the SDK, which reads it with the application's codec.
func TestMessagesAreWired(t *testing.T) {
	reg, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles:     proto.HybridResolver,
		SigningOptions: signing.Options{AddressCodec: ss58{}, ValidatorAddressCodec: ss58{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	AppModule{}.RegisterInterfaces(reg)
	if err := reg.SigningContext().Validate(); err != nil {
		t.Error(err)
	}
	for _, msg := range []string{"CreateSubnet", "Register", "ServeAxon", "SetHyperparameter", "RootRegister", "DissolveSubnet", "TransferSubnet", "SetParam"} {
		if _, err := reg.Resolve("/ergon.subnet.v1.Msg" + msg); err != nil {
			t.Error(err)
		}
	}
}

func TestBrokenInvariantsAreFound(t *testing.T) {
	for name, breakIt := range map[string]func(*world){
		"count": func(w *world) { _ = w.k.network.Set(w.ctx, types.Network{Count: 7}) },
		"n":     func(w *world) { w.edit(1, func(s *types.Subnet) { s.N = 3 }) },
		"limit": func(w *world) { w.edit(1, func(s *types.Subnet) { s.Hyper.MaxAllowedUids = 3 }) },
		"price": func(w *world) {
			w.edit(1, func(s *types.Subnet) { s.Terms.Burn, s.Terms.LastAdjustment = 1<<60, 99 })
		},
		"index":  func(w *world) { w.swapIndex() },
		"orphan": func(w *world) { _ = w.k.subnets.Remove(w.ctx, 1); _ = w.k.network.Set(w.ctx, types.Network{}) },
	} {
		w := full(t, types.Variant2026)
		w.sound()
		breakIt(w)
		if err := w.k.Invariants(w.ctx); !isErr(err, types.ErrInvariant) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// swapIndex exchanges the slots of the first two neurons without their index entries.
func (w *world) swapIndex() {
	a, b := w.neuron(1, 0), w.neuron(1, 1)
	a.Hotkey, b.Hotkey = b.Hotkey, a.Hotkey
	for _, n := range []types.Neuron{a, b} {
		if err := w.k.neurons.Set(w.ctx, join(1, n.Uid), n); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Random calls on a small network: after every block the invariants hold and the slots stake
// counts are the uids in use.
func TestRandomCallsKeepInvariants(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		params := types.LocalnetParams()
		params.SubnetLimit, params.NetworkImmunity = 2, 20
		params.Defaults.MaxAllowedUids, params.Defaults.MaxAllowedValidators = 3, 2
		params.Defaults.ImmunityPeriod, params.Defaults.AdjustmentInterval = 10, 5
		params.Defaults.TargetRegsPerInterval = 2
		params.Defaults.YumaVariant, params.Defaults.Yuma3 = types.Variant2024, false
		w := newWorld(t, params)
		names := []string{"a", "b", "c", "d", "e", "f"}
		name := rapid.SampledFrom(names)
		w.rich(names...)
		block := uint64(1)
		for range rapid.IntRange(5, 40).Draw(rt, "calls") {
			block += rapid.Uint64Range(0, 12).Draw(rt, "wait")
			w.at(block)
			ctx, write := w.ctx.CacheContext()
			netuid := rapid.Uint16Range(0, 2).Draw(rt, "netuid")
			var err error
			switch rapid.IntRange(0, 10).Draw(rt, "call") {
			case 0:
				_, _, err = w.k.CreateSubnet(ctx, who(name.Draw(rt, "owner")), "n", 0)
			case 1:
				value := fmt.Sprint(rapid.Uint64Range(0, 2e9).Draw(rt, "value"))
				err = w.k.SetHyperparameter(ctx, netuid, who("root"), rapid.SampledFrom([]string{"min_burn", "max_burn", "adjustment_interval"}).Draw(rt, "name"), value)
			case 2:
				err = w.k.ServeAxon(ctx, netuid, who(name.Draw(rt, "hot")), types.Axon{Ip: "127.0.0.1", IpType: 4, Port: 1})
			case 3:
				_, _, err = w.k.RootRegister(ctx, who(name.Draw(rt, "hot")), who("a"))
			case 4:
				_, err = w.k.DissolveSubnet(ctx, netuid, who(name.Draw(rt, "owner")))
			case 5:
				err = w.k.TransferSubnet(ctx, netuid, who(name.Draw(rt, "owner")), who(name.Draw(rt, "heir")))
			case 6:
				err = w.k.SetParam(ctx, who("root"), "subnet_limit", fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "limit")))
			default:
				// One owner for all hotkeys: the fake's owner records do not roll back.
				_, _, err = w.k.Register(ctx, netuid, who(name.Draw(rt, "hot")), who("a"), 0)
			}
			if err == nil {
				write()
			}
			if err := w.k.Invariants(w.ctx); err != nil {
				rt.Fatal(err)
			}
		}
		w.sumSlots(rt)
	})
}

func (w *world) sumSlots(t *rapid.T) {
	root, err := w.k.root.Get(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	slots, n := 0, int(root.N)
	for _, s := range w.stake.slots {
		slots += s
	}
	err = w.k.Each(w.ctx, func(s types.Subnet) error { n += int(s.N); return nil })
	if err != nil || slots != n {
		t.Fatalf("stake counts %d slots, %d uids are in use (%v)", slots, n, err)
	}
}

func TestErrorsNameTheRemedy(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	w.at(2)
	_, _, err := w.k.CreateSubnet(w.ctx, who("owner"), "", 0)
	if err == nil || !strings.Contains(err.Error(), "wait for block 7201") {
		t.Error(err)
	}
	_, _, err = w.k.Register(w.ctx, 1, who("h"), who("poor"), 0)
	if err == nil || !strings.Contains(err.Error(), "balance 0 rao; needs the price of 1000000000") {
		t.Error(err)
	}
}
