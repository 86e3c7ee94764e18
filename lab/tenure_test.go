package lab_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
)

// crowded is a full subnet of four validators and twelve miners, with newcomers before the door.
func crowded(perEpoch float64, attackers ...lab.Group) *lab.Scenario {
	s := small("control-claims", attackers...)
	s.Epochs, s.Subnet.Immunity = 60, 5
	s.Newcomers = []lab.Group{{Name: "newcomer", PerEpoch: perEpoch, Skill: lab.Range{From: 0.2, To: 0.9}}}
	return s
}

func run(t *testing.T, s *lab.Scenario) *lab.Result {
	t.Helper()
	r, err := lab.Run(t.Context(), s, 5)
	require.NoError(t, err)
	return r
}

// served is how many epochs each player had a uid.
func served(r *lab.Result) []int {
	out := make([]int, len(r.Players))
	for _, e := range r.Epochs {
		for i := range r.Players {
			if e.UID == nil || e.UID[i] >= 0 {
				out[i]++
			}
		}
	}
	return out
}

// A full subnet has as many uids as it has, and the pruning rule gives those of the weak to newcomers.
func TestNewcomersTakeThePlacesOfTheWeak(t *testing.T) {
	r := run(t, crowded(0.5))
	require.Len(t, r.Players, 16+30)
	for i, e := range r.Epochs {
		var uids []int
		for _, uid := range e.UID {
			if uid >= 0 {
				uids = append(uids, uid)
			}
		}
		slices.Sort(uids)
		require.Len(t, slices.Compact(uids), 16, "epoch %d", i)
	}
	epochs := served(r)
	for v := range 4 {
		require.Equal(t, 60, epochs[v], "validators earn, and stay")
	}
	weakest, strongest := epochs[4], epochs[15]
	require.Less(t, weakest, 60)
	require.Equal(t, 60, strongest)
	came := 0
	for _, n := range epochs[16:] {
		if n > 0 {
			came++
		}
	}
	require.Greater(t, came, 10)
}

// Nobody is pruned while it is immune, once others are not.
func TestImmunityProtects(t *testing.T) {
	s := crowded(0.3)
	s.Miners[0].Count, s.Subnet.Immunity = 40, 8
	r := run(t, s)
	tenure := make([]int, len(r.Players))
	for i, e := range r.Epochs {
		for p := range r.Players {
			switch {
			case e.UID[p] >= 0:
				tenure[p]++
			case tenure[p] > 0:
				if i >= 8 {
					require.GreaterOrEqual(t, tenure[p], 8, "player %d lost its uid in epoch %d", p, i)
				}
				tenure[p] = 0
			}
		}
	}
}

// The price follows demand as the ledger has it, and who would pay more than it can afford stays outside.
func TestThePriceOfAUID(t *testing.T) {
	price := func(s *lab.Scenario) (last float64, paid int) {
		r := run(t, s)
		for i, e := range r.Epochs {
			for p := 16; p < len(r.Players); p++ {
				if fresh := e.UID[p] >= 0 && (i == 0 || r.Epochs[i-1].UID[p] < 0); fresh {
					last = e.Cost[p] - 1 - s.Subnet.UIDCost
					paid++
				}
			}
		}
		return last, paid
	}
	quiet, few := price(crowded(0.2))
	busy, many := price(crowded(3))
	require.Less(t, quiet, 1.0, "it falls where fewer come than the subnet aims at")
	require.Greater(t, busy, 2.0)
	require.Greater(t, many, few)
	require.LessOrEqual(t, many, 3*60, "three a block interval at most")

	poor := crowded(3)
	poor.Newcomers[0].Budget = 1.2
	last, _ := price(poor)
	require.LessOrEqual(t, last, 1.2+1e-9)
}

// Who lost its uid comes back after a while, and a subnet with room takes everybody.
func TestRoomAndReturn(t *testing.T) {
	s := crowded(0.5)
	s.Subnet.MaxUIDs = 64
	epochs := served(run(t, s))
	require.Equal(t, 60, slices.Min(epochs[:16]))
	require.Positive(t, slices.Min(epochs[16:42]), "whoever came in time is in")

	s = crowded(0.1)
	s.Subnet.MaxUIDs, s.Newcomers = 14, nil
	r := run(t, s)
	require.Equal(t, -1, r.Epochs[0].UID[15], "there are more players than uids")
	epochs = served(r)
	require.Positive(t, epochs[15])
	require.Less(t, epochs[4], 60)
}

