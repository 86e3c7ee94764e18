package video

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/ergon-network/ergon/neuron/validator"
	"github.com/ergon-network/ergon/scoredb"
)

// committing is a ledger that takes commits, or refuses them.
type committing struct {
	validator.Chain
	err error
}

func (c committing) CommitWeights(context.Context, uint16, [32]byte) (uint64, error) { return 7, c.err }

// A round counts as submitted once its weights are committed, not before.
func TestACommittedRoundIsNoted(t *testing.T) {
	db, err := scoredb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), databaseName), scoredb.Options{Window: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := db.OpenRound(t.Context(), scoredb.Round{Label: "one"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.CloseRound(t.Context(), r.Seq, func(scoredb.History) ([]scoredb.MinerState, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	v := &Validator{Config: Config{DB: db, Log: testLog(t)}}
	noted := func() bool {
		last, _, err := db.LastClosed(t.Context())
		return err == nil && !last.SubmittedAt.IsZero()
	}
	refusal := errors.New("too soon")
	if _, err := (submitting{committing{err: refusal}, v}).CommitWeights(t.Context(), 1, [32]byte{}); !errors.Is(err, refusal) || noted() {
		t.Errorf("a refused commit is noted: %v", err)
	}
	if block, err := (submitting{committing{}, v}).CommitWeights(t.Context(), 1, [32]byte{}); err != nil || block != 7 || !noted() {
		t.Errorf("block %d, %v, noted %v", block, err, noted())
	}
}
