package video

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Gates of answers that never came to be measured, beside those of media and objectstore.
const (
	gateOffline    = "offline"    // nobody there, or no word on what it does
	gateDeadline   = "deadline"   // no answer in time
	gateRefused    = "refused"    // the miner's axon said no
	gateBadAnswer  = "bad-answer" // not signed, not parsable, or no result in it
	gateCapability = "capability" // does nothing that this market asks for
)

// effort is one job on its way to a row: make the task, ask, fetch, measure, record. Each step is
// done once, so that a repeat after a fault of ours neither asks the miner again nor fetches twice.
// A fault of the miner ends the steps early and is recorded; an error is ours.
type effort struct {
	r     *round
	job   scoredb.Job
	order order

	task     *clips.Task
	input    string // presigned URL
	issued   time.Time
	deadline time.Time
	answered time.Time
	said     *answer
	proof    *dendrite.Proof
	place    int // among the round's answers, -1 before there is one
	file     string
	frames   *media.Frames
	fault    *reward.Fault
}

// run does what is still to be done. Errors are ours, or ctx's.
func (e *effort) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{e.make, e.ask, e.fetch, e.measure} {
		if e.fault != nil {
			break
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return e.record(ctx)
}

// settle gives up the effort's place, so that later answers do not wait for it.
func (e *effort) settle(sha256 string) {
	if e.place >= 0 {
		e.r.commits.settle(e.place, sha256)
	}
}

func (e *effort) blame(gate, format string, args ...any) {
	e.fault = &reward.Fault{Gate: gate, Detail: fmt.Sprintf(format, args...)}
}

// make draws the clip and puts the miner's part of it into our bucket.
func (e *effort) make(ctx context.Context) (err error) {
	if e.input != "" {
		return nil
	}
	v := e.r.v
	if e.task == nil {
		var t clips.Task
		if e.order.Organic != "" {
			t, err = v.organics.task(ctx, e.order)
		} else {
			t, err = v.maker.Make(ctx, e.order.clip(e.job.Hotkey))
		}
		if err != nil {
			return &trouble{code: "clip", err: err}
		}
		e.task = &t
	}
	key := "tasks/" + e.task.ID + ".mp4"
	if _, err := v.Bucket.PutFile(ctx, key, e.task.Input.Path, maxInputBytes); err != nil {
		return &trouble{code: "store", err: err}
	}
	if e.input, err = v.Bucket.PresignGet(ctx, key, inputTTL); err != nil {
		return &trouble{code: "store", err: err}
	}
	return nil
}

// ask puts the question and takes the answer's place in the round.
func (e *effort) ask(ctx context.Context) error {
	if e.said != nil {
		return nil
	}
	v, t := e.r.v, e.task
	allowed := v.Deadline(*t)
	q := question{
		Kind: t.Kind, RoundID: e.r.Label, TaskID: t.ID, InputURL: e.input, InputSHA256: t.InputSHA256, InputBytes: t.Input.Bytes,
		Seconds: t.Format.Seconds(), Deadline: allowed.Seconds(), Threshold: t.Threshold, Codec: t.Codec, Scale: t.Scale,
	}
	e.issued = v.Now()
	e.deadline = e.issued.Add(allowed)
	target := dendrite.Target{Hotkey: e.job.Hotkey, Address: e.order.Address}
	said, proof, err := put(ctx, v.Dendrite, target, q, allowed)
	if err != nil {
		return e.refusal(ctx, err)
	}
	if err := said.check(); err != nil {
		e.blame(gateBadAnswer, "%v", err)
		return nil
	}
	e.said, e.proof, e.answered = &said, proof, v.Now()
	e.place = e.r.commits.arrive(uint16(e.job.UID))
	return nil
}

// put sends a question of either kind.
func put(ctx context.Context, d *dendrite.Dendrite, to dendrite.Target, q question, allowed time.Duration) (answer, *dendrite.Proof, error) {
	if q.Kind == reward.Upscaling {
		r := dendrite.Call(ctx, d, to, q.upscaling(), dendrite.WithTimeout(allowed))
		if r.Err != nil {
			return answer{}, nil, r.Err
		}
		return r.Answer.answer(), r.Proof, nil
	}
	r := dendrite.Call(ctx, d, to, q.compression(), dendrite.WithTimeout(allowed))
	if r.Err != nil {
		return answer{}, nil, r.Err
	}
	return r.Answer.answer(), r.Proof, nil
}

// refusal decides whose fault it is that there is no answer.
func (e *effort) refusal(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, dendrite.ErrLocal):
		return &trouble{code: "network", err: err}
	case errors.Is(err, dendrite.ErrTimeout):
		e.blame(gateDeadline, "no answer within %v", e.deadline.Sub(e.issued).Round(time.Millisecond))
	case errors.Is(err, dendrite.ErrRefused):
		e.blame(gateRefused, "%v", err)
	case errors.Is(err, dendrite.ErrUnavailable), errors.Is(err, dendrite.ErrAddress):
		e.blame(gateOffline, "%v", err)
	default:
		e.blame(gateBadAnswer, "%v", err)
	}
	return nil
}

// fetch downloads the result, once.
func (e *effort) fetch(ctx context.Context) error {
	if e.file != "" {
		return nil
	}
	v := e.r.v
	path := v.files.result(e.task.ID, e.job.UID)
	_, err := v.Fetcher.Fetch(ctx, objectstore.Request{
		URL: e.said.URL, Path: path, Size: e.said.Bytes, SHA256: e.said.SHA256, MaxBytes: maxResult(*e.task),
	})
	var peer *objectstore.PeerFault
	switch {
	case errors.As(err, &peer):
		e.settle("")
		e.blame(string(peer.Reason), "%v", peer.Err)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &trouble{code: "fetch", err: err}
	}
	e.settle(e.said.SHA256)
	e.file = path
	return nil
}

