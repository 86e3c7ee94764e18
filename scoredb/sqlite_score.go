package scoredb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

func (s *sqliteStore) Record(ctx context.Context, score Score) (int64, error) {
	score.ID = 0
	err := score.check()
	if err == nil {
		err = score.Verify()
	}
	var id int64
	if err == nil {
		id, err = s.end(ctx, "scores", "skips", Done, &score, score.Round, score.UID, score.Task)
	}
	if err != nil {
		return 0, fmt.Errorf("record the score of uid %d, task %q: %w", score.UID, score.Task, err)
	}
	return id, nil
}

func (s *sqliteStore) Skip(ctx context.Context, skip Skip) (int64, error) {
	skip.ID, skip.At, skip.Error = 0, s.clock(), Clip(skip.Error)
	err := checkResponse(skip.Round, skip.UID, skip.Hotkey, skip.Task, skip.Kind)
	if err == nil {
		err = checkRow(&skip)
	}
	var id int64
	if err == nil {
		id, err = s.end(ctx, "skips", "scores", Skipped, &skip, skip.Round, skip.UID, skip.Task)
	}
	if err != nil {
		return 0, fmt.Errorf("skip uid %d, task %q: %w", skip.UID, skip.Task, err)
	}
	return id, nil
}

// end commits how a response ended: one row in table and none in other, and the job's state.
func (s *sqliteStore) end(ctx context.Context, table, other string, state JobState, r row, round int64, uid int, task string) (id int64, err error) {
	err = s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := writable(ctx, tx, round); err != nil {
			return err
		}
		var ended int
		query := "SELECT count(*) FROM " + other + " WHERE round = ? AND uid = ? AND task = ?"
		if err := tx.QueryRowContext(ctx, query, round, uid, task).Scan(&ended); err != nil {
			return err
		}
		if ended > 0 {
			return ErrDuplicate
		}
		var err error
		if id, err = insert(ctx, tx, table, r); err != nil {
			return err
		}
		return endJob(ctx, tx, state, round, uid, task)
	})
	return id, err
}

func (s *sqliteStore) Score(ctx context.Context, id int64) (Score, error) {
	score, err := selectRow[Score](ctx, s.read, ErrNotFound, "scores", "WHERE id = ?", id)
	if err != nil {
		return Score{}, fmt.Errorf("score %d: %w", id, err)
	}
	return score, nil
}

func (s *sqliteStore) Scores(ctx context.Context, q Query) ([]Score, error) {
	rest, args := q.where()
	return selectRows[Score](ctx, s.read, "scores", rest, args...)
}

func (s *sqliteStore) Skips(ctx context.Context, q Query) ([]Skip, error) {
	rest, args := q.where()
	return selectRows[Skip](ctx, s.read, "skips", rest, args...)
}

func (q Query) where() (rest string, args []any) {
	terms := []string{"1 = 1"}
	add := func(term string, value any) { terms, args = append(terms, term), append(args, value) }
	if q.UID != nil {
		add("uid = ?", *q.UID)
	}
	if q.Hotkey != "" {
		add("hotkey = ?", q.Hotkey)
	}
	if q.Kind != "" {
		add("kind = ?", q.Kind)
	}
	if q.Round != 0 {
		add("round = ?", q.Round)
	}
	if q.Before != 0 {
		add("id < ?", q.Before)
	}
	args = append(args, page(q.Limit))
	return "WHERE " + strings.Join(terms, " AND ") + " ORDER BY id DESC LIMIT ?", args
}

func page(limit int) int {
	if limit <= 0 {
		return MaxPage
	}
	return min(limit, MaxPage)
}

func (s *sqliteStore) Rankings(ctx context.Context, kind string, limit int) ([]Ranking, error) {
	states, err := selectRows[MinerState](ctx, s.read, "states",
		"WHERE round = "+lastClosed+" AND (kind = ? OR ? = '') ORDER BY accumulated DESC, responses - successes, uid LIMIT ?",
		kind, kind, page(limit))
	if err != nil {
		return nil, fmt.Errorf("rankings: %w", err)
	}
	out := make([]Ranking, len(states))
	for i, state := range states {
		out[i] = Ranking{Rank: i + 1, SuccessRate: state.SuccessRate(), MinerState: state}
	}
	return out, nil
}

// pruneScores keeps of the old rounds what a present miner's window may still need.
const pruneScores = `DELETE FROM scores WHERE round IN (SELECT seq FROM old) AND id NOT IN (
	SELECT id FROM (
		SELECT scores.id, row_number() OVER (PARTITION BY scores.uid, scores.hotkey ORDER BY scores.id DESC) AS age
		FROM scores JOIN states ON states.uid = scores.uid AND states.hotkey = scores.hotkey
		WHERE states.round = ` + lastClosed + ` AND scores.round <= states.round
	) WHERE age <= ?)`

func (s *sqliteStore) Prune(ctx context.Context, olderThan time.Time) (Pruned, error) {
	var out Pruned
	err := s.transact(ctx, func(tx *sql.Tx) error {
		const old = `WITH old AS (SELECT seq FROM rounds WHERE closed_at < ? AND seq < ` + lastClosed + `) `
		cutoff := stamp(olderThan)
		for _, step := range []struct {
			count *int64
			text  string
			args  []any
		}{
			{&out.Scores, old + pruneScores, []any{cutoff, s.window}},
			{&out.Skips, old + `DELETE FROM skips WHERE round IN (SELECT seq FROM old)`, []any{cutoff}},
			{&out.Jobs, old + `DELETE FROM jobs WHERE round IN (SELECT seq FROM old)`, []any{cutoff}},
			{&out.States, old + `DELETE FROM states WHERE round IN (SELECT seq FROM old)`, []any{cutoff}},
			{&out.Rounds, old + `DELETE FROM rounds WHERE seq IN (SELECT seq FROM old) AND seq NOT IN (SELECT round FROM scores)`, []any{cutoff}},
		} {
			result, err := tx.ExecContext(ctx, step.text, step.args...)
			if err != nil {
				return err
			}
			if *step.count, err = result.RowsAffected(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Pruned{}, fmt.Errorf("prune before %s: %w", olderThan.UTC().Format(time.RFC3339), err)
	}
	return out, nil
}
