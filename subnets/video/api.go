package video

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// API is the validator's read API:
//
//	GET  /status                      round, and the present opinion of every miner
//	GET  /metrics/rankings            accumulated scores, multipliers, averages and tiers, by kind
//	GET  /scores?uid=N                rows, newest first; also kind, hotkey, round, before, limit
//	GET  /scores/ID                   one row with all that stands behind it
//	GET  /scores/ID/reference         the files themselves (also input, result), once they are no secret
//	GET  /skips?uid=N                 answers not scored, through our own fault
//
// and for programs on this machine only, such as the explorer's page:
//
//	POST /organic?kind=compression    a user's clip as the body; also threshold
//	GET  /organic, /organic/ID        clips, and one with its answers, best first
//	GET  /organic/ID/reference        what the miners were measured against
//	GET  /organic/ID/result/UID       the very file that was scored; play=1 makes it playable everywhere
func (v *Validator) API() http.Handler {
	mux := subnets.StatusHandler(v.Status)
	mux.HandleFunc("GET /metrics/rankings", v.getRankings)
	mux.HandleFunc("GET /scores", v.getScores)
	mux.HandleFunc("GET /scores/{id}", v.getScore)
	mux.HandleFunc("GET /scores/{id}/{file}", v.getFile)
	mux.HandleFunc("GET /skips", v.getSkips)
	mux.Handle("POST /organic", local(v.postOrganic))
	mux.Handle("GET /organic", local(v.getClips))
	mux.Handle("GET /organic/{id}", local(v.getClip))
	mux.Handle("GET /organic/{id}/reference", local(v.getClipReference))
	mux.Handle("GET /organic/{id}/result/{uid}", local(v.getClipResult))
	return http.NewCrossOriginProtection().Handler(mux)
}

// local answers this machine only: callers with a loopback address that also ask for one, so that a
// name rebound to 127.0.0.1 leads no stranger's page here.
func local(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.RemoteAddr) || !loopback(r.Host) {
			http.Error(w, "users' clips are served to this machine only", http.StatusForbidden)
			return
		}
		next(w, r)
	})
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		status := http.StatusInternalServerError
		var fault *media.Fault
		switch {
		case errors.Is(err, scoredb.ErrNotFound), errors.Is(err, os.ErrNotExist):
			status = http.StatusNotFound
		case errors.Is(err, errPrivate):
			status = http.StatusForbidden
		case errors.Is(err, errQuery), errors.As(err, &fault):
			status = http.StatusBadRequest
		case errors.Is(err, ErrBusy):
			status = http.StatusTooManyRequests
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		v = map[string]string{"message": err.Error()}
	} else {
		w.Header().Set("Content-Type", "application/json")
	}
	_ = json.NewEncoder(w).Encode(v)
}

var (
	errQuery   = errors.New("bad query")
	errPrivate = errors.New("still a secret: its round is not over, or only just")
)

const statusTime = 5 * time.Second

// Status is the validator's opinion after its last round.
func (v *Validator) Status() subnets.Status {
	ctx, cancel := context.WithTimeout(context.Background(), statusTime)
	defer cancel()
	s := subnets.Status{Netuid: v.Netuid, Hotkey: v.Key.Address(), Profile: v.Profile.ID, Note: v.said(), Scores: []subnets.Score{}}
	round, states, err := v.DB.LastClosed(ctx)
	if errors.Is(err, scoredb.ErrNoRound) {
		return s
	}
	last, err2 := v.DB.Scores(ctx, scoredb.Query{Limit: 8 * max(1, len(states))})
	if err := errors.Join(err, err2); err != nil {
		s.Note = err.Error()
		return s
	}
	why := map[string]string{}
	for _, row := range last { // newest first
		if _, known := why[row.Hotkey]; !known {
			why[row.Hotkey] = reason(row)
		}
	}
	s.Round = uint64(round.Seq)
	for _, m := range states {
		s.Scores = append(s.Scores, subnets.Score{
			UID: uint16(m.UID), Hotkey: m.Hotkey, Tasks: uint64(m.Responses), Score: m.Accumulated, Note: why[m.Hotkey],
		})
	}
	return s
}

// reason says in a few words what decided a row.
func reason(s scoredb.Score) string {
	if s.Gate == "" {
		return ""
	}
	return s.Gate + ": " + s.Error
}

// Rankings is the answer of /metrics/rankings.
type Rankings struct {
	Round       int64             `json:"round"`
	ClosedAt    time.Time         `json:"closed_at"`
	Profile     string            `json:"profile"`
	Compression []scoredb.Ranking `json:"compression"`
	Upscaling   []scoredb.Ranking `json:"upscaling"`
}

