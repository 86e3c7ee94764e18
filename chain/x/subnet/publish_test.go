package subnet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// twoSubnets is a network with two subnets of owner's; hot, of owner's, is on the first.
func twoSubnets(t *testing.T) *world {
	params := types.DefaultParams()
	params.NetworkRateLimit = 0
	w := newWorld(t, params)
	w.create("owner")
	w.create("owner")
	w.register(1, "hot", "owner")
	w.at(10)
	return w
}

func TestServePrometheusChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgServePrometheus]{
		{"hotkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgServePrometheus) { m.Hotkey = "5" }},
		{"netuid beyond 16 bits", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgServePrometheus) { m.Netuid = 1 << 16 }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgServePrometheus) { m.Netuid = 9 }},
		{"on another subnet only", types.ErrHotKeyNotRegisteredInSubNet, func(_ *world, m *types.MsgServePrometheus) { m.Netuid = 2 }},
		{"ip type", types.ErrInvalidIPType, func(_ *world, m *types.MsgServePrometheus) { m.Prometheus.IpType = 5 }},
		{"address", types.ErrInvalidIPAddress, func(_ *world, m *types.MsgServePrometheus) { m.Prometheus.Ip = "127.0.0.1" }},
		{"port", types.ErrInvalidPort, func(_ *world, m *types.MsgServePrometheus) { m.Prometheus.Port = 65536 }},
		{"too soon", types.ErrServingRateLimitExceeded, func(w *world, _ *types.MsgServePrometheus) { w.at(59) }},
	}, func(t *testing.T) (*world, types.MsgServePrometheus) {
		w := twoSubnets(t)
		record := types.Prometheus{Ip: "192.0.2.1", IpType: 4, Port: 7091}
		if err := w.k.ServePrometheus(w.ctx, 1, who("hot"), record); err != nil {
			t.Fatal(err)
		}
		w.at(60)
		record.Port = 7092
		return w, types.MsgServePrometheus{Hotkey: addr("hot"), Netuid: 1, Prometheus: record}
	}, func(w *world, m *types.MsgServePrometheus) error {
		_, err := w.msg.ServePrometheus(w.ctx, m)
		return err
	})
}

// Axon and prometheus are two records with a clock each.
func TestAxonAndPrometheusHaveTheirOwnClocks(t *testing.T) {
	w := twoSubnets(t)
	axon := types.Axon{Ip: "192.0.2.1", IpType: 4, Port: 8091}
	record := types.Prometheus{Version: 3, Ip: "192.0.2.1", IpType: 4, Port: 7091}
	if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); err != nil {
		t.Fatal(err)
	}
	w.at(30)
	if err := w.k.ServePrometheus(w.ctx, 1, who("hot"), record); err != nil {
		t.Errorf("20 blocks after the axon: %v", err)
	}
	want := fmt.Sprintf("netuid=1 uid=0 hotkey=%s coldkey=%s ", addr("hot"), addr("owner"))
	if got := w.event("PrometheusServed"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	w.at(60)
	axon.Port++
	if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); err != nil {
		t.Errorf("50 blocks after the axon, 30 after the metrics: %v", err)
	}
	if err := w.k.ServePrometheus(w.ctx, 1, who("hot"), record); err != nil || w.event("PrometheusServed") != "" {
		t.Errorf("the same record again: %v", err)
	}
	record.Block = 30
	r, err := w.query.Neuron(w.ctx, &types.QueryNeuronRequest{Netuid: 1, Hotkey: addr("hot")})
	if err != nil || *r.Prometheus != record || r.Axon.Block != 60 {
		t.Errorf("query %+v, %v", r, err)
	}
	w.sound()
}

