package video

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/ledger"
	"github.com/ergon-network/ergon/neuron/validator"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
	"github.com/ergon-network/ergon/subnets/video/strategy"
)

func init() {
	subnets.Register(subnets.Market{
		Name: "video", Summary: "compress and enlarge clips; measured by VMAF against hidden references",
		Profiles: profiles(),
		// Two validators and a miner of each strategy close a round in about half a minute on two
		// cores: a tempo of a minute holds a whole one.
		BlockTime: time.Second, Tempo: 60,
		S3: true, Media: true,
		Strategies: strategies(),
		Miner:      mine,
		Validator:  validate,
		Panel: func(api string) (explorer.Panel, error) {
			return NewPanel(func() string { return api })
		},
	})
}

// profiles lists the reward profiles, the default first.
func profiles() (ids []string) {
	all, err := reward.Profiles() // embedded in the program and tested: no error to expect
	if err != nil {
		return []string{reward.Default}
	}
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	return ids
}

func strategies() (out []subnets.Strategy) {
	for _, s := range strategy.All() {
		out = append(out, subnets.Strategy{Name: s.Name, Summary: s.About, Honest: s.Honest, Manual: s.Name == "command"})
	}
	return out
}

// On one machine everybody shares the cores, so fewer miners are asked at once and each gets more
// time than it would need alone.
const (
	localParallel = 4
	localDeadline = 20 * time.Second
	localKeep     = 30 * time.Minute // a round's files take some MB, and rounds are short
	// mostDeadline stays below what an axon grants a caller.
	mostDeadline = 55 * time.Second
	roundGap     = 3 // blocks from the end of a round to the next
)

var errNoStore = errors.New("the video market needs an object store: give --s3 s3://KEY:SECRET@HOST:PORT/BUCKET, or run it in `ergon localnet`")

// tools are what every neuron of the market has.
func tools(ctx context.Context, n subnets.Neuron) (*media.Tool, *objectstore.Store, *objectstore.Fetcher, error) {
	if n.S3 == "" {
		return nil, nil, nil, errNoStore
	}
	where, err := objectstore.ParseURL(n.S3)
	if err != nil {
		return nil, nil, nil, err
	}
	tool, err := media.Find()
	if err != nil {
		return nil, nil, nil, err
	}
	store, err := objectstore.Open(ctx, n.S3)
	if err != nil {
		return nil, nil, nil, err
	}
	fetcher, err := objectstore.NewFetcher(objectstore.FetcherOptions{
		AllowLoopback: n.Loopback, Own: []string{where.Endpoint},
		Limits: objectstore.Limits{MaxBytes: maxInputBytes, Total: time.Minute},
	})
	return tool, store, fetcher, err
}

