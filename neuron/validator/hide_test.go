package validator

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/ergon-network/ergon/neuron/metagraph"
)

// hidden is the commit-reveal part of the scripted ledger: an epoch every tempo, period 1.
type hidden struct {
	commits   []Commit
	revealed  []Row
	weighedAt uint64
	limit     uint64 // blocks between commits
	last      uint64 // block of the last one
	// die is called after a step of that name was done on the ledger ("commit", "reveal") or before
	// ("committing", "revealing"); an error is all that the validator gets to know.
	die func(ctx context.Context, step string) error
}

func hiding() *ledger {
	l := newLedger()
	l.params.CommitReveal = true
	return l
}

// steady makes n blocks, each after a round ended in the one before.
func (r *run) steady(n int) {
	r.t.Helper()
	for range n {
		r.blocks(1)
		r.until("a round", func() bool {
			r.v.mu.Lock()
			defer r.v.mu.Unlock()
			return r.v.state.Played == r.v.handled
		})
	}
}

func (l *ledger) epochs() (index, last, next uint64) {
	tempo := l.params.Tempo
	index = l.block / tempo
	return index, index * tempo, (index + 1) * tempo
}

func (l *ledger) Seal(_ uint16, row Row) [32]byte {
	raw, _ := json.Marshal(row)
	return sha256.Sum256(raw)
}

func (l *ledger) step(ctx context.Context, name string) error {
	if l.hidden.die == nil {
		return nil
	}
	return l.hidden.die(ctx, name)
}

func (l *ledger) CommitWeights(ctx context.Context, _ uint16, hash [32]byte) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.step(ctx, "committing"); err != nil {
		return 0, err
	}
	if last := l.hidden.last; last > 0 && l.block-last < l.hidden.limit {
		return 0, tooSoon(l.hidden.limit - (l.block - last))
	}
	l.hidden.last = l.block
	l.attempts = append(l.attempts, l.block)
	index, _, _ := l.epochs()
	l.hidden.commits = append(l.hidden.commits, Commit{Hash: hash, Block: l.block, Epoch: index})
	return l.block, l.step(ctx, "commit")
}

func (l *ledger) RevealWeights(ctx context.Context, _ uint16, row Row) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.step(ctx, "revealing"); err != nil {
		return err
	}
	index, _, _ := l.epochs()
	hash := l.Seal(1, row)
	at := slices.IndexFunc(l.hidden.commits, func(c Commit) bool { return c.Hash == hash })
	if at < 0 || l.hidden.commits[at].Epoch+1 != index {
		return errors.New("nothing to reveal")
	}
	l.hidden.weighedAt = l.hidden.commits[at].Block
	l.hidden.commits = l.hidden.commits[at+1:]
	l.hidden.revealed = append(l.hidden.revealed, row)
	return l.step(ctx, "reveal")
}

func (l *ledger) Hidden(context.Context, uint16) (Hidden, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	index, _, next := l.epochs()
	h := Hidden{Epoch: index, NextEpoch: next, WeighedAt: l.hidden.weighedAt, Commits: slices.Clone(l.hidden.commits)}
	for i := range h.Commits {
		switch c := &h.Commits[i]; {
		case c.Epoch+1 > index:
			c.State, c.OpensAt = Early, (c.Epoch+1)*l.params.Tempo
		case c.Epoch+1 == index:
			c.State = Open
		default:
			c.State = Expired
		}
	}
	return h, nil
}

func (l *ledger) rows() (out []Row) {
	l.with(func() { out = slices.Clone(l.hidden.revealed) })
	return out
}

func (l *ledger) waiting() (n int) {
	l.with(func() { n = len(l.hidden.commits) })
	return n
}

// A row is committed in the second half of each epoch and revealed as soon as the next one begins.
func TestWeightsAreCommittedAndRevealedEachEpoch(t *testing.T) {
	l := hiding()
	r := start(t, l, Options{})
	r.steady(65) // 1001..1065, epochs of 20
	if got := r.attempts(); !slices.Equal(got, []uint64{1010, 1030, 1050}) {
		t.Errorf("commits at %v", got)
	}
	rows := l.rows()
	if len(rows) != 3 || l.waiting() != 0 {
		t.Fatalf("%d rows revealed, %d wait", len(rows), l.waiting())
	}
	if row := rows[0]; !slices.Equal(row.UIDs, []uint16{1, 2}) || !slices.Equal(row.Values, []uint16{65535, 32768}) || len(row.Salt) != saltLength {
		t.Errorf("row %+v", row)
	}
	if slices.Equal(rows[0].Salt, rows[1].Salt) {
		t.Error("a salt is used twice")
	}
	l.with(func() {
		if len(l.sets) != 0 {
			t.Error("weights were set in the open")
		}
	})
	if len(r.v.state.Sealed) != 0 {
		t.Errorf("%d rows are kept for nothing", len(r.v.state.Sealed))
	}
}

// killed is what a process that was killed would have left: the state file as it was in the moment
// of the kill.
type killed struct {
	mu   sync.Mutex
	at   string
	path string
	raw  []byte
}

