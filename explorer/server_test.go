package explorer_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/explorer/internal/fixture"
)

func newServer(t *testing.T, cfg explorer.Config) *explorer.Server {
	t.Helper()
	s, err := explorer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request is a request to the page from a browser on this machine, changed by edits.
func request(method, target string, edits ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8600", "127.0.0.1:50000"
	for _, edit := range edits {
		edit(r)
	}
	return r
}

func answer(s *explorer.Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestPageIsHarmlessWhateverTheStateSays(t *testing.T) {
	for name, state := range map[string]explorer.State{"fixture": fixture.State(640), "empty": {}, "hostile": fixture.Hostile()} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, explorer.Config{Faucet: gift(nil), Panels: []explorer.Panel{panel{name: "good"}, panel{name: "bad", err: errBroken}}})
			s.Publish(state)
			w := answer(s, request("GET", "/"))
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "ZgotmplZ") {
				t.Errorf("status %d; unsafe value in a template: %v", w.Code, strings.Contains(w.Body.String(), "ZgotmplZ"))
			}
			checkMarkup(t, w.Body)
		})
	}
}

// checkMarkup fails on whatever the content policy would block or a state has smuggled in: scripts and styles in the page, event handlers, addresses
// of other schemes, elements the templates do not use.
func checkMarkup(t *testing.T, page io.Reader) {
	t.Helper()
	doc, err := html.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "img" || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("the page has a %s element with content", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("%s has attribute %s=%q", n.Data, a.Key, a.Val)
			}
			if a.Key != "href" && a.Key != "src" && a.Key != "action" {
				continue
			}
			u, err := url.Parse(a.Val)
			icon := n.Data == "link" && strings.HasPrefix(a.Val, "data:image/svg+xml,")
			if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && !icon {
				t.Errorf("%s leads to %q (%v)", n.Data, a.Val, err)
			}
		}
	}
}

func TestPageShowsTheStateWithoutScripts(t *testing.T) {
	s := newServer(t, explorer.Config{})
	state := fixture.State(640)
	s.Publish(state)
	earned := `title="` + explorer.Count(state.Subnets[0].Neurons[0].EarnedRao) + ` rao"`
	page := answer(s, request("GET", "/")).Body.String()
	for _, want := range []string{"640", "atlas", fixture.Key("Video0"), "returns the original", "adds up to the rao", earned, "miner-echo", "restarted 3×"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "faucet") {
		t.Error("the page shows a faucet that it has not")
	}
	wrong := fixture.State(640)
	wrong.Totals.OwnerRao++
	s.Publish(wrong)
	if page := answer(s, request("GET", "/")).Body.String(); !strings.Contains(page, "does not add up") {
		t.Error("the page hides that the money does not add up")
	}
}

func TestStateAsJSONIsStable(t *testing.T) {
	s := newServer(t, explorer.Config{})
	s.Publish(fixture.State(210))
	w := answer(s, request("GET", "/api/state"))
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, w.Body.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "state.json", out.Bytes())
	if got := answer(s, request("GET", "/healthz")).Body.String(); got != `{"status":"ok","height":210}`+"\n" {
		t.Errorf("health is %s", got)
	}
}

func TestOnlyKnownHostsAndThisOriginAreServed(t *testing.T) {
	s := newServer(t, explorer.Config{Hosts: []string{"Ergon.example"}, Faucet: gift(nil)})
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	for h, want := range map[string]int{
		"127.0.0.1:8600": 200, "localhost": 200, "LOCALHOST:1": 200, "[::1]:8600": 200, "127.8.9.10": 200, "ergon.example": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:8600": 421, "": 421, "192.0.2.1": 421, "0.0.0.0:8600": 421,
	} {
		w := answer(s, request("GET", "/healthz", host(h)))
		if w.Code != want {
			t.Errorf("host %q: status %d, want %d", h, w.Code, want)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("host %q: content policy %q", h, policy)
		}
	}
	for _, foreign := range []map[string]string{{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}} {
		w := answer(s, request("POST", "/faucet?address="+fixture.Key("x"), func(r *http.Request) {
			for k, v := range foreign {
				r.Header.Set(k, v)
			}
		}))
		if w.Code != http.StatusForbidden {
			t.Errorf("post with %v: status %d", foreign, w.Code)
		}
	}
}

