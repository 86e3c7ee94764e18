package presence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/synapse"
)

type tooSoon uint64

func (t tooSoon) Error() string      { return "too soon" }
func (t tooSoon) BlocksLeft() uint64 { return uint64(t) }

// publisher answers with the scripted errors and records when it was asked.
type publisher struct {
	answers []error
	calls   []netip.AddrPort
}

func (p *publisher) ServeAxon(_ context.Context, _ uint16, address netip.AddrPort, _ uint32) error {
	p.calls = append(p.calls, address)
	if len(p.answers) == 0 {
		return nil
	}
	err := p.answers[0]
	p.answers = p.answers[1:]
	return err
}

func snapshot(t *testing.T, at netip.AddrPort) *metagraph.Snapshot {
	t.Helper()
	s, err := metagraph.NewSnapshot(1, 1, []metagraph.Neuron{{UID: 0, Hotkey: "me", Axon: metagraph.Axon{Address: at, Version: uint32(synapse.WireVersion)}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnnouncer(t *testing.T) {
	here, elsewhere := netip.MustParseAddrPort("198.51.100.9:8091"), netip.MustParseAddrPort("198.51.100.9:1")
	for _, c := range []struct {
		name    string
		on      netip.AddrPort // what the ledger shows
		answers []error
		want    []uint64 // blocks of calls among 0..20
	}{
		{"already there", here, nil, nil},
		{"never served", netip.AddrPort{}, nil, []uint64{0, 10, 20}},
		{"moved", elsewhere, nil, []uint64{0, 10, 20}},
		{"too soon", elsewhere, []error{fmt.Errorf("serve: %w", tooSoon(7))}, []uint64{0, 7, 17}},
		{"too soon, zero left", elsewhere, []error{tooSoon(0)}, []uint64{0, 1, 11}},
		{"failing", elsewhere, []error{errors.New("x"), errors.New("x")}, []uint64{0, 5, 10, 20}},
	} {
		p := &publisher{answers: c.answers}
		a := &Announcer{Chain: p, Hotkey: "me", Address: here, Log: slog.New(slog.DiscardHandler)}
		s := snapshot(t, c.on)
		var got []uint64
		for head := uint64(0); head <= 20; head++ {
			before := len(p.calls)
			a.Tick(context.Background(), s, head)
			if len(p.calls) > before {
				got = append(got, head)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: published at %v, want %v", c.name, got, c.want)
		}
	}
}

// hung never answers.
type hung struct{}

func (hung) ServeAxon(ctx context.Context, _ uint16, _ netip.AddrPort, _ uint32) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAPublicationThatHangsIsGivenUp(t *testing.T) {
	var log strings.Builder
	a := &Announcer{
		Chain: hung{}, Hotkey: "me", Address: netip.MustParseAddrPort("198.51.100.9:8091"), Timeout: time.Millisecond,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	a.Tick(context.Background(), snapshot(t, netip.AddrPort{}), 1)
	if !strings.Contains(log.String(), "axon not published") || a.next != 1+retryBlocks {
		t.Errorf("next try at block %d, log %s", a.next, log.String())
	}
}

func TestCheck(t *testing.T) {
	s := snapshot(t, netip.AddrPort{})
	if n, err := Check(s, "me"); err != nil || n.UID != 0 {
		t.Errorf("%v %v", n, err)
	}
	if _, err := Check(s, "other"); !errors.Is(err, ErrNotRegistered) {
		t.Errorf("%v", err)
	}
}

func TestExternal(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	bound := uint16(ln.Addr().(*net.TCPAddr).Port)
	stated := netip.MustParseAddr("203.0.113.7")
	for in, want := range map[netip.AddrPort]netip.AddrPort{
		netip.AddrPortFrom(stated, 0):  netip.AddrPortFrom(stated, bound),
		netip.AddrPortFrom(stated, 80): netip.AddrPortFrom(stated, 80),
	} {
		if got, err := External(in, ln); err != nil || got != want {
			t.Errorf("External(%v) = %v, %v; want %v", in, got, err, want)
		}
	}
	got, err := External(netip.AddrPort{}, ln)
	if err == nil && (!got.Addr().IsValid() || got.Addr().IsUnspecified() || got.Port() != bound) {
		t.Errorf("found %v", got)
	}
}
