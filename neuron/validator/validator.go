package validator

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/neuron/presence"
)

// ErrNotRegistered ends Run: the hotkey holds no uid.
var ErrNotRegistered = presence.ErrNotRegistered

// ErrState is wrapped by errors of the state file: it is damaged, another's, or cannot be written.
var ErrState = errors.New("validator state")

// Params are the subnet's hyperparameters that weights depend on.
type Params struct {
	Tempo             uint64 // blocks
	LastEpoch         uint64 // block of the subnet's last epoch; 0 before the first, or where a ledger does not tell
	CommitReveal      bool   // weights are committed in one epoch and revealed in a later one
	MinAllowedWeights uint16
	MaxWeightLimit    uint16 // of 65535
}

// Chain is the ledger as a validator needs it, besides metagraph.Source. Calls may run concurrently.
// An error that has a method BlocksLeft() uint64 means too soon.
type Chain interface {
	Params(ctx context.Context, netuid uint16) (Params, error)
	// SetWeights sets the hotkey's row for all to see. It returns once the ledger has accepted it.
	SetWeights(ctx context.Context, netuid uint16, uids, weights []uint16, versionKey uint64) error

	// Seal is the hash under which the hotkey commits a row.
	Seal(netuid uint16, row Row) (hash [32]byte)
	// CommitWeights commits a row by its hash and returns the block that has it.
	CommitWeights(ctx context.Context, netuid uint16, hash [32]byte) (block uint64, err error)
	// RevealWeights discloses a committed row. It returns once the ledger has accepted it.
	RevealWeights(ctx context.Context, netuid uint16, row Row) error
	// Hidden is what the ledger holds of the hotkey's commits.
	Hidden(ctx context.Context, netuid uint16) (Hidden, error)
}

// Options configures a Validator. Hotkey, Graph, Chain, Market and State are required.
type Options struct {
	Hotkey string           // SS58
	Graph  *metagraph.Cache // run by Run
	Chain  Chain
	Market Market
	State  string // path of the state file

	// Post serves an axon beside the rounds; nil serves none.
	Post *presence.Post
	// Rule folds judgements into scores; MovingAverage(DefaultAlpha, false).
	Rule Rule
	// Every is the least number of blocks from one round to the next; 1.
	Every uint64
	// Epoch is the number of blocks between weight settings; 0 means the subnet's tempo.
	Epoch uint64
	// Quantile of scores to exclude from weights, of 65535.
	Quantile uint16
	// VersionKey goes with weights.
	VersionKey uint64
	// DisableWeights plays and scores without setting weights.
	DisableWeights bool
	// Seed makes the rounds' chance repeatable; 0 draws one that miners cannot guess.
	Seed uint64
	// CallTimeout bounds each call of Chain; 1 min.
	CallTimeout time.Duration

	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Validator plays rounds and sets weights. Safe for concurrent use.
type Validator struct {
	options Options
	metrics *metrics

	mu      sync.Mutex
	state   *state
	next    uint64 // block before which weights are not tried
	handled uint64 // newest block that keep has dealt with
}

// New reads the state file and checks the options. It writes nothing.
func New(o Options) (*Validator, error) {
	if o.Hotkey == "" || o.Graph == nil || o.Chain == nil || o.Market == nil || o.State == "" {
		return nil, errors.New("validator: Options needs Hotkey, Graph, Chain, Market and State")
	}
	if o.Rule == nil {
		o.Rule = MovingAverage(DefaultAlpha, false)
	}
	o.Every = max(o.Every, 1)
	if o.CallTimeout <= 0 {
		o.CallTimeout = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Seed == 0 {
		var raw [8]byte
		if _, err := crand.Read(raw[:]); err != nil {
			return nil, fmt.Errorf("validator: draw seed: %w", err)
		}
		o.Seed = binary.LittleEndian.Uint64(raw[:])
	}
	s, err := loadState(o.State, o.Graph.Netuid(), o.Hotkey)
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("validator: register metrics: %w", err)
	}
	return &Validator{options: o, metrics: m, state: s}, nil
}

// Scores is a copy of the current scores by hotkey.
func (v *Validator) Scores() map[string]float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.state.Scores)
}