// maxResult is what a result may weigh, bytes: well above every size rule, so that it is a rule and
// not this limit that judges an honest file.
func maxResult(t clips.Task) int64 {
	return min(maxInputBytes, 1<<20+32*t.Input.Bytes)
}

// measure compares the result with the reference.
func (e *effort) measure(ctx context.Context) error {
	if e.frames != nil {
		return nil
	}
	f, err := e.r.v.Comparer.Compare(ctx, e.task.Reference, e.file)
	if fault := media.AsFault(err); fault != nil {
		e.blame(fault.Gate, "%s", fault.Detail)
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &trouble{code: "measure", err: err}
	}
	e.frames = &f
	return nil
}

// record judges, writes the evidence and commits the signed row.
func (e *effort) record(ctx context.Context) error {
	e.settle("") // nothing more can come
	verdict, err := e.judge(ctx)
	if err != nil {
		return err
	}
	v := e.r.v
	ev := e.evidence(verdict)
	if err := writeJSON(v.files.evidence(e.job.Task, e.job.UID), ev); err != nil {
		return &trouble{code: "disk", err: err}
	}
	row := e.row(verdict)
	if err := row.Sign(v.Key); err != nil {
		return err
	}
	id, err := v.DB.Record(ctx, row)
	if errors.Is(err, scoredb.ErrDuplicate) {
		return nil // committed before a crash
	}
	if err != nil {
		return err
	}
	v.Log.Info("scored", "score", id, "round", row.Round, "uid", row.UID, "kind", row.Kind, "paid", row.Paid, "gate", row.Gate, "why", row.Error)
	if v.Scored != nil {
		v.Scored(id, row)
	}
	return nil
}

// judge asks the profile, after the one rule that looks at other miners: no copies.
func (e *effort) judge(ctx context.Context) (reward.Verdict, error) {
	p := &e.r.v.Profile
	t := clips.Task{Kind: e.order.Kind, Threshold: e.order.Threshold}
	if e.task != nil {
		t = *e.task
	}
	verdict, err := p.Judge(judgeable(t, e.frames, e.fault))
	if err != nil {
		return verdict, &trouble{code: "judge", err: err}
	}
	if e.place < 0 {
		return verdict, nil
	}
	from, copied, err := e.r.commits.copied(ctx, e.place)
	if err != nil || !copied {
		return verdict, err
	}
	detail := fmt.Sprintf("the same bytes as uid %d's earlier answer", from)
	if e.order.Organic != "" {
		// Users' clips are the same for everyone, so two honest miners may agree: not paid, not punished.
		return verdict, &trouble{code: "duplicate", err: errors.New(detail), final: true}
	}
	return repeated(p, verdict, detail), nil
}

// repeated is the verdict on content that was handed in before. Every miner has a variation of its own,
// against which nobody else's answer passes: content that passes is the work of whoever it passes for,
// and who was first with it had it from there (video §11 #3).
func repeated(p *reward.Profile, v reward.Verdict, detail string) reward.Verdict {
	if v.Gate == "" {
		return v
	}
	return p.Fail(v, reward.GateDuplicate, detail)
}

func (e *effort) evidence(verdict reward.Verdict) Evidence {
	ev := Evidence{Task: e.job.Task, Order: e.order, Proof: e.proof, Frames: e.frames, Fault: e.fault, Verdict: verdict}
	if t := e.task; t != nil {
		reference, input := t.Reference, t.Input
		ev.ReferencePath, ev.InputPath = reference.Path, input.Path
		reference.Path, input.Path = "", ""
		ev.Reference, ev.Input, ev.Scale, ev.Baseline = &reference, &input, t.Scale, t.Baseline
	}
	if e.said != nil {
		ev.Answer = *e.said
		if u, err := url.Parse(e.said.URL); err == nil {
			u.RawQuery = ""
			ev.Answer.URL = u.String()
		} else {
			ev.Answer.URL = ""
		}
	}
	if e.frames != nil {
		frames := *e.frames
		frames.Dist.Path = ""
		ev.Frames = &frames
	}
	return ev
}

// row is the score as it is signed and kept.
func (e *effort) row(verdict reward.Verdict) scoredb.Score {
	v := e.r.v
	s := scoredb.Score{
		Round: e.job.Round, UID: e.job.UID, Hotkey: e.job.Hotkey, Task: e.job.Task,
		ContentType: synthetic, ContentLength: v.Format.Seconds(), TaskSeed: e.job.Seed, MetricBuild: v.Tool.Build(),
		IssuedAt: e.issued, AnsweredAt: e.answered, Deadline: e.deadline, ScoredAt: v.Now(),
	}
	if e.order.Organic != "" {
		s.ContentType = organic
	}
	if t := e.task; t != nil {
		s.ContentLength = t.Format.Seconds()
		s.ReferenceSHA256, s.ReferenceBytes = t.ReferenceSHA256, t.Reference.Bytes
	}
	if e.file != "" {
		s.ResultSHA256, s.ResultBytes = e.said.SHA256, e.said.Bytes
	}
	fill(&s, &v.Profile, verdict, e.frames)
	return s
}

// trouble is a failure of ours: it is repeated, and in the end skipped, but never scored.
type trouble struct {
	code  string // short, for the skip's row
	err   error
	final bool // repeating cannot help
}

func (t *trouble) Error() string { return t.code + ": " + t.err.Error() }
func (t *trouble) Unwrap() error { return t.err }
