package video

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/google/uuid"

	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// ErrNoMiners: nobody on the subnet serves, or nobody answers, which may as well be our network.
var ErrNoMiners = errors.New("no miner answers")

const (
	capabilityTimeout = 4 * time.Second
	roundTime         = 10 * time.Minute // when an open round should be over; informational
	attempts          = 3                // of what fails through our fault
	backoff           = 500 * time.Millisecond
	keepRows          = 30 * 24 * time.Hour // rows outlive the files behind them
)

// round is one round under way.
type round struct {
	scoredb.Round
	v       *Validator
	graph   *metagraph.Snapshot
	commits *commits
	kinds   map[reward.Kind][]scoredb.Job // the round's miners by what they do, for users' clips
}

// Round runs one round from one snapshot of the subnet, or goes on with the one that an earlier
// process left open, and returns it closed with every miner's record. An error leaves the round
// open: calling again goes on with it. Errors: ErrNoMiners, ctx's, or the database's.
func (v *Validator) Round(ctx context.Context, s *metagraph.Snapshot) (scoredb.Round, []scoredb.MinerState, error) {
	r, jobs, err := v.open(ctx, s)
	if err != nil {
		return scoredb.Round{}, nil, err
	}
	v.say("round %d: %d miners", r.Seq, len(jobs))
	if err := r.work(ctx, jobs); err != nil {
		return r.Round, nil, fmt.Errorf("round %d: %w", r.Seq, err)
	}
	states, err := v.DB.CloseRound(ctx, r.Seq, closing(&v.Profile, r.member))
	if err != nil {
		return r.Round, nil, err
	}
	v.say("round %d closed", r.Seq)
	if err := v.tidy(ctx); err != nil {
		v.Log.Warn("old files stay", "error", err)
	}
	return r.Round, states, nil
}

// open resumes the open round, or asks the miners what they do, opens one and writes its jobs down:
// nobody is given a task that is not on disk.
func (v *Validator) open(ctx context.Context, s *metagraph.Snapshot) (*round, []scoredb.Job, error) {
	res, err := v.DB.Resume(ctx)
	if err != nil && !errors.Is(err, scoredb.ErrNoRound) {
		return nil, nil, err
	}
	r := &round{Round: res.Round, v: v, graph: s, commits: &commits{}, kinds: map[reward.Kind][]scoredb.Job{}}
	if len(res.Jobs) == 0 {
		if res.Jobs, err = r.begin(ctx); err != nil {
			return nil, nil, err
		}
	}
	if err := r.remember(ctx); err != nil {
		return nil, nil, err
	}
	var waiting []scoredb.Job
	for _, j := range res.Jobs {
		if o, err := parseOrder(j.Payload); err == nil && o.Fault == nil && o.Organic == "" {
			r.kinds[o.Kind] = append(r.kinds[o.Kind], j)
		}
		if j.State == scoredb.Queued || j.State == scoredb.Leased {
			waiting = append(waiting, j)
		}
	}
	return r, waiting, nil
}

