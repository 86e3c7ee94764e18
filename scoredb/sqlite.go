package scoredb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// busyTimeout is how long a write waits for another process's write, in milliseconds.
const busyTimeout = "10000"

// readers is how many reads run at once; write-ahead logging lets them pass the writer.
const readers = 4

// sqliteStore keeps one connection for writing, which queues the writes of this process in
// order, and a few that cannot write.
type sqliteStore struct {
	write  *sql.DB
	read   *sql.DB
	clock  func() time.Time
	window int
}

// openSQLite sets synchronous=FULL: with write-ahead logging that makes every commit wait for
// the disk, which is what an acknowledged row promises.
func openSQLite(ctx context.Context, path string, opts Options) (*sqliteStore, error) {
	s := &sqliteStore{clock: opts.Clock, window: opts.Window}
	var err error
	// A write transaction takes the lock at its start: one that read first could not get it later.
	if s.write, err = openPool(path, 1, "immediate", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"); err != nil {
		return nil, fmt.Errorf("open score database %s: %w", path, err)
	}
	if err := s.migrate(ctx, loadMigrations()); err != nil {
		s.write.Close()
		return nil, fmt.Errorf("open score database %s: %w", path, err)
	}
	if s.read, err = openPool(path, readers, "deferred", "query_only(1)"); err != nil {
		s.write.Close()
		return nil, fmt.Errorf("open score database %s: %w", path, err)
	}
	return s, nil
}

func openPool(path string, connections int, lock string, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {lock}, "_pragma": append([]string{"busy_timeout(" + busyTimeout + ")"}, pragmas...)}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// Close lets running calls end and closes the database.
func (s *sqliteStore) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// loadMigrations returns the embedded steps in order; step i makes version i+1.
func loadMigrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil
	}
	var steps []string
	for _, name := range names {
		if text, err := migrationFiles.ReadFile(name); err == nil {
			steps = append(steps, string(text))
		}
	}
	return steps
}

// migrate brings the schema to the newest version, one transaction for each step, so that a
// crash between two leaves a version that the next start goes on from.
func (s *sqliteStore) migrate(ctx context.Context, steps []string) error {
	const table = `CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)`
	if _, err := s.write.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	for done := false; !done; {
		err := s.transact(ctx, func(tx *sql.Tx) error {
			var version int
			if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_version`).Scan(&version); err != nil {
				return err
			}
			if version > len(steps) {
				return fmt.Errorf("%w: its version is %d, this program knows %d", ErrNewer, version, len(steps))
			}
			if done = version == len(steps); done {
				return nil
			}
			if _, err := tx.ExecContext(ctx, steps[version]); err != nil {
				return fmt.Errorf("migrate to version %d: %w", version+1, err)
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO schema_version (version, applied_at) VALUES (?, ?)`, version+1, s.clock().UnixMicro())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// transact runs f in one write transaction: all of it on nil, nothing on an error.
func (s *sqliteStore) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after the commit
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rowOf is a pointer to a row type.
type rowOf[T any] interface {
	*T
	row
}

// selectRows reads rows of one table; rest is what follows FROM table.
func selectRows[T any, P rowOf[T]](ctx context.Context, q querier, table, rest string, args ...any) ([]T, error) {
	text := fmt.Sprintf("SELECT %s FROM %s %s", names(P(new(T)), true), table, rest)
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		var one T
		if err := rows.Scan(targets(P(&one))...); err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		out = append(out, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	return out, nil
}

// selectRow reads one row; missing is the error for none.
func selectRow[T any, P rowOf[T]](ctx context.Context, q querier, missing error, table, rest string, args ...any) (T, error) {
	rows, err := selectRows[T, P](ctx, q, table, rest+" LIMIT 1", args...)
	if err != nil || len(rows) == 0 {
		var none T
		if err == nil {
			err = missing
		}
		return none, err
	}
	return rows[0], nil
}

// insert adds a row and returns its id; ErrDuplicate where a unique index holds it already.
func insert(ctx context.Context, tx *sql.Tx, table string, r row) (int64, error) {
	text, args := insertSQL(table, r)
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, fmt.Errorf("insert into %s: %w", table, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, errors.Join(ErrDuplicate, err)
	}
	return result.LastInsertId()
}
