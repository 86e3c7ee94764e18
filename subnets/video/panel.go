package video

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

// Panel is the market's part of the explorer's page: a clip of one's own is handed to the miners, and
// their answers come back ranked, beside the reference. It talks to one validator's API and serves
// all it shows, media too, from its own routes.
type Panel struct {
	api    func() string // host:port; "" while the validator is not there yet
	client *http.Client
	pages  *template.Template
}

const (
	panelName   = "video"
	panelAnswer = 10 * time.Second // for an answer of the API to begin
	maxReport   = 1 << 20          // bytes
	maxForm     = 1 << 10          // bytes of a form's field
)

// NewPanel makes a panel over the API of a validator, whose address may become known later.
func NewPanel(api func() string) (*Panel, error) {
	pages, err := template.New("").Funcs(template.FuncMap{
		"size": size, "short": shortKey, "gate": gateWords,
		"percent": func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
		"points": func(p *float64) string {
			if p == nil {
				return "–"
			}
			return fmt.Sprintf("%.1f", *p)
		},
		"score": func(x float64) string { return fmt.Sprintf("%.4f", x) },
	}).ParseFS(assets, "assets/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the video panel: %w", err)
	}
	return &Panel{api: api, client: &http.Client{Transport: &http.Transport{
		ResponseHeaderTimeout: 2 * uploadTime, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
	}}, pages: pages}, nil
}

// Name implements explorer.Panel.
func (p *Panel) Name() string { return panelName }

// Title implements explorer.Panel.
func (p *Panel) Title() string { return "Try the market with a clip of yours" }

// panelView is what the templates see.
type panelView struct {
	Ready bool
	Clip  *ClipReport
}

// Render implements explorer.Panel: the form, and the newest clip with its answers.
func (p *Panel) Render(ctx context.Context) (template.HTML, error) {
	view := panelView{Ready: true}
	var list []Clip
	if err := p.get(ctx, "/organic", &list); err != nil {
		view.Ready = false
	} else if len(list) > 0 {
		var rep ClipReport
		if err := p.get(ctx, "/organic/"+url.PathEscape(list[0].ID), &rep); err == nil {
			view.Clip = &rep
		}
	}
	return p.render("panel", view)
}

func (p *Panel) render(name string, v any) (template.HTML, error) {
	var out bytes.Buffer
	err := p.pages.ExecuteTemplate(&out, name, v)
	return template.HTML(out.String()), err // made by html/template, so escaped
}

// Routes implements explorer.Panel.
func (p *Panel) Routes(mux *http.ServeMux) {
	for name, kind := range map[string]string{"panel.js": "text/javascript", "panel.css": "text/css"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			body, err := assets.ReadFile("assets/" + name)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
		})
	}
	mux.HandleFunc("POST /clip", p.send)
	mux.HandleFunc("GET /clip/{id}", p.show)
	mux.HandleFunc("GET /media/{id}/reference", func(w http.ResponseWriter, r *http.Request) {
		p.pass(w, r, "/organic/"+url.PathEscape(r.PathValue("id"))+"/reference")
	})
	mux.HandleFunc("GET /media/{id}/result/{uid}", func(w http.ResponseWriter, r *http.Request) {
		path := "/organic/" + url.PathEscape(r.PathValue("id")) + "/result/" + url.PathEscape(r.PathValue("uid"))
		if r.URL.Query().Get("play") != "" {
			path += "?play=1"
		}
		p.pass(w, r, path)
	})
}

var errNoAPI = errors.New("the validator is not there yet: try again in a moment")

// do asks the validator.
func (p *Panel) do(ctx context.Context, method, path string, header http.Header, body io.Reader) (*http.Response, error) {
	at := p.api()
	if at == "" {
		return nil, errNoAPI
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+at+path, body)
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAPI, err)
	}
	return res, nil
}

// get reads JSON.
func (p *Panel) get(ctx context.Context, path string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, panelAnswer)
	defer cancel()
	res, err := p.do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return decode(res, v)
}

func decode(res *http.Response, v any) error {
	body := io.LimitReader(res.Body, maxReport)
	if res.StatusCode != http.StatusOK {
		var said struct{ Message string }
		_ = json.NewDecoder(body).Decode(&said)
		return fmt.Errorf("the validator says: %s", said.Message)
	}
	return json.NewDecoder(body).Decode(v)
}

// show is the results as the page swaps them in.
func (p *Panel) show(w http.ResponseWriter, r *http.Request) {
	var rep ClipReport
	if err := p.get(r.Context(), "/organic/"+url.PathEscape(r.PathValue("id")), &rep); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	body, err := p.render("results", rep)
	if err != nil {
		http.Error(w, "the results cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, string(body))
}

// send streams the form's clip to the validator. A script gets JSON, a plain form is sent back to the page.
func (p *Panel) send(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	deadline := time.Now().Add(uploadTime)
	_, _ = control.SetReadDeadline(deadline), control.SetWriteDeadline(deadline)
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+64<<10)
	c, err := p.forward(r)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"message": err.Error()})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"id": c.ID})
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/#panel-"+panelName, http.StatusSeeOther)
}

// forward reads the small fields, which come first, and passes the file on as it arrives.
func (p *Panel) forward(r *http.Request) (c Clip, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return c, errors.New("send the clip with the page's form")
	}
	query := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return c, errors.New("choose a clip first")
		}
		if err != nil {
			return c, errors.New("the upload broke off, or is larger than 64 MiB")
		}
		if part.FormName() == "clip" {
			return p.upload(r.Context(), query, part)
		}
		text, err := io.ReadAll(io.LimitReader(part, maxForm))
		if err != nil {
			return c, errors.New("the upload broke off")
		}
		query.Set(part.FormName(), string(text))
	}
}

func (p *Panel) upload(ctx context.Context, query url.Values, part *multipart.Part) (c Clip, err error) {
	if part.FileName() == "" {
		return c, errors.New("choose a clip first")
	}
	form := url.Values{"kind": {query.Get("kind")}, "threshold": {query.Get("threshold")}}
	res, err := p.do(ctx, http.MethodPost, "/organic?"+form.Encode(), http.Header{"Content-Type": {"application/octet-stream"}}, part)
	if err != nil {
		return c, err
	}
	defer res.Body.Close()
	return c, decode(res, &c)
}

// pass streams a video with its ranges.
func (p *Panel) pass(w http.ResponseWriter, r *http.Request, path string) {
	header := http.Header{}
	if rng := r.Header.Get("Range"); rng != "" {
		header.Set("Range", rng)
	}
	res, err := p.do(r.Context(), http.MethodGet, path, header, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent {
		http.Error(w, "not there", http.StatusNotFound)
		return
	}
	for _, name := range []string{"Content-Length", "Content-Range", "Accept-Ranges"} {
		if v := res.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, io.LimitReader(res.Body, maxInputBytes))
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 10<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
}

func shortKey(key string) string {
	if len(key) <= 12 {
		return key
	}
	return key[:6] + "…" + key[len(key)-4:]
}

// gateWords says in plain words why an answer earned nothing.
func gateWords(gate string) string {
	words := map[string]string{
		gateOffline: "not there", gateDeadline: "too late", gateRefused: "refused", gateBadAnswer: "no usable answer",
		"rate": "not made smaller", "threshold": "quality too low", "chroma": "colour lost", "neg-delta": "sharpened",
		"baseline": "no better than plain scaling", "duplicate": "a copy", "floor": "destroyed frames", "unreadable": "not a video",
		"frames": "wrong number of frames", "dimensions": "wrong size", "bytes": "file too large",
	}
	if w := words[gate]; w != "" {
		return w
	}
	return gate
}
