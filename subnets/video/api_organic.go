package video

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// uploadTime is what a user's clip may take to arrive and be read.
const uploadTime = 2 * time.Minute

func (v *Validator) postOrganic(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(uploadTime)) // a recorder in tests has no deadlines
	_ = control.SetWriteDeadline(time.Now().Add(uploadTime))
	q := r.URL.Query()
	var threshold float64
	var err error
	if text := q.Get("threshold"); text != "" {
		if threshold, err = strconv.ParseFloat(text, 64); err != nil {
			reply(w, nil, fmt.Errorf("%w: threshold=%.20q is no number", errQuery, text))
			return
		}
	}
	kind := reward.Kind(q.Get("kind"))
	if kind == "" {
		kind = reward.Compression
	}
	c, err := v.Submit(r.Context(), kind, threshold, http.MaxBytesReader(w, r.Body, maxUpload+1))
	c.Reference.Path = ""
	reply(w, c, err)
}

func (v *Validator) getClips(w http.ResponseWriter, _ *http.Request) {
	list := v.organics.list()
	slices.Reverse(list) // newest first
	list = list[:min(len(list), maxShown)]
	for i := range list {
		list[i].Reference.Path = ""
	}
	reply(w, append([]Clip{}, list...), nil)
}

func (v *Validator) getClip(w http.ResponseWriter, r *http.Request) {
	rep, err := v.Clip(r.Context(), r.PathValue("id"))
	reply(w, rep, err)
}

func (v *Validator) getClipReference(w http.ResponseWriter, r *http.Request) {
	c, ok := v.organics.get(r.PathValue("id"))
	var err error
	if !ok {
		err = fmt.Errorf("clip %.40q: %w", r.PathValue("id"), scoredb.ErrNotFound)
	}
	serveVideo(w, r, c.Reference.Path, err)
}

func (v *Validator) getClipResult(w http.ResponseWriter, r *http.Request) {
	path, err := v.clipResultPath(r.Context(), r.PathValue("id"), r.PathValue("uid"), r.FormValue("play") != "")
	serveVideo(w, r, path, err)
}

// clipResultPath finds a scored answer to a user's clip, or makes a playable copy of it.
func (v *Validator) clipResultPath(ctx context.Context, id, uidText string, playable bool) (string, error) {
	c, ok := v.organics.get(id)
	uid, err := strconv.ParseUint(uidText, 10, 16)
	if !ok || err != nil {
		return "", fmt.Errorf("answer of uid %.10q to clip %.40q: %w", uidText, id, scoredb.ErrNotFound)
	}
	task := order{Kind: c.Kind, Seed: c.Seed, Organic: id}.clip("").ID()
	path := v.files.result(task, int(uid))
	// Only what was measured is served: anything else may be any file at all.
	var ev Evidence
	if err := readJSON(v.files.evidence(task, int(uid)), &ev); err != nil || ev.Frames == nil {
		return "", fmt.Errorf("answer of uid %d to clip %s: %w", uid, id, scoredb.ErrNotFound)
	}
	if !playable || ev.Frames.Dist.Codec == "h264" {
		return path, nil
	}
	return v.playable(ctx, path)
}

const playableQuality = 10 // x264, near-lossless

// playable is a copy in H.264, which every browser plays. It shows a result, it is not the result.
func (v *Validator) playable(ctx context.Context, path string) (string, error) {
	out := path + ".play.mp4"
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	info, err := v.Tool.Probe(ctx, path, media.ResultLimits())
	if err != nil {
		return "", err
	}
	return out, v.Tool.Encode(ctx, info, media.ResultLimits(), out, media.Encoding{Codec: media.X264, Quality: playableQuality, Preset: "ultrafast"})
}