// mine serves a strategy until ctx ends.
func mine(ctx context.Context, n subnets.Neuron) error {
	s, err := strategy.Named(n.Strategy)
	if err != nil {
		return err
	}
	tool, store, fetcher, err := tools(ctx, n)
	if err != nil {
		return err
	}
	c := MinerConfig{
		Strategy: s, Kind: reward.Kind(n.Options["kind"]), Tool: tool, Bucket: store, Fetcher: fetcher, Dir: n.Dir,
		Command: n.Options["encoder"], Siblings: n.Options["siblings"], Log: n.Log,
	}
	if n.Loopback {
		c.Keep = localKeep
	}
	m, err := NewMiner(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go m.keepTidy(ctx)
	return subnets.RunMiner(ctx, n, func(a *axon.Axon) error { return m.Attach(a) })
}

// validate plays rounds, serves the read API and sets weights until ctx ends.
func validate(ctx context.Context, n subnets.Neuron) error {
	v, err := open(ctx, n)
	if err != nil {
		return err
	}
	defer func() { _ = v.DB.Close() }()
	return subnets.RunValidator(ctx, n, validator.Options{
		Chain:  submitting{ledger.New(n.Chain, n.Netuid, n.Hotkey), v},
		Market: v.Market(), Rule: replace, Every: roundGap,
	}, v.API())
}

// open makes a validator out of what its process is given.
func open(ctx context.Context, n subnets.Neuron) (*Validator, error) {
	tool, store, fetcher, err := tools(ctx, n)
	if err != nil {
		return nil, err
	}
	c := Config{
		Key: n.Hotkey, Netuid: n.Netuid, Bucket: store, Fetcher: fetcher, Tool: tool, Dir: n.Dir, Log: n.Log,
		Deadline: deadline(n.Loopback),
	}
	if n.Loopback {
		c.Parallel, c.Keep = localParallel, localKeep
	}
	if c.Profile, err = reward.Named(n.Profile); err != nil {
		return nil, err
	}
	if c.Dendrite, err = dendrite.New(dendrite.Options{Key: n.Hotkey, AllowPrivate: n.Loopback, RequireSigned: true}); err != nil {
		return nil, err
	}
	if _, err := openFiles(n.Dir); err != nil { // makes the folder of the database
		return nil, err
	}
	if n.Clips != "" {
		if c.Source, err = clips.OpenFolder(ctx, tool, n.Clips, DemoFormat()); err != nil {
			return nil, err
		}
	}
	if c.DB, err = scoredb.Open(ctx, "sqlite:"+filepath.Join(n.Dir, databaseName), scoredb.Options{Window: c.Profile.Window}); err != nil {
		return nil, err
	}
	v, err := New(c)
	if err != nil {
		return nil, errors.Join(err, c.DB.Close())
	}
	return v, nil
}

// deadline is ten times the validator's own cost of a task, within bounds.
func deadline(shared bool) func(clips.Task) time.Duration {
	return func(t clips.Task) time.Duration {
		d := t.Deadline()
		if shared {
			d = max(d, localDeadline)
		}
		return min(d, mostDeadline)
	}
}

// ErrNothingEarned: no miner has a positive weight, so the round says nothing that could be set.
var ErrNothingEarned = errors.New("no miner earned anything")

// Market plays the validator's rounds for the base loop. A judgement is a miner's share of the
// weights: accumulated scores and multipliers are kept in the score database, so nothing is averaged
// once more.
func (v *Validator) Market() validator.Market {
	return validator.MarketFunc(func(ctx context.Context, r validator.Round) ([]validator.Judgement, error) {
		round, states, err := v.Round(ctx, r.Snapshot)
		if err != nil {
			v.say("%v", err)
			return nil, err
		}
		var judged []validator.Judgement
		total := 0.0
		for _, s := range states {
			total += s.Weight
			judged = append(judged, validator.Judgement{Hotkey: s.Hotkey, Verdict: validator.Score(s.Weight)})
		}
		if total == 0 {
			return nil, fmt.Errorf("round %d: %w", round.Seq, ErrNothingEarned)
		}
		return judged, nil
	})
}

// replace is the rule that takes a round's weights as they are.
func replace(_ map[string]float64, judged []validator.Judgement) map[string]float64 {
	scores := map[string]float64{}
	for _, j := range judged {
		if s, ok := j.Verdict.(validator.Score); ok {
			scores[j.Hotkey] = float64(s)
		}
	}
	return scores
}

// submitting notes in the score database which round's weights are on the ledger.
type submitting struct {
	validator.Chain
	v *Validator
}

// SetWeights implements validator.Chain.
func (s submitting) SetWeights(ctx context.Context, netuid uint16, uids, weights []uint16, versionKey uint64) error {
	if err := s.Chain.SetWeights(ctx, netuid, uids, weights, versionKey); err != nil {
		return err
	}
	s.note(ctx)
	return nil
}

// CommitWeights implements validator.Chain: once they are committed, nothing that happens changes them.
func (s submitting) CommitWeights(ctx context.Context, netuid uint16, hash [32]byte) (uint64, error) {
	block, err := s.Chain.CommitWeights(ctx, netuid, hash)
	if err != nil {
		return 0, err
	}
	s.note(ctx)
	return block, nil
}

func (s submitting) note(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // they are set, so it is to be noted even by one who is told to stop
	if round, _, err := s.v.DB.LastClosed(ctx); err == nil {
		if err := s.v.DB.MarkSubmitted(ctx, round.Seq, ""); err != nil {
			s.v.Log.Warn("the weights are set, but the database does not know", "round", round.Seq, "error", err)
		}
	}
}
