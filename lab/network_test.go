package lab_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

// watched is a market that shows its tests what arrives.
type watched struct {
	rounds [][]lab.Answer
	silent map[int]int
}

var last *watched

func init() {
	lab.AddMarket(lab.Market{Name: "test-watched", New: func(string, int) (lab.Judge, error) {
		last = &watched{silent: map[int]int{}}
		return last, nil
	}})
}

func (w *watched) Round(_ *rand.Rand, answers []lab.Answer, _ func(float64) float64) error {
	w.rounds = append(w.rounds, append([]lab.Answer(nil), answers...))
	return nil
}
func (w *watched) Scores() []float64 { return make([]float64, 64) }
func (w *watched) Forget(int)        {}
func (w *watched) Silent(uids []int) error {
	for _, uid := range uids {
		w.silent[uid]++
	}
	return nil
}

// arrivals plays a world of one validator and says how many of each miner's answers came in time.
func arrivals(t *testing.T, miners ...lab.Group) (came []int, w *watched, rounds int) {
	t.Helper()
	s := lab.Defaults()
	s.Name, s.Market, s.Epochs, s.Rounds = "test", "test-watched", 50, 10
	s.Validators = []lab.Group{{Count: 1, Stake: 1000}}
	s.Miners = miners
	_, err := lab.Run(t.Context(), &s, 1)
	require.NoError(t, err)
	came = make([]int, 64)
	for _, answers := range last.rounds {
		for i, a := range answers {
			require.Equal(t, i, a.Order)
			came[a.UID]++
		}
	}
	return came, last, s.Epochs * s.Rounds
}

// Answers that are under way for too long are silence, and who is near is first.
func TestDelay(t *testing.T) {
	came, w, rounds := arrivals(t, lab.Group{Count: 1}, lab.Group{Count: 1, Delay: 0.1}, lab.Group{Count: 1, Delay: 1}, lab.Group{Count: 1, Delay: 50})
	require.Equal(t, rounds, came[1])
	require.Greater(t, came[2], rounds*98/100)
	require.InDelta(t, 0.632*float64(rounds), float64(came[3]), 0.08*float64(rounds), "as many as an exponential has below its mean")
	require.Less(t, came[4], rounds/10)
	for uid := 1; uid <= 4; uid++ {
		require.Equal(t, rounds, came[uid]+w.silent[uid], "what does not come in time is booked as silence")
	}
	for _, answers := range w.rounds {
		require.Equal(t, 1, answers[0].UID, "no delay comes first")
	}
}

// A machine makes so many answers in a round; uids that share it wait for each other.
func TestSpeed(t *testing.T) {
	came, _, rounds := arrivals(t, lab.Group{Count: 1, Speed: 1}, lab.Group{Count: 1, Speed: 0.9}, lab.Group{Count: 3, Speed: 2, Play: "sybil"})
	require.Equal(t, rounds, came[1])
	require.Zero(t, came[2])
	require.Equal(t, []int{rounds, rounds, 0}, came[3:6])
}

// Who shares one result makes it once, however many hand it in.
func TestSharedOutputIsMadeOnce(t *testing.T) {
	came, _, rounds := arrivals(t, lab.Group{Count: 3, Speed: 1, Play: "output-sharer"})
	require.Equal(t, []int{rounds, rounds, rounds}, came[1:4])
}

// A relay waits for what it hands on: it comes after it, and not at all if that was too late.
func TestACopyTravelsTwice(t *testing.T) {
	came, w, _ := arrivals(t, lab.Group{Count: 1, Delay: 0.5}, lab.Group{Count: 1, Play: "relay", Delay: 0.2})
	require.Less(t, came[2], came[1])
	for _, answers := range w.rounds {
		if len(answers) > 0 {
			require.Equal(t, 1, answers[0].UID)
		}
	}
}

// A world without speed and delay is as it was: everybody answers, in an order of luck.
func TestNoDelay(t *testing.T) {
	came, w, rounds := arrivals(t, lab.Group{Count: 2})
	require.Equal(t, []int{rounds, rounds}, came[1:3])
	first := map[int]int{}
	for _, answers := range w.rounds {
		first[answers[0].UID]++
	}
	require.Greater(t, first[1], rounds/3)
	require.Greater(t, first[2], rounds/3)
}

// What work costs is a group's to say, for validators too.
func TestCost(t *testing.T) {
	s := small("control-equal")
	s.Validators[0].Cost = 3
	s.Validators = append(s.Validators, lab.Group{Count: 1, Stake: 10, Cost: 3, Play: "lazy-validator"})
	s.Miners[0].Cost = 2
	r := run(t, s)
	cost := r.Epochs[0].Cost
	require.Equal(t, 3.0, cost[0])
	require.Zero(t, cost[4], "who measures nothing saves it")
	require.Equal(t, 2+s.Subnet.UIDCost, cost[5])
}
