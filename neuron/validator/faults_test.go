package validator

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/presence"
)

// down is a market whose network is down: nothing is ever judged.
var down = MarketFunc(func(context.Context, Round) ([]Judgement, error) { return nil, errors.New("our network is down") })

func stored(t *testing.T, raw string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The original's first sync writes zeros over the state that it is about to read (wire §8.3).
func TestNothingIsSavedBeforeSomethingWasJudged(t *testing.T) {
	const before = `{"version":1,"netuid":1,"hotkey":"validator","step":3,"scores":{"a":0.9}}`
	path := stored(t, before)
	r := start(t, newLedger(), Options{State: path, Market: down})
	r.blocks(10, true)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != before {
		t.Errorf("the state is %s, %v", after, err)
	}
}

// While this validator was away a miner went, another took its uid, one came back under another uid,
// and the subnet grew: each score is still its hotkey's. The same when the subnet shrinks later.
func TestScoresFollowTheirHotkeys(t *testing.T) {
	path := stored(t, `{"version":1,"netuid":1,"hotkey":"validator","step":3,"scores":{"gone":0.8,"b":0.3,"a":0.9},"judged":{"gone":4,"replaced by a rule":2,"a":4}}`)
	l := newLedger()
	l.hotkeys = []string{self, "newcomer", "b", "a", "d", "e"}
	r := start(t, l, Options{State: path, Market: down})
	r.blocks(20)
	l.with(func() { l.hotkeys = []string{"b", self} })
	r.blocks(20, true)
	l.with(func() {
		if len(l.sets) != 2 || !slices.Equal(l.sets[0].uids, []uint16{2, 3}) || !slices.Equal(l.sets[0].weights, []uint16{21845, 65535}) || !slices.Equal(l.sets[1].uids, []uint16{0}) {
			t.Errorf("weights %+v", l.sets)
		}
	})
	if judged := r.v.Judged(); len(judged) != 0 {
		t.Errorf("who left is remembered: %v", judged)
	}
}

// In the original one slow question holds up the whole loop (wire §8.3).
func TestALongRoundHoldsUpNothing(t *testing.T) {
	l := newLedger()
	r := start(t, l, Options{Market: MarketFunc(func(ctx context.Context, r Round) ([]Judgement, error) {
		if r.Step > 0 {
			<-ctx.Done()
		}
		return []Judgement{{"a", Score(1)}}, ctx.Err()
	})})
	r.blocks(45)
	if got := r.attempts(); !slices.Equal(got, []uint64{1020, 1040}) || r.step() != 1 {
		t.Errorf("weights at %v, %d rounds", got, r.step())
	}
	l.with(func() { l.hotkeys[0] = "usurper" })
	l.with(func() { l.block++ })
	l.events <- metagraph.Event{Block: 1046, Changed: true}
	if err := <-r.done; !errors.Is(err, ErrNotRegistered) {
		t.Errorf("%v", err)
	}
	r.done <- nil
}

// hanging answers some calls only when the caller gives up.
type hanging struct {
	*ledger
	params, set atomic.Bool
}

func (h *hanging) Params(ctx context.Context, netuid uint16) (Params, error) {
	if h.params.Load() {
		<-ctx.Done()
		return Params{}, ctx.Err()
	}
	return h.ledger.Params(ctx, netuid)
}

func (h *hanging) SetWeights(ctx context.Context, netuid uint16, uids, weights []uint16, key uint64) error {
	if h.set.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.ledger.SetWeights(ctx, netuid, uids, weights, key)
}

// A call that never returns is the original's best known fault (wire §11).
func TestALedgerThatHangsIsAskedAgain(t *testing.T) {
	for _, name := range []string{"reading", "setting"} {
		t.Run(name, func(t *testing.T) {
			h := &hanging{ledger: newLedger()}
			h.params.Store(name == "reading")
			h.set.Store(name == "setting")
			r := start(t, h.ledger, Options{Chain: h, CallTimeout: time.Millisecond})
			r.blocks(22)
			if got := r.attempts(); len(got) != 0 {
				t.Fatalf("attempts at %v", got)
			}
			h.params.Store(false)
			h.set.Store(false)
			r.blocks(6)
			if got := r.attempts(); len(got) != 1 {
				t.Errorf("attempts at %v", got)
			}
		})
	}
}

func TestADissolvedSubnetEndsRun(t *testing.T) {
	l := newLedger()
	r := start(t, l, Options{})
	l.with(func() { l.gone = true; l.block++ })
	l.events <- metagraph.Event{Block: 1001, Changed: true}
	if err := <-r.done; !errors.Is(err, metagraph.ErrNoSubnet) {
		t.Errorf("%v", err)
	}
	r.done <- nil
}

// The original has a flag for the timeout and never uses it (wire §8.6).
func TestQuizUsesItsTimeout(t *testing.T) {
	slow := miner(t, 2, func(ctx context.Context, _ axon.Call, _ *Dummy) error { <-ctx.Done(); return ctx.Err() })
	q := dummyQuiz(t)
	q.Timeout = 50 * time.Millisecond
	judged, err := q.Round(context.Background(), roundOf(t, metagraph.Neuron{Hotkey: "self"}, slow, miner(t, 3, times(2))))
	if err != nil || len(judged) != 2 {
		t.Fatalf("%v, %v", judged, err)
	}
	for _, j := range judged {
		if _, fault := j.Verdict.(Fault); fault != (j.Hotkey == slow.Hotkey) {
			t.Errorf("%s: %v", j.Hotkey, j.Verdict)
		}
	}
}

// A validator may serve an axon beside its rounds, as the original's does unless it is off.
func TestAnAxonBesideTheRounds(t *testing.T) {
	me := pair(t, 1)
	l := newLedger()
	l.hotkeys[0] = me.Address()
	graph := metagraph.NewCache(l, 1, metagraph.Options{})
	a, err := axon.New(axon.Options{Key: me})
	if err == nil {
		err = axon.Handle(a, times(2))
	}
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(ln.Addr().String())
	published := make(publisher, 1)
	v, err := New(Options{
		Hotkey: me.Address(), Graph: graph, Chain: l, Market: abc, State: filepath.Join(t.TempDir(), "state.json"),
		Post: &presence.Post{Axon: a, Listener: ln, External: at, Chain: published, Graph: graph},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	if got := <-published; got != at {
		t.Errorf("published %v, serves at %v", got, at)
	}
	d, err := dendrite.New(dendrite.Options{Key: pair(t, 2), AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if r := dendrite.Call(ctx, d, dendrite.Target{Hotkey: me.Address(), Address: at}, &Dummy{DummyInput: 3}); !r.OK() || *r.Answer.DummyOutput != 6 {
		t.Errorf("%d %s", r.Status, r.Message)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type publisher chan netip.AddrPort

func (p publisher) ServeAxon(_ context.Context, _ uint16, at netip.AddrPort, _ uint32) error {
	p <- at
	return nil
}
