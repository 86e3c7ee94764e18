package mempool_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/chain/mempool"
)

// who is an account's bytes.
func who(name string) string { return (name + "................................")[:32] }

type option func(*mempool.Tx)

func weights(slot string) option {
	return func(tx *mempool.Tx) { tx.Call = fees.Call{Lane: fees.Weights, Slot: slot, Replace: true} }
}
func register(slot string) option {
	return func(tx *mempool.Tx) { tx.Call = fees.Call{Lane: fees.Registrations, Slot: slot} }
}
func size(n int) option     { return func(tx *mempool.Tx) { tx.Bytes = make([]byte, n) } }
func until(n uint64) option { return func(tx *mempool.Tx) { tx.Until = n } }

var serial int

func tx(signer string, sequence uint64, options ...option) *mempool.Tx {
	serial++
	t := &mempool.Tx{Signer: who(signer), Sequence: sequence, Bytes: fmt.Append(nil, serial), Fee: 5}
	for _, o := range options {
		o(t)
	}
	if t.Call.Free() {
		t.Fee = 0
	}
	t.Key = mempool.KeyOf(fmt.Append(nil, serial))
	return t
}

// add puts transactions into the pool of a ledger that has seen none of the accounts.
func add(t require.TestingT, p *mempool.Pool, txs ...*mempool.Tx) {
	for _, x := range txs {
		require.NoError(t, p.Fits(x, 0))
		p.Insert(x, 0)
	}
}

func all(*mempool.Tx) bool { return true }

var plenty = mempool.Space{Bytes: 1 << 20, Txs: 1000}

func TestSequencesAreGapless(t *testing.T) {
	p := mempool.New()
	add(t, p, tx("a", 0), tx("a", 1))
	require.ErrorIs(t, p.Fits(tx("a", 3), 0), sdkerrors.ErrWrongSequence)
	require.ErrorIs(t, p.Fits(tx("a", 1), 0), sdkerrors.ErrWrongSequence, "paid ones are not replaced")
	require.ErrorIs(t, p.Fits(tx("b", 1), 0), sdkerrors.ErrWrongSequence)
	require.NoError(t, p.Fits(tx("b", 7), 7))
	require.EqualValues(t, 10, p.Fees(who("a")))
}

func TestAFreeCallIsReplacedInItsPlace(t *testing.T) {
	p := mempool.New()
	first, second := tx("a", 0, weights("s1")), tx("a", 1, weights("s2"))
	add(t, p, first, second)
	require.ErrorIs(t, p.Fits(tx("a", 2, weights("s1")), 0), fees.ErrWaiting)
	require.ErrorIs(t, p.Fits(tx("a", 0, weights("s2")), 0), sdkerrors.ErrWrongSequence, "another slot")
	newer := tx("a", 0, weights("s1"))
	add(t, p, newer)
	require.Equal(t, []*mempool.Tx{newer, second}, p.Select(plenty, all))
	require.Equal(t, 2, p.Len())
	add(t, p, tx("b", 0, register("r")))
	require.ErrorIs(t, p.Fits(tx("b", 0, register("r")), 0), sdkerrors.ErrWrongSequence, "a registration is not replaced")
}

func TestFreeCallsOfAWindowAreCounted(t *testing.T) {
	p := mempool.New()
	for range mempool.FreePerWindow {
		p.Count(who("a"))
	}
	require.ErrorIs(t, p.Fits(tx("a", 0, weights("s")), 0), fees.ErrQuota)
	require.NoError(t, p.Fits(tx("a", 0), 0), "what pays goes on")
	require.NoError(t, p.Fits(tx("b", 0, weights("s")), 0), "others go on")
	p.Committed(mempool.Window, nil, nil)
	require.NoError(t, p.Fits(tx("a", 0, weights("s")), 0))
}

func TestAFloodInOneLaneLeavesTheOthersTheirShare(t *testing.T) {
	p := mempool.New()
	for i := range 300 {
		add(t, p, tx(fmt.Sprint("flood", i), 0), tx(fmt.Sprint("flood", i), 1))
	}
	var honest []*mempool.Tx
	for i := range 40 {
		w := tx(fmt.Sprint("v", i), 0, weights("s"))
		honest = append(honest, w)
		add(t, p, w)
	}
	r := tx("newcomer", 0, register("r"))
	add(t, p, r)
	chosen := p.Select(mempool.Space{Bytes: 1 << 20, Txs: 100}, all)
	require.Len(t, chosen, 100)
	for _, w := range append(honest, r) {
		require.Contains(t, chosen, w)
	}
	firsts := 0
	for _, c := range chosen {
		if c.Call.Lane == fees.Paid && c.Sequence == 0 {
			firsts++
		}
	}
	require.Equal(t, 59, firsts, "every account's first goes before anybody's second")
}

