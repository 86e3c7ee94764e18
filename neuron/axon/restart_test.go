package axon

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A request that was answered is not answered again after a restart, whenever that comes and however
// far the caller's clock is off.
func TestReplayAfterRestart(t *testing.T) {
	for _, c := range []struct {
		name                   string
		ahead, restart, replay time.Duration // the caller's clock; times after the request
	}{
		{"at once", 0, 0, 0},
		{"within the skew", 0, 3 * time.Second, 4 * time.Second},
		{"after the skew", 0, 5 * time.Second, 6 * time.Second},
		{"clock ahead", 4 * time.Second, time.Second, 2 * time.Second},
		{"clock ahead, late", 4 * time.Second, time.Second, 7 * time.Second},
		{"clock behind", -3 * time.Second, 0, 0},
		{"at the end of the window", 0, time.Second, 15 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "replay")
			clock := &clock{start - int64(time.Hour)}
			a := newDoubler(t, Options{Now: clock.now, Replay: file})
			clock.ns = start
			q := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce = start + int64(c.ahead) })
			if r := q.send(a); r.status != 200 {
				t.Fatalf("first: %d %s", r.status, r.message)
			}
			clock.ns = start + int64(c.restart) // killed: nothing was closed
			b := newDoubler(t, Options{Now: clock.now, Replay: file})
			clock.ns = start + int64(c.replay)
			if r := q.send(b); r.status != 401 {
				t.Errorf("replay is answered: %d %s", r.status, r.message)
			}
			fresh := ask(t, b, hashed{}, func(q *question) { q.message.Dendrite.Nonce = clock.ns + int64(c.ahead) - 1 })
			if r := fresh.send(b); r.status != 200 {
				t.Errorf("honest request after the restart: %d %s", r.status, r.message)
			}
			if r := fresh.send(b); r.status != 401 {
				t.Errorf("replay of a new request: %d", r.status)
			}
		})
	}
}

// Without a file nothing from before the start passes; with one, what was under way does.
func TestRequestsUnderWayDuringARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "replay")
	clock := &clock{start}
	newDoubler(t, Options{Now: clock.now, Replay: file})
	clock.ns += second
	known, unknown := newDoubler(t, Options{Now: clock.now, Replay: file}), newDoubler(t, Options{Now: clock.now})
	if r := ask(t, known, hashed{}).send(known); r.status != 200 {
		t.Errorf("with a file: %d %s", r.status, r.message)
	}
	if r := ask(t, unknown, hashed{}).send(unknown); r.status != 401 || !strings.Contains(r.message, "before this server started") {
		t.Errorf("without a file: %d %s", r.status, r.message)
	}
}

// Random requests, restarts and cut-off writes against a memory that never forgets: no acceptable
// request is accepted twice, none is refused at first sight, and no file holds more than a period.
func TestJournalAgainstModel(t *testing.T) {
	const window, skew = 100, 10
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "replay")
		os.Remove(path)
		os.Remove(path + ".old")
		now := int64(10_000)
		var s *replaySet
		restart := func() {
			s = newReplaySet(window, 1<<20, 1<<20)
			if _, err := openJournal(path, s, skew, now, log); err != nil {
				t.Fatal(err)
			}
		}
		restart()
		type request struct {
			key   byte
			uuid  string
			nonce int64
		}
		model, arrivals := map[request]bool{}, []int64{}
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			now += rapid.Int64Range(0, 60).Draw(t, "tick")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				_ = s.disk.Close()
				restart()
			case 1: // a process dies while it writes the next entry
				_, _ = s.disk.file.Write(make([]byte, rapid.IntRange(1, journalEntry-1).Draw(t, "torn")))
				restart()
			default:
				r := request{rapid.Byte().Draw(t, "key") % 3, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "uuid"), now - rapid.Int64Range(-skew, window-1).Draw(t, "age")}
				if err := s.add([32]byte{r.key}, r.uuid, r.nonce, now); (err == nil) == model[r] {
					t.Fatalf("%+v at %d: %v, seen before: %v", r, now, err, model[r])
				}
				model[r] = true
				arrivals = append(arrivals, now)
			}
		}
		busiest := 0 // arrivals within one period
		for i := range arrivals {
			n := 0
			for ; i+n < len(arrivals) && arrivals[i+n] < arrivals[i]+window+skew; n++ {
			}
			busiest = max(busiest, n)
		}
		for _, name := range []string{path, path + ".old"} {
			if info, err := os.Stat(name); err == nil {
				if entries := (int(info.Size()) - journalHead) / journalEntry; entries > busiest {
					t.Fatalf("%s has %d entries, more than the %d of the busiest period", name, entries, busiest)
				}
			}
		}
	})
}

// A journal that cannot be written goes away, so that the next start knows that it knows nothing.
func TestUnwritableJournalIsRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replay")
	var log bytes.Buffer
	s := newReplaySet(100, 10, 10)
	if known, err := openJournal(path, s, 10, 1000, slog.New(slog.NewTextHandler(&log, nil))); known || err != nil {
		t.Fatal(known, err)
	}
	s.disk.file.Close()
	if err := s.add([32]byte{1}, "u", 1000, 1000); err != nil {
		t.Errorf("the request is refused: %v", err)
	}
	if _, err := os.Stat(path); err == nil || !strings.Contains(log.String(), "cannot be written") {
		t.Errorf("the file is there: %v; log %s", err, &log)
	}
	if err := s.add([32]byte{1}, "u", 1000, 1000); err != errReplay {
		t.Errorf("memory: %v", err)
	}
}

func TestForeignReplayFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replay")
	if err := os.WriteFile(path, []byte("precious notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Key: pair(t, 1), Replay: path}); err == nil || !strings.Contains(err.Error(), "another format") {
		t.Errorf("%v", err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "precious notes" {
		t.Errorf("the file became %q", raw)
	}
	if _, err := New(Options{Key: pair(t, 1), Replay: filepath.Join(path, "x")}); err == nil {
		t.Error("a file that cannot be made is no error")
	}
}

// A clock that ran ahead and was set back does not open old requests again.
func TestClockSetBackForgetsNothing(t *testing.T) {
	clock := &clock{start - 1}
	a := newDoubler(t, Options{Now: clock.now})
	clock.ns = start
	q := ask(t, a, hashed{})
	if r := q.send(a); r.status != 200 {
		t.Fatal(r.message)
	}
	clock.ns = start + int64(time.Hour)
	later := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce = clock.ns })
	if r := later.send(a); r.status != 200 {
		t.Fatal(r.message)
	}
	clock.ns = start + second
	if r := q.send(a); r.status != 401 || !strings.Contains(r.message, "set back") {
		t.Errorf("%d %s", r.status, r.message)
	}
}
