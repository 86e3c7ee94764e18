package page

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab"
	_ "github.com/ergon-network/ergon/lab/adversary"
	_ "github.com/ergon-network/ergon/lab/control"
	"github.com/ergon-network/ergon/lab/report"
	"github.com/ergon-network/ergon/lab/scenarios"
	_ "github.com/ergon-network/ergon/subnets/template"
	_ "github.com/ergon-network/ergon/subnets/video/videolab"
)

func newServer(t *testing.T) *Server {
	t.Helper()
	s, err := New(nil, nil)
	require.NoError(t, err)
	return s
}

// ask is a request from a browser on this machine.
func ask(s *Server, method, target, body string, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8610"
	for _, edit := range edits {
		edit(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func wrongs(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var out struct{ Error string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out), "%s", w.Body)
	require.NotEmpty(t, out.Error)
	return out.Error
}

func encoded(t *testing.T, a *lab.Archive) string {
	t.Helper()
	raw, err := json.Marshal(a)
	require.NoError(t, err)
	return string(raw)
}

// What the page shows is what lab.Replay says of the same archive, for every known case.
func TestTheAnswerIsTheReplay(t *testing.T) {
	s := newServer(t)
	for _, c := range cases {
		for _, change := range []func(*lab.Subnet){
			func(*lab.Subnet) {}, func(n *lab.Subnet) { n.Yuma = "2024" }, func(n *lab.Subnet) { n.LiquidAlpha, n.CommitReveal, n.Kappa = true, 2, 0.3 },
		} {
			a := c.archive()
			change(&a.Subnet)
			w := ask(s, "POST", "/replay?miners="+url.QueryEscape("2"), encoded(t, a))
			require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
			var got Answer
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			same(t, a, &got)
			for _, name := range []string{"dividends", "incentive", "pay", "matrix"} {
				require.Contains(t, got.Charts[name], "<svg")
			}
		}
	}
}

// same holds an answer against a replay of its own.
func same(t *testing.T, a *lab.Archive, got *Answer) {
	t.Helper()
	const ulp = 1e-6
	point := 0
	want, err := lab.Replay(t.Context(), a, func(e lab.Settling) {
		if point < len(got.Epochs) && got.Epochs[point] == e.Epoch {
			for i, v := range got.Validators {
				for k, m := range got.Miners {
					bond := 0.0
					for _, c := range e.Out.Raw.Bonds.Row(v) {
						if int(c.UID) == m {
							bond = float64(c.Value) / (1 << 32)
						}
					}
					require.InDelta(t, bond, got.Bonds[point][i][k], ulp)
				}
			}
			for k, m := range got.Miners {
				require.InDelta(t, float64(e.Out.Raw.Consensus[m])/(1<<32), got.Consensus[point][k], ulp)
			}
			point++
		}
	})
	require.NoError(t, err)
	require.Equal(t, len(got.Epochs), point)
	require.Equal(t, len(want.Epochs)-1, got.Epochs[point-1], "the last epoch is there")
	require.Len(t, got.Dividends, point)
	for i, epoch := range got.Epochs {
		e := want.Epochs[epoch]
		for k, uid := range got.Validators {
			require.InDelta(t, float64(e.Dividends[uid])/65535, got.Dividends[i][k], ulp)
			require.InDelta(t, float64(e.Trust[uid])/65535, got.Trust[i][k], ulp)
		}
		for k, uid := range got.Miners {
			require.InDelta(t, float64(e.Incentive[uid])/65535, got.Incentive[i][k], ulp)
		}
		for uid := range e.Miner {
			require.InDelta(t, float64(e.Miner[uid]+e.Validator[uid])/1e9, got.Pay[i][uid], ulp)
		}
	}
}

func TestLongReplaysAreSampled(t *testing.T) {
	a := cases[0].archive()
	for _, epochs := range []int{1, 149, 150, 151, 999, 1000} {
		a.Epochs = epochs
		got, err := settle(t.Context(), a)
		require.NoError(t, err)
		require.LessOrEqual(t, len(got.Epochs), mostPoints)
		same(t, a, got)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	s := newServer(t)
	good := encoded(t, cases[0].archive())
	many := lab.Archive{Subnet: lab.Defaults().Subnet, Frames: []lab.Frame{{Stake: make([]float64, MaxUIDs+1)}}}
	long := cases[0].archive()
	long.Epochs = MaxEpochs + 1
	for _, c := range []struct {
		what, method, target, body string
		status                     int
		says                       string
	}{
		{"too large", "POST", "/replay", `{"name":"` + strings.Repeat("x", maxBody) + `"}`, 413, "4 MiB"},
		{"too many uids", "POST", "/replay", encoded(t, &many), 400, "at most 64"},
		{"too many epochs", "POST", "/replay", encoded(t, long), 400, "at most 1000"},
		{"not JSON", "POST", "/replay", "stake=5", 400, "cannot be read"},
		{"empty", "POST", "/replay", "", 400, "cannot be read"},
		{"more behind it", "POST", "/replay", good + good, 400, "more behind"},
		{"strange field", "POST", "/replay", `{"frames":[],"evil":1}`, 400, "evil"},
		{"no frames", "POST", "/replay", `{}`, 400, "no first frame"},
		{"not a number", "POST", "/replay", `{"frames":[{"stake":[1e999]}]}`, 400, "cannot be read"},
		{"negative", "POST", "/replay", `{"frames":[{"stake":[-1]}]}`, 400, "stake of uid 0"},
		{"wrong rules", "POST", "/replay", `{"subnet":{"kappa":2},"frames":[{"stake":[1]}]}`, 400, "subnet.kappa"},
		{"long name", "POST", "/replay", `{"name":"` + strings.Repeat("x", 300) + `","frames":[{"stake":[1]}]}`, 400, "at most 200"},
		{"no such miner", "POST", "/replay?miners=99", good, 400, "no uid"},
		{"too many miners", "POST", "/replay?miners=1,1,1,1,1", good, 400, "at most 4"},
		{"not an archive", "POST", "/archive", "[5]", 400, "cannot be read"},
		{"no such preset", "GET", "/presets/%3Cscript%3E", "", 404, "does not ship"},
	} {
		w := ask(s, c.method, c.target, c.body)
		require.Equal(t, c.status, w.Code, "%s: %s", c.what, w.Body)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"), c.what)
		require.Contains(t, wrongs(t, w), c.says, c.what)
	}
	for _, c := range [][2]string{{"GET", "/replay"}, {"PUT", "/replay"}, {"GET", "/report"}, {"POST", "/"}, {"POST", "/presets"}, {"DELETE", "/presets/late"}} {
		require.Equal(t, http.StatusMethodNotAllowed, ask(s, c[0], c[1], good).Code, "%s %s", c[0], c[1])
	}
	require.Equal(t, http.StatusNotFound, ask(s, "GET", "/assets/page.html", "").Code)
}

func TestStrangersAreRefused(t *testing.T) {
	s := newServer(t)
	good := encoded(t, cases[0].archive())
	for host, want := range map[string]int{"127.0.0.1:8610": 200, "localhost": 200, "[::1]:9": 200, "evil.example": 421, "localhost.evil.example": 421, "": 421} {
		w := ask(s, "POST", "/replay", good, func(r *http.Request) { r.Host = host })
		require.Equal(t, want, w.Code, "host %q", host)
		p := w.Header().Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(p, "default-src 'none'") && !strings.Contains(p, "unsafe"), p)
	}
	for _, foreign := range []map[string]string{{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}} {
		for _, target := range []string{"/replay", "/report"} {
			w := ask(s, "POST", target, good, func(r *http.Request) {
				for k, v := range foreign {
					r.Header.Set(k, v)
				}
			})
			require.Equal(t, http.StatusForbidden, w.Code, "%v", foreign)
		}
	}
}

// Somebody who asks for more than is computed at once is told to come again, and keeps nobody waiting.
func TestWorkIsBounded(t *testing.T) {
	s := newServer(t)
	for range replays {
		s.replays <- struct{}{}
	}
	for range plays {
		s.plays <- struct{}{}
	}
	for _, c := range [][2]string{{"POST", "/replay"}, {"POST", "/report"}, {"GET", "/presets/cabal-33"}} {
		w := ask(s, c[0], c[1], "{}")
		require.Equal(t, http.StatusServiceUnavailable, w.Code, c[1])
		require.Equal(t, "1", w.Header().Get("Retry-After"))
	}
	<-s.replays
	require.Equal(t, http.StatusOK, ask(s, "POST", "/replay", encoded(t, cases[0].archive())).Code)
	require.Len(t, s.replays, replays-1, "the place is free again")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := ask(s, "POST", "/replay", encoded(t, cases[0].archive()), func(r *http.Request) { *r = *r.WithContext(ctx) })
	require.Equal(t, http.StatusServiceUnavailable, w.Code, "a visitor who left is not computed for")
}

// Every preset can be replayed as it is, and a scenario's has the scenario's rules.
func TestPresets(t *testing.T) {
	s := newServer(t)
	var list struct{ Presets []preset }
	require.NoError(t, json.Unmarshal(ask(s, "GET", "/presets", "").Body.Bytes(), &list))
	require.Len(t, list.Presets, len(cases)+len(scenarios.Names()))
	for _, p := range list.Presets {
		require.NotEmpty(t, p.About, p.Name)
		w := ask(s, "GET", "/presets/"+p.Name, "")
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", p.Name, w.Body)
		a, err := decode(w.Body.Bytes())
		require.NoError(t, err, p.Name)
		run, err := lab.Replay(t.Context(), a, nil)
		require.NoError(t, err, p.Name)
		paid := uint64(0)
		for _, e := range run.Epochs {
			for uid := range e.Miner {
				paid += e.Miner[uid] + e.Validator[uid]
			}
		}
		require.Positive(t, paid, p.Name)
	}
	hidden, err := scenarios.Named("weight-copier-hidden")
	require.NoError(t, err)
	a, err := firstEpoch(t.Context(), hidden)
	require.NoError(t, err)
	require.Equal(t, hidden.Subnet, a.Subnet)
	require.Positive(t, slices.Max(a.Frames[0].Weights[0]), "what is hidden is shown")
}

// An archive in another form comes back in the one that the page knows.
func TestOtherFormsAreOpened(t *testing.T) {
	w := ask(newServer(t), "POST", "/archive", `[{"S": [5, 0], "W": [[0, 1], []], "block": 7}, {"S": [6, 0], "W": [[0, 1], []]}]`)
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	a, err := decode(w.Body.Bytes())
	require.NoError(t, err)
	require.Len(t, a.Frames, 2)
	require.Equal(t, []float64{6, 0}, a.Frames[1].Stake)
	require.Equal(t, lab.Defaults().Subnet, a.Subnet)
}

// A small validator that moves late loses dividends and gets them back; in the early case as well.
func TestCasesShowWhatTheySay(t *testing.T) {
	late, err := settle(t.Context(), cases[0].archive())
	require.NoError(t, err)
	small := func(epoch int) float64 { return late.Dividends[epoch][2] }
	require.InDelta(t, 0.1, small(moveAt-1), 0.001)
	require.Less(t, small(moveAt+2), 0.01)
	require.Greater(t, small(shown-1), 0.09)
}

func TestReports(t *testing.T) {
	s := newServer(t)
	post := func(form url.Values) *httptest.ResponseRecorder {
		return ask(s, "POST", "/report", form.Encode(), func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") })
	}
	w := post(url.Values{"scenario": {"control-liar"}, "seed": {"3"}, "download": {"1"}})
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	require.Contains(t, w.Header().Get("Content-Disposition"), "attachment")
	sc, err := scenarios.Named("control-liar")
	require.NoError(t, err)
	want, err := report.Play(t.Context(), sc, 3, report.DefaultSeeds)
	require.NoError(t, err)
	want.Command = "ergon lab report control-liar --seed 3"
	var page bytes.Buffer
	require.NoError(t, want.Write(&page))
	require.True(t, page.String() == w.Body.String(), "the page's report is the command's")

	p := w.Header().Get("Content-Security-Policy")
	require.Contains(t, p, "frame-ancestors 'self'")
	require.NotContains(t, p, "unsafe")
	for _, tag := range []string{"style", "script"} {
		_, rest, ok := strings.Cut(page.String(), "<"+tag+">")
		require.True(t, ok)
		inside, _, _ := strings.Cut(rest, "</"+tag+">")
		require.Contains(t, p, tag+"-src '"+digest(inside)+"'", "the policy lets the report's own "+tag+" through")
	}

	a := cases[1].archive()
	a.Name = "<b>mine"
	w = post(url.Values{"archive": {encoded(t, a)}})
	require.Equal(t, http.StatusOK, w.Code)
	require.True(t, strings.Contains(w.Body.String(), "&lt;b&gt;mine"))
	for says, form := range map[string]url.Values{
		"does not ship":   {"scenario": {"../../etc/passwd"}, "seed": {"1"}},
		"is no number":    {"scenario": {"liar"}, "seed": {"<x>"}},
		"has no profile":  {"scenario": {"liar"}, "seed": {"1"}, "profile": {"plums"}},
		"cannot be read":  {"archive": {"{"}},
		"no first frame":  {"archive": {"{}"}},
		"does not ship w": {},
	} {
		w := post(form)
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, wrongs(t, w), says)
	}
}

// The page loads its own files and nothing else, and ends with its context.
func TestServedOverTheNetwork(t *testing.T) {
	s := newServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, l) }()
	base := "http://" + l.Addr().String()
	get := func(path string) (string, *http.Response) {
		res, err := http.Get(base + path)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, 200, res.StatusCode, path)
		return string(body), res
	}
	page, _ := get("/")
	require.NotContains(t, page, "style=")
	files := map[string]string{"page.css": "text/css", "chart.js": "javascript", "page.js": "javascript", "model.js": "javascript", "matrix.js": "javascript"}
	for name, kind := range files {
		body, res := get("/assets/" + name)
		require.Contains(t, res.Header.Get("Content-Type"), kind)
		require.NotContains(t, body, "http://")
		require.NotContains(t, body, "https://")
	}
	archive, _ := get("/presets/late")
	res, err := http.Post(base+"/replay?miners=3,4", "application/json", strings.NewReader(archive))
	require.NoError(t, err)
	var got Answer
	require.NoError(t, json.NewDecoder(res.Body).Decode(&got))
	res.Body.Close()
	a, err := decode([]byte(archive))
	require.NoError(t, err)
	same(t, a, &got)
	require.Contains(t, got.Charts["bonds"], "Bonds in miner 4")
	cancel()
	require.NoError(t, <-done)

	public, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	require.ErrorContains(t, s.Serve(t.Context(), public), "no password")
}

