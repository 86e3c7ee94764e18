package video

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Bucket is a neuron's own bucket; *objectstore.Store is one.
type Bucket interface {
	PutFile(ctx context.Context, key, path string, limit int64) (objectstore.Object, error)
	PresignGet(ctx context.Context, key string, ttl time.Duration) (string, error)
	Expire(ctx context.Context, prefix string, olderThan time.Time) (int, error)
}

// Fetcher downloads what a stranger's URL names; *objectstore.Fetcher is one.
type Fetcher interface {
	Fetch(ctx context.Context, req objectstore.Request) (objectstore.Fetched, error)
}

// Config is what a Validator is made of. Fields without a default are required.
type Config struct {
	Key      *keys.Pair
	Netuid   uint16
	Profile  reward.Profile
	DB       scoredb.Store
	Dendrite *dendrite.Dendrite // must require signed answers
	Bucket   Bucket
	Fetcher  Fetcher
	Tool     *media.Tool
	Dir      string // for clips, answers and evidence

	Comparer media.Comparer // nil: Tool, under the limits of results and the profile's frame slack
	Source   clips.Source   // of clips; nil draws them
	Format   clips.Format   // of clips; zero: DemoFormat
	Codec    string         // family demanded of compressed clips; "" leaves the choice to the miner

	// Parallel bounds the answers under way at once; 64. On one machine miners and validators share
	// the cores, and miners that are asked all at once miss deadlines that each alone would meet.
	Parallel int
	// Deadline is what a miner gets for a task; nil: ten times the validator's own cost of it.
	Deadline func(clips.Task) time.Duration
	// Reveal is how long after the end of its round a reference stays private; 1 min.
	Reveal time.Duration
	// Keep is how long files stay; 2 h. Rows stay for 30 days.
	Keep    time.Duration
	Footage clips.Footage                   // bounds of users' clips
	Scored  func(id int64, s scoredb.Score) // told of every row once it is safe; may be nil

	Now   func() time.Time                                 // nil: time.Now
	Pause func(ctx context.Context, d time.Duration) error // nil: a timer
	Log   *slog.Logger
}

// Validator issues tasks, measures answers and keeps the score. Rounds run one after the other; all
// else is safe for concurrent use.
type Validator struct {
	Config
	files    files
	maker    *clips.Maker
	organics *organics
	draw     func() string // a round's seed

	mu   sync.Mutex
	note string // what it is doing
}

// DemoFormat is the default clip: a second small enough that a laptop measures a whole market of
// miners within half a minute.
func DemoFormat() clips.Format { return clips.Format{Width: 192, Height: 144, Rate: 12, Frames: 12} }

const (
	databaseName    = "scores.db" // in a validator's folder
	defaultParallel = 64
	defaultReveal   = time.Minute
	defaultKeep     = 2 * time.Hour
	inputTTL        = time.Hour // of a presigned URL
)

// New makes a validator over its folder and reads what users' clips an earlier run left to do.
func New(c Config) (*Validator, error) {
	if c.Key == nil || c.DB == nil || c.Dendrite == nil || c.Bucket == nil || c.Fetcher == nil || c.Tool == nil || c.Dir == "" {
		return nil, errors.New("video validator: Config needs Key, DB, Dendrite, Bucket, Fetcher, Tool and Dir")
	}
	if err := c.Profile.Validate(); err != nil {
		return nil, fmt.Errorf("video validator: profile: %w", err)
	}
	c.defaults()
	f, err := openFiles(c.Dir)
	if err != nil {
		return nil, err
	}
	v := &Validator{Config: c, files: f, draw: drawSeed, maker: &clips.Maker{Tool: c.Tool, Dir: f.tasks(), Source: c.Source, Format: c.Format}}
	v.organics, err = openOrganics(v)
	return v, err
}

func (c *Config) defaults() {
	if c.Comparer == nil {
		c.Comparer = media.Scorer{Tool: c.Tool, Limits: media.ResultLimits(), FrameSlack: c.Profile.FrameSlack}
	}
	if c.Format == (clips.Format{}) {
		c.Format = DemoFormat()
	}
	if c.Footage == (clips.Footage{}) {
		c.Footage = clips.Footage{MaxSide: 384, Rate: 24, Seconds: 4}
	}
	if c.Deadline == nil {
		c.Deadline = clips.Task.Deadline
	}
	if c.Parallel <= 0 {
		c.Parallel = defaultParallel
	}
	if c.Reveal <= 0 {
		c.Reveal = defaultReveal
	}
	if c.Keep <= 0 {
		c.Keep = defaultKeep
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Pause == nil {
		c.Pause = pause
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// pause waits, but not beyond the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *Validator) say(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.note = fmt.Sprintf(format, args...)
}

func (v *Validator) said() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.note
}
