package video

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/validator"
)

// fakeLedger makes blocks when it is told to and refuses weights some times.
type fakeLedger struct {
	validator.Chain // what is not asked of a ledger without commit and reveal

	graph  *metagraph.Snapshot
	blocks chan metagraph.Event

	mu      sync.Mutex
	refuse  int
	refused int
	uids    []uint16
	weights []uint16
	set     chan struct{}
}

func (f *fakeLedger) Metagraph(context.Context, uint16) (*metagraph.Snapshot, error) {
	return f.graph, nil
}

func (f *fakeLedger) Changes(context.Context, uint16) (<-chan metagraph.Event, error) {
	return f.blocks, nil
}

func (f *fakeLedger) Params(context.Context, uint16) (validator.Params, error) {
	return validator.Params{Tempo: 10, MaxWeightLimit: 65535}, nil
}

func (f *fakeLedger) SetWeights(_ context.Context, _ uint16, uids, weights []uint16, _ uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refused < f.refuse {
		f.refused++
		return errors.New("refused by the ledger")
	}
	if f.uids == nil {
		f.uids, f.weights = uids, weights
		close(f.set)
	}
	return nil
}

// A closed round's weights reach the ledger, also when it says no at first; the base loop tries
// again, and the database learns of it only then.
func TestWeightsReachALedgerThatRefuses(t *testing.T) {
	w := newWorld(t, "miner")
	good := w.join("works", w.echo("miner", w.ffmpeg("-c:v", "libx264", "-crf", "24"), nil))
	w.join("cheats", w.echo("miner", nil, nil))
	v := w.validator()
	f := &fakeLedger{graph: w.snapshot(), blocks: make(chan metagraph.Event), refuse: 2, set: make(chan struct{})}
	base, err := validator.New(validator.Options{
		Hotkey: pair(validatorName).Address(), Chain: submitting{f, v}, Graph: metagraph.NewCache(f, 1, metagraph.Options{}),
		Market: v.Market(), Rule: replace, State: filepath.Join(w.dir, "validator.json"), Every: 1000, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- base.Run(ctx) }()
	clock := time.NewTicker(5 * time.Millisecond) // a ledger whose blocks leave the cores to the encoders
	defer clock.Stop()
	for block := uint64(101); ; block++ {
		select {
		case <-clock.C:
			select {
			case f.blocks <- metagraph.Event{Block: block}:
			case <-ctx.Done(): // the next turn says so
			}
			continue
		case <-f.set:
		case <-ctx.Done():
			t.Fatal("no weights within three minutes")
		}
		break
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if f.refused != 2 || len(f.uids) != 1 || int(f.uids[0]) != good || f.weights[0] != 65535 {
		t.Errorf("refused %d times, then %v %v", f.refused, f.uids, f.weights)
	}
	round, _, err := v.DB.LastClosed(context.Background())
	if err != nil || round.SubmittedAt.IsZero() {
		t.Errorf("round %+v, %v", round, err)
	}
}