// FuzzDecode: whatever arrives is refused, or can be replayed within the bounds.
func FuzzDecode(f *testing.F) {
	raw, err := json.Marshal(cases[0].archive())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	for _, text := range []string{`{}`, `{"frames":[{"stake":[1,0],"weights":[[0,1]]}],"epochs":3}`, `{"frames":[{"stake":[0],"weights":[[5]]},{"stake":[]}]}`, `{"subnet":{"yuma":"2024","permits":1,"tempo":1},"frames":[{"stake":[1e8,1e-9],"weights":[[1e12,1e-12]]}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := decode(raw)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(a.Frames[0].Stake), MaxUIDs)
		require.LessOrEqual(t, max(a.Epochs, len(a.Frames)), MaxEpochs)
		a.Epochs = min(a.Epochs, 5)
		got, err := settle(t.Context(), a)
		if err != nil {
			return // the consensus refuses it, in words
		}
		got.draw(got.Miners[:min(len(got.Miners), 1)])
		_, err = json.Marshal(got)
		require.NoError(t, err)
	})
}

// BenchmarkReplay is what a change costs the server: 8 validators, 16 miners, 60 epochs.
func BenchmarkReplay(b *testing.B) {
	s, err := New(nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := json.Marshal(cases[len(cases)-1].archive())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if w := ask(s, "POST", "/replay?miners=22,23", string(raw)); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