// Step is the number of rounds judged, over restarts.
func (v *Validator) Step() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state.Step
}

// Judged counts, by hotkey, the verdicts that counted.
func (v *Validator) Judged() map[string]uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.state.Judged)
}

// Run validates until ctx ends and returns nil. It fails with ErrNotRegistered when the hotkey has or
// keeps no uid, with metagraph.ErrNoSubnet when the subnet is not there or goes, and with ErrState
// when state cannot be saved. A ledger that cannot be reached is waited for.
func (v *Validator) Run(ctx context.Context) error {
	err := v.options.Graph.During(ctx, v.work)
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return fmt.Errorf("validator: %w", err)
}

// work does all that a validator does, side by side.
func (v *Validator) work(ctx context.Context) error {
	if err := v.options.Graph.Wait(ctx, 0); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return v.play(ctx) })
	group.Go(func() error { return v.keep(ctx) })
	if v.options.Post != nil {
		group.Go(func() error { return v.options.Post.Run(ctx) })
	}
	return group.Wait()
}

// play is one round after the other, at most one per Every blocks.
func (v *Validator) play(ctx context.Context) error {
	o := &v.options
	for {
		head, snapshot := o.Graph.Head(), o.Graph.Snapshot()
		if err := v.round(ctx, head, snapshot); err != nil {
			return err
		}
		if err := o.Graph.Wait(ctx, head+o.Every); err != nil {
			return err
		}
	}
}

func (v *Validator) round(ctx context.Context, head uint64, snapshot *metagraph.Snapshot) error {
	self, err := presence.Check(snapshot, v.options.Hotkey)
	if err != nil {
		return err
	}
	v.mu.Lock()
	step := v.state.Step
	v.mu.Unlock()
	seed := [2]uint64{v.options.Seed, step}
	judged, err := guard(ctx, v.options.Market, Round{
		Step: step, Block: head, Self: self.UID, Snapshot: snapshot, Seed: seed, Rand: rand.New(rand.NewPCG(seed[0], seed[1])),
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		v.metrics.rounds.WithLabelValues("failed").Inc()
		v.options.Log.Warn("round failed; scores stay", "step", step, "error", err)
		return nil
	}
	v.metrics.rounds.WithLabelValues("judged").Inc()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, j := range judged {
		if _, counts := value(j.Verdict); counts {
			v.state.Judged[j.Hotkey]++
		} else {
			v.options.Log.Warn("miner skipped", "hotkey", j.Hotkey, "verdict", fmt.Sprintf("%T %v", j.Verdict, j.Verdict))
		}
	}
	v.state.Scores = v.options.Rule(v.state.Scores, judged)
	v.state.Step++
	v.state.Played = v.options.Graph.Head()
	v.state.align(v.options.Graph.Snapshot()) // a miner may have been replaced while it was judged
	return v.state.save(v.options.State)
}

// guard turns a panic of the market into a failed round: weights must go on.
func guard(ctx context.Context, market Market, r Round) (judged []Judgement, err error) {
	defer func() {
		if p := recover(); p != nil {
			judged, err = nil, fmt.Errorf("market panics: %v\n%s", p, debug.Stack())
		}
	}()
	return market.Round(ctx, r)
}

// keep watches the registration and sets, or commits and reveals, weights when they are due, block
// by block.
func (v *Validator) keep(ctx context.Context) error {
	o := &v.options
	for {
		head, snapshot := o.Graph.Head(), o.Graph.Snapshot()
		self, err := presence.Check(snapshot, o.Hotkey)
		if err != nil {
			return err
		}
		if err := v.tend(ctx, head, snapshot, self); err != nil {
			return err
		}
		v.mu.Lock()
		v.handled = head
		v.mu.Unlock()
		if err := o.Graph.Wait(ctx, head+1); err != nil {
			return err
		}
	}
}