func (k *killed) die(ctx context.Context, step string) error {
	if step != k.at || k.dead() {
		return nil
	}
	raw, err := os.ReadFile(k.path)
	if err != nil {
		raw = []byte("none")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.raw = raw
	return context.Canceled
}

func (k *killed) dead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.raw != nil
}

// A validator that is killed between any two steps, and started again, reveals a row of every epoch.
func TestAKillBetweenAnyTwoStepsLosesNothing(t *testing.T) {
	for _, step := range []string{"committing", "commit", "revealing", "reveal"} {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			k := &killed{at: step, path: path}
			l := hiding()
			l.hidden.die = k.die
			r := start(t, l, Options{State: path})
			for n := 0; !k.dead(); n++ {
				if n > 60 {
					t.Fatalf("%s never happened", step)
				}
				r.steady(1)
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, k.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			l.events = make(chan metagraph.Event)
			again := start(t, l, Options{State: path})
			var at uint64
			l.with(func() { at = l.block })
			again.steady(int(1065 - at))
			if rows := l.rows(); len(rows) != 3 {
				t.Errorf("%d rows revealed of 3 epochs", len(rows))
			}
			if n := len(again.v.state.Sealed); n > 1 { // one that never arrived is kept while it may
				t.Errorf("%d rows are kept", n)
			}
		})
	}
}

// A validator that was away for its epoch says so, and goes on with what it measures now.
func TestExpiredRowsAreDroppedAloud(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	l := hiding()
	r := start(t, l, Options{State: path})
	r.steady(15)
	if err := r.stop(); err != nil || l.waiting() != 1 {
		t.Fatalf("%d wait, %v", l.waiting(), err)
	}
	l.with(func() { l.block += 40 })
	l.events = make(chan metagraph.Event)
	var log bytes.Buffer
	again := start(t, l, Options{State: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
	again.steady(30)
	_ = again.stop()
	if !bytes.Contains(log.Bytes(), []byte("too late to reveal")) || !bytes.Contains(log.Bytes(), []byte("committed at block\"=1010")) {
		t.Errorf("log %s", log.Bytes())
	}
	if rows := l.rows(); len(rows) != 2 {
		t.Errorf("%d rows revealed since", len(rows))
	}
}

func TestACommitWaitsForTheRateLimit(t *testing.T) {
	l := hiding()
	l.hidden.limit = 25
	r := start(t, l, Options{})
	r.steady(75) // the third may come from 1060 on, and is due from 1070
	if got := r.attempts(); !slices.Equal(got, []uint64{1010, 1035, 1070}) {
		t.Errorf("commits at %v", got)
	}
	if rows := l.rows(); len(rows) != 2 {
		t.Errorf("%d rows revealed", len(rows))
	}
}

// Refusals and lost answers are tried again within the epoch.
func TestARefusedRevealIsTriedAgain(t *testing.T) {
	l := hiding()
	failures := 2
	l.hidden.die = func(_ context.Context, step string) error {
		if step == "revealing" && failures > 0 {
			failures--
			return errors.New("the mempool is full")
		}
		return nil
	}
	r := start(t, l, Options{})
	r.steady(35)
	if rows := l.rows(); len(rows) != 1 || failures != 0 {
		t.Errorf("%d rows revealed, %d failures left", len(rows), failures)
	}
}

// A validator that gets its permit later has a row to reveal by then.
func TestRefusedRevealsDoNotKeepFromCommitting(t *testing.T) {
	l := hiding()
	permit := false
	l.hidden.die = func(_ context.Context, step string) error {
		if step == "revealing" && !permit {
			return errors.New("NeuronNoValidatorPermit")
		}
		return nil
	}
	r := start(t, l, Options{})
	r.steady(58)
	if got := r.attempts(); !slices.Equal(got, []uint64{1010, 1030, 1050}) {
		t.Errorf("commits at %v", got)
	}
	l.with(func() { permit = true })
	r.steady(5) // what is still open of 1030, then what was committed at 1050
	if rows := l.rows(); len(rows) != 2 {
		t.Errorf("%d rows revealed", len(rows))
	}
}

// The owner may switch while rows wait.
func TestASubnetThatOpensUpGetsItsWeightsSet(t *testing.T) {
	l := hiding()
	r := start(t, l, Options{})
	r.steady(12)
	l.with(func() { l.params.CommitReveal = false })
	r.steady(25)
	if n := len(r.v.state.Sealed); n != 0 {
		t.Errorf("%d rows are kept", n)
	}
	l.with(func() {
		if len(l.sets) != 1 {
			t.Errorf("%d settings", len(l.sets))
		}
	})
}

func TestSealedRowsAreBounded(t *testing.T) {
	l := hiding()
	v, err := New(Options{Hotkey: self, Graph: metagraph.NewCache(l, 1, metagraph.Options{}), Chain: l, Market: abc, State: filepath.Join(t.TempDir(), "s.json")})
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxSealed + 5 {
		if err := v.seal(sealed{Hash: fmt.Sprint(i), Saved: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(v.state.Sealed); n != maxSealed || v.state.Sealed[0].Hash != "5" {
		t.Errorf("%d kept, the oldest is %s", n, v.state.Sealed[0].Hash)
	}
}
