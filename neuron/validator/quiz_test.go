package validator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
)

// Dummy asks for twice a number: the smallest market.
type Dummy struct {
	DummyInput  int  `wire:"dummy_input"`
	DummyOutput *int `wire:"dummy_output,output"`
}

func pair(t testing.TB, seed byte) *keys.Pair {
	t.Helper()
	p, err := keys.FromSeed(bytes.Repeat([]byte{seed}, keys.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// miner serves and gives its row.
func miner(t *testing.T, seed byte, forward axon.Forward[Dummy]) metagraph.Neuron {
	t.Helper()
	a, err := axon.New(axon.Options{Key: pair(t, seed)})
	if err == nil {
		err = axon.Handle(a, forward)
	}
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, ln) }()
	t.Cleanup(func() { cancel(); <-done })
	return metagraph.Neuron{Hotkey: a.Hotkey(), Axon: metagraph.Axon{Address: netip.MustParseAddrPort(ln.Addr().String())}}
}

func times(factor int) axon.Forward[Dummy] {
	return func(_ context.Context, _ axon.Call, req *Dummy) error {
		out := factor * req.DummyInput
		req.DummyOutput = &out
		return nil
	}
}

func dummyQuiz(t *testing.T) Quiz[Dummy] {
	t.Helper()
	d, err := dendrite.New(dendrite.Options{Key: pair(t, 99), AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return Quiz[Dummy]{Dendrite: d, Timeout: 5 * time.Second, Task: func(_ context.Context, r Round) (Task[Dummy], error) {
		question := &Dummy{DummyInput: r.Rand.IntN(1000) + 1}
		return Task[Dummy]{question, func(_ context.Context, result dendrite.Result[Dummy]) Verdict {
			if out := result.Answer.DummyOutput; out != nil && *out == 2*question.DummyInput {
				return Score(1)
			}
			return Fault{"wrong"}
		}}, nil
	}}
}

func roundOf(t *testing.T, rows ...metagraph.Neuron) Round {
	t.Helper()
	for i := range rows {
		rows[i].UID = uint16(i)
	}
	s, err := metagraph.NewSnapshot(1, 1, rows)
	if err != nil {
		t.Fatal(err)
	}
	return Round{Snapshot: s, Rand: rand.New(rand.NewPCG(1, 2))}
}

func closedPort(t *testing.T, hotkey string) metagraph.Neuron {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return metagraph.Neuron{Hotkey: hotkey, Axon: metagraph.Axon{Address: netip.MustParseAddrPort(ln.Addr().String())}}
}

func TestQuizJudgesEverybody(t *testing.T) {
	self := miner(t, 1, times(2))
	honest, wrong := miner(t, 2, times(2)), miner(t, 3, times(3))
	refusing := miner(t, 4, func(context.Context, axon.Call, *Dummy) error { return errors.New("x") })
	validator := miner(t, 5, times(2))
	validator.ValidatorPermit, validator.Stake = true, VpermitLimit+1
	rows := []metagraph.Neuron{self, honest, wrong, refusing, closedPort(t, pair(t, 6).Address()), validator, {Hotkey: "not serving"}}
	judged, err := dummyQuiz(t).Round(context.Background(), roundOf(t, rows...))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, j := range judged {
		v, counts := value(j.Verdict)
		if !counts {
			t.Errorf("%s: %v", j.Hotkey, j.Verdict)
		}
		got[j.Hotkey] = v
	}
	if len(got) != 4 || got[honest.Hotkey] != 1 || got[wrong.Hotkey] != 0 || got[refusing.Hotkey] != 0 {
		t.Errorf("%v", judged)
	}
}

// Every miner is asked something else, and judged by what it was asked: what one found out is no answer
// to another's question.
func TestQuizAsksEverybodySomethingElse(t *testing.T) {
	asked := make(chan int, 2)
	leak := func(_ context.Context, _ axon.Call, req *Dummy) error {
		asked <- req.DummyInput
		return times(2)(context.Background(), axon.Call{}, req)
	}
	rows := []metagraph.Neuron{{Hotkey: "self"}, miner(t, 2, leak), miner(t, 3, leak)}
	q := dummyQuiz(t)
	next := 0
	draw := q.Task
	q.Task = func(ctx context.Context, r Round) (Task[Dummy], error) {
		task, err := draw(ctx, r)
		next++
		task.Question.DummyInput = next
		return task, err
	}
	judged, err := q.Round(context.Background(), roundOf(t, rows...))
	if err != nil {
		t.Fatal(err)
	}
	if first, second := <-asked, <-asked; first+second != 3 {
		t.Errorf("asked %d and %d, want 1 and 2", first, second)
	}
	for _, j := range judged {
		if v, _ := value(j.Verdict); v != 1 {
			t.Errorf("%s: %v", j.Hotkey, j.Verdict)
		}
	}
}

// A question that was not sent, by our own fault, is nobody else's.
func TestQuizBlamesNobodyForWhatWasNotSent(t *testing.T) {
	r := dendrite.Result[Dummy]{Answer: &Dummy{}, Err: fmt.Errorf("%w: %w", dendrite.ErrLocal, dendrite.ErrTimeout)}
	if v, ok := judge(context.Background(), Task[Dummy]{}, r).(Skip); !ok {
		t.Errorf("%v", v)
	}
}

func TestQuizSamples(t *testing.T) {
	var rows []metagraph.Neuron
	for seed := byte(1); seed < 60; seed++ {
		rows = append(rows, metagraph.Neuron{Hotkey: pair(t, seed).Address(), Axon: metagraph.Axon{Address: netip.MustParseAddrPort("198.51.100.1:1")}})
	}
	q := Quiz[Dummy]{Sample: 20}
	r := roundOf(t, rows...)
	hits := map[string]int{}
	for range 200 {
		targets := q.sample(r)
		if len(targets) != 20 {
			t.Fatalf("%d targets", len(targets))
		}
		seen := map[string]bool{}
		for _, target := range targets {
			if seen[target.Hotkey] || target.Hotkey == rows[0].Hotkey {
				t.Fatalf("%s is drawn twice or is ourselves", target.Hotkey)
			}
			seen[target.Hotkey] = true
			hits[target.Hotkey]++
		}
	}
	if len(hits) != 58 {
		t.Errorf("%d of 58 miners were ever drawn", len(hits))
	}
}

// If nobody at all can be reached, it is our network: nobody loses.
func TestQuizBlamesItselfForTotalSilence(t *testing.T) {
	rows := []metagraph.Neuron{{Hotkey: "self"}}
	for seed := byte(1); seed < 5; seed++ {
		rows = append(rows, closedPort(t, pair(t, seed).Address()))
	}
	q := dummyQuiz(t)
	if judged, err := q.Round(context.Background(), roundOf(t, rows...)); err == nil {
		t.Errorf("judged %v", judged)
	}
	if judged, err := q.Round(context.Background(), roundOf(t, rows[:2]...)); err != nil || len(judged) != 1 {
		t.Errorf("a lone silent miner is at fault: %v, %v", judged, err)
	}
	if _, err := q.Round(context.Background(), roundOf(t, rows[:1]...)); err == nil {
		t.Error("nobody serves: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := q.Round(ctx, roundOf(t, rows...)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	q.Task = func(context.Context, Round) (Task[Dummy], error) { return Task[Dummy]{}, errors.New("no clip") }
	if _, err := q.Round(context.Background(), roundOf(t, rows...)); err == nil {
		t.Error("no task: no error")
	}
}
