package video

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// echo attaches a compressor that sends its input back: edit may change the file before it is
// uploaded, and change the answer that says where it is.
func (w *world) echo(bucket string, edit func(path string) error, change func(said answer) (answer, error)) func(*axon.Axon) error {
	store := openStore(w.t, w.s3.URL(bucket))
	fetcher := newFetcher(w.t, objectstore.FetcherOptions{})
	dir := w.t.TempDir()
	reply := func(ctx context.Context, q question) (said answer, err error) {
		path := filepath.Join(dir, q.TaskID+".mp4")
		if _, err = fetcher.Fetch(ctx, objectstore.Request{URL: q.InputURL, Path: path}); err != nil {
			return said, err
		}
		if edit != nil {
			if err = edit(path); err != nil {
				return said, err
			}
		}
		object, err := store.PutFile(ctx, "results/"+q.TaskID, path, maxInputBytes)
		if err != nil {
			return said, err
		}
		said.SHA256, said.Bytes = object.SHA256, object.Size
		if said.URL, err = store.PresignGet(ctx, object.Key, inputTTL); err == nil && change != nil {
			said, err = change(said)
		}
		return said, err
	}
	return func(a *axon.Axon) error {
		return errors.Join(
			axon.Handle(a, func(_ context.Context, _ axon.Call, req *VideoCapability) error {
				req.Kinds = []string{string(reward.Compression)}
				return nil
			}),
			axon.Handle(a, func(ctx context.Context, _ axon.Call, req *VideoCompression) error {
				said, err := reply(ctx, req.question())
				if err == nil {
					req.give(said)
				}
				return err
			}))
	}
}

