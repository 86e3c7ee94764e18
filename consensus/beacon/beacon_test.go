package beacon

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// producer makes votes; it may be told to be silent. Its values are made once, all of a chain at
// a time.
type producer struct {
	address Address
	secret  Secret
	made    map[uint64]Value
}

func producers(n int) []producer {
	all := make([]producer, n)
	for i := range all {
		all[i] = producer{Address{byte(i + 1)}, NewSecret([]byte{byte(i)}, []byte("test")), map[uint64]Value{}}
	}
	return all
}

func (p producer) vote(height uint64) Vote {
	if _, made := p.made[height]; !made {
		last := height + Length - 1 - (height+p.secret.shift)%Length
		v, _ := p.secret.At(last)
		for h := last; ; h-- {
			p.made[h] = v
			v = step(v)
			if h == 0 || (h+p.secret.shift)%Length == 0 {
				break
			}
		}
	}
	v, vote := p.made[height], Vote{Producer: p.address}
	vote.Value = &v
	if (height+p.secret.shift)%Length == Length-1 {
		_, vote.Next = p.secret.At(height)
	}
	return vote
}

func (p producer) silence() Vote { return Vote{Producer: p.address} }

func TestValuesOfAChainLeadToEachOtherAcrossItsEnd(t *testing.T) {
	s := NewSecret([]byte("key"), []byte("ledger"))
	v, _ := s.At(1)
	for h := uint64(2*Length - s.shift - 5); h < 2*Length-s.shift+5; h++ {
		v, _ := s.At(h)
		if before, end := s.At(h - 1); end != nil {
			require.Equal(t, *end, step(v), "height %d begins a chain whose tip came with the height before", h)
		} else {
			require.Equal(t, before, step(v))
		}
	}
	other, _ := NewSecret([]byte("key"), []byte("copy")).At(1)
	require.NotEqual(t, v, other, "another ledger, other values")
	_, next := s.At(2*Length - 1 - s.shift)
	require.NotNil(t, next, "the tip of the next chain comes with a chain's last value")
}

func TestEveryValueIsMixedOnce(t *testing.T) {
	all, s := producers(4), Genesis("test")
	for h := uint64(1); h < 3*Length; h++ { // over the ends of all chains
		var votes []Vote
		for _, p := range all {
			votes = append(votes, p.vote(h))
		}
		s.Advance(h, votes)
		want := uint32(4)
		if h == 1 {
			want = 0 // the first value of a chain is a promise
		}
		require.Equal(t, want, s.Pending[0].Values, "height %d", h)
	}
	for _, c := range s.Chains {
		require.Zero(t, c.Withheld)
	}
	require.EqualValues(t, Window, s.Silent, "the first height, and those before it that were in the window")
}

// TestOrderOfArrivalDoesNotMatter plays the same values in any order of the votes, and with any of
// them late: the mix is the same.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	const heights = 60
	play := func(r *rand.Rand, late bool) (mixes []Value) {
		all, s := producers(5), Genesis("test")
		quiet := map[Address]int{} // blocks for which a producer's votes do not get in
		for h := uint64(1); h <= heights; h++ {
			var votes []Vote
			for _, p := range all {
				if late && h > 1 && h < heights-Window && quiet[p.address] == 0 && r.IntN(4) == 0 {
					quiet[p.address] = 1 + r.IntN(Window-1) + 1
				}
				quiet[p.address] = max(0, quiet[p.address]-1)
				if quiet[p.address] > 0 {
					votes = append(votes, p.silence())
					continue
				}
				votes = append(votes, p.vote(h))
			}
			r.Shuffle(len(votes), func(i, j int) { votes[i], votes[j] = votes[j], votes[i] })
			s.Advance(h, votes)
			mixes = append(mixes, s.Mix)
		}
		for _, c := range s.Chains {
			require.Zero(t, c.Withheld, "late is not withheld")
		}
		return mixes
	}
	want := play(rand.New(rand.NewPCG(0, 0)), false)
	for seed := range uint64(50) {
		require.Equal(t, want, play(rand.New(rand.NewPCG(seed, 1)), seed%2 == 0), "seed %d", seed)
	}
}

// TestWithholdingChoosesBetweenTwoOutcomes tries everything a producer can do with its votes while
// a height can still be influenced: its value, silence, nonsense, a new chain. The mix of that
// height has two outcomes, and the second one is counted.
func TestWithholdingChoosesBetweenTwoOutcomes(t *testing.T) {
	const target = 20 // the height under attack
	all := producers(3)
	honest, evil := all[:2], all[2]
	var other [Window]Value // another chain of the attacker's, begun at any time
	for age := range other {
		other[age], _ = NewSecret([]byte("another chain"), nil).At(target + uint64(age))
	}
	start := Genesis("test")
	for h := uint64(1); h < target; h++ {
		start.Advance(h, []Vote{honest[0].vote(h), honest[1].vote(h), evil.vote(h)})
	}
	outcomes := map[Value]uint64{} // the fewest values withheld for it
	const moves = 4
	total := 1
	for range Window {
		total *= moves
	}
	for plan := range total {
		s := start
		s.Chains = append([]Chain(nil), start.Chains...)
		for age := range uint64(Window) {
			h := target + age
			vote := evil.vote(h)
			switch plan / pow(moves, age) % moves {
			case 1:
				vote = evil.silence()
			case 2:
				vote.Value = &Value{byte(plan), byte(plan >> 8), 1}
			case 3:
				vote.Value, vote.Next = &other[age], nil
			}
			s.Advance(h, []Vote{honest[0].vote(h), honest[1].vote(h), vote})
		}
		withheld := s.Chain(evil.address).Withheld
		if least, seen := outcomes[s.Mix]; !seen || withheld < least {
			outcomes[s.Mix] = withheld
		}
	}
	require.Len(t, outcomes, 2)
	var counts []uint64
	for _, n := range outcomes {
		counts = append(counts, n)
	}
	require.Contains(t, counts, uint64(0), "honest")
	require.NotEqual(t, counts[0], counts[1], "the other outcome is counted")
}

