package video

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// client asks a handler as a program on this machine would.
type client struct {
	t *testing.T
	h http.Handler
}

func (c client) do(method, path string, body io.Reader, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:9"+path, body)
	r.RemoteAddr = "127.0.0.1:4711"
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

func (c client) json(path string, v any) {
	c.t.Helper()
	w := c.do("GET", path, nil)
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil || w.Code != 200 {
		c.t.Fatalf("%s: %d %s, %v", path, w.Code, w.Body, err)
	}
}

// scene is a validator after one round with three miners, one for each way a row can look.
func scene(t *testing.T, change ...func(*Config)) (*world, *Validator, client) {
	w := newWorld(t, "small", "large", "same")
	w.miner("small", "x264")
	w.miner("large", "lanczos")
	w.miner("same", "original")
	v := w.validator(change...)
	w.round(v)
	return w, v, client{t, v.API()}
}

func TestReadAPI(t *testing.T) {
	w, _, c := scene(t)
	var status subnets.Status
	c.json("/status", &status)
	if status.Round != 1 || status.Profile != "ergon" || len(status.Scores) != 3 || status.Scores[0].Score <= 0 || !strings.HasPrefix(status.Scores[2].Note, "rate: ") {
		t.Errorf("status %+v", status)
	}
	var rank Rankings
	c.json("/metrics/rankings", &rank)
	if len(rank.Compression) != 2 || len(rank.Upscaling) != 1 || rank.Compression[0].Hotkey != pair("small").Address() ||
		rank.Compression[0].Accumulated <= rank.Compression[1].Accumulated || rank.Compression[0].Tier != "Elite" || rank.Upscaling[0].Rank != 1 {
		t.Errorf("rankings %+v", rank)
	}
	text := c.do("GET", "/metrics/rankings", nil).Body.String()
	for _, name := range []string{"uid", "accumulate_score", "bonus_multiplier", "penalty_f_multiplier", "penalty_q_multiplier", "total_multiplier",
		"avg_s_q", "avg_s_l", "avg_s_f", "performance_tier", "success_rate", "longest_content_processed"} {
		if !strings.Contains(text, `"`+name+`"`) {
			t.Errorf("the rankings lack %s", name)
		}
	}
	var rows []scoredb.Score
	c.json("/scores?uid=2", &rows)
	if len(rows) != 1 || rows[0].UID != 2 || rows[0].Verify() != nil || rows[0].BaseSF <= 0 || rows[0].Paid >= rows[0].SF {
		t.Errorf("rows %+v", rows)
	}
	var rep Report
	c.json(fmt.Sprintf("/scores/%d", rows[0].ID), &rep)
	if rep.Evidence == nil || len(rep.Evidence.Frames.NEG) != tiny.Frames || rep.Evidence.Proof.Verify() != nil || len(rep.Files) != 3 {
		t.Errorf("report %+v", rep)
	}
	whole, _ := json.Marshal(rep)
	if bytes.Contains(whole, []byte(w.dir)) || bytes.Contains(whole, []byte("X-Amz")) {
		t.Errorf("the report shows a path or a secret: %s", whole)
	}
	for path, want := range map[string]int{
		fmt.Sprintf("/scores/%d/reference", rows[0].ID): 200, fmt.Sprintf("/scores/%d/result", rows[0].ID): 200,
		fmt.Sprintf("/scores/%d/evidence", rows[0].ID): 404, "/scores/999": 404, "/scores/x": 400, "/scores?uid=-1": 400, "/skips": 200, "/organic/../scores": 307,
		"/organic/nope": 404, "/organic/nope/reference": 404, "/organic/nope/result/1": 404, "/scores/999/reference": 404,
	} {
		if got := c.do("GET", path, nil); got.Code != want {
			t.Errorf("%s: %d %.200s, want %d", path, got.Code, got.Body, want)
		}
	}
}

// What a task was made of is a secret until its round is over and some time has passed.
func TestReferencesStayPrivate(t *testing.T) {
	_, v, c := scene(t, func(c *Config) { c.Reveal = time.Hour })
	var rep Report
	c.json("/scores/1", &rep)
	if rep.Evidence != nil || rep.Score.ID != 1 || rep.Note == "" {
		t.Errorf("report %+v", rep)
	}
	if got := c.do("GET", "/scores/1/reference", nil); got.Code != 403 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	v.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if got := c.do("GET", "/scores/1/reference", nil); got.Code != 200 || got.Header().Get("Content-Type") != "video/mp4" {
		t.Errorf("%d", got.Code)
	}
}

// Anybody with the files finds the same numbers; a validator that lies about them is found out.
func TestVerify(t *testing.T) {
	w, v, c := scene(t)
	server := httptest.NewServer(c.h)
	defer server.Close()
	api, err := OpenAPI(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	own, err := OpenDir(t.Context(), v.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	for id := int64(1); id <= 3; id++ {
		for name, source := range map[string]Source{"api": api, "dir": own} {
			got, err := Verify(t.Context(), w.tool, source, id)
			if err != nil || !got.Same || !got.Signed || !got.Measured || !got.Answered || got.Again.Paid != got.Score.Paid {
				t.Errorf("%s, score %d: %+v, %v", name, id, got, err)
			}
		}
	}
	rows, err := api.Scores(t.Context(), scoredb.Query{Limit: 2})
	if err != nil || len(rows) != 2 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	liar := forger{Source: own}
	for name, forge := range map[string]func(*Report){
		"a better score":    func(r *Report) { r.Score.Paid, r.Score.SF = 1, 1 },
		"better and signed": func(r *Report) { r.Score.Paid, r.Score.SF = 1, 1; _ = r.Score.Sign(pair(validatorName)) },
		"another gate":      func(r *Report) { r.Score.Gate = "threshold"; _ = r.Score.Sign(pair(validatorName)) },
		"another measure":   func(r *Report) { *r.Score.NEG += 0.1; _ = r.Score.Sign(pair(validatorName)) },
		"another reference": func(r *Report) {
			r.Score.ReferenceSHA256 = strings.Repeat("0", 64)
			_ = r.Score.Sign(pair(validatorName))
		},
		"another's answer":    func(r *Report) { r.Evidence.Proof.Axon = pair("other").Address() },
		"another's signature": func(r *Report) { r.Score.Hotkey = pair("other").Address(); _ = r.Score.Sign(pair(validatorName)) },
	} {
		liar.forge = forge
		if got, err := Verify(t.Context(), w.tool, liar, 1); err != nil || got.Same || len(got.Differs) == 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := Verify(t.Context(), w.tool, api, 99); err == nil {
		t.Error("verified a score that is not there")
	}
	if _, err := OpenDir(t.Context(), t.TempDir()); err == nil {
		t.Error("opened a folder without a database")
	}
}

type forger struct {
	Source
	forge func(*Report)
}

func (f forger) Report(ctx context.Context, id int64) (Report, error) {
	rep, err := f.Source.Report(ctx, id)
	if err == nil {
		f.forge(&rep)
	}
	return rep, err
}

// userClip is footage as people have it: another size, rate and codec than the market's.
func userClip(t *testing.T, w *world) []byte {
	t.Helper()
	m := clips.Maker{Tool: w.tool, Dir: t.TempDir(), Format: clips.Format{Width: 320, Height: 240, Rate: 25, Frames: 25}}
	task, err := m.Make(t.Context(), clips.Order{Kind: reward.Compression, Seed: 5, Miner: "user", Threshold: 85})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(task.Reference.Path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A user's clip is worked on by all miners of its kind, scored and booked as any other, and its
// answers are shown best first.
func TestUsersClips(t *testing.T) {
	names := []string{"one", "two", "same", "enlarges"}
	w := newWorld(t, names...)
	w.miner("one", "x264")
	w.miner("two", "x264", func(c *MinerConfig) { c.Dir = filepath.Join(w.dir, "apart", "two") }) // the same encoder: the same bytes
	w.miner("same", "original")
	w.miner("enlarges", "lanczos")
	v := w.validator(func(c *Config) { c.Footage = clips.Footage{MaxSide: 176, Rate: 10, Seconds: 1} })
	c := client{t, v.API()}
	panel, err := NewPanel(func() string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if html, err := panel.Render(t.Context()); err != nil || !strings.Contains(string(html), "not there yet") {
		t.Errorf("panel without a validator: %s, %v", html, err)
	}
	server := httptest.NewServer(c.h)
	defer server.Close()
	panel.api = func() string { return strings.TrimPrefix(server.URL, "http://") }
	mux := http.NewServeMux()
	panel.Routes(mux)
	page := client{t, mux}

	footage := userClip(t, w)
	body, kind := form(t, footage)
	sent := page.do("POST", "/clip", body, func(r *http.Request) {
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Accept", "application/json")
	})
	var said struct{ ID string }
	if err := json.Unmarshal(sent.Body.Bytes(), &said); err != nil || said.ID == "" {
		t.Fatalf("%d %s", sent.Code, sent.Body)
	}
	var rep ClipReport
	c.json("/organic/"+said.ID, &rep)
	if rep.State != "waiting" || rep.Bytes != int64(len(footage)) || rep.Reference.Width != 176 || rep.Reference.Frames != 10 || rep.Threshold != 85 {
		t.Errorf("%+v", rep)
	}
	round, _ := w.round(v)
	c.json("/organic/"+said.ID, &rep)
	// Two honest miners gave the same bytes: the later answer is neither paid nor held against it.
	if rep.State != "done" || len(rep.Results) != 2 || rep.Skipped != 1 || rep.Results[0].Paid <= 0 || rep.Results[0].Codec != "h264" ||
		rep.Results[1].Gate != "rate" || rep.Results[0].Weight <= 0 {
		t.Errorf("%+v", rep)
	}
	rows, err := v.DB.Scores(t.Context(), scoredb.Query{Round: round.Seq})
	if err != nil || len(rows) != 6 {
		t.Errorf("%d rows, want 4 for tasks and 2 for the clip, %v", len(rows), err)
	}
	for _, r := range rows {
		if r.ContentType == organic {
			if got, err := Verify(t.Context(), w.tool, &dirSource{v.DB, v.files}, r.ID); err != nil || !got.Same {
				t.Errorf("verify: %+v, %v", got, err)
			}
		}
	}
	html, err := panel.Render(t.Context())
	if err != nil || !strings.Contains(string(html), "Made smaller") || strings.Count(string(html), "compare</a>") != 2 || !strings.Contains(string(html), "no: not made smaller") {
		t.Errorf("panel: %s, %v", html, err)
	}
	for path, want := range map[string]string{
		"/panel.js": "text/javascript; charset=utf-8", "/panel.css": "text/css; charset=utf-8", "/clip/" + said.ID: "text/html; charset=utf-8",
		"/media/" + said.ID + "/reference": "video/mp4", fmt.Sprintf("/media/%s/result/%d?play=1", said.ID, rep.Results[0].UID): "video/mp4",
	} {
		if got := page.do("GET", path, nil); got.Code != 200 || got.Header().Get("Content-Type") != want || got.Body.Len() == 0 {
			t.Errorf("%s: %d %s", path, got.Code, got.Header())
		}
	}
	part := page.do("GET", "/media/"+said.ID+"/reference", nil, func(r *http.Request) { r.Header.Set("Range", "bytes=0-99") })
	if part.Code != 206 || part.Body.Len() != 100 {
		t.Errorf("range: %d, %d bytes", part.Code, part.Body.Len())
	}
	// A validator started anew knows its clips.
	v.DB.Close()
	again := w.validator()
	if rep, err := again.Clip(t.Context(), said.ID); err != nil || rep.State != "done" || len(rep.Results) != 2 {
		t.Errorf("after a restart: %+v, %v", rep, err)
	}
}

func form(t *testing.T, footage []byte) (io.Reader, string) {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	_ = m.WriteField("kind", "compression")
	_ = m.WriteField("threshold", "85")
	part, err := m.CreateFormFile("clip", "holiday.mp4")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(footage)
	_ = m.Close()
	return &body, m.FormDataContentType()
}

// Only this machine hands clips in, and only clips.
func TestUsersClipsAreRefused(t *testing.T) {
	w := newWorld(t, "miner")
	v := w.validator()
	c := client{t, v.API()}
	small := func() io.Reader { return strings.NewReader("no video") }
	for name, got := range map[string]*httptest.ResponseRecorder{
		"from elsewhere":    c.do("POST", "/organic", small(), func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5" }),
		"rebound name":      c.do("POST", "/organic", small(), func(r *http.Request) { r.Host = "evil.example" }),
		"from another site": c.do("POST", "/organic", small(), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }),
		"not a video":       c.do("POST", "/organic", small()),
		"empty":             c.do("POST", "/organic", http.NoBody),
		"unknown kind":      c.do("POST", "/organic?kind=poetry", small()),
		"mad threshold":     c.do("POST", "/organic?threshold=NaN", small()),
		"no number":         c.do("POST", "/organic?threshold=high", small()),
	} {
		if got.Code != 400 && got.Code != 403 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	left, err := os.ReadDir(v.files.organic(""))
	if err != nil || len(left) != 0 {
		t.Errorf("refused clips leave %v, %v", left, err)
	}
	v.organics.busy = maxWaiting
	if got := c.do("POST", "/organic", small()); got.Code != 429 {
		t.Errorf("busy: %d", got.Code)
	}
}
