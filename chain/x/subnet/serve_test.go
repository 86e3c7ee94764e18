package subnet

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestServeAxonChecksInOrder(t *testing.T) {
	inOrder(t, []fault[types.MsgServeAxon]{
		{"hotkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgServeAxon) { m.Hotkey = "5" }},
		{"no subnet", types.ErrSubnetDoesNotExist, func(_ *world, m *types.MsgServeAxon) { m.Netuid = 9 }},
		{"on another subnet only", types.ErrHotKeyNotRegisteredInSubNet, func(_ *world, m *types.MsgServeAxon) { m.Netuid = 2 }},
		{"ip type", types.ErrInvalidIPType, func(_ *world, m *types.MsgServeAxon) { m.Axon.IpType = 5 }},
		{"address", types.ErrInvalidIPAddress, func(_ *world, m *types.MsgServeAxon) { m.Axon.Ip = "0.0.0.0" }},
		{"port", types.ErrInvalidPort, func(_ *world, m *types.MsgServeAxon) { m.Axon.Port = 0 }},
		{"byte", types.ErrInvalidAxon, func(_ *world, m *types.MsgServeAxon) { m.Axon.Placeholder2 = 256 }},
		{"too soon", types.ErrServingRateLimitExceeded, func(w *world, _ *types.MsgServeAxon) { w.at(59) }},
	}, func(t *testing.T) (*world, types.MsgServeAxon) {
		params := types.DefaultParams()
		params.NetworkRateLimit = 0
		w := newWorld(t, params)
		w.create("owner")
		w.create("owner")
		w.register(1, "hot", "owner")
		w.at(10)
		axon := types.Axon{Ip: "192.0.2.1", IpType: 4, Port: 8091}
		if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); err != nil {
			t.Fatal(err)
		}
		w.at(60)
		axon.Ip = "192.0.2.2"
		return w, types.MsgServeAxon{Hotkey: addr("hot"), Netuid: 1, Axon: axon}
	}, func(w *world, m *types.MsgServeAxon) error {
		_, err := w.msg.ServeAxon(w.ctx, m)
		return err
	})
}

func TestServedRecord(t *testing.T) {
	w := newWorld(t, types.DefaultParams())
	w.create("owner")
	w.register(1, "hot", "owner")
	w.at(20)
	axon := types.Axon{Block: 7, Version: 700, Ip: "2001:db8::1", IpType: 6, Port: 65535, Protocol: 4, Placeholder1: 255}
	if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); err != nil {
		t.Fatal(err)
	}
	axon.Block = 20
	if got := w.neuron(1, 0); got.Axon == nil || !got.Axon.Equal(axon) {
		t.Errorf("stored %+v", got)
	}
	if got, want := w.event("AxonServed"), fmt.Sprintf("netuid=1 uid=0 hotkey=%s coldkey=%s ", addr("hot"), addr("owner")); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	w.at(21) // the same again is no change, whatever the rate limit
	if err := w.k.ServeAxon(w.ctx, 1, who("hot"), axon); err != nil {
		t.Error(err)
	}
	if got := w.neuron(1, 0); got.Axon.Block != 20 || w.event("AxonServed") != "" {
		t.Errorf("unchanged record was rewritten: %+v", got.Axon)
	}
	r, err := w.query.Neuron(w.ctx, &types.QueryNeuronRequest{Netuid: 1, Hotkey: addr("hot")})
	if err != nil || r.Uid != 0 || r.RegisteredAt != 1 || !r.Axon.Equal(axon) {
		t.Errorf("query %+v, %v", r, err)
	}
	w.sound()
}

func TestAxonAddresses(t *testing.T) {
	for _, c := range []struct {
		kind     uint32
		ip       string
		ok, home bool // accepted by default, with loopback allowed
	}{
		{4, "8.8.8.8", true, true},
		{4, "192.168.0.1", true, true}, // private ranges pass
		{4, "127.0.0.1", false, true},
		{4, "127.1.2.3", false, true},
		{4, "0.0.0.0", false, false},
		{4, "255.255.255.255", false, false},
		{6, "::1", false, true},
		{6, "::", false, false},
		{6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
		{6, "2001:db8::1", true, true},
		{5, "1.2.3.4", false, false},
		{4, "2001:db8::1", false, false},
		{6, "8.8.8.8", false, false},
		{6, "::ffff:8.8.8.8", false, false},
		{6, "2001:DB8::1", false, false},
		{6, "2001:db8:0::1", false, false},
		{6, "fe80::1%eth0", false, false},
		{4, "08.8.8.8", false, false},
		{4, "8.8.8.8 ", false, false},
		{4, "example.org", false, false},
		{4, "", false, false},
	} {
		a := types.Axon{Ip: c.ip, IpType: c.kind, Port: 1}
		if err := a.Validate(false); (err == nil) != c.ok {
			t.Errorf("%d %q: %v", c.kind, c.ip, err)
		}
		if err := a.Validate(true); (err == nil) != c.home {
			t.Errorf("%d %q with loopback: %v", c.kind, c.ip, err)
		}
	}
	for port, ok := range map[uint32]bool{0: false, 1: true, 65535: true, 65536: false, 65536 + 80: false} {
		if err := (types.Axon{Ip: "8.8.8.8", IpType: 4, Port: port}).Validate(false); (err == nil) != ok {
			t.Errorf("port %d: %v", port, err)
		}
	}
}

func TestServingIPVectors(t *testing.T) {
	raw, err := os.ReadFile("../stake/testdata/chain.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Serving struct {
			Cases []struct {
				Type uint32
				IP   string
				OK   bool
			}
		} `json:"serving_ip"`
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Serving.Cases) != 10 {
		t.Fatalf("%d cases, %v", len(file.Serving.Cases), err)
	}
	for _, c := range file.Serving.Cases {
		axon := types.Axon{Ip: c.IP, IpType: c.Type, Port: 1}
		record := types.Prometheus{Ip: c.IP, IpType: c.Type, Port: 1}
		if err := axon.Validate(false); (err == nil) != c.OK {
			t.Errorf("axon at %s, type %d: %v", c.IP, c.Type, err)
		}
		if err := record.Validate(false); (err == nil) != c.OK {
			t.Errorf("metrics at %s, type %d: %v", c.IP, c.Type, err)
		}
	}
}

func FuzzAxon(f *testing.F) {
	f.Add("8.8.8.8", uint32(4), uint32(80))
	f.Add("::ffff:127.0.0.1", uint32(6), uint32(1))
	f.Fuzz(func(t *testing.T, ip string, kind, port uint32) {
		a := types.Axon{Ip: ip, IpType: kind, Port: port}
		if p := (types.Prometheus{Ip: ip, IpType: kind, Port: port}); (p.Validate(false) == nil) != (a.Validate(false) == nil) {
			t.Errorf("axon and metrics disagree on %+v", a)
		}
		if a.Validate(false) == nil && (a.Validate(true) != nil || len(ip) > 39 || port == 0 || port > 65535) {
			t.Errorf("accepted %+v", a)
		}
	})
}