// ffmpeg rewrites a file with arguments between input and output.
func (w *world) ffmpeg(args ...string) func(string) error {
	return func(path string) error {
		out := path + ".out.mp4"
		all := append(append([]string{"-nostdin", "-v", "error", "-y", "-i", path}, args...), out)
		if text, err := exec.Command(w.tool.Path(), all...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
		return os.Rename(out, path)
	}
}

// lies is a server of a dishonest miner.
type lies struct {
	*httptest.Server
	swaps atomic.Int64
}

func newLies(t *testing.T) *lies {
	l := &lies{}
	mux := http.NewServeMux()
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for block := bytes.Repeat([]byte("x"), 1<<16); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			_ = pause(r.Context(), 20*time.Millisecond)
		}
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:1/result.mp4", http.StatusFound)
	})
	mux.HandleFunc("/swapped", func(w http.ResponseWriter, _ *http.Request) {
		if l.swaps.Add(1) > 1 {
			_, _ = w.Write([]byte("something else"))
			return
		}
		_, _ = w.Write([]byte("what was scored"))
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(func() { l.CloseClientConnections(); l.Close() })
	return l
}

func (l *lies) at(path string, size int64) func(answer) (answer, error) {
	return func(said answer) (answer, error) {
		said.URL = l.URL + path
		if size > 0 {
			said.Bytes = size
		}
		return said, nil
	}
}

func says(change func(*answer)) func(answer) (answer, error) {
	return func(said answer) (answer, error) {
		change(&said)
		return said, nil
	}
}

// Whatever a miner sends, it costs a bounded amount, earns nothing, and is on record under the gate
// that caught it.
func TestBadAnswersEarnNothing(t *testing.T) {
	w := newWorld(t, "miner")
	store := openStore(t, w.s3.URL("miner"))
	l := newLies(t)
	write := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	swapped := sha256.Sum256([]byte("what was scored"))
	x264 := []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "40"}
	with := func(before ...string) func(string) error { return w.ffmpeg(append(before, x264...)...) }
	tests := []struct {
		name   string
		edit   func(string) error
		change func(answer) (answer, error)
		gate   string
	}{
		{"endless download", nil, l.at("/endless", 1<<20), "wrong_size"},
		{"slow download", nil, l.at("/slow", 1<<20), "too_slow"},
		{"too large", nil, l.at("/endless", 1<<40), "too_big"},
		{"redirect to another host", nil, l.at("/away", 0), "redirected"},
		{"private address", nil, says(func(a *answer) { a.URL = "http://10.1.2.3/r.mp4" }), "refused_host"},
		{"cloud metadata", nil, says(func(a *answer) { a.URL = "https://169.254.169.254/latest" }), "refused_host"},
		{"local file", nil, says(func(a *answer) { a.URL = "file:///etc/passwd" }), "bad_url"},
		{"hash mismatch", nil, says(func(a *answer) { a.SHA256 = strings.Repeat("ab", 32) }), "wrong_hash"},
		{"no such object", nil, says(func(a *answer) { a.URL = strings.Replace(a.URL, "results/", "results/no", 1) }), "denied"},
		{"expired link", nil, func(said answer) (answer, error) { return expired(t, store, said) }, "denied"},
		{"no result", nil, says(func(a *answer) { *a = answer{} }), gateBadAnswer},
		{"malformed hash", nil, says(func(a *answer) { a.SHA256 = "../../etc" }), gateBadAnswer},
		{"negative size", nil, says(func(a *answer) { a.Bytes = -1 }), gateBadAnswer},
		{"refusal", nil, func(answer) (answer, error) { return answer{}, axon.Errorf(503, "busy") }, gateRefused},
		{"wrong size", with("-vf", "scale=96:96"), nil, "dimensions"},
		{"absurd dimensions", with("-vf", "scale=8192:64"), nil, "dimensions"},
		{"wrong rate", with("-vf", "setpts=N/20/TB", "-r", "20"), nil, "rate"},
		{"half of the frames", with("-frames:v", "5"), nil, "frames"},
		{"doubled frames", with("-vf", "fps=20"), nil, "frames"},
		{"uneven timing", with("-vf", "setpts='if(lt(N,9),N/20,0.9)/TB'", "-fps_mode", "vfr"), nil, "timing"},
		{"another codec", w.ffmpeg("-c:v", "mpeg4"), nil, "unreadable"},
		{"ten bits", with("-pix_fmt", "yuv420p10le"), nil, "format"},
		{"truncated file", halve, nil, "frames"},
		{"empty file", write(" "), nil, "unreadable"},
		{"not a video", write("<html>" + strings.Repeat("not a video ", 1000)), nil, "unreadable"},
		{"a playlist", write("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"), nil, "unreadable"},
		{"the original", nil, nil, "rate"},
		{"swapped later", nil, says(func(a *answer) {
			a.URL, a.SHA256, a.Bytes = l.URL+"/swapped", hex.EncodeToString(swapped[:]), 15
		}), "unreadable"},
	}
	for i, c := range tests {
		w.join(fmt.Sprint("liar ", i), w.echo("miner", c.edit, c.change))
	}
	unsigned := w.unsigned("mute")
	v := w.validator(within(20*time.Second), func(c *Config) {
		c.Parallel = 8
		c.Fetcher = newFetcher(t, objectstore.FetcherOptions{Limits: objectstore.Limits{
			Total: 10 * time.Second, MinSpeed: 64 << 10, Window: 300 * time.Millisecond, MaxBytes: maxInputBytes,
		}})
	})
	_, rows := w.round(v)
	for i, c := range tests {
		row, ok := rows[i+1]
		if !ok {
			skips, err := v.DB.Skips(t.Context(), scoredb.Query{Round: 1})
			t.Errorf("%s: no row; skipped: %+v, %v", c.name, skips, err)
			continue
		}
		if row.Gate != c.gate || row.Paid != 0 || row.Error == "" {
			t.Errorf("%s: paid %v by gate %q (%s), want gate %q", c.name, row.Paid, row.Gate, row.Error, c.gate)
		}
		if strings.Contains(row.Error, "X-Amz-Signature") {
			t.Errorf("%s: the row shows a secret: %s", c.name, row.Error)
		}
	}
	if row := rows[unsigned]; row.Gate != gateOffline && row.Gate != gateBadAnswer || row.Paid != 0 {
		t.Errorf("unsigned answer: %+v", row)
	}
	// What is on record is what was scored, whatever the URL serves now.
	kept, err := os.ReadFile(v.files.result(rows[len(tests)].Task, len(tests)))
	if err != nil || string(kept) != "what was scored" || l.swaps.Load() != 1 {
		t.Errorf("kept %q after %d downloads, %v", kept, l.swaps.Load(), err)
	}
}

// halve cuts a file off in the middle.
func halve(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, st.Size()/2)
}

// expired makes the answer's link one that has run out.
func expired(t *testing.T, store *objectstore.Store, said answer) (answer, error) {
	_, rest, _ := strings.Cut(said.URL, "/results/")
	name, _, _ := strings.Cut(rest, "?")
	link, err := store.PresignGet(t.Context(), "results/"+name, time.Second)
	if err != nil {
		return said, err
	}
	said.URL = link
	return said, pause(t.Context(), 2500*time.Millisecond)
}

// unsigned joins a miner whose axon does not sign its answers.
func (w *world) unsigned(name string) int {
	w.t.Helper()
	a, err := axon.New(axon.Options{Key: pair(name), Compat: axon.Compat{UnsignedAnswers: true}})
	if err == nil {
		err = w.echo("miner", nil, nil)(a)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewServer(a)
	w.t.Cleanup(server.Close)
	return w.enter(name, server.Listener.Addr().(*net.TCPAddr).AddrPort())
}
