package miner

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
)

type Dummy struct {
	DummyInput  int  `wire:"dummy_input"`
	DummyOutput *int `wire:"dummy_output,output"`
}

func double(_ context.Context, _ axon.Call, req *Dummy) error {
	out := 2 * req.DummyInput
	req.DummyOutput = &out
	return nil
}

func pair(t testing.TB, seed byte) *keys.Pair {
	t.Helper()
	p, err := keys.FromSeed(bytes.Repeat([]byte{seed}, keys.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ledger is a Source of fixed rows that records publications.
type ledger struct {
	rows      []metagraph.Neuron // none: there is no such subnet
	events    chan metagraph.Event
	published chan netip.AddrPort
}

func (l *ledger) Metagraph(context.Context, uint16) (*metagraph.Snapshot, error) {
	if len(l.rows) == 0 {
		return nil, metagraph.ErrNoSubnet
	}
	return metagraph.NewSnapshot(1, 1, l.rows)
}

func (l *ledger) Changes(context.Context, uint16) (<-chan metagraph.Event, error) {
	return l.events, nil
}

func (l *ledger) ServeAxon(_ context.Context, _ uint16, address netip.AddrPort, _ uint32) error {
	l.published <- address
	return nil
}

func newLedger(rows ...metagraph.Neuron) *ledger {
	for i := range rows {
		rows[i].UID = uint16(i)
	}
	return &ledger{rows, make(chan metagraph.Event), make(chan netip.AddrPort, 10)}
}

func TestMinerServesPublishesAndDrains(t *testing.T) {
	me, validator, stranger := pair(t, 1), pair(t, 2), pair(t, 3)
	l := newLedger(metagraph.Neuron{Hotkey: me.Address()}, metagraph.Neuron{Hotkey: validator.Address(), ValidatorPermit: true})
	graph := metagraph.NewCache(l, 1, metagraph.Options{})
	a, err := axon.New(axon.Options{Key: me, Blacklist: Blacklist(graph, Rules{}), Priority: StakePriority(graph)})
	if err == nil {
		err = axon.Handle(a, double)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{Axon: a, Graph: graph, Chain: l, Listen: "127.0.0.1:0", External: netip.MustParseAddrPort("127.0.0.1:0")})
	}()
	target := dendrite.Target{Hotkey: me.Address(), Address: <-l.published}
	for key, want := range map[*keys.Pair]int{validator: 200, stranger: 403} {
		d, err := dendrite.New(dendrite.Options{Key: key, AllowPrivate: true})
		if err != nil {
			t.Fatal(err)
		}
		r := dendrite.Call(ctx, d, target, &Dummy{DummyInput: 4})
		if r.Status != want || r.OK() && *r.Answer.DummyOutput != 8 {
			t.Errorf("%s: %d %s, want %d", key.Address(), r.Status, r.Message, want)
		}
		d.Close()
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The original's miner never sets weights, so its block of the last update stays old and it reads the
// metagraph over and over (wire §8.2).
func TestAMinerReadsNothingWhileNothingChanges(t *testing.T) {
	me := pair(t, 1)
	l := newLedger(metagraph.Neuron{Hotkey: me.Address()})
	graph := metagraph.NewCache(l, 1, metagraph.Options{})
	a, err := axon.New(axon.Options{Key: me})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{Axon: a, Graph: graph, Chain: l, Listen: "127.0.0.1:0", External: netip.MustParseAddrPort("127.0.0.1:0")})
	}()
	const published = 10 // blocks until the miner looks again whether its address shows
	for block := uint64(2); block < published; block++ {
		l.events <- metagraph.Event{Block: block}
	}
	if n := graph.Readings(); n != 1 {
		t.Errorf("%d readings in quiet blocks", n)
	}
	cancel()
	if err := <-done; err != nil || len(l.published) != 1 {
		t.Errorf("%v, %d publications", err, len(l.published))
	}
}

func TestAMinerEnds(t *testing.T) {
	me := pair(t, 1)
	a, err := axon.New(axon.Options{Key: me})
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	run := func(l *ledger, listen string) chan error {
		done := make(chan error, 1)
		graph := metagraph.NewCache(l, 1, metagraph.Options{})
		go func() {
			done <- Run(context.Background(), Options{Axon: a, Graph: graph, Chain: l, Listen: listen, External: netip.MustParseAddrPort("127.0.0.1:0")})
		}()
		return done
	}
	if err := <-run(newLedger(metagraph.Neuron{Hotkey: me.Address()}), taken.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port that is taken: %v", err)
	}
	if err := <-run(newLedger(), "127.0.0.1:0"); !errors.Is(err, metagraph.ErrNoSubnet) {
		t.Errorf("no such subnet: %v", err)
	}
	l := newLedger(metagraph.Neuron{Hotkey: me.Address()})
	done := run(l, "127.0.0.1:0")
	<-l.published // it serves
	l.rows = []metagraph.Neuron{{Hotkey: "usurper"}}
	l.events <- metagraph.Event{Block: 2, Changed: true}
	if err := <-done; !errors.Is(err, ErrNotRegistered) {
		t.Errorf("replaced: %v", err)
	}
}

func TestMinerWithoutRegistration(t *testing.T) {
	l := newLedger(metagraph.Neuron{Hotkey: "other"})
	graph := metagraph.NewCache(l, 1, metagraph.Options{})
	a, err := axon.New(axon.Options{Key: pair(t, 1)})
	if err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), Options{Axon: a, Graph: graph, Chain: l, Listen: "127.0.0.1:0", External: netip.MustParseAddrPort("127.0.0.1:0")})
	if !errors.Is(err, ErrNotRegistered) {
		t.Errorf("%v", err)
	}
	if len(l.published) != 0 {
		t.Error("an address was published")
	}
	if err := Run(context.Background(), Options{}); err == nil {
		t.Error("empty options: no error")
	}
	if err := Run(context.Background(), Options{Axon: a, Graph: graph, Chain: l, Listen: "nowhere:x"}); err == nil {
		t.Error("bad listen address: no error")
	}
}

