package axon

import (
	"context"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Arrivals at random times with random priorities, served one by one while new ones keep coming: who
// waits is passed by stronger callers for ageing·log2(1+p) at most, never by an equal one, and never
// for ever.
func TestLowPrioritiesDoNotStarve(t *testing.T) {
	const ageing = time.Second
	type arrival struct {
		at       int64
		priority float64
	}
	rapid.Check(t, func(t *rapid.T) {
		clock := &clock{start}
		g := newGate(0, 1<<20, ageing, clock.now)
		came := map[*waiter]arrival{}
		serve := func() {
			w := g.waiting[0]
			a := came[w]
			delete(came, w)
			g.pass()
			for _, other := range came {
				later := time.Duration(a.at - other.at)
				grace := time.Duration(float64(ageing) * (math.Log2(1+a.priority) - math.Log2(1+other.priority)))
				if later > max(grace, 0)+time.Millisecond {
					t.Fatalf("priority %v passed %v which came %v before it, allowed %v", a.priority, other.priority, later, grace)
				}
				if other.at == a.at && other.priority > a.priority {
					t.Fatalf("priority %v went before %v of the same moment", a.priority, other.priority)
				}
			}
		}
		for range rapid.IntRange(1, 100).Draw(t, "arrivals") {
			clock.ns += rapid.Int64Range(0, int64(5*ageing)).Draw(t, "pause")
			priority := float64(rapid.Int64Range(0, 1e8).Draw(t, "priority"))
			w := g.push(priority)
			if w == nil {
				t.Fatal("queue is full")
			}
			came[w] = arrival{clock.ns, priority}
			if rapid.Bool().Draw(t, "serve") && len(g.waiting) > 0 {
				serve()
			}
		}
		for len(g.waiting) > 0 {
			serve()
		}
		if len(came) > 0 {
			t.Fatalf("%d were never served", len(came))
		}
	})
}

// With a flood of the strongest there can be, one of the weakest gets its turn before the SDK's
// default timeout.
func TestTheWeakestWaitsLessThanADefaultTimeout(t *testing.T) {
	o, err := Options{Key: pair(t, 1)}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	const allRao = 21e15 // stake in rao cannot be more
	clock := &clock{start}
	g := newGate(0, 1<<20, o.Ageing, clock.now)
	weak := g.push(0)
	for weak.index >= 0 {
		clock.ns += int64(10 * time.Millisecond)
		g.push(allRao)
		g.pass()
		if waited := clock.ns - start; waited >= int64(12*time.Second) {
			t.Fatalf("still waits after %v", time.Duration(waited))
		}
	}
}

// A full queue drops by the same order: who has waited long is not pushed out by a newcomer.
func TestAgeingCountsWhenTheQueueIsFull(t *testing.T) {
	clock := &clock{start}
	g := newGate(0, 2, time.Second, clock.now)
	old, young := g.push(1), g.push(0)
	clock.ns += int64(time.Minute)
	if strong := g.push(1000); strong != nil {
		t.Error("a newcomer pushed out one who waited a minute")
	}
	h := newGate(0, 1, time.Second, clock.now)
	h.push(0)
	if strong := h.push(1000); strong == nil || h.waiting[0] != strong {
		t.Error("a stronger caller of the same moment must go first")
	}
	if old.index < 0 || young.index < 0 {
		t.Error("a waiter is gone")
	}
}

func TestOddPrioritiesHaveAPlace(t *testing.T) {
	g := newGate(0, 10, time.Second, (&clock{start}).now)
	want := []float64{math.Inf(1), 3, 0, -3, math.Inf(-1)}
	for i := range want {
		g.push(want[len(want)-1-i])
	}
	nan := g.push(math.NaN())
	for _, p := range want {
		if got := g.waiting[0].rank; got != g.rank(p) {
			t.Errorf("rank %v goes first, want that of priority %v", got, p)
		}
		g.pass()
	}
	if len(g.waiting) != 1 || g.waiting[0] != nan {
		t.Error("NaN goes last")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.enter(ctx, 1); err == nil {
		t.Error("a caller whose time is over gets in")
	}
}
