package video

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/subnets/video/reward"
	"github.com/ergon-network/ergon/subnets/video/strategy"
)

// MinerConfig is what a Miner is made of. Fields without a default are required.
type MinerConfig struct {
	Strategy strategy.Strategy
	Kind     reward.Kind // offered to validators; "": the strategy's first
	Tool     *media.Tool
	Bucket   Bucket
	Fetcher  Fetcher
	Dir      string // for work under way and, for a while, its own results
	Command  string // of strategy "command"
	// Siblings is a folder of other miners' folders, which "copycat" reads: the uids of one operator
	// on one disk. "": the folder that Dir is in.
	Siblings string
	Keep     time.Duration // how long results stay, here and in the bucket; 2 h

	Now   func() time.Time                                 // nil: time.Now
	Pause func(ctx context.Context, d time.Duration) error // nil: a timer
	Log   *slog.Logger
}

// Miner answers tasks by a strategy. Safe for concurrent use.
type Miner struct {
	MinerConfig
	kinds []string
}

// NewMiner makes a miner over its folder.
func NewMiner(c MinerConfig) (*Miner, error) {
	if c.Tool == nil || c.Bucket == nil || c.Fetcher == nil || c.Dir == "" || len(c.Strategy.Kinds) == 0 {
		return nil, errors.New("video miner: MinerConfig needs Strategy, Tool, Bucket, Fetcher and Dir")
	}
	if c.Kind == "" {
		c.Kind = c.Strategy.Kinds[0]
	}
	if !c.Strategy.Does(c.Kind) {
		return nil, fmt.Errorf("strategy %s does %v, not %s", c.Strategy.Name, c.Strategy.Kinds, c.Kind)
	}
	if c.Siblings == "" {
		c.Siblings = filepath.Dir(c.Dir)
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
	for _, name := range []string{"work", "results"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, name), 0o700); err != nil {
			return nil, fmt.Errorf("make the miner's folder: %w", err)
		}
	}
	return &Miner{MinerConfig: c, kinds: []string{string(c.Kind)}}, nil
}

// Attach adds the market's handlers to an axon.
func (m *Miner) Attach(a *axon.Axon) error {
	return errors.Join(
		axon.Handle(a, m.capability),
		axon.Handle(a, func(ctx context.Context, call axon.Call, req *VideoCompression) error {
			said, err := m.answer(ctx, call, req.question())
			if err == nil {
				req.give(said)
			}
			return err
		}),
		axon.Handle(a, func(ctx context.Context, call axon.Call, req *VideoUpscaling) error {
			said, err := m.answer(ctx, call, req.question())
			if err == nil {
				req.give(said)
			}
			return err
		}))
}

func (m *Miner) capability(_ context.Context, _ axon.Call, req *VideoCapability) error {
	if m.Strategy.Name == "offline" {
		return axon.Errorf(503, "offline")
	}
	most := maxTaskSeconds
	req.Kinds, req.MaxSeconds = m.kinds, &most
	return nil
}

// answer does one task: download, check, work, upload.
func (m *Miner) answer(ctx context.Context, call axon.Call, q question) (answer, error) {
	if err := q.check(); err != nil {
		return answer{}, axon.Errorf(400, "%v", err)
	}
	if !m.Strategy.Does(q.Kind) {
		return answer{}, axon.Errorf(400, "this miner does %v", m.Strategy.Kinds)
	}
	began := m.Now()
	deadline := began.Add(time.Duration(q.Deadline * float64(time.Second)))
	// A folder of its own: two validators may use one task id, and one may ask twice.
	dir, err := os.MkdirTemp(filepath.Join(m.Dir, "work"), q.TaskID+"-*")
	if err != nil {
		return answer{}, err
	}
	defer os.RemoveAll(dir)
	job := strategy.Job{
		ID: q.TaskID, Kind: q.Kind, Threshold: q.Threshold, Codec: q.Codec, Scale: q.Scale, Deadline: deadline,
		Input: filepath.Join(dir, "input.mp4"), Output: filepath.Join(dir, "output.mp4"),
	}
	if err := m.download(ctx, q, job.Input); err != nil {
		return answer{}, err
	}
	env := strategy.Env{Tool: m.Tool, Command: m.Command, Now: m.Now, Sleep: m.Pause, Peer: m.sibling(q.RoundID)}
	if err := m.Strategy.Run(ctx, env, job); err != nil {
		if errors.Is(err, strategy.ErrNoAnswer) {
			return answer{}, axon.Errorf(503, "no answer")
		}
		return answer{}, err
	}
	said, err := m.upload(ctx, q, job.Output)
	if err != nil {
		return answer{}, err
	}
	m.Log.Info("answered", "task", q.TaskID, "kind", q.Kind, "validator", call.Hotkey, "bytes", said.Bytes, "of", q.InputBytes,
		"took", m.Now().Sub(began).Round(time.Millisecond))
	return said, nil
}