func TestBlacklistAndPriority(t *testing.T) {
	l := newLedger(
		metagraph.Neuron{Hotkey: "rich validator", ValidatorPermit: true, Stake: 100},
		metagraph.Neuron{Hotkey: "poor validator", ValidatorPermit: true, Stake: 1},
		metagraph.Neuron{Hotkey: "miner", Stake: 50},
	)
	graph := metagraph.NewCache(l, 1, metagraph.Options{})
	if err := Blacklist(graph, Rules{AllowUnregistered: true})(axon.Call{Hotkey: "x"}); err == nil {
		t.Error("without a metagraph somebody passes")
	}
	if p := StakePriority(graph)(axon.Call{Hotkey: "rich validator"}); p != -1 {
		t.Errorf("priority without a metagraph: %v", p)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	go func() { _ = graph.Run(ctx) }()
	if err := graph.Wait(ctx, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hotkey   string
		rules    Rules
		ok       bool
		priority float64
	}{
		{"rich validator", Rules{}, true, 100},
		{"rich validator", Rules{MinStake: 100}, true, 100},
		{"poor validator", Rules{MinStake: 100}, false, 1},
		{"miner", Rules{}, false, 50},
		{"miner", Rules{AllowWithoutPermit: true}, true, 50},
		{"nobody", Rules{}, false, -1},
		{"nobody", Rules{AllowWithoutPermit: true}, false, -1},
		{"nobody", Rules{AllowUnregistered: true}, true, -1},
		{"", Rules{}, false, -1},
	} {
		if err := Blacklist(graph, c.rules)(axon.Call{Hotkey: c.hotkey}); (err == nil) != c.ok {
			t.Errorf("%q under %+v: %v, want ok=%v", c.hotkey, c.rules, err, c.ok)
		}
		if p := StakePriority(graph)(axon.Call{Hotkey: c.hotkey}); p != c.priority {
			t.Errorf("priority of %q: %v, want %v", c.hotkey, p, c.priority)
		}
	}
}
