package metagraph

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
)

// ledger is a scripted Source.
type ledger struct {
	t        *testing.T
	mu       sync.Mutex
	block    uint64
	lag      uint64
	hotkeys  []string
	err      error
	opened   chan chan Event
	readings int
	hang     int               // so many readings answer only when their caller gives up
	streams  []context.Context // of each subscription
}

func newLedger(t *testing.T) *ledger {
	return &ledger{t: t, block: 100, hotkeys: []string{"a", "b"}, opened: make(chan chan Event, 10)}
}

func (l *ledger) Metagraph(ctx context.Context, _ uint16) (*Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readings++
	if l.readings <= l.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if l.err != nil {
		return nil, l.err
	}
	var rows []Neuron
	for i, h := range l.hotkeys {
		rows = append(rows, Neuron{UID: uint16(i), Hotkey: h})
	}
	return NewSnapshot(1, l.block-l.lag, rows)
}

func (l *ledger) Changes(ctx context.Context, _ uint16) (<-chan Event, error) {
	c := make(chan Event)
	l.set(func() { l.streams = append(l.streams, ctx) })
	l.opened <- c
	return c, nil
}

func (l *ledger) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func start(t *testing.T, l *ledger, o Options) (*Cache, chan Event) {
	t.Helper()
	c := NewCache(l, 1, o)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	events := <-l.opened
	wait(t, c, 0)
	return c, events
}

func wait(t *testing.T, c *Cache, block uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Wait(ctx, block); err != nil {
		t.Fatal(err)
	}
}

func TestCacheReadsOnlyAfterChanges(t *testing.T) {
	l := newLedger(t)
	c, events := start(t, l, Options{})
	if c.Head() != 100 || c.Readings() != 1 {
		t.Fatalf("head %d, readings %d", c.Head(), c.Readings())
	}
	for b := uint64(101); b <= 150; b++ {
		l.set(func() { l.block = b })
		events <- Event{Block: b}
	}
	wait(t, c, 150)
	if c.Readings() != 1 || c.Snapshot().Block != 100 {
		t.Errorf("quiet blocks cost %d readings", c.Readings())
	}
	l.set(func() { l.block, l.hotkeys = 151, []string{"a", "c"} })
	events <- Event{Block: 151, Changed: true}
	wait(t, c, 151) // whoever waits for a block finds what changed in it
	if _, ok := c.Snapshot().UID("c"); !ok || c.Readings() != 2 {
		t.Errorf("after a change: %+v, %d readings", c.Snapshot(), c.Readings())
	}
}

func TestCacheCollectsChanges(t *testing.T) {
	l := newLedger(t)
	c, events := start(t, l, Options{MinBlocks: 10})
	for b := uint64(101); b <= 121; b++ {
		l.set(func() { l.block = b })
		events <- Event{Block: b, Changed: b%2 == 1}
	}
	events <- Event{Block: 122}
	wait(t, c, 122)
	if c.Readings() != 3 { // at 100, 110 and 120 or a block later
		t.Errorf("%d readings, want 3", c.Readings())
	}
	if c.Snapshot().Block < 120 {
		t.Errorf("snapshot of block %d", c.Snapshot().Block)
	}
}

func TestCacheReadsAgainWhenTheSourceLags(t *testing.T) {
	l := newLedger(t)
	c, events := start(t, l, Options{})
	l.set(func() { l.block, l.lag, l.hotkeys = 101, 1, []string{"old"} })
	events <- Event{Block: 101, Changed: true}
	l.set(func() { l.block, l.lag, l.hotkeys = 102, 0, []string{"new"} })
	events <- Event{Block: 102}
	events <- Event{Block: 103}
	wait(t, c, 103)
	if _, ok := c.Snapshot().UID("new"); !ok {
		t.Errorf("the change is lost: %+v", c.Snapshot())
	}
}

func TestCacheSurvivesFailures(t *testing.T) {
	l := newLedger(t)
	retry := make(chan time.Time)
	c, events := start(t, l, Options{Retry: time.Second, After: only(time.Second, retry)})
	l.set(func() { l.err = errors.New("down") })
	events <- Event{Block: 101, Changed: true}
	retry <- time.Time{}
	<-l.opened // subscribed anew, and the reading fails again
	for done := false; !done; runtime.Gosched() {
		l.set(func() { done = l.readings == 3 })
	}
	if s := c.Snapshot(); s == nil || s.Block != 100 {
		t.Fatalf("snapshot %+v", s)
	}
	l.set(func() { l.err, l.block, l.hotkeys = nil, 7, []string{"z"} }) // a new ledger, lower block
	retry <- time.Time{}
	events = <-l.opened
	events <- Event{Block: 8}
	if s := c.Snapshot(); s.Block != 7 || c.Head() < 7 || c.Head() > 8 {
		t.Errorf("after a restart of the ledger: block %d, head %d", s.Block, c.Head())
	}
	close(events)
	retry <- time.Time{}
	<-l.opened
}