// begin opens the round, if it is not open yet, and enqueues one job for each miner.
func (r *round) begin(ctx context.Context) ([]scoredb.Job, error) {
	if r.Label == "" {
		r.Label = uuid.NewString()
	}
	orders, err := r.survey(ctx)
	if err != nil {
		return nil, err
	}
	if r.Seq == 0 {
		r.Round, err = r.v.DB.OpenRound(ctx, scoredb.Round{
			Label: r.Label, Profile: r.v.Profile.ID, Seed: r.v.draw(), Block: int64(r.graph.Block), Deadline: r.v.Now().Add(roundTime),
		})
		if err != nil {
			return nil, err
		}
	}
	d, err := newDeal(r.Seed, &r.v.Profile, r.v.Codec)
	if err != nil {
		return nil, err
	}
	var jobs []scoredb.Job
	for _, m := range orders {
		o := d.order(m.order.Kind)
		o.Address, o.Fault = m.order.Address, m.order.Fault
		task := o.clip(m.Hotkey).ID()
		if o.Fault != nil {
			task = d.taskID(m.Hotkey)
		}
		j, err := r.job(int(m.UID), m.Hotkey, task, o)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, r.v.DB.Enqueue(ctx, jobs...)
}

func (r *round) job(uid int, hotkey, task string, o order) (scoredb.Job, error) {
	payload, err := json.Marshal(o)
	if err != nil {
		return scoredb.Job{}, err
	}
	seed := fmt.Sprint(o.Seed)
	if o.Organic != "" {
		seed = organicSeed(o.Organic)
	}
	return scoredb.Job{
		Round: r.Seq, UID: uid, Hotkey: hotkey, Task: task, Kind: string(o.Kind), Seed: seed,
		Payload: payload, Deadline: r.Deadline, State: scoredb.Queued,
	}, nil
}

// asked is a miner and what can be asked of it.
type asked struct {
	*metagraph.Neuron
	order order
}

// survey asks everybody what they do (video §2). Who answers nothing is marked, not left out: a miner
// must not keep its record by going silent. Only a stranger that does not know the question is no
// miner.
func (r *round) survey(ctx context.Context) ([]asked, error) {
	known, err := r.records(ctx)
	if err != nil {
		return nil, err
	}
	var out []asked
	var targets []dendrite.Target
	for i := range r.graph.Neurons {
		n := &r.graph.Neurons[i]
		_, has := known[n.Hotkey]
		if n.Hotkey == r.v.Key.Address() || !has && !n.Axon.Serving() {
			continue
		}
		out = append(out, asked{Neuron: n, order: order{Kind: known[n.Hotkey], Address: n.Axon.Address}})
		targets = append(targets, dendrite.Target{Hotkey: n.Hotkey, Address: n.Axon.Address})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: none serves at block %d", ErrNoMiners, r.graph.Block)
	}
	answers := dendrite.Query(ctx, r.v.Dendrite, targets, &VideoCapability{RoundID: r.Label}, dendrite.WithTimeout(capabilityTimeout))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	kept, heard := out[:0], 0
	for i, m := range out {
		a := &answers[i]
		heard += min(1, len(a.Answer.kinds()))
		if m.order.Kind == "" && a.Status == 404 {
			continue
		}
		m.order.capability(a, r.v.Format.Seconds())
		kept = append(kept, m)
	}
	if heard == 0 {
		return nil, fmt.Errorf("%w: %d were asked; is our own network up?", ErrNoMiners, len(out))
	}
	return kept, nil
}

func (c *VideoCapability) kinds() []string {
	if c == nil {
		return nil
	}
	return c.Kinds
}

// capability turns a miner's word on what it does into the kind of its task, or into its fault.
func (o *order) capability(a *dendrite.Result[VideoCapability], seconds float64) {
	last := o.Kind
	if o.Kind == "" {
		o.Kind = reward.Upscaling // of a newcomer that says nothing (video §4)
	}
	if a.Err != nil {
		o.Fault = &reward.Fault{Gate: gateOffline, Detail: scoredb.Clip(fmt.Sprintf("does not say what it does: %v", a.Err))}
		return
	}
	known := slices.IndexFunc(a.Answer.Kinds, func(k string) bool {
		return k == string(reward.Compression) || k == string(reward.Upscaling)
	})
	if known < 0 {
		o.Fault = &reward.Fault{Gate: gateCapability, Detail: scoredb.Clip(fmt.Sprintf("does %.100q, the market asks for compression and upscaling", a.Answer.Kinds))}
		return
	}
	o.Kind = reward.Kind(a.Answer.Kinds[known])
	if most := a.Answer.MaxSeconds; most != nil && *most < seconds {
		o.Kind = cmp.Or(last, o.Kind)
		o.Fault = &reward.Fault{Gate: gateCapability, Detail: fmt.Sprintf("takes clips of up to %g s, the market's have %g", *most, seconds)}
	}
}

// records are the kinds of the miners with a record, by hotkey.
func (r *round) records(ctx context.Context) (map[string]reward.Kind, error) {
	_, states, err := r.v.DB.LastClosed(ctx)
	if err != nil && !errors.Is(err, scoredb.ErrNoRound) {
		return nil, err
	}
	known := map[string]reward.Kind{}
	for _, s := range states {
		known[s.Hotkey] = reward.Kind(s.Kind)
	}
	return known, nil
}

// remember enters the contents of earlier answers, which are nobody else's work any more.
func (r *round) remember(ctx context.Context) error {
	rows, err := r.v.DB.Scores(ctx, scoredb.Query{Limit: scoredb.MaxPage})
	if err != nil {
		return err
	}
	for _, s := range slices.Backward(rows) { // oldest first
		if s.ResultSHA256 != "" && s.Gate != reward.GateDuplicate && s.ContentType == synthetic {
			r.commits.before(uint16(s.UID), s.ResultSHA256)
		}
	}
	return nil
}

// member says whether a hotkey still holds its uid.
func (r *round) member(uid int, hotkey string) (permit, ok bool) {
	n, ok := r.graph.Neuron(hotkey)
	if !ok || int(n.UID) != uid {
		return false, false
	}
	return n.ValidatorPermit, true
}

// work brings all jobs to their end, and those of users' clips that come in the meantime. Users wait,
// so their clips go first.
func (r *round) work(ctx context.Context, jobs []scoredb.Job) error {
	for {
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(r.v.Parallel)
		for len(jobs) > 0 && gctx.Err() == nil {
			guests, err := r.guests(ctx)
			if err != nil {
				return errors.Join(err, g.Wait())
			}
			jobs = append(guests, jobs...)
			next := jobs[0]
			jobs = jobs[1:]
			g.Go(func() error { return r.finish(gctx, next) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		var err error
		if jobs, err = r.guests(ctx); err != nil || len(jobs) == 0 {
			return err
		}
	}
}

// guests enqueues the jobs of users' clips that wait.
func (r *round) guests(ctx context.Context) ([]scoredb.Job, error) {
	var jobs []scoredb.Job
	for _, req := range r.v.organics.waiting() {
		for _, m := range r.kinds[req.Kind] {
			o, err := parseOrder(m.Payload)
			if err != nil {
				return nil, err
			}
			o = order{Kind: req.Kind, Seed: req.Seed, Threshold: req.Threshold, Organic: req.ID, Address: o.Address}
			j, err := r.job(m.UID, m.Hotkey, o.clip(m.Hotkey).ID(), o)
			if err != nil {
				return nil, err
			}
			jobs = append(jobs, j)
		}
		if err := r.v.organics.taken(req.ID, r.Seq); err != nil {
			return nil, err
		}
	}
	if len(jobs) == 0 {
		return nil, nil
	}
	return jobs, r.v.DB.Enqueue(ctx, jobs...)
}

// finish brings one job to a row or, after some attempts, to a skip. Errors: ctx's or the database's.
func (r *round) finish(ctx context.Context, j scoredb.Job) error {
	o, err := parseOrder(j.Payload)
	if err != nil {
		return err
	}
	if n, ok := r.graph.Neuron(j.Hotkey); ok && n.Axon.Serving() {
		o.Address = n.Axon.Address // it may have moved since the job was written
	}
	e := &effort{r: r, job: j, order: o, place: -1, fault: o.Fault}
	defer e.settle("")
	for try := 1; ; try++ {
		err := e.run(ctx)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		var t *trouble
		if !errors.As(err, &t) {
			return err
		}
		if t.final || try == attempts {
			r.v.Log.Warn("not scored", "round", r.Seq, "uid", j.UID, "reason", t.code, "error", t.err)
			_, err := r.v.DB.Skip(ctx, scoredb.Skip{
				Round: r.Seq, UID: j.UID, Hotkey: j.Hotkey, Task: j.Task, Kind: j.Kind, Reason: t.code, Error: t.err.Error(),
			})
			if errors.Is(err, scoredb.ErrDuplicate) {
				return nil
			}
			return err
		}
		r.v.Log.Info("once more", "round", r.Seq, "uid", j.UID, "reason", t.code, "error", t.err)
		if err := r.v.Pause(ctx, time.Duration(try)*backoff); err != nil {
			return err
		}
	}
}

// tidy removes what is old on disk and in the bucket.
func (v *Validator) tidy(ctx context.Context) error {
	before := v.Now().Add(-v.Keep)
	v.organics.forget(before)
	_, err := v.Bucket.Expire(ctx, "tasks/", before)
	_, prune := v.DB.Prune(ctx, v.Now().Add(-keepRows))
	return errors.Join(v.files.sweep(before), err, prune)
}
