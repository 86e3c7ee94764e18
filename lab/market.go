package lab

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Deed is what a miner did for a question. A market's judge sees of it what its measurements would.
type Deed struct {
	Quality float64 // 0..1, what the answer is worth to the one who asked
	Shine   float64 // 0..1, how much more than there is a naive metric is made to see
	Bad     float64 // 0..1, share of the answer that is worthless
	Claim   float64 // 0..1, what the miner says of its own work
	Of      int     // uid whose answer is handed in; Own for the miner's own work
	Early   bool    // a copy of an answer that leaked before it was sent, and so comes before it
	Silent  bool    // no answer
}

// Own is Deed.Of of a miner's own work.
const Own = -1

// Answer is a deed as it reaches a validator.
type Answer struct {
	UID   int
	Order int // in the order of arrival, from 0
	Deed
}

// Judge is one validator's side of a market: its reward functions and the records they keep.
type Judge interface {
	// Round books the answers of one round, in the order of arrival. sense adds the validator's error
	// of measurement to a true value of 0..1; draws come from r only. An error is the adapter's own: what
	// it shows its reward functions cannot be judged.
	Round(r *rand.Rand, answers []Answer, sense func(float64) float64) error
	// Scores are what each uid would get of the weights: finite, not negative, any scale.
	Scores() []float64
	// Forget drops the record of a uid that has a new hotkey.
	Forget(uid int)
}

// Waiter is a Judge that books silence as well.
type Waiter interface {
	// Silent comes after Round with the miners that did not answer in time, in the order of their uids.
	Silent(uids []int) error
}

// Market is how a market joins the laboratory.
type Market struct {
	Name     string
	Summary  string
	Profiles []string // the first is the default; empty: it has none
	// New makes the judge of one validator over n uids. The profile is one of Profiles.
	New func(profile string, n int) (Judge, error)
}

var markets []Market

// AddMarket makes a market known to scenarios; adapters call it from init. A name taken twice is a
// fault of the program.
func AddMarket(m Market) {
	if _, err := MarketNamed(m.Name); err == nil {
		panic("lab: two markets are named " + m.Name)
	}
	markets = append(markets, m)
	slices.SortFunc(markets, func(a, b Market) int { return compareText(a.Name, b.Name) })
}

// Markets lists the known markets by name.
func Markets() []Market { return slices.Clone(markets) }

// MarketNamed finds a market.
func MarketNamed(name string) (Market, error) {
	for _, m := range markets {
		if m.Name == name {
			return m, nil
		}
	}
	return Market{}, fmt.Errorf("market %q is not known to the laboratory: use one of %s", name, names(markets, func(m Market) string { return m.Name }))
}
