package subnet

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestDissolveSubnetChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgDissolveSubnet]{
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgDissolveSubnet) { m.Coldkey = "" }},
		{"netuid out of range", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgDissolveSubnet) { m.Netuid = 65536 }},
		{"root", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgDissolveSubnet) { m.Netuid = 0 }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgDissolveSubnet) { m.Netuid = 2 }},
		{"not the owner", types.ErrNotSubnetOwner, func(_ *world, m *types.MsgDissolveSubnet) { m.Coldkey = addr("cold a") }},
		{"not even root", types.ErrNotSubnetOwner, func(_ *world, m *types.MsgDissolveSubnet) { m.Coldkey = addr("root") }},
	}, func(t *testing.T) (*world, types.MsgDissolveSubnet) {
		return full(t, types.Variant2026), types.MsgDissolveSubnet{Coldkey: addr("owner"), Netuid: 1}
	}, func(w *world, m *types.MsgDissolveSubnet) error {
		_, err := w.msg.DissolveSubnet(w.ctx, m)
		return err
	})
}

// keysOf lists every key of the module's store.
func (w *world) keysOf() []string {
	w.t.Helper()
	it := w.ctx.KVStore(w.key).Iterator(nil, nil)
	defer func() { _ = it.Close() }()
	var all []string
	for ; it.Valid(); it.Next() {
		all = append(all, fmt.Sprintf("%x", it.Key()))
	}
	return all
}