// Attackers live by the same rules: an idle miner is pruned and pays for every return, so that idling
// earns nothing and costs more than holding a uid.
func TestHoardersPayForTheirUIDs(t *testing.T) {
	s := crowded(1, lab.Group{Count: 2, Play: "uid-hoarder"})
	r := run(t, s)
	var cost float64
	var pay uint64
	for _, e := range r.Epochs {
		for p := 16; p < 18; p++ {
			cost += e.Cost[p]
			pay += e.Miner[p]
		}
	}
	require.Zero(t, pay)
	require.Greater(t, cost, 2*60*s.Subnet.UIDCost+10)
	row := sound(t, s)
	require.Zero(t, row.Pay.Mean)
}

// A new hotkey is a second uid: the old one keeps earning on its record until somebody takes it, and all
// of it is the player's.
func TestANewHotkeyIsAnotherUID(t *testing.T) {
	s := crowded(0.1, lab.Group{Count: 1, Skill: lab.Range{From: 0.9, To: 0.9}, Play: "re-registrant", With: map[string]float64{"every": 20}})
	s.Newcomers, s.Subnet.MaxUIDs = nil, 24
	r := run(t, s)
	before, after := r.Epochs[19], r.Epochs[22]
	require.Empty(t, before.UID, "nobody has moved")
	require.Equal(t, 15, after.UID[15])
	require.Equal(t, 17, after.UID[16])
	require.Equal(t, 16, after.Holders()[16], "the old one is still its own")
	require.Equal(t, 16, after.Holders()[17])
	require.Equal(t, 16, before.Holders()[16])
	require.InEpsilon(t, before.Miner[16], after.Miner[16], 1e-3, "the market adds up what each hotkey did")
	require.InDelta(t, before.Cost[16]+s.Subnet.UIDCost, after.Cost[16], 1e-9)
}

func TestScenarioErrorsAboutUIDs(t *testing.T) {
	for want, change := range map[string]func(s *lab.Scenario){
		"the 4 validators need one each": func(s *lab.Scenario) { s.Subnet.MaxUIDs = 3 },
		"say per_epoch":                  func(s *lab.Scenario) { s.Newcomers[0].Count = 3 },
		"per_epoch of newcomer is 0":     func(s *lab.Scenario) { s.Newcomers[0].PerEpoch = 0 },
		"only newcomers have it":         func(s *lab.Scenario) { s.Miners[0].PerEpoch = 1 },
		"newcomers included":             func(s *lab.Scenario) { s.Newcomers[0].PerEpoch, s.Epochs = 100, 1000 },
		"subnet.immunity is 200":         func(s *lab.Scenario) { s.Subnet.Immunity = 200 },
		"subnet.registration":            func(s *lab.Scenario) { s.Subnet.Registration = 101 },
		"delay of":                       func(s *lab.Scenario) { s.Miners[0].Delay = -1 },
	} {
		s := crowded(0.5)
		change(s)
		require.ErrorContains(t, s.Check(), want)
	}
}

// An attack and its twin differ by the attack alone: a play that changes nothing but its cost changes
// nobody's pay, whatever comes and goes around it.
func TestTheTwinDiffersByTheAttackAlone(t *testing.T) {
	s := crowded(1, lab.Group{Count: 2, Skill: lab.Range{From: 0.2, To: 0.7}, Play: "devops", Delay: 0.3})
	s.Miners[0].Delay = 0.4
	attack, honest := run(t, s), run(t, s.Twin())
	for i := range attack.Epochs {
		require.Equal(t, honest.Epochs[i].Miner, attack.Epochs[i].Miner)
		require.Equal(t, honest.Epochs[i].UID, attack.Epochs[i].UID)
	}
	require.NotEqual(t, honest.Epochs[0].Cost, attack.Epochs[0].Cost)
}
