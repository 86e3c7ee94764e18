package validator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ergon-network/ergon/neuron/metagraph"
)

const self = "validator"

// tooSoon is a rate limit as the ledger's client reports it.
type tooSoon uint64

func (t tooSoon) Error() string      { return fmt.Sprintf("too soon: %d blocks left", uint64(t)) }
func (t tooSoon) BlocksLeft() uint64 { return uint64(t) }

// ledger is a scripted Source and Chain.
type ledger struct {
	mu       sync.Mutex
	block    uint64
	hotkeys  []string
	updated  uint64 // our last_update as the metagraph shows it
	params   Params
	fail     []error // answers of the next SetWeights calls
	sets     []setting
	attempts []uint64
	hidden   hidden
	gone     bool // the subnet was dissolved
	events   chan metagraph.Event
}

type setting struct {
	block         uint64
	uids, weights []uint16
}

func newLedger() *ledger {
	return &ledger{
		block: 1000, updated: 1000, hotkeys: []string{self, "a", "b", "c"}, params: Params{Tempo: 20, MinAllowedWeights: 1, MaxWeightLimit: 65535},
		events: make(chan metagraph.Event),
	}
}

func (l *ledger) Metagraph(context.Context, uint16) (*metagraph.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil, metagraph.ErrNoSubnet
	}
	var rows []metagraph.Neuron
	for i, h := range l.hotkeys {
		n := metagraph.Neuron{UID: uint16(i), Hotkey: h}
		if h == self {
			n.LastUpdate = l.updated
		}
		rows = append(rows, n)
	}
	return metagraph.NewSnapshot(1, l.block, rows)
}

func (l *ledger) Changes(context.Context, uint16) (<-chan metagraph.Event, error) {
	return l.events, nil
}

func (l *ledger) Params(context.Context, uint16) (Params, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.params.Tempo == 0 {
		return Params{}, errors.New("no answer")
	}
	p := l.params
	if p.CommitReveal {
		_, p.LastEpoch, _ = l.epochs()
	}
	return p, nil
}

func (l *ledger) SetWeights(_ context.Context, _ uint16, uids, weights []uint16, _ uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts = append(l.attempts, l.block)
	if len(l.fail) > 0 {
		err := l.fail[0]
		l.fail = l.fail[1:]
		if err != nil {
			return err
		}
	}
	l.sets = append(l.sets, setting{l.block, uids, weights})
	return nil
}

func (l *ledger) with(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// run is a validator at work on a ledger whose blocks the test makes.
type run struct {
	t      *testing.T
	ledger *ledger
	v      *Validator
	done   chan error
	stop   func() error
}

// fixed judges the same way every round.
func fixed(judged ...Judgement) Market {
	return MarketFunc(func(context.Context, Round) ([]Judgement, error) { return judged, nil })
}

var abc = fixed(Judgement{"a", Score(1)}, Judgement{"b", Score(0.5)}, Judgement{"c", Fault{"late"}})

func start(t *testing.T, l *ledger, o Options) *run {
	t.Helper()
	graph := metagraph.NewCache(l, 1, metagraph.Options{After: func(time.Duration) <-chan time.Time { return nil }})
	o.Hotkey, o.Graph = self, graph
	if o.Chain == nil {
		o.Chain = l
	}
	if o.State == "" {
		o.State = filepath.Join(t.TempDir(), "state.json")
	}
	if o.Market == nil {
		o.Market = abc
	}
	if o.Rule == nil {
		o.Rule = MovingAverage(0.5, false)
	}
	v, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	r := &run{t, l, v, done, sync.OnceValue(func() error { cancel(); return <-done })}
	t.Cleanup(func() { _ = r.stop() })
	r.until("the first round", func() bool { return r.step() > 0 })
	return r
}

func (r *run) step() uint64 {
	r.v.mu.Lock()
	defer r.v.mu.Unlock()
	return r.v.state.Step
}

func (r *run) until(what string, condition func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s did not happen", what)
		}
		runtime.Gosched()
	}
}