func TestCertificate(t *testing.T) {
	axon := types.Axon{Ip: "8.8.8.8", IpType: 4, Port: 1}
	for size, ok := range map[int]bool{0: true, 1: false, 2: true, 33: true, 65: true, 66: false, 1 << 20: false} {
		axon.Certificate = make([]byte, size)
		if err := axon.Validate(false); (err == nil) != ok || err != nil && !isErr(err, types.ErrInvalidCertificate) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	w := twoSubnets(t)
	axon.Certificate = []byte{1, 2, 3}
	if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); err != nil {
		t.Fatal(err)
	}
	axon.Certificate = []byte{1, 2, 4}
	if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); !isErr(err, types.ErrServingRateLimitExceeded) {
		t.Errorf("another certificate is another record: %v", err)
	}
	if got := w.neuron(1, 0).Axon.Certificate; string(got) != "\x01\x02\x03" {
		t.Errorf("stored %x", got)
	}
}

const identityDeposit = types.TAO / 10

func TestSetIdentityChecksInOrder(t *testing.T) {
	for name, faults := range map[string][]fault[types.MsgSetIdentity]{
		"of a coldkey": {
			{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgSetIdentity) { m.Coldkey = "5" }},
			{"netuid beyond 16 bits", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgSetIdentity) { m.Netuid = 1 << 16 }},
			{"two extra pairs", types.ErrTooManyFieldsInIdentity, func(_ *world, m *types.MsgSetIdentity) {
				m.Info.Extra = []types.IdentityPair{{Name: "a", Value: "b"}, {Name: "c", Value: "d"}}
			}},
			{"too long", types.ErrInvalidIdentity, func(_ *world, m *types.MsgSetIdentity) { m.Info.Web = strings.Repeat("x", 65) }},
			{"nobody of note", types.ErrCannotRegisterIdentity, func(_ *world, m *types.MsgSetIdentity) { m.Coldkey = addr("stranger") }},
			{"balance short by 1 rao", types.ErrNotEnoughBalance, func(w *world, _ *types.MsgSetIdentity) {
				w.stake.balance[string(who("owner"))] = identityDeposit + deposit - 1
			}},
		},
		"of a subnet": {
			{"says nothing", types.ErrInvalidIdentity, func(_ *world, m *types.MsgSetIdentity) { m.Info = types.IdentityInfo{} }},
			{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgSetIdentity) { m.Netuid = 9 }},
			{"not its owner", types.ErrNotSubnetOwner, func(_ *world, m *types.MsgSetIdentity) { m.Coldkey = addr("stranger") }},
			{"balance short by 1 rao", types.ErrNotEnoughBalance, func(w *world, _ *types.MsgSetIdentity) {
				w.stake.balance[string(who("owner"))] = identityDeposit + deposit - 1
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inOrder(t, faults, func(t *testing.T) (*world, types.MsgSetIdentity) {
				w := twoSubnets(t)
				w.stake.balance[string(who("owner"))] = identityDeposit + deposit
				m := types.MsgSetIdentity{Coldkey: addr("owner"), Info: types.IdentityInfo{Display: "Owner"}}
				if name == "of a subnet" {
					m.Netuid = 2
				}
				return w, m
			}, func(w *world, m *types.MsgSetIdentity) error {
				_, err := w.msg.SetIdentity(w.ctx, m)
				return err
			})
		})
	}
}

