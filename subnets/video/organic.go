package video

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Clip is a user's clip and what became of it. All miners of its kind work on it, and their answers
// are scored and booked like any other's.
type Clip struct {
	ID        string      `json:"id"`
	Kind      reward.Kind `json:"kind"`
	Threshold float64     `json:"threshold,omitempty"` // VMAF asked of a compressed clip
	Seed      uint64      `json:"seed,string"`
	Created   time.Time   `json:"created"`
	Bytes     int64       `json:"bytes"`     // as it was sent
	Reference media.Info  `json:"reference"` // as the miners and the metrics see it
	Round     int64       `json:"round"`     // that it is in; 0: it waits for one
}

// Bounds on users' clips.
const (
	maxUpload  = 64 << 20 // bytes
	maxWaiting = 4        // clips that no round has taken yet
	maxShown   = 20       // clips of a list
)

// ErrBusy: too many clips wait already.
var ErrBusy = errors.New("too many clips wait for a round: try again later")

// organics keeps users' clips, one folder each. Safe for concurrent use.
type organics struct {
	v *Validator

	mu    sync.Mutex
	clips map[string]*Clip
	tasks map[string]*taken
	busy  int // clips being read
}

// taken is a clip's task, made once for all miners.
type taken struct {
	mu    sync.Mutex
	maker *clips.Maker
	task  *clips.Task
}

func openOrganics(v *Validator) (*organics, error) {
	o := &organics{v: v, clips: map[string]*Clip{}, tasks: map[string]*taken{}}
	folders, err := os.ReadDir(v.files.organic(""))
	if err != nil {
		return nil, fmt.Errorf("read users' clips: %w", err)
	}
	for _, f := range folders {
		var c Clip
		if err := readJSON(o.path(f.Name(), "clip.json"), &c); err != nil || c.ID != f.Name() {
			_ = os.RemoveAll(v.files.organic(f.Name())) // its owner never got an id for it, or it is too old
			continue
		}
		c.Reference.Path = o.path(c.ID, "clip.mp4")
		o.clips[c.ID] = &c
	}
	return o, nil
}

func (o *organics) path(id, name string) string { return filepath.Join(o.v.files.organic(id), name) }

// organicSeed is what stands in a row for the seed of a drawn clip.
func organicSeed(id string) string { return "organic:" + id }

// Submit takes a user's clip for the next free miners. Errors: *media.Fault if the clip is to blame,
// ErrBusy.
func (v *Validator) Submit(ctx context.Context, kind reward.Kind, threshold float64, body io.Reader) (Clip, error) {
	if kind != reward.Compression && kind != reward.Upscaling {
		return Clip{}, &media.Fault{Gate: "kind", Detail: fmt.Sprintf("%.20q is neither compression nor upscaling", kind)}
	}
	if threshold == 0 {
		threshold = slices.Sorted(slices.Values(v.Profile.Thresholds))[len(v.Profile.Thresholds)/2]
	}
	if !(threshold >= 30 && threshold <= 99) {
		return Clip{}, &media.Fault{Gate: "threshold", Detail: fmt.Sprintf("%v is not between 30 and 99", threshold)}
	}
	o := v.organics
	if err := o.enter(); err != nil {
		return Clip{}, err
	}
	defer o.leave()
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	c := &Clip{ID: hex.EncodeToString(raw[:8]), Kind: kind, Created: v.Now().UTC()}
	if kind == reward.Compression {
		c.Threshold = threshold
	}
	for _, b := range raw[8:] {
		c.Seed = c.Seed<<8 | uint64(b)
	}
	if err := o.store(ctx, c, body); err != nil {
		_ = os.RemoveAll(v.files.organic(c.ID))
		return Clip{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clips[c.ID] = c
	return *c, nil
}

func (o *organics) enter() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	waiting := o.busy
	for _, c := range o.clips {
		if c.Round == 0 {
			waiting++
		}
	}
	if waiting >= maxWaiting {
		return ErrBusy
	}
	o.busy++
	return nil
}

func (o *organics) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy--
}

// uploadLimits hold for a stranger's clip.
func uploadLimits() media.Limits {
	l := media.SourceLimits()
	l.Bytes, l.Duration, l.Frames = maxUpload, 10*time.Minute, 36_000
	return l
}

// store reads, probes and normalises a clip into its folder. A clip is there when its clip.json is.
func (o *organics) store(ctx context.Context, c *Clip, body io.Reader) error {
	dir := o.v.files.organic(c.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the clip's folder: %w", err)
	}
	upload := filepath.Join(dir, "upload")
	defer os.Remove(upload)
	var err error
	if c.Bytes, err = save(upload, body); err != nil {
		return err
	}
	limits := uploadLimits()
	info, err := o.v.Tool.Probe(ctx, upload, limits)
	if err != nil {
		return err
	}
	if c.Reference, err = clips.Adopt(ctx, o.v.Tool, info, limits, o.path(c.ID, "clip.mp4"), o.v.Footage); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, "clip.json"), c)
}

func save(path string, body io.Reader) (n int64, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("save the clip: %w", err)
	}
	n, err = io.Copy(f, io.LimitReader(body, maxUpload+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("save the clip: %w", err)
	}
	if n > maxUpload {
		return 0, &media.Fault{Gate: media.GateBytes, Detail: fmt.Sprintf("more than %d MiB", maxUpload>>20)}
	}
	return n, nil
}

