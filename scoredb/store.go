package scoredb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounds on what the store takes and gives.
const (
	MaxPayload    = 64 << 10 // bytes of a job's payload
	MaxPage       = 1000     // rows of one query
	MaxJobs       = 100_000  // of one Enqueue
	DefaultWindow = 10       // rows of a miner's rolling window (video §6.6)
	maxText       = 256      // bytes of a short text: ids, codes, names
	maxError      = 2048     // bytes of an error text; longer ones are cut
	maxUID        = 65535
)

// Errors a caller can act on.
var (
	ErrDuplicate   = errors.New("this response has been scored or skipped already")
	ErrRoundOpen   = errors.New("another round is open; resume and close it first")
	ErrRoundClosed = errors.New("the round is closed")
	ErrNoRound     = errors.New("no such round")
	ErrNoJob       = errors.New("no job is waiting")
	ErrLeaseLost   = errors.New("the lease is not yours any more")
	ErrNotFound    = errors.New("no such row")
	ErrInvalid     = errors.New("invalid row")
	ErrNewer       = errors.New("the database was made by a newer program; use that one")
	ErrURL         = errors.New("not a score database URL; write sqlite:PATH")
)

// Store is a score database. All methods are safe for concurrent use, also by several
// processes on one database. Every write that returned nil is durable.
type Store interface {
	// OpenRound starts a round; Seq, OpenedAt and all that follows them are the store's.
	// Errors: ErrRoundOpen, ErrInvalid.
	OpenRound(ctx context.Context, r Round) (Round, error)

	// Resume returns the open round with its jobs and scores. Errors: ErrNoRound.
	Resume(ctx context.Context) (Resumption, error)

	// CloseRound computes and writes every miner's record and closes the round, in one
	// transaction: an error, from compute too, leaves the round open and nothing written.
	// Jobs not done stay as they are and are no longer leased.
	// Errors: ErrNoRound, ErrRoundClosed, ErrInvalid, compute's own.
	CloseRound(ctx context.Context, round int64, compute Compute) ([]MinerState, error)

	// LastClosed returns the newest closed round and its states by uid. A zero SubmittedAt
	// says that its weights still have to be set. Errors: ErrNoRound.
	LastClosed(ctx context.Context) (Round, []MinerState, error)

	// States returns what a closed round wrote, by uid; empty for an open or pruned round.
	States(ctx context.Context, round int64) ([]MinerState, error)

	// MarkSubmitted notes that a closed round's weights are on the chain.
	// Errors: ErrNoRound (also for an open one).
	MarkSubmitted(ctx context.Context, round int64, tx string) error

	// Enqueue adds jobs to an open round, all or none; one whose round, uid and task exist
	// already is left as it is. Errors: ErrNoRound, ErrRoundClosed, ErrInvalid.
	Enqueue(ctx context.Context, jobs ...Job) error

	// Lease takes the oldest waiting job of an open round for ttl by the store's clock.
	// Errors: ErrNoJob.
	Lease(ctx context.Context, worker string, ttl time.Duration) (Job, error)

	// Done ends a job that the worker holds; ended jobs stay ended without an error.
	// Errors: ErrNotFound, ErrLeaseLost.
	Done(ctx context.Context, job int64, worker string) error

	// Record commits one score and ends its job, if it has one. The signature is checked.
	// Errors: ErrInvalid, ErrDuplicate, ErrNoRound, ErrRoundClosed, keys.ErrSignature.
	Record(ctx context.Context, s Score) (id int64, err error)

	// Skip notes a failure of ours and ends the job, if there is one.
	// Errors as for Record.
	Skip(ctx context.Context, s Skip) (id int64, err error)

	// Score returns one row with all its evidence. Errors: ErrNotFound.
	Score(ctx context.Context, id int64) (Score, error)
	Scores(ctx context.Context, q Query) ([]Score, error)
	Skips(ctx context.Context, q Query) ([]Skip, error)

	// Rankings are the miners of one task kind ("" for all) as of the last closed round:
	// accumulated score down, then fewer failures, then the lower uid (video §12). limit 0 is
	// MaxPage.
	Rankings(ctx context.Context, kind string, limit int) ([]Ranking, error)

	// Prune removes rounds closed before olderThan with their rows, but keeps the last closed
	// round and the newest Options.Window rows of every present miner, so that no later
	// computation changes.
	Prune(ctx context.Context, olderThan time.Time) (Pruned, error)

	Close() error
}

// Options configure Open. The zero value is right for production.
type Options struct {
	Clock  func() time.Time // nil: time.Now
	Window int              // rows of Past, 0: DefaultWindow
}

// Open opens or creates the database a URL names: sqlite:PATH. Other schemes are for stores to
// come. Errors: ErrURL, ErrNewer, or the engine's.
func Open(ctx context.Context, url string, opts Options) (Store, error) {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Window <= 0 {
		opts.Window = DefaultWindow
	}
	scheme, path, ok := strings.Cut(url, ":")
	if !ok || scheme != "sqlite" || path == "" || strings.ContainsRune(path, 0) {
		return nil, fmt.Errorf("%w, got %.80q", ErrURL, url)
	}
	return openSQLite(ctx, path, opts)
}