func pow(base int, n uint64) int {
	p := 1
	for range n {
		p *= base
	}
	return p
}

func TestAbsenceIsCountedOnceAHeightAndEndsByItself(t *testing.T) {
	for _, away := range []uint64{1, Window - 1, Window, Window + 1, 100, Length + 10} {
		t.Run(fmt.Sprint(away), func(t *testing.T) {
			all, s := producers(2), Genesis("test")
			h := uint64(1)
			step := func(here bool) {
				votes := []Vote{all[0].vote(h), all[1].silence()}
				if here {
					votes[1] = all[1].vote(h)
				}
				s.Advance(h, votes)
				h++
			}
			for range 10 {
				step(true)
			}
			for range away {
				step(false)
			}
			for range 30 {
				step(true)
			}
			c := s.Chain(all[1].address)
			require.Equal(t, h-1, c.Height, "its values are taken again")
			switch {
			case away < Window:
				require.Zero(t, c.Withheld)
			case away <= Length:
				require.Equal(t, away-(Window-1), c.Withheld, "what its next value opened within the window is not lost")
			default:
				require.Equal(t, away+1, c.Withheld, "the chain ended meanwhile: nothing before the new one is opened")
			}
			require.Zero(t, s.Chain(all[0].address).Withheld)
		})
	}
}

func TestAValueThatLeadsNowhereChangesNothing(t *testing.T) {
	all, s := producers(2), Genesis("test")
	for h := uint64(1); h < 20; h++ {
		s.Advance(h, []Vote{all[0].vote(h), all[1].vote(h)})
	}
	tip := *s.Chain(all[1].address)
	s.Advance(20, []Vote{all[0].vote(20), {Producer: all[1].address, Value: &Value{7}}})
	require.Equal(t, tip, *s.Chain(all[1].address))
	require.EqualValues(t, 1, s.Pending[0].Values)
	s.Advance(21, []Vote{all[0].vote(21), all[1].vote(21)})
	require.EqualValues(t, 2, s.Pending[1].Values, "the next good value opens that height too")
}

func TestWithoutVotesTheMixMovesOn(t *testing.T) {
	s, seen := Genesis("test"), map[Value]bool{}
	for h := range uint64(100) {
		s.Advance(h, nil)
		require.False(t, seen[s.Mix])
		seen[s.Mix] = true
	}
	require.EqualValues(t, 100, s.Silent)
	require.NotEqual(t, Genesis("a").Mix, Genesis("b").Mix)
}

func TestLowerHeightsAfterARestartFromAnExport(t *testing.T) {
	all, s := producers(1), Genesis("test")
	for h := uint64(1000); h < 1020; h++ {
		s.Advance(h, []Vote{all[0].vote(h)})
	}
	again := NewSecret([]byte{0}, []byte("export"))
	for h := uint64(1); h < 20; h++ {
		v, next := again.At(h)
		s.Advance(h, []Vote{{Producer: all[0].address, Value: &v, Next: next}})
	}
	require.EqualValues(t, 1, s.Pending[0].Values)
	require.EqualValues(t, 19, s.Chains[0].Height)
}

func TestKeepForgetsTheOthers(t *testing.T) {
	all, s := producers(5), Genesis("test")
	var votes []Vote
	for i := range all {
		votes = append(votes, all[len(all)-1-i].vote(1))
	}
	s.Advance(1, votes)
	s.Keep(func(a Address) bool { return a[0]%2 == 1 })
	require.Len(t, s.Chains, 3)
	for _, p := range all {
		require.Equal(t, p.address[0]%2 == 1, s.Chain(p.address) != nil)
	}
}

func TestIndexFavoursNobody(t *testing.T) {
	const n, draws = 7, 70_000
	var count [n]int
	for epoch := range uint64(draws) {
		count[Draw{"test", 1, epoch}.Index(Value{1}, n)]++
	}
	for i, c := range count {
		require.InDelta(t, draws/n, c, 500, "index %d", i)
	}
	require.Zero(t, Draw{}.Index(Value{}, 0))
	require.Zero(t, Draw{}.Index(Value{}, 1))
	for _, n := range []uint64{2, 3, 1<<63 + 1, 1<<64 - 1} {
		require.Less(t, Draw{"test", 1, 1}.Index(Value{1}, n), n)
	}
	same := 0
	for epoch := range uint64(1000) {
		if (Draw{"test", 1, epoch}).Index(Value{}, 1000) == (Draw{"test", 2, epoch}).Index(Value{}, 1000) {
			same++
		}
	}
	require.Less(t, same, 10, "two subnets draw independently")
}

func BenchmarkSecretAt(b *testing.B) {
	s := NewSecret([]byte("key"), nil)
	var h uint64
	for b.Loop() {
		h += 37
		s.At(h)
	}
}

func BenchmarkAdvance128(b *testing.B) {
	all, s := producers(128), Genesis("test")
	var votes [512][]Vote
	for h := range votes {
		for _, p := range all {
			votes[h] = append(votes[h], p.vote(uint64(h+1)))
		}
	}
	h := 0
	for b.Loop() {
		if h == len(votes) {
			s, h = Genesis("test"), 0
		}
		s.Advance(uint64(h+1), votes[h])
		h++
	}
}