func TestIdentityFields(t *testing.T) {
	long := strings.Repeat("é", 32) // 64 bytes
	for _, good := range []types.IdentityInfo{
		{Display: "Ergon Σ"}, {Legal: long}, {PgpFingerprint: make([]byte, 20)}, {Image: "https://example.org/a.png", Twitter: "@e"},
		{Extra: []types.IdentityPair{{Name: "github", Value: "ergon"}}},
	} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, bad := range []types.IdentityInfo{
		{}, {Display: long + "x"}, {Riot: "\xff"}, {Email: "a\x1b[2Jb"}, {Info: "a\nb"}, {Web: "exam\u202eple"}, {Legal: "a\u200bb"},
		{PgpFingerprint: make([]byte, 19)}, {Display: "x", PgpFingerprint: make([]byte, 21)},
		{Extra: []types.IdentityPair{{Name: "github"}}}, {Extra: []types.IdentityPair{{Value: "x"}}},
		{Display: "x", Extra: []types.IdentityPair{{Name: long + "x", Value: "y"}}},
	} {
		if err := bad.Validate(); !isErr(err, types.ErrInvalidIdentity) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// The deposit is held while the identity stands, follows its size, and goes back to who paid it.
func TestIdentityDeposit(t *testing.T) {
	w := twoSubnets(t)
	before, locked := w.stake.balance[string(who("owner"))], w.stake.locked
	held := func(want uint64) {
		t.Helper()
		n, err := w.k.network.Get(w.ctx)
		if err != nil || n.Deposits != want || w.stake.locked != locked+want || w.stake.balance[string(who("owner"))] != before-want {
			t.Errorf("held %d, locked %d, want %d (%v)", n.Deposits, w.stake.locked-locked, want, err)
		}
		w.sound()
	}
	set := func(coldkey string, netuid uint32, info types.IdentityInfo, want uint64) {
		t.Helper()
		r, err := w.msg.SetIdentity(w.ctx, &types.MsgSetIdentity{Coldkey: addr(coldkey), Netuid: netuid, Info: info})
		if err != nil || r.Deposit != want {
			t.Fatalf("deposit %+v, %v, want %d", r, err, want)
		}
	}
	small := types.IdentityInfo{Display: "Owner"}
	large := types.IdentityInfo{Display: "Owner", Extra: []types.IdentityPair{{Name: "github", Value: "ergon"}}}
	set("owner", 0, large, 2*identityDeposit)
	if got, want := w.event("IdentitySet"), fmt.Sprintf("coldkey=%s netuid=0 deposit=%d ", addr("owner"), 2*identityDeposit); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	held(2 * identityDeposit)
	set("owner", 0, small, identityDeposit)
	held(identityDeposit)
	set("owner", 1, small, identityDeposit)
	held(2 * identityDeposit)

	q, err := w.query.Identity(w.ctx, &types.QueryIdentityRequest{Coldkey: addr("owner")})
	if err != nil || q.Payer != addr("owner") || q.Deposit != identityDeposit || q.Block != 10 || q.Info.Display != "Owner" {
		t.Errorf("query %+v, %v", q, err)
	}
	if q, err = w.query.SubnetIdentity(w.ctx, &types.QuerySubnetIdentityRequest{Netuid: 1}); err != nil || q.Payer != addr("owner") {
		t.Errorf("query %+v, %v", q, err)
	}
	if _, err := w.query.SubnetIdentity(w.ctx, &types.QuerySubnetIdentityRequest{Netuid: 2}); !isErr(err, types.ErrIdentityNotFound) {
		t.Errorf("subnet 2: %v", err)
	}

	// Another subnet's counters do not touch the sum of the deposits.
	w.create("third")
	w.sound()

	// A subnet that changes hands: the new owner's deposit replaces the old one's.
	w.rich("heir")
	heir, err := w.stake.EnsureColdkey(w.ctx, who("heir"))
	if err != nil {
		t.Fatal(err)
	}
	w.edit(1, func(s *types.Subnet) { s.Owner = heir })
	set("heir", 1, small, identityDeposit)
	if got := w.stake.balance[string(who("owner"))]; got != before-identityDeposit {
		t.Errorf("the old owner has %d, want %d", got, before-identityDeposit)
	}
	w.sound()

	// A subnet that ends.
	want := w.stake.balance[string(who("heir"))] + w.subnet(1).Locked + identityDeposit
	if _, err := w.k.DissolveSubnet(w.ctx, 1, who("heir")); err != nil {
		t.Fatal(err)
	}
	if got := w.stake.balance[string(who("heir"))]; got != want {
		t.Errorf("the heir has %d, want %d", got, want)
	}
	if ok, err := w.k.subnetIdentities.Has(w.ctx, 1); ok || err != nil {
		t.Errorf("the identity outlived its subnet (%v)", err)
	}
	w.sound()
}

// In the original anyone may clear anyone's identity, and the deposit comes from the caller.
func TestClearIdentityIsTheOwnersAlone(t *testing.T) {
	w := twoSubnets(t)
	before := w.stake.balance[string(who("owner"))]
	for _, netuid := range []uint16{0, 1} {
		if _, err := w.k.SetIdentity(w.ctx, who("owner"), netuid, types.IdentityInfo{Display: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		who    string
		netuid uint32
		want   error
	}{
		{"stranger", 0, types.ErrIdentityNotFound}, {"stranger", 1, types.ErrNotSubnetOwner}, {"owner", 9, types.ErrSubnetDoesNotExist},
		{"owner", 1 << 16, types.ErrSubnetDoesNotExist}, {"owner", 2, types.ErrIdentityNotFound},
	} {
		if _, err := w.msg.ClearIdentity(w.ctx, &types.MsgClearIdentity{Coldkey: addr(c.who), Netuid: c.netuid}); !isErr(err, c.want) {
			t.Errorf("%s clears netuid %d: %v", c.who, c.netuid, err)
		}
	}
	if _, err := w.msg.ClearIdentity(w.ctx, &types.MsgClearIdentity{Coldkey: "5"}); !isErr(err, types.ErrInvalidAddress) {
		t.Errorf("no address: %v", err)
	}
	for _, netuid := range []uint32{0, 1} {
		r, err := w.msg.ClearIdentity(w.ctx, &types.MsgClearIdentity{Coldkey: addr("owner"), Netuid: netuid})
		if err != nil || r.Returned != identityDeposit {
			t.Errorf("netuid %d: %+v, %v", netuid, r, err)
		}
	}
	if got, want := w.event("IdentityCleared"), fmt.Sprintf("coldkey=%s netuid=1 deposit=%d ", addr("owner"), identityDeposit); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if got := w.stake.balance[string(who("owner"))]; got != before {
		t.Errorf("balance %d, want %d", got, before)
	}
	if _, err := w.query.Identity(w.ctx, &types.QueryIdentityRequest{Coldkey: addr("owner")}); !isErr(err, types.ErrIdentityNotFound) {
		t.Error(err)
	}
	w.sound()
}

// A member of root may say who it is without owning a subnet.
func TestIdentityOfARootMember(t *testing.T) {
	w := twoSubnets(t)
	w.rich("member")
	info := types.IdentityInfo{Display: "Validator"}
	w.register(1, "their hot", "member")
	if _, err := w.k.SetIdentity(w.ctx, who("member"), 0, info); !isErr(err, types.ErrCannotRegisterIdentity) {
		t.Errorf("on a subnet only: %v", err)
	}
	if _, _, err := w.k.RootRegister(w.ctx, who("their hot"), who("member")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.k.SetIdentity(w.ctx, who("member"), 0, info); err != nil {
		t.Error(err)
	}
	w.sound()
}

func TestSetCommitmentChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgSetCommitment]{
		{"hotkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgSetCommitment) { m.Hotkey = "5" }},
		{"netuid beyond 16 bits", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgSetCommitment) { m.Netuid = 1 << 16 }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgSetCommitment) { m.Netuid = 9 }},
		{"on another subnet only", types.ErrHotKeyNotRegisteredInSubNet, func(_ *world, m *types.MsgSetCommitment) { m.Netuid = 2 }},
		{"too long", types.ErrInvalidCommitment, func(_ *world, m *types.MsgSetCommitment) { m.Data = make([]byte, 129) }},
		{"too soon", types.ErrCommitmentRateLimit, func(w *world, _ *types.MsgSetCommitment) { w.at(109) }},
	}, func(t *testing.T) (*world, types.MsgSetCommitment) {
		w := twoSubnets(t)
		if err := w.k.SetCommitment(w.ctx, 1, who("hot"), "raw", []byte("a")); err != nil {
			t.Fatal(err)
		}
		w.at(110)
		return w, types.MsgSetCommitment{Hotkey: addr("hot"), Netuid: 1, Format: "raw", Data: make([]byte, 128)}
	}, func(w *world, m *types.MsgSetCommitment) error {
		_, err := w.msg.SetCommitment(w.ctx, m)
		return err
	})
}

func TestCommitmentForms(t *testing.T) {
	for _, c := range []struct {
		format string
		size   int
		ok     bool
	}{{"raw", 0, false}, {"raw", 1, true}, {"raw", 128, true}, {"sha256", 32, true}, {"sha256", 31, false}, {"keccak256", 33, false}, {"md5", 16, false}, {"", 1, false}} {
		err := types.Commitment{Format: c.format, Data: make([]byte, c.size)}.Validate()
		if (err == nil) != c.ok || err != nil && !isErr(err, types.ErrInvalidCommitment) {
			t.Errorf("%d bytes of %q: %v", c.size, c.format, err)
		}
	}
}

// A commitment belongs to the neuron that made it: its successor does not inherit it, nor the
// wait, and it is gone with the subnet.
func TestCommitmentGoesWithItsNeuron(t *testing.T) {
	w := full(t, types.Variant2024)
	for _, name := range []string{"a", "d"} {
		if err := w.k.SetCommitment(w.ctx, 1, who(name), "raw", []byte("model of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	want := fmt.Sprintf("netuid=1 uid=3 hotkey=%s coldkey=%s format=raw bytes=10 ", addr("d"), addr("cold d"))
	if got := w.event("CommitmentSet"); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	all, err := w.query.Commitments(w.ctx, &types.QueryCommitmentsRequest{Netuid: 1})
	if err != nil || len(all.Commitments) != 2 || all.Commitments[1].Hotkey != addr("d") || string(all.Commitments[1].Commitment.Data) != "model of d" {
		t.Fatalf("%+v, %v", all, err)
	}
	one, err := w.query.Commitment(w.ctx, &types.QueryCommitmentRequest{Netuid: 1, Hotkey: addr("a")})
	if err != nil || one.Commitment.Commitment.Block != 100 || one.Commitment.Uid != 0 {
		t.Errorf("%+v, %v", one, err)
	}
	if uid := w.register(1, "new", "cold new"); uid != 3 {
		t.Fatalf("replaced uid %d", uid)
	}
	if _, err := w.query.Commitment(w.ctx, &types.QueryCommitmentRequest{Netuid: 1, Hotkey: addr("new")}); !isErr(err, types.ErrCommitmentNotFound) {
		t.Errorf("the newcomer has %v", err)
	}
	if err := w.k.SetCommitment(w.ctx, 1, who("new"), "raw", []byte("x")); err != nil {
		t.Errorf("the newcomer waits for its predecessor: %v", err)
	}
	w.sound()
	if err := w.k.unpublishAll(w.ctx, 1); err != nil {
		t.Fatal(err)
	}
	if all, err = w.query.Commitments(w.ctx, &types.QueryCommitmentsRequest{Netuid: 1}); err != nil || len(all.Commitments) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestPublishedSurvivesExport(t *testing.T) {
	w := newWorld(t, workParams())
	w.create("owner")
	w.begin(8)
	m := worked(1, "hot", "owner", 7, difficulty, 0)
	if _, err := w.msg.RegisterPow(w.ctx, &m); err != nil {
		t.Fatal(err)
	}
	for _, netuid := range []uint16{1, 0} {
		if _, err := w.k.SetIdentity(w.ctx, who("owner"), netuid, types.IdentityInfo{Display: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.k.SetCommitment(w.ctx, 1, who("hot"), "raw", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.k.ServePrometheus(w.ctx, 1, who("hot"), types.Prometheus{Ip: "192.0.2.1", IpType: 4, Port: 1}); err != nil {
		t.Fatal(err)
	}
	first, err := w.k.ExportGenesis(w.ctx)
	if err != nil || len(first.Work) != 3 || len(first.Identities) != 2 || len(first.Commitments) != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	again := bareWorld(t)
	again.stake = w.stake
	again.k.stake = w.stake
	again.ctx = again.ctx.WithBlockHeight(8)
	if err := again.k.InitGenesis(again.ctx, first); err != nil {
		t.Fatal(err)
	}
	again.sound()
	second, err := again.k.ExportGenesis(again.ctx)
	if err != nil || first.String() != second.String() {
		t.Errorf("export differs after import: %v", err)
	}
	again.at(9)
	if _, err := again.msg.RegisterPow(again.ctx, &m); !isErr(err, types.ErrHotKeyAlreadyRegisteredInSubNet) {
		t.Error(err)
	}
	for name, breakIt := range map[string]func(*types.GenesisState){
		"hash":              func(g *types.GenesisState) { g.Work[0].Hash = g.Work[0].Hash[1:] },
		"used":              func(g *types.GenesisState) { g.Work[1].Used = []byte{1} },
		"block order":       func(g *types.GenesisState) { g.Work[0].Block = 9 },
		"blocks apart":      func(g *types.GenesisState) { g.Work[2].Block = 100 },
		"deposits":          func(g *types.GenesisState) { g.Network.Deposits++ },
		"nobody's identity": func(g *types.GenesisState) { g.Identities[0].Coldkey = 0 },
		"two owners":        func(g *types.GenesisState) { g.Identities[1].Coldkey = 1 },
		"identity order":    func(g *types.GenesisState) { g.Identities[0], g.Identities[1] = g.Identities[1], g.Identities[0] },
		"lost identity":     func(g *types.GenesisState) { g.Identities[1].Netuid = 9 },
		"rich identity":     func(g *types.GenesisState) { g.Identities[0].Identity.Deposit = 1 << 63 },
		"identity":          func(g *types.GenesisState) { g.Identities[0].Identity.Info.Web = "\n" },
		"commitment":        func(g *types.GenesisState) { g.Commitments[0].Commitment.Format = "md5" },
		"lost commitment":   func(g *types.GenesisState) { g.Commitments[0].Uid = 1 },
		"commitment order":  func(g *types.GenesisState) { g.Commitments = append(g.Commitments, g.Commitments[0]) },
		"prometheus":        func(g *types.GenesisState) { g.Neurons[0].Neuron.Prometheus.Port = 0 },
		"more work":         func(g *types.GenesisState) { g.Subnets[0].Terms.PowRegsInterval = 2 },
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

func TestBrokenPublicationsAreFound(t *testing.T) {
	for name, breakIt := range map[string]func(*world) error{
		"deposits": func(w *world) error {
			return w.k.deposited(w.ctx, func(n *types.Network) { n.Deposits++ })
		},
		"identity of no subnet": func(w *world) error { return w.k.subnetIdentities.Set(w.ctx, 9, types.Identity{}) },
		"commitment of no uid":  func(w *world) error { return w.k.commitments.Set(w.ctx, join(1, 7), types.Commitment{}) },
	} {
		w := twoSubnets(t)
		w.sound()
		if err := breakIt(w); err != nil {
			t.Fatal(err)
		}
		if err := w.k.Invariants(w.ctx); !isErr(err, types.ErrInvariant) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPublish(f *testing.F) {
	f.Add("display", "web", "name", "value", []byte{1}, "raw", []byte("data"))
	f.Add("\u202e", "\xff", "", "", make([]byte, 20), "sha256", make([]byte, 32))
	f.Fuzz(func(t *testing.T, display, web, name, value string, pgp []byte, format string, data []byte) {
		i := types.IdentityInfo{Display: display, Web: web, PgpFingerprint: pgp}
		if name == "" {
			value = ""
		} else {
			i.Extra = []types.IdentityPair{{Name: name, Value: value}}
		}
		if i.Validate() == nil && (len(display) > 64 || len(web) > 64 || len(pgp)%20 != 0 || strings.ContainsAny(display+web+value, "\x00\n\x1b\u202e")) {
			t.Errorf("accepted %+v", i)
		}
		c := types.Commitment{Format: format, Data: data}
		if c.Validate() == nil && (len(data) == 0 || len(data) > 128 || format != "raw" && len(data) != 32) {
			t.Errorf("accepted %+v", c)
		}
		a := types.Axon{Ip: "8.8.8.8", IpType: 4, Port: 1, Certificate: data}
		if a.Validate(false) == nil && len(data) > types.MaxCertificate {
			t.Errorf("accepted a certificate of %d bytes", len(data))
		}
	})
}
