package scoredb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

func (s *sqliteStore) OpenRound(ctx context.Context, r Round) (Round, error) {
	r.OpenedAt, r.ClosedAt, r.SubmittedAt, r.SubmittedTx = s.clock().UTC().Truncate(time.Microsecond), time.Time{}, time.Time{}, ""
	if err := checkRow(&r); err != nil {
		return Round{}, fmt.Errorf("open round: %w", err)
	}
	if r.Label == "" {
		return Round{}, fmt.Errorf("open round: %w: no label", ErrInvalid)
	}
	err := s.transact(ctx, func(tx *sql.Tx) error {
		open, err := openRound(ctx, tx)
		if err == nil {
			return fmt.Errorf("%w: %d, %q", ErrRoundOpen, open.Seq, open.Label)
		}
		if !errors.Is(err, ErrNoRound) {
			return err
		}
		r.Seq, err = insert(ctx, tx, "rounds", &r)
		if errors.Is(err, ErrDuplicate) {
			return fmt.Errorf("%w: label %q was used before", ErrInvalid, r.Label)
		}
		return err
	})
	if err != nil {
		return Round{}, fmt.Errorf("open round: %w", err)
	}
	return r, nil
}

func openRound(ctx context.Context, q querier) (Round, error) {
	return selectRow[Round](ctx, q, ErrNoRound, "rounds", "WHERE closed_at IS NULL")
}

// writable finds a round that still takes rows.
func writable(ctx context.Context, tx *sql.Tx, seq int64) (Round, error) {
	r, err := selectRow[Round](ctx, tx, ErrNoRound, "rounds", "WHERE seq = ?", seq)
	if err == nil && !r.ClosedAt.IsZero() {
		err = ErrRoundClosed
	}
	if err != nil {
		return Round{}, fmt.Errorf("round %d: %w", seq, err)
	}
	return r, nil
}

func (s *sqliteStore) Resume(ctx context.Context) (Resumption, error) {
	var out Resumption
	// One transaction, so that jobs and scores are of the same moment.
	err := s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if out.Round, err = openRound(ctx, tx); err != nil {
			return err
		}
		if out.Jobs, err = selectRows[Job](ctx, tx, "jobs", "WHERE round = ? ORDER BY id", out.Round.Seq); err != nil {
			return err
		}
		out.Scores, err = selectRows[Score](ctx, tx, "scores", "WHERE round = ? ORDER BY id", out.Round.Seq)
		return err
	})
	if err != nil {
		return Resumption{}, fmt.Errorf("resume: %w", err)
	}
	return out, nil
}

// snapshot runs reads that must agree with each other.
func (s *sqliteStore) snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	return f(tx)
}