// only is a clock that knows one duration.
func only(d time.Duration, tick <-chan time.Time) func(time.Duration) <-chan time.Time {
	return func(asked time.Duration) <-chan time.Time {
		if asked == d {
			return tick
		}
		return nil
	}
}

// A node that went away without closing anything, or came back with another ledger, sends no blocks:
// after a while it is asked anew, and nothing of the old subscription is left.
func TestSilenceIsALostSource(t *testing.T) {
	l := newLedger(t)
	quiet, retry := make(chan time.Time), make(chan time.Time)
	c, _ := start(t, l, Options{Retry: time.Second, Silence: time.Minute, After: func(d time.Duration) <-chan time.Time {
		if d == time.Minute {
			return quiet
		}
		return retry
	}})
	l.set(func() { l.block, l.hotkeys = 7, []string{"z"} })
	quiet <- time.Time{}
	retry <- time.Time{}
	events := <-l.opened
	events <- Event{Block: 8}
	wait(t, c, 8)
	if c.Snapshot().Block != 7 {
		t.Errorf("snapshot of block %d", c.Snapshot().Block)
	}
	l.set(func() {
		if len(l.streams) != 2 || l.streams[0].Err() == nil || l.streams[1].Err() != nil {
			t.Errorf("%d subscriptions, the first ended: %v", len(l.streams), l.streams[0].Err())
		}
	})
}

func TestASourceThatHangsIsGivenUp(t *testing.T) {
	l := newLedger(t)
	l.hang = 1
	retry := make(chan time.Time)
	c := NewCache(l, 1, Options{Timeout: time.Millisecond, Retry: time.Second, After: only(time.Second, retry)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	retry <- time.Time{} // it has given up
	wait(t, c, 100)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || c.Readings() != 1 {
		t.Errorf("%v after %d readings", err, c.Readings())
	}
}

// A netuid that was never there, or is no more, ends what needs it: to wait for it would be for ever.
func TestWithoutASubnetTheWorkEnds(t *testing.T) {
	l := newLedger(t)
	l.err = fmt.Errorf("%w: netuid 1", ErrNoSubnet)
	wait := func(c *Cache) func(context.Context) error {
		return func(ctx context.Context) error { return c.Wait(ctx, 1<<40) }
	}
	c := NewCache(l, 1, Options{})
	if err := c.During(context.Background(), wait(c)); !errors.Is(err, ErrNoSubnet) {
		t.Errorf("never there: %v", err)
	}
	<-l.opened
	l.err = nil
	c = NewCache(l, 1, Options{After: only(0, nil)})
	done := make(chan error, 1)
	go func() { done <- c.During(context.Background(), wait(c)) }()
	events := <-l.opened
	events <- Event{Block: 101} // it was read
	l.set(func() { l.err = ErrNoSubnet })
	events <- Event{Block: 102, Changed: true}
	if err := <-done; !errors.Is(err, ErrNoSubnet) {
		t.Errorf("dissolved: %v", err)
	}
	failed := errors.New("the work's own")
	l.set(func() { l.err = nil })
	if err := c.During(context.Background(), func(context.Context) error { return failed }); err != failed {
		t.Errorf("%v", err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	c := NewCache(newLedger(t), 1, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if c.Snapshot() != nil {
		t.Error("a snapshot before Run")
	}
}

func TestSnapshot(t *testing.T) {
	at := netip.MustParseAddrPort("198.51.100.9:8091")
	s, err := NewSnapshot(1, 5, []Neuron{{UID: 0, Hotkey: "a"}, {UID: 1, Hotkey: "b", Axon: Axon{Address: at}}, {UID: 2, Hotkey: "c", Axon: Axon{Address: netip.MustParseAddrPort("0.0.0.0:8091")}}})
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := s.Neuron("b"); !ok || n.UID != 1 {
		t.Errorf("%+v", n)
	}
	if _, ok := s.Neuron("x"); ok {
		t.Error("unknown hotkey found")
	}
	if serving := s.Serving(); len(serving) != 1 || serving[0].Hotkey != "b" {
		t.Errorf("serving %v", serving)
	}
	for name, rows := range map[string][]Neuron{
		"gap":   {{UID: 1, Hotkey: "a"}},
		"twice": {{UID: 0, Hotkey: "a"}, {UID: 1, Hotkey: "a"}},
	} {
		if _, err := NewSnapshot(1, 5, rows); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
