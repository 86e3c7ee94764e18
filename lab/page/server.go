// Package page is the page of `ergon lab serve`: stakes, weights and rules are dragged, and bonds and
// dividends over the epochs move, settled by the code that pays. It keeps nothing between requests: a
// case is in the address of the page.
package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/ergon-network/ergon/internal/webpage"
	"github.com/ergon-network/ergon/lab/chart"
	"github.com/ergon-network/ergon/lab/report"
)

// Bounds of what is computed for a request.
const (
	MaxUIDs   = 64
	MaxEpochs = 1000
	maxBody   = 4 << 20
	// replays and plays are how many are computed at once; more are told to come again.
	replays, plays = 4, 2
	playTime       = time.Minute
)

// policy allows what this origin serves and nothing else; a report is shown in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// reportPolicy allows a report its own style and script, by what they are.
var reportPolicy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
	digest(report.Style), digest(report.Script))

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

//go:embed assets
var assets embed.FS

// Server serves the page. Make one with New.
type Server struct {
	hosts   []string
	log     *slog.Logger
	page    []byte
	handler http.Handler
	replays chan struct{} // holds a token per replay under way
	plays   chan struct{} // and per report
}

// New makes a server. The page may be asked for as localhost, by a loopback address, and by the names in
// hosts; a nil log discards.
func New(hosts []string, log *slog.Logger) (*Server, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Server{hosts: hosts, log: log, replays: make(chan struct{}, replays), plays: make(chan struct{}, plays)}
	mux := http.NewServeMux()
	if err := s.static(mux); err != nil {
		return nil, err
	}
	short := func(h http.HandlerFunc) http.Handler { return webpage.Limited(maxBody, webpage.RequestTime, h) }
	mux.Handle("GET /{$}", short(s.show))
	mux.Handle("GET /presets", short(s.presets))
	mux.Handle("GET /presets/{name}", short(s.preset))
	mux.Handle("POST /archive", short(s.archive))
	mux.Handle("POST /replay", short(s.replay))
	mux.Handle("POST /report", webpage.Limited(maxBody, playTime+webpage.RequestTime, s.report))
	s.handler = webpage.Guard(policy, hosts, mux)
	return s, nil
}

// static prepares what does not change.
func (s *Server) static(mux *http.ServeMux) error {
	pages, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return fmt.Errorf("parse the laboratory's page: %w", err)
	}
	var b bytes.Buffer
	err = pages.Execute(&b, struct {
		Icon template.URL
		Mark template.HTML
	}{webpage.Icon, webpage.Mark})
	if err != nil {
		return fmt.Errorf("render the laboratory's page: %w", err)
	}
	s.page = b.Bytes()
	for name, before := range map[string]string{"page.css": webpage.Base + chart.Style, "page.js": "", "model.js": "", "matrix.js": ""} {
		body, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return fmt.Errorf("read asset: %w", err)
		}
		serve(mux, name, append([]byte(before), body...))
	}
	serve(mux, "chart.js", []byte(chart.Script))
	return nil
}

func serve(mux *http.ServeMux, name string, body []byte) {
	mux.Handle("GET /assets/"+name, webpage.Limited(0, webpage.RequestTime, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	}))
}

// Handler returns the page and its API with all checks in front.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on l, a loopback address unless hosts were named, until ctx ends, and then closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return webpage.Serve(ctx, l, s.handler, s.hosts, s.log)
}

func (s *Server) show(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(s.page)
}

// problem is an answer that says what is wrong with a request, and the status to say it with.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

var errBusy = &problem{http.StatusServiceUnavailable, "as much as this machine does at once is being computed: try again"}

// fail answers with what went wrong.
func (s *Server) fail(w http.ResponseWriter, err error) {
	var p *problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &large):
		p = &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("a request of more than %d MiB: leave epochs or uids out", maxBody>>20)}
	case errors.Is(err, context.DeadlineExceeded):
		p = &problem{http.StatusServiceUnavailable, "it took too long: play fewer epochs"}
	case errors.Is(err, context.Canceled):
		p = &problem{http.StatusServiceUnavailable, "interrupted"}
	default:
		p = &problem{http.StatusBadRequest, err.Error()}
	}
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	answer(w, p.status, struct {
		Error string `json:"error"`
	}{p.text})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader may be gone
}

// take waits for nothing: a token, or errBusy.
func take(slots chan struct{}) (give func(), err error) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	default:
		return nil, errBusy
	}
}