func (s *sqliteStore) CloseRound(ctx context.Context, seq int64, compute Compute) ([]MinerState, error) {
	var states []MinerState
	err := s.transact(ctx, func(tx *sql.Tx) error {
		round, err := writable(ctx, tx, seq)
		if err != nil {
			return err
		}
		history, err := s.history(ctx, tx, round)
		if err != nil {
			return err
		}
		if states, err = compute(history); err != nil {
			return fmt.Errorf("compute: %w", err)
		}
		if states, err = settle(history, states); err != nil {
			return err
		}
		for i := range states {
			if _, err := insert(ctx, tx, "states", &states[i]); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE rounds SET closed_at = ? WHERE seq = ?`, stamp(s.clock()), seq)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("close round %d: %w", seq, err)
	}
	return states, nil
}

// settle checks what compute returned and fills in what the store knows; by uid.
func settle(h History, states []MinerState) ([]MinerState, error) {
	miners := map[int]MinerHistory{}
	for _, m := range h.Miners {
		miners[m.UID] = m
	}
	out := slices.Clone(states)
	for i := range out {
		state := &out[i]
		miner, ok := miners[state.UID]
		if !ok || miner.Hotkey != state.Hotkey {
			return nil, fmt.Errorf("%w: a state for uid %d, hotkey %s, which is not in the history or came twice", ErrInvalid, state.UID, state.Hotkey)
		}
		delete(miners, state.UID)
		first := h.Round.Seq
		if miner.Previous != nil {
			first = miner.Previous.Since
		}
		state.Round = h.Round.Seq
		if state.Since == 0 {
			state.Since = first
		}
		if state.Since < first || state.Since > h.Round.Seq || state.Weight < 0 {
			return nil, fmt.Errorf("%w: uid %d: since %d (want %d..%d), weight %g", ErrInvalid, state.UID, state.Since, first, h.Round.Seq, state.Weight)
		}
		if err := checkRow(state); err != nil {
			return nil, fmt.Errorf("uid %d: %w", state.UID, err)
		}
	}
	slices.SortFunc(out, func(a, b MinerState) int { return a.UID - b.UID })
	return out, nil
}

// history gathers what the end of a round is computed from.
func (s *sqliteStore) history(ctx context.Context, tx *sql.Tx, round Round) (History, error) {
	before, err := lastStates(ctx, tx)
	if err != nil {
		return History{}, err
	}
	rows, err := selectRows[Score](ctx, tx, "scores", "WHERE round = ? ORDER BY id", round.Seq)
	if err != nil {
		return History{}, err
	}
	miners := map[int]*MinerHistory{}
	for i := range before {
		miners[before[i].UID] = &MinerHistory{UID: before[i].UID, Hotkey: before[i].Hotkey, Previous: &before[i]}
	}
	for _, r := range rows {
		m := miners[r.UID]
		if m == nil || m.Hotkey != r.Hotkey { // the newest row says who sits on the uid
			m = &MinerHistory{UID: r.UID, Hotkey: r.Hotkey}
			miners[r.UID] = m
		}
		m.New = append(m.New, r)
	}
	h := History{Round: round}
	for _, m := range miners {
		if m.Previous != nil {
			m.Past, err = selectRows[Score](ctx, tx, "scores",
				"WHERE uid = ? AND hotkey = ? AND round < ? AND round >= ? ORDER BY id DESC LIMIT ?",
				m.UID, m.Hotkey, round.Seq, m.Previous.Since, s.window)
			if err != nil {
				return History{}, err
			}
		}
		h.Miners = append(h.Miners, *m)
	}
	slices.SortFunc(h.Miners, func(a, b MinerHistory) int { return a.UID - b.UID })
	return h, nil
}

const lastClosed = `(SELECT max(seq) FROM rounds WHERE closed_at IS NOT NULL)`

func lastStates(ctx context.Context, q querier) ([]MinerState, error) {
	return selectRows[MinerState](ctx, q, "states", "WHERE round = "+lastClosed+" ORDER BY uid")
}

func (s *sqliteStore) LastClosed(ctx context.Context) (Round, []MinerState, error) {
	var round Round
	var states []MinerState
	err := s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if round, err = selectRow[Round](ctx, tx, ErrNoRound, "rounds", "WHERE seq = "+lastClosed); err != nil {
			return err
		}
		states, err = lastStates(ctx, tx)
		return err
	})
	if err != nil {
		return Round{}, nil, fmt.Errorf("last closed round: %w", err)
	}
	return round, states, nil
}

func (s *sqliteStore) States(ctx context.Context, round int64) ([]MinerState, error) {
	return selectRows[MinerState](ctx, s.read, "states", "WHERE round = ? ORDER BY uid", round)
}

func (s *sqliteStore) MarkSubmitted(ctx context.Context, round int64, submittedTx string) error {
	if err := checkText("submitted_tx", submittedTx); err != nil {
		return fmt.Errorf("mark round %d submitted: %w: %w", round, ErrInvalid, err)
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE rounds SET submitted_at = ?, submitted_tx = ? WHERE seq = ? AND closed_at IS NOT NULL`,
			stamp(s.clock()), submittedTx, round)
		if err != nil {
			return fmt.Errorf("mark round %d submitted: %w", round, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("mark round %d submitted: %w", round, errors.Join(ErrNoRound, err))
		}
		return nil
	})
}