// A netuid that is used again holds nothing of the subnet before: not one key is left.
func TestDissolvedNetuidLeavesNoKey(t *testing.T) {
	w := newWorld(t, types.LocalnetParams())
	w.create("other")
	w.register(1, "m", "cold m")
	before := w.keysOf()
	cost, err := w.k.LockCost(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.at(2)
	if netuid := w.create("owner"); netuid != 2 {
		t.Fatalf("netuid %d", netuid)
	}
	first := w.subnet(2)
	w.register(2, "m", "cold m")
	id, _, _ := w.stake.HotkeyID(w.ctx, who("m"))
	if err := w.k.ServeAxon(w.ctx, 2, who("m"), types.Axon{Ip: "127.0.0.1", IpType: 4, Port: 1}); err != nil {
		t.Fatal(err)
	}
	for i := range types.KeptChanges + 3 {
		if err := w.k.SetHyperparameter(w.ctx, 2, who("owner"), "kappa", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	w.sound()
	w.hooks.calls = nil
	r, err := w.msg.DissolveSubnet(w.ctx, &types.MsgDissolveSubnet{Coldkey: addr("owner"), Netuid: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.keysOf(); !slices.Equal(got, before) {
		t.Errorf("keys are left:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
	}
	if r.Unlocked != cost || w.stake.unlocked[string(who("owner"))] != cost {
		t.Errorf("unlocked %d, paid back %d, want %d", r.Unlocked, w.stake.unlocked[string(who("owner"))], cost)
	}
	if w.stake.slots[id] != 1 {
		t.Errorf("the miner counts %d slots", w.stake.slots[id])
	}
	want := fmt.Sprintf("netuid=2 owner=%s unlocked=%d why=dissolved ", addr("owner"), cost)
	if got := w.event("NetworkRemoved"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if !slices.Equal(w.hooks.calls, []string{"removed 2"}) {
		t.Errorf("hooks %v", w.hooks.calls)
	}
	w.sound()

	if netuid := w.create("owner"); netuid != 2 {
		t.Fatalf("netuid %d, want 2 again", netuid)
	}
	again := w.subnet(2)
	if again.Locked == first.Locked {
		t.Errorf("the second lock is as dear as the first, %d", again.Locked)
	}
	again.Locked = first.Locked
	if again != first {
		t.Errorf("second life %+v, first %+v", again, first)
	}
	w.sound()
}

// limited is a network at its limit of 2: netuid 1 of block 1, netuid 2 of block 11.
func limited(t *testing.T) *world {
	t.Helper()
	params := types.LocalnetParams()
	params.SubnetLimit, params.NetworkImmunity = 2, 100
	w := newWorld(t, params)
	w.create("one")
	w.register(1, "m", "cold m")
	w.at(11)
	w.create("two")
	return w
}

func TestNewSubnetPrunesTheLeast(t *testing.T) {
	for name, c := range map[string]struct {
		rates  map[uint16]uint64
		netuid uint16
		owner  string
	}{
		"the first": {map[uint16]uint64{1: 1, 2: 2}, 1, "one"},
		"the last":  {map[uint16]uint64{1: 2, 2: 1}, 2, "two"},
		"a tie":     {nil, 1, "one"},
	} {
		w := limited(t)
		w.hooks.rates = c.rates
		lock := w.subnet(c.netuid).Locked
		w.at(110)
		if r, err := w.query.Subnets(w.ctx, &types.QuerySubnetsRequest{}); err != nil || r.Ends != uint32(c.netuid) || r.Limit != 2 || r.Opens != 111 {
			t.Errorf("%s: %+v (%v)", name, r, err)
		}
		w.at(111)
		w.hooks.calls = nil
		if netuid := w.create("three"); netuid != c.netuid {
			t.Errorf("%s: netuid %d, want %d", name, netuid, c.netuid)
		}
		if got := w.stake.unlocked[string(who(c.owner))]; got != lock {
			t.Errorf("%s: %s got %d of its lock of %d back", name, c.owner, got, lock)
		}
		want := fmt.Sprintf("netuid=%d owner=%s unlocked=%d why=pruned ", c.netuid, addr(c.owner), lock)
		if got := w.event("NetworkRemoved"); got != want {
			t.Errorf("%s: event %q, want %q", name, got, want)
		}
		if want := []string{fmt.Sprint("removed ", c.netuid), fmt.Sprint("created ", c.netuid)}; !slices.Equal(w.hooks.calls, want) {
			t.Errorf("%s: hooks %v", name, w.hooks.calls)
		}
		s := w.subnet(c.netuid)
		if id, _, _ := w.stake.ColdkeyID(w.ctx, who("three")); s.Owner != id || s.N != 0 || s.RegisteredAt != 111 {
			t.Errorf("%s: record %+v", name, s)
		}
		w.sound()
	}
}

func TestImmuneSubnetsStay(t *testing.T) {
	w := limited(t)
	w.hooks.rates = map[uint16]uint64{1: 2, 2: 1}
	w.rich("three")
	w.at(99)
	if r, err := w.query.Subnets(w.ctx, &types.QuerySubnetsRequest{}); err != nil || r.Ends != 0 {
		t.Errorf("%+v (%v)", r, err)
	}
	w.at(100) // netuid 1 is immune up to this block
	_, _, err := w.k.CreateSubnet(w.ctx, who("three"), "", 0)
	if !isErr(err, types.ErrAllNetworksInImmunity) || !strings.Contains(err.Error(), "try from block 101") {
		t.Errorf("all immune: %v", err)
	}
	w.at(101)
	if netuid := w.create("three"); netuid != 1 { // 2 earns less, and is immune
		t.Errorf("netuid %d, want 1", netuid)
	}
	w.sound()
}

// When root lowers the limit, a creation replaces a subnet and the number stays.
func TestPruningUnderALoweredLimit(t *testing.T) {
	w := limited(t)
	w.setParam("subnet_limit", "1")
	w.at(200)
	w.create("three")
	network, err := w.k.network.Get(w.ctx)
	if err != nil || network.Count != 2 {
		t.Errorf("%d subnets (%v)", network.Count, err)
	}
	w.setParam("subnet_limit", "0")
	w.rich("four")
	empty := newWorld(t, types.LocalnetParams())
	empty.setParam("subnet_limit", "0")
	empty.rich("four")
	if _, _, err := empty.k.CreateSubnet(empty.ctx, who("four"), "", 0); !isErr(err, types.ErrAllNetworksInImmunity) {
		t.Errorf("no subnet allowed: %v", err)
	}
	w.sound()
}

func TestTransferSubnetChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgTransferSubnet]{
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgTransferSubnet) { m.Coldkey = "" }},
		{"new owner is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgTransferSubnet) { m.NewOwner = "?" }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgTransferSubnet) { m.Netuid = 2 }},
		{"not the owner", types.ErrNotSubnetOwner, func(_ *world, m *types.MsgTransferSubnet) { m.Coldkey = addr("thief") }},
		{"to itself", types.ErrInvalidAddress, func(_ *world, m *types.MsgTransferSubnet) { m.NewOwner = addr("owner") }},
	}, func(t *testing.T) (*world, types.MsgTransferSubnet) {
		return full(t, types.Variant2026), types.MsgTransferSubnet{Coldkey: addr("owner"), Netuid: 1, NewOwner: addr("heir")}
	}, func(w *world, m *types.MsgTransferSubnet) error {
		_, err := w.msg.TransferSubnet(w.ctx, m)
		return err
	})
}

func TestTransferredSubnet(t *testing.T) {
	w := full(t, types.Variant2026)
	lock := w.subnet(1).Locked
	w.at(500)
	if err := w.k.TransferSubnet(w.ctx, 1, who("owner"), who("heir")); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("netuid=1 coldkey=%s new_owner=%s ", addr("owner"), addr("heir"))
	if got := w.event("SubnetTransferred"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if err := w.k.SetHyperparameter(w.ctx, 1, who("owner"), "kappa", "1"); !isErr(err, types.ErrBadOrigin) {
		t.Errorf("the old owner sets: %v", err)
	}
	if err := w.k.SetHyperparameter(w.ctx, 1, who("heir"), "kappa", "1"); err != nil {
		t.Errorf("the new owner sets: %v", err)
	}
	log, err := w.k.Changes(w.ctx, 1, 0)
	if err != nil || len(log) != 2 || log[1] != (types.ChangeInfo{Block: 500, Who: addr("owner"), Name: "owner", Old: addr("owner"), New: addr("heir")}) {
		t.Errorf("log %+v (%v)", log, err)
	}
	if _, err := w.k.DissolveSubnet(w.ctx, 1, who("heir")); err != nil || w.stake.unlocked[string(who("heir"))] != lock {
		t.Errorf("the heir got %d of a lock of %d (%v)", w.stake.unlocked[string(who("heir"))], lock, err)
	}
	w.sound()
}

func TestChangeLogKeepsTheLast(t *testing.T) {
	w := newWorld(t, types.LocalnetParams())
	w.create("owner")
	const made = types.KeptChanges + 10
	for i := range uint64(made) {
		w.at(10 + i)
		signer, name := "owner", "kappa"
		if i%2 == 1 {
			signer, name = "root", "tempo"
		}
		if err := w.k.SetHyperparameter(w.ctx, 1, who(signer), name, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []uint32{0, 1, 5, types.KeptChanges, 1000} {
		r, err := w.query.Changes(w.ctx, &types.QueryChangesRequest{Netuid: 1, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		want := int(limit)
		if limit == 0 || limit > types.KeptChanges {
			want = types.KeptChanges
		}
		if len(r.Changes) != want {
			t.Fatalf("limit %d gives %d, want %d", limit, len(r.Changes), want)
		}
		for i, c := range r.Changes {
			n := uint64(made - 1 - i)
			if c.Block != 10+n || c.New != fmt.Sprint(n) || c.ByRoot != (n%2 == 1) || (c.Who == addr("root")) != c.ByRoot {
				t.Fatalf("entry %d is %+v", i, c)
			}
		}
	}
	if r, err := w.query.Changes(w.ctx, &types.QueryChangesRequest{Netuid: 2}); !isErr(err, types.ErrSubnetDoesNotExist) {
		t.Errorf("no subnet: %+v (%v)", r, err)
	}
	w.sound()
}

// A refused change leaves no entry.
func TestRefusedChangesAreNotLogged(t *testing.T) {
	w := newWorld(t, types.LocalnetParams())
	w.create("owner")
	for _, err := range []error{
		w.k.SetHyperparameter(w.ctx, 1, who("owner"), "tempo", "7"),
		w.k.SetHyperparameter(w.ctx, 1, who("owner"), "kappa", "x"),
		w.k.TransferSubnet(w.ctx, 1, who("thief"), who("thief")),
	} {
		if err == nil {
			t.Error("accepted")
		}
	}
	if log, err := w.k.Changes(w.ctx, 1, 0); err != nil || len(log) != 0 {
		t.Errorf("log %+v (%v)", log, err)
	}
}

func TestChangeLogInGenesisAndInvariants(t *testing.T) {
	made := func() *world {
		w := full(t, types.Variant2026)
		for i := range 3 {
			if err := w.k.SetHyperparameter(w.ctx, 1, who("owner"), "kappa", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		w.sound()
		return w
	}
	for name, breakIt := range map[string]func(*types.GenesisState){
		"one missing":   func(g *types.GenesisState) { g.Changes = g.Changes[:2] },
		"one too many":  func(g *types.GenesisState) { g.Subnets[0].Changes = 2 },
		"another's":     func(g *types.GenesisState) { g.Changes[1].Netuid = 3 },
		"wrong slot":    func(g *types.GenesisState) { g.Changes[1].Slot = 2 },
		"short account": func(g *types.GenesisState) { g.Changes[1].Change.Account = []byte{1} },
	} {
		w := made()
		g, err := w.k.ExportGenesis(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		breakIt(g)
		if err := g.Validate(); !isErr(err, types.ErrGenesis) {
			t.Errorf("genesis, %s: %v", name, err)
		}
	}
	for name, breakIt := range map[string]func(*world){
		"count":  func(w *world) { w.edit(1, func(s *types.Subnet) { s.Changes = 4 }) },
		"orphan": func(w *world) { _ = w.k.changes.Set(w.ctx, collections.Join(uint16(9), uint32(0)), types.Change{}) },
		"slot":   func(w *world) { _ = w.k.changes.Set(w.ctx, collections.Join(uint16(1), uint32(7)), types.Change{}) },
	} {
		w := made()
		breakIt(w)
		if err := w.k.Invariants(w.ctx); !isErr(err, types.ErrInvariant) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
