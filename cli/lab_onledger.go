package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/onledger"
)

// runOnLedger plays a scenario purely and on the ledger, and fails if they differ.
func (e *env) runOnLedger(ctx context.Context, s *lab.Scenario, seed uint64) error {
	bar := e.progress("playing " + s.Name)
	p, err := onledger.Compare(ctx, s, seed, func(done, of int) {
		bar.set(fmt.Sprintf("playing %s on the ledger, epoch %d of %d", s.Name, done, of))
	})
	bar.stop()
	if err != nil {
		return err
	}
	if err := e.print(p, func(w io.Writer) { writeProof(w, p) }); err != nil {
		return err
	}
	if !p.Equal {
		return errReported
	}
	return nil
}

func writeProof(w io.Writer, p *onledger.Proof) {
	verdict := "The ledger pays every player what the pure run pays it, to the rao, in every epoch."
	if !p.Equal {
		verdict = "The ledger and the pure run differ. The first difference is in " + p.Difference + "."
	}
	fmt.Fprintln(w, printable(wrap(verdict, screen)))
	fmt.Fprintf(w, "\n%d players, %d epochs, seed %d\n%d blocks, %d messages, of which %d were refused\n",
		p.Players, p.Epochs, p.Seed, p.Blocks, p.Messages, p.Refused)
}