// download fetches the input, checks its hash and that it is a video within bounds.
func (m *Miner) download(ctx context.Context, q question, path string) error {
	_, err := m.Fetcher.Fetch(ctx, objectstore.Request{URL: q.InputURL, Path: path, Size: q.InputBytes, SHA256: q.InputSHA256})
	var peer *objectstore.PeerFault
	if errors.As(err, &peer) {
		return axon.Errorf(400, "your input cannot be fetched: %s", peer.Reason)
	}
	if err != nil {
		return err
	}
	_, err = m.Tool.Probe(ctx, path, media.ResultLimits())
	if fault := media.AsFault(err); fault != nil {
		return axon.Errorf(400, "your input is unusable: %s", fault.Gate)
	}
	return err
}

// upload puts the result into the miner's bucket and keeps a copy.
func (m *Miner) upload(ctx context.Context, q question, path string) (answer, error) {
	name := resultName(q.RoundID, q.Kind, filepath.Base(filepath.Dir(path)))
	object, err := m.Bucket.PutFile(ctx, "results/"+name, path, maxInputBytes)
	if err != nil {
		return answer{}, err
	}
	link, err := m.Bucket.PresignGet(ctx, object.Key, inputTTL)
	if err != nil {
		return answer{}, err
	}
	return answer{URL: link, SHA256: object.SHA256, Bytes: object.Size}, os.Rename(path, filepath.Join(m.Dir, "results", name))
}

// resultName sorts results by round and kind.
func resultName(round string, kind reward.Kind, task string) string {
	return round + "_" + string(kind) + "_" + task + ".mp4"
}

// Tidy removes results older than Keep, here and in the bucket (video §8).
func (m *Miner) Tidy(ctx context.Context) error {
	before := m.Now().Add(-m.Keep)
	_, err := m.Bucket.Expire(ctx, "results/", before)
	return errors.Join(err, files{dir: m.Dir}.sweep(before))
}

const tidyEvery = 5 * time.Minute

// keepTidy runs Tidy now and then until ctx ends.
func (m *Miner) keepTidy(ctx context.Context) {
	for {
		if err := m.Tidy(ctx); err != nil && ctx.Err() == nil {
			m.Log.Warn("old results stay", "error", err)
		}
		if m.Pause(ctx, tidyEvery) != nil {
			return
		}
	}
}

const (
	siblingPoll = 250 * time.Millisecond
	// The first to hand content in is paid. A copycat's operator wants that to be the one that did the
	// work, in case copies are found out.
	siblingWait = time.Second
)

// sibling finds a result of another miner on this disk: first of the same round, and if none comes
// within half the time, of any earlier one.
func (m *Miner) sibling(round string) func(context.Context, strategy.Job) (string, error) {
	return func(ctx context.Context, j strategy.Job) (string, error) {
		half := m.Now().Add(j.Deadline.Sub(m.Now()) / 2)
		for {
			of := round
			if m.Now().After(half) {
				of = "*"
			}
			if path := m.newest(resultName(of, j.Kind, "*")); path != "" {
				return path, m.Pause(ctx, siblingWait)
			}
			if of == "*" {
				return "", fmt.Errorf("nothing to copy: %w", strategy.ErrNoAnswer)
			}
			if err := m.Pause(ctx, siblingPoll); err != nil {
				return "", err
			}
		}
	}
}

func (m *Miner) newest(pattern string) (found string) {
	paths, _ := filepath.Glob(filepath.Join(m.Siblings, "*", "results", pattern)) // plain ids make no bad pattern
	own := filepath.Join(m.Dir, "results")
	var latest time.Time
	for _, p := range paths {
		st, err := os.Stat(p)
		if err == nil && filepath.Dir(p) != own && st.ModTime().After(latest) {
			found, latest = p, st.ModTime()
		}
	}
	return found
}