// blocks makes n blocks, each after the validator dealt with the one before.
func (r *run) blocks(n int, changed ...bool) {
	r.t.Helper()
	for range n {
		var block uint64
		r.ledger.with(func() { r.ledger.block++; block = r.ledger.block })
		r.ledger.events <- metagraph.Event{Block: block, Changed: len(changed) > 0}
		r.until(fmt.Sprintf("block %d", block), func() bool {
			r.v.mu.Lock()
			defer r.v.mu.Unlock()
			return r.v.handled == block
		})
	}
}

func (r *run) attempts() (out []uint64) {
	r.ledger.with(func() { out = slices.Clone(r.ledger.attempts) })
	return out
}

func TestWeightsOncePerTempo(t *testing.T) {
	l := newLedger()
	r := start(t, l, Options{Metrics: prometheus.NewRegistry()})
	r.blocks(65)
	r.until("the third setting", func() bool { return len(r.attempts()) == 3 })
	if got := r.attempts(); !slices.Equal(got, []uint64{1020, 1040, 1060}) {
		t.Errorf("weights at %v", got)
	}
	l.with(func() {
		if s := l.sets[0]; !slices.Equal(s.uids, []uint16{1, 2}) || !slices.Equal(s.weights, []uint16{65535, 32768}) {
			t.Errorf("weights %+v", s)
		}
	})
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}

func TestWeightsComeOnceAnEpochFromARoundAfterIt(t *testing.T) {
	v := &Validator{state: &state{}}
	p := Params{Tempo: 20, LastEpoch: 100}
	for _, c := range []struct {
		name                         string
		head, ledger, played, before uint64
		want                         uint64
	}{
		{"no round since the epoch", 105, 90, 99, 90, 1},
		{"a round that ended in the epoch's block", 105, 90, 100, 90, 1},
		{"a fresh round", 105, 90, 101, 90, 0},
		{"set already, as the ledger knows", 105, 103, 104, 90, 16},
		{"set already, as we know", 105, 90, 104, 103, 16},
		{"the epoch is late", 130, 103, 104, 103, 1},
		{"registered after the epoch", 105, 104, 104, 0, 16},
		{"blocks of a ledger that is no more", 105, 90, 101, 5000, 0},
	} {
		v.state.Played, v.state.Weights = c.played, c.before
		if got := v.wait(c.head, c.ledger, p); got != c.want {
			t.Errorf("%s: wait %d blocks, want %d", c.name, got, c.want)
		}
	}
}

func TestTooSoonWaitsExactly(t *testing.T) {
	l := newLedger()
	l.fail = []error{fmt.Errorf("set weights: %w", tooSoon(7)), errors.New("priority too low"), nil}
	r := start(t, l, Options{})
	r.blocks(60)
	if got := r.attempts(); !slices.Equal(got, []uint64{1020, 1027, 1032, 1052}) {
		t.Errorf("attempts at %v", got)
	}
}

func TestParamsFailureIsRetried(t *testing.T) {
	l := newLedger()
	l.params.Tempo = 0
	r := start(t, l, Options{Epoch: 10})
	r.blocks(12)
	l.with(func() { l.params.Tempo = 20 })
	r.blocks(16)
	if got := r.attempts(); len(got) != 2 {
		t.Errorf("attempts at %v", got)
	}
}

func TestRestartKeepsScoresAndTempo(t *testing.T) {
	l := newLedger()
	path := filepath.Join(t.TempDir(), "state.json")
	r := start(t, l, Options{State: path})
	r.blocks(25)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	before, step := r.v.Scores(), r.step()
	silent := MarketFunc(func(context.Context, Round) ([]Judgement, error) { return nil, errors.New("our network is down") })
	l.events = make(chan metagraph.Event)
	again := start(t, l, Options{State: path, Market: silent})
	if got := again.v.Scores(); !maps.Equal(got, before) || again.step() != step {
		t.Fatalf("scores %v at step %d, want %v at %d", got, again.step(), before, step)
	}
	again.blocks(14) // 1026..1039: the ledger still shows last_update 1000, our own record says 1020
	if got := again.attempts(); !slices.Equal(got, []uint64{1020}) {
		t.Errorf("attempts at %v", got)
	}
	again.blocks(1)
	if got := again.attempts(); !slices.Equal(got, []uint64{1020, 1040}) {
		t.Errorf("attempts at %v", got)
	}
	if got := again.v.Scores(); !maps.Equal(got, before) {
		t.Errorf("failed rounds changed the scores to %v", got)
	}
}

