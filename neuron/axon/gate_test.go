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
		inside   int
	}
	rapid.Check(t, func(t *rapid.T) {
		clock := &clock{start}
		g := newGate(0, 1<<20, ageing, clock.now())
		came := map[*waiter]arrival{}
		serve := func() {
			w := g.waiting[0]
			a := came[w]
			delete(came, w)
			g.leave(w.who)
			for _, other := range came {
				later := time.Duration(a.at - other.at)
				grace := time.Duration(float64(ageing) * (float64(other.inside) + math.Log2(1+a.priority) - math.Log2(1+other.priority)))
				if later > max(grace, 0)+time.Millisecond {
					t.Fatalf("priority %v passed %v which came %v before it, allowed %v", a.priority, other.priority, later, grace)
				}
				if other.at == a.at && other.priority > a.priority && other.inside <= a.inside {
					t.Fatalf("priority %v went before %v of the same moment", a.priority, other.priority)
				}
			}
		}
		for range rapid.IntRange(1, 100).Draw(t, "arrivals") {
			clock.ns += rapid.Int64Range(0, int64(5*ageing)).Draw(t, "pause")
			priority := float64(rapid.Int64Range(0, 1e8).Draw(t, "priority"))
			who := [32]byte{rapid.Byte().Draw(t, "who") % 4}
			inside := g.inside[who]
			w := g.push(ticket{who, priority, clock.now()})
			if w == nil {
				t.Fatal("queue is full")
			}
			came[w] = arrival{clock.ns, priority, inside}
			if rapid.Bool().Draw(t, "serve") && len(g.waiting) > 0 {
				serve()
			}
		}
		for len(g.waiting) > 0 {
			serve()
		}
		if len(came) > 0 || len(g.inside) > 0 {
			t.Fatalf("%d were never served, %d are still counted", len(came), len(g.inside))
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
	g := newGate(0, 1<<20, o.Ageing, clock.now())
	weak := g.push(ticket{who: [32]byte{1}, at: clock.now()})
	for weak.index >= 0 {
		clock.ns += int64(10 * time.Millisecond)
		g.push(ticket{who: [32]byte{byte(clock.ns >> 24)}, priority: allRao, at: clock.now()})
		g.pass()
		if waited := clock.ns - start; waited >= int64(12*time.Second) {
			t.Fatalf("still waits after %v", time.Duration(waited))
		}
	}
}

// A full queue drops by the same order: who has waited long is not pushed out by a newcomer.
func TestAgeingCountsWhenTheQueueIsFull(t *testing.T) {
	clock := &clock{start}
	g := newGate(0, 2, time.Second, clock.now())
	old, young := g.push(ticket{priority: 1, at: clock.now()}), g.push(ticket{at: clock.now()})
	clock.ns += int64(time.Minute)
	if strong := g.push(ticket{priority: 1000, at: clock.now()}); strong != nil {
		t.Error("a newcomer pushed out one who waited a minute")
	}
	h := newGate(0, 1, time.Second, clock.now())
	h.push(ticket{at: clock.now()})
	if strong := h.push(ticket{priority: 1000, at: clock.now()}); strong == nil || h.waiting[0] != strong {
		t.Error("a stronger caller of the same moment must go first")
	}
	if old.index < 0 || young.index < 0 {
		t.Error("a waiter is gone")
	}
}

func TestOddPrioritiesHaveAPlace(t *testing.T) {
	at := time.Unix(0, start)
	g := newGate(0, 10, time.Second, at)
	want := []float64{math.NaN(), math.Inf(-1), -3, 0, 3, math.Inf(1)}
	var all []*waiter
	for i, p := range want {
		all = append(all, g.push(ticket{[32]byte{byte(i)}, p, at}))
	}
	all[0], all[1] = all[1], all[0] // equals, first come first served
	for i := len(all) - 1; i >= 0; i-- {
		if g.waiting[0] != all[i] {
			t.Errorf("priority %v does not go first of those left", want[i])
		}
		g.pass()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.enter(ctx, ticket{priority: 1, at: at}); err == nil || len(g.inside) != len(all) {
		t.Errorf("a caller whose time is over: %v, %d inside", err, len(g.inside))
	}
}

// A flood of one caller does not stand before another's first request, and leaves no trace.
func TestOneCallersFloodDoesNotCrowdOutOthers(t *testing.T) {
	at := time.Unix(0, start)
	g := newGate(0, 50, 200*time.Millisecond, at)
	flooder, honest := [32]byte{1}, [32]byte{2}
	for range 50 {
		g.push(ticket{who: flooder, at: at})
	}
	w := g.push(ticket{who: honest, at: at.Add(time.Second)})
	if w == nil {
		t.Fatal("the queue is full of one caller")
	}
	ahead := 0
	for ; w.index >= 0; ahead++ {
		g.leave(g.waiting[0].who)
	}
	if ahead > 7 { // a second is worth five requests
		t.Errorf("%d of the flood's requests went first", ahead)
	}
}
