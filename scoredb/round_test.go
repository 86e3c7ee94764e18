package scoredb

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

func TestOneOpenRound(t *testing.T) {
	s, _ := fresh(t)
	_, err := s.Resume(t.Context())
	want(t, err, ErrNoRound)
	_, _, err = s.LastClosed(t.Context())
	want(t, err, ErrNoRound)
	_, err = s.OpenRound(t.Context(), Round{})
	want(t, err, ErrInvalid)
	r := openRoundNamed(t, s, "one")
	_, err = s.OpenRound(t.Context(), Round{Label: "two"})
	want(t, err, ErrRoundOpen)
	if _, err := s.write.Exec(`INSERT INTO rounds (label, profile, seed, block, opened_at, submitted_tx) VALUES ('x', '', '', 0, 0, '')`); err == nil {
		t.Fatal("the database itself allows two open rounds")
	}
	want(t, s.MarkSubmitted(t.Context(), r.Seq, "tx"), ErrNoRound)
	closeRound(t, s, r.Seq, sum)
	_, err = s.CloseRound(t.Context(), r.Seq, sum)
	want(t, err, ErrRoundClosed)
	_, err = s.Record(t.Context(), sample(t, r.Seq, 1, "late", .5))
	want(t, err, ErrRoundClosed)
	want(t, s.Enqueue(t.Context(), Job{Round: r.Seq, UID: 1, Hotkey: hotkey(1), Task: "t", Kind: "x"}), ErrRoundClosed)
	_, err = s.OpenRound(t.Context(), Round{Label: "one"})
	want(t, err, ErrInvalid)

	if last, _, err := s.LastClosed(t.Context()); err != nil || !last.SubmittedAt.IsZero() {
		t.Fatalf("%+v, %v", last, err)
	}
	if err := s.MarkSubmitted(t.Context(), r.Seq, "0xab"); err != nil {
		t.Fatal(err)
	}
	if last, _, err := s.LastClosed(t.Context()); err != nil || last.SubmittedTx != "0xab" || last.SubmittedAt.IsZero() {
		t.Fatalf("%+v, %v", last, err)
	}
}

// Nothing of a failed closing may be seen, and the round goes on.
func TestAFailedClosingLeavesNothing(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	record(t, s, sample(t, r.Seq, 1, "a", .5))
	record(t, s, sample(t, r.Seq, 2, "a", .5))
	boom := errors.New("boom")
	bad := map[string]struct {
		compute Compute
		want    error
	}{
		"its own error": {func(History) ([]MinerState, error) { return nil, boom }, boom},
		"stranger": {func(h History) ([]MinerState, error) {
			states, _ := sum(h)
			return append(states, MinerState{UID: 9, Hotkey: hotkey(9)}), nil
		}, ErrInvalid},
		"twice": {func(h History) ([]MinerState, error) {
			states, _ := sum(h)
			return append(states, states[0]), nil
		}, ErrInvalid},
		"other hotkey": {func(h History) ([]MinerState, error) {
			states, _ := sum(h)
			states[1].Hotkey = hotkey(1)
			return states, nil
		}, ErrInvalid},
		"NaN in the last": {func(h History) ([]MinerState, error) {
			states, _ := sum(h)
			states[1].Weight = math.NaN()
			return states, nil
		}, ErrInvalid},
		"negative weight": {func(h History) ([]MinerState, error) {
			states, _ := sum(h)
			states[1].Weight = -1
			return states, nil
		}, ErrInvalid},
		"since the future": {func(h History) ([]MinerState, error) {
			states, _ := sum(h)
			states[1].Since = 2
			return states, nil
		}, ErrInvalid},
	}
	for name, c := range bad {
		t.Run(name, func(t *testing.T) {
			_, err := s.CloseRound(t.Context(), r.Seq, c.compute)
			want(t, err, c.want)
			if states, err := s.States(t.Context(), r.Seq); err != nil || len(states) != 0 {
				t.Fatalf("%d states, %v", len(states), err)
			}
			if resumed, err := s.Resume(t.Context()); err != nil || len(resumed.Scores) != 2 {
				t.Fatalf("%+v, %v", resumed, err)
			}
		})
	}
	if states := closeRound(t, s, r.Seq, sum); len(states) != 2 {
		t.Fatalf("%d states", len(states))
	}
}

// The window: newest first, at most ten, only rows before the round, of this hotkey, since Since.
func TestHistory(t *testing.T) {
	s, _ := fresh(t)
	task := 0
	play := func(rows map[int]string, compute Compute) History {
		t.Helper()
		task++
		r := openRoundNamed(t, s, fmt.Sprint("round ", task))
		for uid := range 4 {
			if key := rows[uid]; key != "" {
				for half := range 2 {
					record(t, s, sample(t, r.Seq, uid, fmt.Sprintf("%d.%d", task, half), .5, func(s *Score) { s.Hotkey = pair(key).Address() }))
				}
			}
		}
		var seen History
		closeRound(t, s, r.Seq, func(h History) ([]MinerState, error) {
			seen = h
			return compute(h)
		})
		return seen
	}
	for range 6 {
		play(map[int]string{0: "a", 1: "b"}, sum)
	}
	h := play(map[int]string{0: "a", 1: "c", 2: "d"}, sum)
	if len(h.Miners) != 3 {
		t.Fatalf("%d miners", len(h.Miners))
	}
	a, c, d := h.Miners[0], h.Miners[1], h.Miners[2]
	if len(a.New) != 2 || a.New[0].ID > a.New[1].ID || len(a.Past) != DefaultWindow || a.Previous.Accumulated != 6 {
		t.Fatalf("a: %d new, %d past, %+v", len(a.New), len(a.Past), a.Previous)
	}
	for i, r := range a.Past {
		if r.Hotkey != a.Hotkey || r.Round >= h.Round.Seq || i > 0 && r.ID >= a.Past[i-1].ID {
			t.Fatalf("past row %d: %+v", i, r)
		}
	}
	if c.Previous != nil || len(c.Past) != 0 || len(c.New) != 2 || d.Previous != nil {
		t.Fatalf("a new hotkey does not start fresh: %+v", c)
	}

	// An idle miner is in the history; one left out of the answer is forgotten.
	h = play(map[int]string{1: "c"}, func(h History) ([]MinerState, error) {
		states, err := sum(h)
		return states[:2], err // without d
	})
	if len(h.Miners) != 3 || len(h.Miners[2].New) != 0 || h.Miners[2].Previous.Accumulated != 1 || len(h.Miners[2].Past) != 2 {
		t.Fatalf("idle: %+v", h.Miners[2])
	}
	h = play(map[int]string{2: "d"}, sum)
	if d := h.Miners[2]; d.Previous != nil || len(d.Past) != 0 {
		t.Fatalf("forgotten, but: %+v", d)
	}
	// A change of task: Since moves, the old rows leave the window.
	play(map[int]string{0: "a"}, func(h History) ([]MinerState, error) {
		states, err := sum(h)
		states[0].Since = h.Round.Seq
		return states, err
	})
	h = play(nil, sum)
	if past := h.Miners[0].Past; len(past) != 2 {
		t.Fatalf("%d rows after a reset", len(past))
	}
	if rows, err := s.Scores(t.Context(), Query{Hotkey: pair("b").Address()}); err != nil || len(rows) != 12 {
		t.Fatalf("the predecessor's evidence: %d rows, %v", len(rows), err)
	}
}
