// Package onledger plays a scenario of the laboratory on the ledger itself: the state machine, block by
// block, with the players' messages signed and executed. It is the proof that the laboratory's pure run
// pays what the ledger pays, to the rao.
//
//	proof, err := onledger.Compare(ctx, scenario, seed, nil)
//
// The blocks come one after the other without a clock, from a genesis that has the scenario's rules.
// A subnet is founded in one block; then in each epoch come, each in a block of its own, registrations,
// stakes, what is revealed, the honest validators' weights and those of the others.
package onledger

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/lab"
)

// Figures are what a run on the ledger took.
type Figures struct {
	Blocks   int64 `json:"blocks"`
	Messages int   `json:"messages"`
	Refused  int   `json:"refused"` // of the messages
}

// Proof is the comparison of a run on the ledger with the pure one.
type Proof struct {
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	Epochs   int    `json:"epochs"`
	Players  int    `json:"players"`
	Figures
	Equal bool `json:"equal"` // every player got the same, to the rao, in every epoch
	// Difference is the first one, in words.
	Difference string `json:"difference,omitempty"`
}

// Run plays a scenario on the ledger. Besides what lab.Run returns, errors are of rules that the ledger
// cannot have, and of messages that it refuses for reasons that no player gave. told, where not nil,
// hears after each epoch how many of how many are settled.
func Run(ctx context.Context, s *lab.Scenario, seed uint64, told func(done, of int)) (*lab.Result, Figures, error) {
	var l *ledger
	r, err := lab.On(ctx, s, seed, func(f lab.Founding) (lab.Ledger, error) {
		var err error
		if l, err = open(f, s.Epochs); err != nil {
			return nil, err
		}
		l.told = told
		return l, nil
	})
	if err != nil {
		return nil, Figures{}, fmt.Errorf("on the ledger: %w", err)
	}
	l.took.Blocks = l.node.Height
	return r, l.took, nil
}

// Compare plays a scenario purely and on the ledger, as Run, and holds one against the other.
func Compare(ctx context.Context, s *lab.Scenario, seed uint64, told func(done, of int)) (*Proof, error) {
	pure, err := lab.Run(ctx, s, seed)
	if err != nil {
		return nil, err
	}
	got, took, err := Run(ctx, s, seed, told)
	if err != nil {
		return nil, err
	}
	p := &Proof{
		Scenario: s.Name, Seed: seed, Epochs: len(got.Epochs), Players: len(got.Players), Figures: took, Difference: difference(got, pure),
	}
	p.Equal = p.Difference == ""
	return p, nil
}

// difference says where two runs of one scenario first differ.
func difference(ledger, pure *lab.Result) string {
	for i := range pure.Epochs {
		if d := differs(&ledger.Epochs[i], &pure.Epochs[i], pure.Players); d != "" {
			return fmt.Sprintf("epoch %d: %s", i, d)
		}
	}
	return unlike("stake in rao at the end", ledger.Stake, pure.Stake, pure.Players)
}

func differs(ledger, pure *lab.Epoch, players []lab.Player) string {
	for _, d := range []string{
		unlike("uid", ledger.UID, pure.UID, players),
		unlike("rao as a miner", ledger.Miner, pure.Miner, players),
		unlike("rao as a validator", ledger.Validator, pure.Validator, players),
		unlike("incentive", ledger.Incentive, pure.Incentive, players),
		unlike("dividends", ledger.Dividends, pure.Dividends, players),
		unlike("validator trust", ledger.Trust, pure.Trust, players),
		unlike("cost", ledger.Cost, pure.Cost, players),
	} {
		if d != "" {
			return d
		}
	}
	if ledger.Owner != pure.Owner || ledger.Unissued != pure.Unissued {
		return fmt.Sprintf("the owner got %d rao on the ledger and %d in the pure run, %d and %d were not issued",
			ledger.Owner, pure.Owner, ledger.Unissued, pure.Unissued)
	}
	return ""
}

func unlike[T comparable](what string, ledger, pure []T, players []lab.Player) string {
	if len(ledger) != len(pure) {
		return fmt.Sprintf("%s of %d players on the ledger and of %d in the pure run", what, len(ledger), len(pure))
	}
	for i := range pure {
		if ledger[i] != pure[i] {
			return fmt.Sprintf("player %d, %s: %s is %v on the ledger and %v in the pure run", i, players[i].Name, what, ledger[i], pure[i])
		}
	}
	return ""
}