// waiting lists the clips that no round has taken, oldest first.
func (o *organics) waiting() []Clip {
	return slices.DeleteFunc(o.list(), func(c Clip) bool { return c.Round != 0 })
}

func (o *organics) list() []Clip {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []Clip
	for _, c := range o.clips {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Clip) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	return out
}

func (o *organics) get(id string) (Clip, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, ok := o.clips[id]; ok {
		return *c, true
	}
	return Clip{}, false
}

// taken notes that a round works on a clip.
func (o *organics) taken(id string, round int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.clips[id]
	if !ok {
		return nil
	}
	c.Round = round
	return writeJSON(o.path(id, "clip.json"), c)
}

// task is a clip's task. The first who asks makes it.
func (o *organics) task(ctx context.Context, ord order) (clips.Task, error) {
	c, ok := o.get(ord.Organic)
	if !ok {
		return clips.Task{}, fmt.Errorf("user's clip %s is gone", ord.Organic)
	}
	o.mu.Lock()
	t := o.tasks[c.ID]
	if t == nil {
		t = &taken{maker: &clips.Maker{Tool: o.v.Tool, Dir: o.v.files.organic(c.ID)}}
		o.tasks[c.ID] = t
	}
	o.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.task == nil {
		made, err := t.maker.Take(ctx, ord.clip(""), c.Reference)
		if err != nil {
			return clips.Task{}, err
		}
		t.task = &made
	}
	return *t.task, nil
}

// forget drops clips whose files are too old to be there.
func (o *organics) forget(before time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, c := range o.clips {
		if c.Created.Before(before) && c.Round != 0 {
			delete(o.clips, id)
			delete(o.tasks, id)
			_ = os.RemoveAll(o.v.files.organic(id))
		}
	}
}

// ClipResult is one miner's answer to a user's clip.
type ClipResult struct {
	Rank      int      `json:"rank"`
	UID       int      `json:"uid"`
	Hotkey    string   `json:"hotkey"`
	Score     int64    `json:"score"` // id of the row
	Paid      float64  `json:"paid"`
	Weight    float64  `json:"weight"` // the miner's share of the validator's weights after its last round
	Bytes     int64    `json:"bytes"`
	Rate      float64  `json:"rate"`
	Codec     string   `json:"codec"`
	VMAF      *float64 `json:"vmaf"`
	NEG       *float64 `json:"neg"`
	Gate      string   `json:"gate"`
	Error     string   `json:"error,omitempty"`
	ResultURL string   `json:"result_url,omitempty"` // on the validator, the very file that was scored
	PlayURL   string   `json:"play_url,omitempty"`   // the same in a codec that every browser plays
}

// ClipReport is a user's clip with its answers, best first.
type ClipReport struct {
	Clip
	State        string       `json:"state"` // waiting, working, done
	ReferenceURL string       `json:"reference_url"`
	Results      []ClipResult `json:"results"`
	Skipped      int          `json:"skipped"` // answers that were not scored, through our fault or as copies
}

// Clip reports a user's clip.
func (v *Validator) Clip(ctx context.Context, id string) (ClipReport, error) {
	c, ok := v.organics.get(id)
	if !ok {
		return ClipReport{}, fmt.Errorf("clip %.40q: %w", id, scoredb.ErrNotFound)
	}
	c.Reference.Path = ""
	rep := ClipReport{Clip: c, State: "waiting", ReferenceURL: "/organic/" + id + "/reference", Results: []ClipResult{}}
	if c.Round == 0 {
		return rep, nil
	}
	rows, err := v.DB.Scores(ctx, scoredb.Query{Round: c.Round})
	if err != nil {
		return rep, err
	}
	rows = slices.DeleteFunc(rows, func(s scoredb.Score) bool { return s.TaskSeed != organicSeed(id) })
	best(rows)
	last, states, err := v.DB.LastClosed(ctx)
	if err != nil && !errors.Is(err, scoredb.ErrNoRound) {
		return rep, err
	}
	weight := map[string]float64{}
	for _, s := range states {
		weight[s.Hotkey] = s.Weight
	}
	for i, s := range rows {
		rep.Results = append(rep.Results, v.clipResult(id, i+1, s, weight[s.Hotkey]))
	}
	rep.State = "working"
	if last.Seq >= c.Round {
		rep.State = "done"
	}
	skips, err := v.DB.Skips(ctx, scoredb.Query{Round: c.Round})
	task := order{Kind: c.Kind, Seed: c.Seed, Organic: id}.clip("").ID()
	for _, s := range skips {
		if s.Task == task {
			rep.Skipped++
		}
	}
	return rep, err
}

func (v *Validator) clipResult(id string, rank int, s scoredb.Score, weight float64) ClipResult {
	r := ClipResult{
		Rank: rank, UID: s.UID, Hotkey: s.Hotkey, Score: s.ID, Paid: s.Paid, Weight: weight, Bytes: s.ResultBytes, Rate: s.Rate,
		VMAF: s.VMAF, NEG: s.NEG, Gate: s.Gate, Error: s.Error,
	}
	var ev Evidence
	if readJSON(v.files.evidence(s.Task, s.UID), &ev) == nil && ev.Frames != nil {
		r.Codec = ev.Frames.Dist.Codec
		r.ResultURL = fmt.Sprintf("/organic/%s/result/%d", id, s.UID)
		r.PlayURL = r.ResultURL + "?play=1"
	}
	return r
}
