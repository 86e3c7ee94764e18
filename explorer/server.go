package explorer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/ergon-network/ergon/internal/webpage"
)

const (
	// maxBody bounds a request's body outside of panels: the faucet's form has one address.
	maxBody = 4 << 10
	// renderTime bounds a panel's rendering, so that a slow one does not hold up the page.
	renderTime = 2 * time.Second
)

// policy allows what this origin serves and nothing else. Media and images may also be blobs, which a panel makes of a file that the
// user chose.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// limited bounds a request; event streams set their own bound per write.
func limited(next http.HandlerFunc) http.Handler {
	return webpage.Limited(maxBody, webpage.RequestTime, next)
}

// Panel is a section that a market adds to the page, below the live part. Its HTML is rendered once per page load and not replaced by
// updates, so it may hold a form or a player; it keeps itself current through its own routes.
//
// The content security policy allows scripts, styles, media and requests of this origin only: a panel serves its script and
// passes media through its own routes.
type Panel interface {
	// Name is the panel's place in the address, /panel/NAME/: a-z, 0-9 and '-'.
	Name() string
	// Title is the heading of its section.
	Title() string
	// Render returns its section; ctx ends after two seconds. An error is shown in its place.
	Render(ctx context.Context) (template.HTML, error)
	// Routes registers its handlers, without the /panel/NAME prefix, which requests have lost when they arrive. They come with Host and origin
	// already checked; size and time limits of bodies are theirs to set.
	Routes(mux *http.ServeMux)
}

// Config holds what a Server may be given. The zero value shows states and has neither faucet nor panels.
type Config struct {
	Panels []Panel
	// Faucet sends coins to an SS58 address that has been checked, and returns how many rao. Nil is no faucet.
	Faucet func(ctx context.Context, address string) (rao uint64, err error)
	// FaucetEvery is the time between two gifts to one address; zero is a minute.
	FaucetEvery time.Duration
	// Hosts are names under which the page may be asked for, besides localhost and loopback addresses.
	Hosts []string
	Log   *slog.Logger     // nil discards
	Now   func() time.Time // nil is time.Now; dates the faucet's gifts
}

// Server serves the page. Make one with New.
type Server struct {
	cfg     Config
	pages   *template.Template
	version string // of the assets, part of their addresses
	handler http.Handler
	faucet  *faucet
	streams chan struct{} // holds a token per open event stream

	mu      sync.Mutex // guards what follows
	state   []byte     // as JSON
	live    []byte     // the rendered live part
	height  uint64
	changed chan struct{} // closed when live changes, then replaced
}

var panelName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// New makes a server that shows an empty state until the first Publish. It fails on a panel whose name is not usable.
func New(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.FaucetEvery == 0 {
		cfg.FaucetEvery = time.Minute
	}
	pages, err := templates()
	if err != nil {
		return nil, fmt.Errorf("parse the explorer's pages: %w", err)
	}
	s := &Server{cfg: cfg, pages: pages, streams: make(chan struct{}, maxStreams), changed: make(chan struct{})}
	if cfg.Faucet != nil {
		s.faucet = newFaucet(cfg)
	}
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.handler = webpage.Guard(policy, cfg.Hosts, mux)
	s.Publish(State{Notice: "Starting"})
	return s, nil
}

func (s *Server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", limited(s.page))
	mux.Handle("GET /api/state", limited(s.apiState))
	mux.Handle("GET /healthz", limited(s.health))
	mux.HandleFunc("GET /events", s.events)
	if s.faucet != nil {
		mux.Handle("POST /faucet", limited(s.give))
	}
	sum := sha256.New()
	for _, name := range []string{"style.css", "live.js"} {
		body, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		if name == "style.css" {
			body = append([]byte(webpage.Base), body...)
		}
		sum.Write(body)
		mux.Handle("GET /assets/"+name, limited(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // the page names the version
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
		}))
	}
	s.version = hex.EncodeToString(sum.Sum(nil))[:12]
	used := make(map[string]bool)
	for _, p := range s.cfg.Panels {
		name := p.Name()
		if !panelName.MatchString(name) || used[name] {
			return nil, fmt.Errorf("panel %q: a name has 1 to 32 characters of a-z, 0-9 and '-' and is used once", name)
		}
		used[name] = true
		own := http.NewServeMux()
		p.Routes(own)
		mux.Handle("/panel/"+name+"/", http.StripPrefix("/panel/"+name, own))
	}
	return mux, nil
}

// Publish shows a new state on every open page. It keeps nothing of s and may be called from any goroutine.
func (s *Server) Publish(state State) {
	state = state.Bounded()
	var live bytes.Buffer
	err := s.pages.ExecuteTemplate(&live, "live", newView(state))
	body, jsonErr := json.Marshal(state)
	if err := errors.Join(err, jsonErr); err != nil {
		s.cfg.Log.Error("cannot show a state", "height", state.Height, "err", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.height = append(body, '\n'), state.Height
	if !bytes.Equal(live.Bytes(), s.live) {
		s.live = live.Bytes()
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// current returns the live part and a channel that is closed when there is a newer one.
func (s *Server) current() (live []byte, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live, s.changed
}

// Handler returns the page and its API with all checks in front.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on l until ctx ends, then closes l and lets open requests finish for a second. The page has no password, so l must be on a
// loopback address unless Config.Hosts names where else it is meant to be reached.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return webpage.Serve(ctx, l, s.handler, s.cfg.Hosts, s.cfg.Log)
}

type panelView struct {
	Name, Title string
	Body        template.HTML
	Err         error
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	live, _ := s.current()
	data := struct {
		Version string
		Live    template.HTML
		Panels  []panelView
		Faucet  bool
	}{s.version, template.HTML(live), nil, s.faucet != nil} // live was rendered, and escaped, by the same templates
	for _, p := range s.cfg.Panels {
		data.Panels = append(data.Panels, s.renderPanel(r.Context(), p))
	}
	s.show(w, http.StatusOK, "page", data)
}

func (s *Server) renderPanel(ctx context.Context, p Panel) panelView {
	ctx, cancel := context.WithTimeout(ctx, renderTime)
	defer cancel()
	body, err := p.Render(ctx)
	if err != nil {
		s.cfg.Log.Warn("cannot render a panel", "panel", p.Name(), "err", err)
	}
	return panelView{Name: p.Name(), Title: p.Title(), Body: body, Err: err}
}

// show renders into memory first, so that a failure is an error and not half a page.
func (s *Server) show(w http.ResponseWriter, status int, name string, data any) {
	var body bytes.Buffer
	if err := s.pages.ExecuteTemplate(&body, name, data); err != nil {
		s.cfg.Log.Error("cannot render a page", "page", name, "err", err)
		http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

func (s *Server) apiState(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	body := s.state
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(body)
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	height := s.height
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, fmt.Sprintf(`{"status":"ok","height":%d}`+"\n", height))
}
