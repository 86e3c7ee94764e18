package scoredb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

func (s *sqliteStore) Enqueue(ctx context.Context, jobs ...Job) error {
	if len(jobs) > MaxJobs {
		return fmt.Errorf("enqueue: %w: %d jobs, want at most %d", ErrInvalid, len(jobs), MaxJobs)
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		checked := int64(0)
		for _, job := range jobs {
			job.State, job.Worker, job.LeaseUntil, job.Attempts = Queued, "", time.Time{}, 0
			err := checkResponse(job.Round, job.UID, job.Hotkey, job.Task, job.Kind)
			if err = errors.Join(err, checkRow(&job)); err != nil {
				return fmt.Errorf("enqueue task %q for uid %d: %w", job.Task, job.UID, err)
			}
			if job.Round != checked {
				if _, err := writable(ctx, tx, job.Round); err != nil {
					return fmt.Errorf("enqueue: %w", err)
				}
				checked = job.Round
			}
			if _, err := insert(ctx, tx, "jobs", &job); err != nil && !errors.Is(err, ErrDuplicate) {
				return fmt.Errorf("enqueue task %q for uid %d: %w", job.Task, job.UID, err)
			}
		}
		return nil
	})
}

func (s *sqliteStore) Lease(ctx context.Context, worker string, ttl time.Duration) (Job, error) {
	if worker == "" || checkText("worker", worker) != nil || ttl <= 0 {
		return Job{}, fmt.Errorf("lease a job: %w: worker %.80q, ttl %s", ErrInvalid, worker, ttl)
	}
	var job Job
	err := s.transact(ctx, func(tx *sql.Tx) (err error) {
		now := s.clock()
		job, err = selectRow[Job](ctx, tx, ErrNoJob, "jobs", `
			WHERE (state = 'queued' OR state = 'leased' AND lease_until <= ?)
			AND round IN (SELECT seq FROM rounds WHERE closed_at IS NULL) ORDER BY id`, stamp(now))
		if err != nil {
			return err
		}
		job.State, job.Worker, job.LeaseUntil = Leased, worker, now.Add(ttl).UTC().Truncate(time.Microsecond)
		job.Attempts++
		_, err = tx.ExecContext(ctx, `UPDATE jobs SET state = ?, worker = ?, lease_until = ?, attempts = ? WHERE id = ?`,
			string(job.State), job.Worker, stamp(job.LeaseUntil), job.Attempts, job.ID)
		return err
	})
	if err != nil {
		return Job{}, fmt.Errorf("lease a job: %w", err)
	}
	return job, nil
}

func (s *sqliteStore) Done(ctx context.Context, id int64, worker string) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		job, err := selectRow[Job](ctx, tx, ErrNotFound, "jobs", "WHERE id = ?", id)
		switch {
		case err != nil:
			return err
		case job.State == Done || job.State == Skipped:
			return nil
		case job.State != Leased || job.Worker != worker || !job.LeaseUntil.After(s.clock()):
			return ErrLeaseLost
		}
		_, err = tx.ExecContext(ctx, `UPDATE jobs SET state = 'done' WHERE id = ?`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("end job %d: %w", id, err)
	}
	return nil
}

// endJob ends the job behind a response, where there is one.
func endJob(ctx context.Context, tx *sql.Tx, state JobState, round int64, uid int, task string) error {
	_, err := tx.ExecContext(ctx, `UPDATE jobs SET state = ? WHERE round = ? AND uid = ? AND task = ?`, string(state), round, uid, task)
	return err
}