func (v *Validator) getRankings(w http.ResponseWriter, r *http.Request) {
	round, _, err := v.DB.LastClosed(r.Context())
	if errors.Is(err, scoredb.ErrNoRound) {
		err = nil // no round yet: empty rankings
	}
	out := Rankings{Round: round.Seq, ClosedAt: round.ClosedAt, Profile: v.Profile.ID}
	for kind, to := range map[reward.Kind]*[]scoredb.Ranking{reward.Compression: &out.Compression, reward.Upscaling: &out.Upscaling} {
		if err == nil {
			*to, err = v.DB.Rankings(r.Context(), string(kind), 0)
		}
	}
	reply(w, out, err)
}

func query(r *http.Request) (q scoredb.Query, err error) {
	q.Kind, q.Hotkey = r.FormValue("kind"), r.FormValue("hotkey")
	number := func(name string) int64 {
		text := r.FormValue(name)
		if text == "" {
			return 0
		}
		n, e := strconv.ParseInt(text, 10, 63)
		if e != nil || n < 0 {
			err = fmt.Errorf("%w: %s=%.20q is no number", errQuery, name, text)
		}
		return n
	}
	if r.FormValue("uid") != "" {
		uid := int(number("uid"))
		q.UID = &uid
	}
	q.Round, q.Before, q.Limit = number("round"), number("before"), int(min(number("limit"), scoredb.MaxPage))
	if q.Limit == 0 {
		q.Limit = 100
	}
	return q, err
}

func (v *Validator) getScores(w http.ResponseWriter, r *http.Request) {
	q, err := query(r)
	var rows []scoredb.Score
	if err == nil {
		rows, err = v.DB.Scores(r.Context(), q)
	}
	reply(w, rows, err)
}

func (v *Validator) getSkips(w http.ResponseWriter, r *http.Request) {
	q, err := query(r)
	var rows []scoredb.Skip
	if err == nil {
		rows, err = v.DB.Skips(r.Context(), q)
	}
	reply(w, rows, err)
}

// Report is a score with what stands behind it.
type Report struct {
	Score    scoredb.Score `json:"score"`
	Evidence *Evidence     `json:"evidence,omitempty"` // nil: private yet, or older than files are kept
	Files    []string      `json:"files"`              // to be had at /scores/ID/NAME
	Note     string        `json:"note,omitempty"`
}

func (v *Validator) getScore(w http.ResponseWriter, r *http.Request) {
	rep, _, err := v.report(r)
	reply(w, rep, err)
}

// report gathers a score's evidence and, by name, the paths of its files.
func (v *Validator) report(r *http.Request) (rep Report, paths map[string]string, err error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 63)
	if err != nil {
		return rep, nil, fmt.Errorf("%w: score %.20q is no number", errQuery, r.PathValue("id"))
	}
	if rep.Score, err = v.DB.Score(r.Context(), id); err != nil {
		return rep, nil, err
	}
	rep.Files = []string{}
	if ok, err := v.revealed(r.Context(), rep.Score); err != nil || !ok {
		rep.Note = errPrivate.Error()
		return rep, nil, err
	}
	ev, paths, err := v.files.behind(rep.Score)
	if err != nil {
		rep.Note = "its files are older than files are kept"
		return rep, nil, nil
	}
	rep.Evidence = ev
	for _, name := range []string{"reference", "input", "result"} {
		if paths[name] != "" {
			rep.Files = append(rep.Files, name)
		}
	}
	return rep, paths, nil
}

// revealed tells whether a row's files are no secret any more.
func (v *Validator) revealed(ctx context.Context, s scoredb.Score) (bool, error) {
	last, _, err := v.DB.LastClosed(ctx)
	if errors.Is(err, scoredb.ErrNoRound) {
		return false, nil
	}
	return s.Round <= last.Seq && v.Now().Sub(s.ScoredAt) >= v.Reveal, err
}

// behind reads a score's evidence and finds its files.
func (f files) behind(s scoredb.Score) (*Evidence, map[string]string, error) {
	var ev Evidence
	if err := readJSON(f.evidence(s.Task, s.UID), &ev); err != nil {
		return nil, nil, err
	}
	paths := map[string]string{}
	for name, path := range map[string]string{
		"reference": ev.ReferencePath, "input": ev.InputPath, "result": f.result(s.Task, s.UID),
	} {
		if _, err := os.Stat(path); err == nil && path != "" {
			paths[name] = path
		}
	}
	ev.ReferencePath, ev.InputPath = "", ""
	return &ev, paths, nil
}

func (v *Validator) getFile(w http.ResponseWriter, r *http.Request) {
	rep, paths, err := v.report(r)
	path := paths[r.PathValue("file")]
	switch {
	case err != nil:
	case rep.Evidence == nil && rep.Note == errPrivate.Error():
		err = errPrivate
	case path == "":
		err = fmt.Errorf("no %.20q of score %d: %w", r.PathValue("file"), rep.Score.ID, os.ErrNotExist)
	}
	serveVideo(w, r, path, err)
}

// serveVideo serves a file of ours, with ranges, as nothing else than a video.
func serveVideo(w http.ResponseWriter, r *http.Request, path string, err error) {
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, filepath.Base(path), time.Time{}, f)
}
