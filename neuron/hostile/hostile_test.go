package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/dendrite"
)

const (
	maxMemory = 200 << 20              // bytes the axon's process may ever have
	maxP99    = 100 * time.Millisecond // of honest calls, in the long form
)

// size is how large the suite runs.
type size struct {
	connections int
	lasting     time.Duration
	soak        bool
}

func sizeOf() size {
	if os.Getenv("ERGON_SOAK") != "" {
		return size{10_000, 15 * time.Second, true}
	}
	return size{400, 400 * time.Millisecond, false}
}

// honest callers ask from before an attack until after it: half of them on connections they keep,
// half on a new one for each call.
type honest struct {
	stop chan struct{}
	all  sync.WaitGroup

	mu     sync.Mutex
	took   map[bool][]time.Duration // by whether the connection was kept
	failed map[string]int
}

func startHonest(t *testing.T, address string) *honest {
	t.Helper()
	target := targetAt(t, address)
	h := &honest{stop: make(chan struct{}), took: map[bool][]time.Duration{}, failed: map[string]int{}}
	for i := range 4 {
		key, err := seed(byte(10 + i))
		if err != nil {
			t.Fatal(err)
		}
		d, err := dendrite.New(dendrite.Options{Key: key, AllowPrivate: true, RequireSigned: true})
		if err != nil {
			t.Fatal(err)
		}
		h.all.Go(func() { h.ask(d, target, i%2 == 0) })
	}
	return h
}

func targetAt(t *testing.T, address string) dendrite.Target {
	t.Helper()
	key, err := seed(1)
	if err != nil {
		t.Fatal(err)
	}
	return dendrite.Target{Hotkey: key.Address(), Address: netip.MustParseAddrPort(address)}
}

func (h *honest) ask(d *dendrite.Dendrite, target dendrite.Target, keep bool) {
	defer d.Close()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for n := 0; ; n++ {
		r := dendrite.Call(context.Background(), d, target, &Question{A: n})
		h.mu.Lock()
		h.took[keep] = append(h.took[keep], r.Elapsed)
		if r.Err != nil || r.Answer.Out == nil || *r.Answer.Out != 2*n {
			h.failed[fmt.Sprintf("%d %v", r.Status, r.Err)]++
		}
		h.mu.Unlock()
		if !keep {
			d.Close()
		}
		select {
		case <-h.stop:
			return
		case <-pace.C:
		}
	}
}

// end stops the callers and tells how many calls there were, and the times that 99 of 100 took less
// than, on connections kept and on new ones.
func (h *honest) end() (calls int, kept, fresh time.Duration, failed map[string]int) {
	close(h.stop)
	h.all.Wait()
	return len(h.took[true]) + len(h.took[false]), p99(h.took[true]), p99(h.took[false]), h.failed
}

func p99(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*99/100]
}

// Under each attack the axon answers all honest callers within bounds, and the attacker nothing it
// should not.
func TestAttacks(t *testing.T) {
	s := sizeOf()
	axon := startServer(t, "127.0.0.1:0", filepath.Join(t.TempDir(), "replay"))
	for _, name := range slices.Sorted(maps.Keys(attacks)) {
		t.Run(name, func(t *testing.T) {
			o := order{Attack: name, Address: axon.address, Connections: s.connections, Lasting: s.lasting}
			if name == "replay" {
				o.Captured = capture(t, axon.address)
			}
			h := startHonest(t, axon.address)
			got := attack(t, o)
			calls, kept, fresh, failed := h.end()
			peak := axon.peak(t)
			t.Logf("%-20s honest: %d calls, p99 %.1f ms, %.1f ms on new connections; axon: peak %d MB; attacker: %d connections, answers %v",
				name, calls, kept.Seconds()*1000, fresh.Seconds()*1000, peak>>20, got[opened], got.answers())
			if len(failed) > 0 {
				t.Errorf("honest callers failed: %v", failed)
			}
			if !raced && peak > maxMemory {
				t.Errorf("the axon took %d MB, at most %d", peak>>20, maxMemory>>20)
			}
			if slower := max(kept, fresh); s.soak && slower > maxP99 {
				t.Errorf("p99 of honest calls is %v, at most %v", slower, maxP99)
			}
			if got[opened] == 0 {
				t.Error("the attacker never reached the axon")
			}
			for status := range got {
				if status != opened && !slices.Contains(attacks[name].allowed, status) {
					t.Errorf("the attacker got status %d %d times", status, got[status])
				}
			}
		})
	}
}

// capture reads whole honest requests off the wire, after they were answered.
func capture(t *testing.T, address string) [][]byte {
	t.Helper()
	tap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	key, err := seed(20)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dendrite.New(dendrite.Options{Key: key, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	var captured [][]byte
	for range 20 {
		tapped := make(chan []byte, 1)
		go func() { tapped <- relay(tap, address) }()
		if r := dendrite.Call(context.Background(), d, targetAt(t, tap.Addr().String()), &Question{A: 1}); r.Err != nil {
			t.Fatal(r.Err)
		}
		d.Close()
		captured = append(captured, <-tapped)
	}
	return captured
}

// relay passes one connection on to the axon and returns what the client sent.
func relay(tap net.Listener, address string) []byte {
	client, err := tap.Accept()
	if err != nil {
		return nil
	}
	defer client.Close()
	axon, err := net.Dial("tcp", address)
	if err != nil {
		return nil
	}
	defer axon.Close()
	go func() { _, _ = io.Copy(client, axon) }()
	var sent bytes.Buffer
	_, _ = io.Copy(axon, io.TeeReader(client, &sent))
	return sent.Bytes()
}

// What was answered before the axon was killed is not answered after it is back, at once or later.
func TestReplayAfterAKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "replay")
	axon := startServer(t, "127.0.0.1:0", file)
	captured := capture(t, axon.address)
	for range 3 {
		axon.kill(t)
		axon = startServer(t, axon.address, file)
		got := attack(t, order{Attack: "replay", Address: axon.address, Lasting: 10 * time.Second, Captured: captured})
		if len(got.answers()) != 1 || got[401] != 3*len(captured) {
			t.Errorf("replays of %d requests: %v", len(captured), got)
		}
		captured = append(captured, capture(t, axon.address)...)
	}
	t.Logf("%d requests replayed, none answered", len(captured))
}