func TestReplacedHotkeyLosesItsScore(t *testing.T) {
	l := newLedger()
	r := start(t, l, Options{})
	l.with(func() { l.hotkeys[1] = "newcomer" })
	r.blocks(3, true)
	r.until("the newcomer's view", func() bool { _, old := r.v.Scores()["a"]; return !old })
	r.blocks(20)
	l.with(func() {
		if s := l.sets[0]; !slices.Equal(s.uids, []uint16{2}) {
			t.Errorf("weights %+v after uid 1 changed hands", s)
		}
	})
	if scores := r.v.Scores(); scores["newcomer"] != 0 {
		t.Errorf("the newcomer inherits: %v", scores)
	}
}

func TestDeregistrationEndsRun(t *testing.T) {
	l := newLedger()
	r := start(t, l, Options{})
	l.with(func() { l.hotkeys[0] = "usurper" })
	for block := uint64(1001); ; block++ {
		l.with(func() { l.block = block })
		select {
		case l.events <- metagraph.Event{Block: block, Changed: true}:
		case err := <-r.done:
			if !errors.Is(err, ErrNotRegistered) {
				t.Errorf("%v", err)
			}
			r.done <- err
			return
		}
	}
}

func TestUnregisteredNeverStarts(t *testing.T) {
	l := newLedger()
	l.hotkeys[0] = "somebody"
	path := filepath.Join(t.TempDir(), "state.json")
	v, err := New(Options{Hotkey: self, Graph: metagraph.NewCache(l, 1, metagraph.Options{}), Chain: l, Market: abc, State: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Run(context.Background()); !errors.Is(err, ErrNotRegistered) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a state was written")
	}
}

func TestMarketPanicIsAFailedRound(t *testing.T) {
	l := newLedger()
	calls := 0
	r := start(t, l, Options{Market: MarketFunc(func(context.Context, Round) ([]Judgement, error) {
		if calls++; calls == 2 {
			panic("bug")
		}
		return []Judgement{{"a", Score(1)}}, nil
	})})
	for r.step() < 2 {
		r.blocks(1)
	}
}

func TestRoundsAreRepeatable(t *testing.T) {
	draw := func() (out []uint64) {
		r := start(t, newLedger(), Options{Seed: 7, Market: MarketFunc(func(_ context.Context, r Round) ([]Judgement, error) {
			if len(out) < 1 {
				out = append(out, r.Seed[0], r.Step, uint64(r.Self), r.Rand.Uint64())
			}
			return nil, nil
		})})
		_ = r.stop()
		return out
	}
	if a, b := draw(), draw(); !slices.Equal(a, b) {
		t.Errorf("%v and %v", a, b)
	}
}

func TestEMAVector(t *testing.T) {
	for path, v := range loadVectors(t) {
		c := v.Weights.EMA
		scores, judged := map[string]float64{}, []Judgement{}
		for i, s := range c.Scores {
			scores[fmt.Sprint(i)] = s
		}
		for i, uid := range c.UIDs {
			judged = append(judged, Judgement{fmt.Sprint(uid), Score(c.Rewards[i])})
		}
		scores = MovingAverage(c.Alpha, true)(scores, judged)
		for i, want := range c.Out {
			if got := scores[fmt.Sprint(i)]; math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: score %d is %v, want %v", path, i, got, want)
			}
		}
	}
}

func TestVerdictsAreDifferentThings(t *testing.T) {
	rule := MovingAverage(0.5, false)
	for name, c := range map[string]struct {
		verdict Verdict
		want    float64
	}{
		"score": {Score(2), 1.5}, "fault": {Fault{"x"}, 0.5}, "skip": {Skip{"x"}, 1}, "nothing": {nil, 1},
		"nan": {Score(math.NaN()), 1}, "infinite": {Score(math.Inf(1)), 1}, "negative": {Score(-1), 1},
	} {
		got := rule(map[string]float64{"m": 1, "other": 3}, []Judgement{{"m", c.verdict}})
		if got["m"] != c.want || got["other"] != 3 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no error")
	}
}