// stream opens an event stream and returns its events.
func stream(t *testing.T, ctx context.Context, base string) (next func() string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("stream: status %d, type %q", res.StatusCode, got)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<22)
	return func() string {
		var data []string
		for lines.Scan() {
			if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				data = append(data, d)
			} else if lines.Text() == "" && len(data) > 0 {
				return strings.Join(data, "\n")
			}
		}
		return ""
	}
}

func TestEventsCarryEachNewState(t *testing.T) {
	s := newServer(t, explorer.Config{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next := stream(t, ctx, server.URL)
	if got := next(); !strings.Contains(got, "Starting") {
		t.Errorf("first event: %.200s", got)
	}
	s.Publish(fixture.Hostile())
	checkMarkup(t, strings.NewReader(next()))
	s.Publish(fixture.State(640))
	got := next()
	if !strings.Contains(got, "atlas") || !strings.Contains(got, `data-say="Epoch 6 of Template paid`) {
		t.Errorf("event of block 640: %.400s", got)
	}
	if page := answer(s, request("GET", "/")).Body.String(); !strings.Contains(page, strings.TrimSpace(got)) {
		t.Error("the event is not what the page shows")
	}
	cancel()
	if got := next(); got != "" {
		t.Errorf("event after the end: %.100s", got)
	}
}

func TestEventStreamsAreBounded(t *testing.T) {
	s := newServer(t, explorer.Config{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 64 {
		stream(t, ctx, server.URL)
	}
	if w := answer(s, request("GET", "/events")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one stream too many: status %d", w.Code)
	}
}

func TestPublishAndReadConcurrently(t *testing.T) {
	s := newServer(t, explorer.Config{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 3 {
		next := stream(t, ctx, server.URL)
		wg.Go(func() {
			for !strings.Contains(next(), ">last<") {
			}
		})
		wg.Go(func() {
			for range 20 {
				answer(s, request("GET", "/"))
				answer(s, request("GET", "/api/state"))
			}
		})
	}
	for h := range uint64(50) {
		s.Publish(fixture.State(h))
	}
	last := fixture.State(50)
	last.Notice = "last"
	s.Publish(last)
	wg.Wait()
}

type panel struct {
	name string
	err  error
}

func (p panel) Name() string                                  { return p.name }
func (p panel) Title() string                                 { return "Panel <" + p.name + ">" }
func (p panel) Render(context.Context) (template.HTML, error) { return "<p>hello</p>", p.err }
func (p panel) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /drop", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
}

func TestPanels(t *testing.T) {
	s := newServer(t, explorer.Config{Panels: []explorer.Panel{panel{name: "video"}, panel{name: "bad", err: errBroken}}})
	page := answer(s, request("GET", "/")).Body.String()
	for _, want := range []string{"Panel &lt;video&gt;", "<p>hello</p>", "cannot be shown now"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "broken") {
		t.Error("the page shows an internal error")
	}
	clip := strings.Repeat("x", 1<<20) // larger than the page's own limit
	r := httptest.NewRequest("POST", "/panel/video/drop", strings.NewReader(clip))
	r.Host = "localhost"
	if w := answer(s, r); w.Code != 200 || w.Body.Len() != len(clip) {
		t.Errorf("panel's route: status %d, %d bytes", w.Code, w.Body.Len())
	}
	r = httptest.NewRequest("POST", "/panel/video/drop", strings.NewReader(clip))
	r.Host = "evil.example"
	if w := answer(s, r); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("panel's route under a foreign name: status %d", w.Code)
	}
	for _, panels := range [][]explorer.Panel{{panel{name: "../x"}}, {panel{}}, {panel{name: "a"}, panel{name: "a"}}} {
		if _, err := explorer.New(explorer.Config{Panels: panels}); err == nil {
			t.Errorf("panels %v are taken", panels)
		}
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	s := newServer(t, explorer.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, l) }()
	next := stream(t, t.Context(), "http://"+l.Addr().String())
	next()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if got := next(); got != "" {
		t.Errorf("the stream goes on: %.100s", got)
	}
	public, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), public); err == nil || !strings.Contains(err.Error(), "no password") {
		t.Errorf("Serve on %s: %v, want a refusal", public.Addr(), err)
	}
}