func TestWhoHasWaitedLongestWeighsFirst(t *testing.T) {
	p := mempool.New()
	late, early := tx("late", 0, weights("s")), tx("early", 0, weights("s"))
	late.Rank, early.Rank = ^uint64(100), ^uint64(3)
	add(t, p, late, early)
	require.Equal(t, []*mempool.Tx{early, late}, p.Select(plenty, all))
}

func TestBlocksMoveThePoolOn(t *testing.T) {
	p := mempool.New()
	a, b, c := tx("a", 0), tx("a", 1), tx("a", 2, until(5))
	add(t, p, a, b, c)
	require.Len(t, p.Fresh(0), 3)
	at := func(n uint64) func(string) uint64 { return func(string) uint64 { return n } }
	touched := map[string]bool{who("a"): true, who("stranger"): true}
	p.Committed(1, touched, at(1))
	require.Equal(t, []*mempool.Tx{b, c}, p.Select(plenty, all))
	p.Committed(5, nil, nil)
	require.Equal(t, []*mempool.Tx{b}, p.Select(plenty, all), "the other's time is over")
	require.Empty(t, p.Fresh(0))
	p.Committed(11, nil, nil)
	require.Len(t, p.Fresh(0), 1, "peers are offered it again")
	p.Committed(12, touched, at(1))
	require.Equal(t, 1, p.Len())
	p.Committed(13, touched, at(9))
	require.Zero(t, p.Len(), "another transaction had its sequence")
	require.Zero(t, p.Fees(who("a")))

	add(t, p, tx("b", 0), tx("b", 1))
	p.Drop(who("b"))
	require.Zero(t, p.Len())
	add(t, p, tx("c", 0))
	p.Committed(13+mempool.Patience, nil, nil)
	require.Zero(t, p.Len(), "nothing waits for ever")
}

func TestAProposalIsHeldAgainstTheLanes(t *testing.T) {
	pays := fees.Call{Lane: fees.Paid}
	c := mempool.NewCheck(1000)
	require.NoError(t, c.Add(who("a"), 700, pays))
	require.ErrorContains(t, c.Add(who("a"), 200, pays), "lane paid")
	c = mempool.NewCheck(1 << 20)
	require.NoError(t, c.Add(who("a"), 1, fees.Call{Lane: fees.Free, Slot: "s"}))
	require.NoError(t, c.Add(who("b"), 1, fees.Call{Lane: fees.Free, Slot: "s"}))
	require.ErrorContains(t, c.Add(who("a"), 1, fees.Call{Lane: fees.Free, Slot: "s"}), "two free")
	for i := range mempool.FreePerBlock {
		require.NoError(t, c.Add(who("c"), 1, fees.Call{Lane: fees.Free, Slot: fmt.Sprint(i)}))
	}
	require.ErrorContains(t, c.Add(who("c"), 1, fees.Call{Lane: fees.Free, Slot: "one more"}), "free calls")
	c = mempool.NewCheck(1 << 40)
	var err error
	for range mempool.MaxTxs + 1 {
		err = c.Add(who("a"), 1, pays)
	}
	require.Error(t, err)
}

// Whatever is in the pool, a block that it fills keeps the rules, and the accounts' order.
func TestWhatIsSelectedPassesTheCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := mempool.New()
		next := map[string]uint64{}
		for range rapid.IntRange(0, 200).Draw(t, "txs") {
			name := fmt.Sprint("a", rapid.IntRange(0, 8).Draw(t, "account"))
			kind := rapid.SampledFrom([]option{weights("w1"), weights("w2"), register("r"), func(*mempool.Tx) {}}).Draw(t, "kind")
			x := tx(name, next[name], size(rapid.IntRange(1, 400).Draw(t, "size")), kind)
			if p.Fits(x, 0) == nil {
				p.Insert(x, 0)
				next[name]++
			}
		}
		room := mempool.Space{Bytes: int64(rapid.IntRange(100, 8000).Draw(t, "bytes")), Txs: rapid.IntRange(1, 60).Draw(t, "budget")}
		refuse := rapid.IntRange(0, 9).Draw(t, "refuse")
		chosen := p.Select(room, func(x *mempool.Tx) bool { return x.Signer != who(fmt.Sprint("a", refuse)) })
		c, seen, total := mempool.NewCheck(room.Bytes), map[string]uint64{}, 0
		for _, x := range chosen {
			if err := c.Add(x.Signer, len(x.Bytes), x.Call); err != nil {
				t.Fatal(err)
			}
			if x.Sequence != seen[x.Signer] {
				t.Fatalf("sequence %d of an account that is at %d", x.Sequence, seen[x.Signer])
			}
			seen[x.Signer]++
			total += len(x.Bytes)
		}
		if total > int(room.Bytes) || len(chosen) > room.Txs || slices.ContainsFunc(chosen, func(x *mempool.Tx) bool { return x == nil }) {
			t.Fatalf("%d transactions of %d bytes in %+v", len(chosen), total, room)
		}
	})
}
