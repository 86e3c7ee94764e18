package scoredb

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
)

func TestOpenRefusesOtherURLs(t *testing.T) {
	for _, url := range []string{"", "sqlite", "sqlite:", "postgres://h/d", "/plain/path", "sqlite:a\x00b"} {
		_, err := Open(t.Context(), url, Options{})
		want(t, err, ErrURL)
	}
	if _, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "no", "folder", "x.db"), Options{}); err == nil {
		t.Fatal("opened in a folder that is not there")
	}
}

func TestAwkwardPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%e&_pragma=x.db")
	s := open(t, path, newClock())
	openRoundNamed(t, s, "one")
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}

func TestDurabilitySettings(t *testing.T) {
	s, _ := fresh(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := s.write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
	if _, err := s.read.Exec(`DELETE FROM rounds`); err == nil {
		t.Error("a reader could write")
	}
}

func TestMigrations(t *testing.T) {
	s, _ := fresh(t)
	steps := loadMigrations()
	two := append(append([]string{}, steps...), `ALTER TABLE rounds ADD COLUMN note TEXT; CREATE TABLE extra (x INTEGER)`)
	if err := s.migrate(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	if err := s.migrate(t.Context(), two); err != nil { // again: nothing to do
		t.Fatal(err)
	}
	if _, err := s.write.Exec(`INSERT INTO extra VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	want(t, s.migrate(t.Context(), steps), ErrNewer)

	// A step that fails half-way leaves nothing of itself.
	three := append(append([]string{}, two...), `CREATE TABLE half (x INTEGER); CREATE TABLE extra (x INTEGER)`)
	if err := s.migrate(t.Context(), three); err == nil {
		t.Fatal("a broken step passed")
	}
	if _, err := s.write.Exec(`INSERT INTO half VALUES (1)`); err == nil {
		t.Fatal("half a step was kept")
	}
	var version int
	if err := s.write.QueryRow(`SELECT max(version) FROM schema_version`).Scan(&version); err != nil || version != len(two) {
		t.Fatalf("version %d, %v", version, err)
	}
}

func TestRecordKeepsTheWholeRow(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	full := sample(t, r.Seq, 3, "full", .5, func(s *Score) {
		s.PieAPP, s.Gate, s.Error, s.SQ, s.SL = number(math.Copysign(0, -1)), "vmaf", "zwölf Ä", .25, 1.0/3
		s.AnsweredAt, s.LowQuality = time.Date(2026, 1, 1, 0, 0, 0, 999_999_999, time.FixedZone("x", 3600)), true
	})
	bare := sample(t, r.Seq, 3, "bare", 0, func(s *Score) {
		*s = Score{Round: s.Round, UID: s.UID, Hotkey: s.Hotkey, Task: s.Task, Kind: "x", ScoredAt: s.ScoredAt}
	})
	for _, given := range []Score{full, bare} {
		got, err := s.Score(t.Context(), record(t, s, given))
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest() != given.Digest() || got.Signature != given.Signature || got.Verify() != nil {
			t.Fatalf("stored %+v\nread %+v", given, got)
		}
		if (got.NEG == nil) != (given.NEG == nil) || got.Error != given.Error || got.LowQuality != given.LowQuality {
			t.Fatalf("stored %+v\nread %+v", given, got)
		}
	}
	_, err := s.Score(t.Context(), 99)
	want(t, err, ErrNotFound)
}

func TestRecordRefuses(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	cases := map[string]func(*Score){
		"no round":       func(s *Score) { s.Round = 0 },
		"negative uid":   func(s *Score) { s.UID = -1 },
		"big uid":        func(s *Score) { s.UID = 65536 },
		"bad hotkey":     func(s *Score) { s.Hotkey = "5abc" },
		"no task":        func(s *Score) { s.Task = "" },
		"no kind":        func(s *Score) { s.Kind = "" },
		"NaN":            func(s *Score) { s.SF = math.NaN() },
		"infinity":       func(s *Score) { s.VMAF = number(math.Inf(1)) },
		"long text":      func(s *Score) { s.Gate = strings.Repeat("g", 257) },
		"long error":     func(s *Score) { s.Error = strings.Repeat("e", 2049) },
		"NUL":            func(s *Score) { s.Error = "a\x00b" },
		"not UTF-8":      func(s *Score) { s.TaskSeed = "\xff" },
		"short digest":   func(s *Score) { s.ResultSHA256 = "abcd" },
		"upper digest":   func(s *Score) { s.FrameDigest = strings.Repeat("A", 64) },
		"no time":        func(s *Score) { s.ScoredAt = time.Time{} },
		"negative bytes": func(s *Score) { s.ResultBytes = -1 },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := s.Record(t.Context(), sample(t, r.Seq, 1, "t", .5, change))
			want(t, err, ErrInvalid)
		})
	}
	unsigned := sample(t, r.Seq, 1, "t", .5)
	unsigned.Signature = ""
	_, err := s.Record(t.Context(), unsigned)
	want(t, err, ErrInvalid)
	changed := sample(t, r.Seq, 1, "t", .5)
	changed.SF = .9
	_, err = s.Record(t.Context(), changed)
	want(t, err, keys.ErrSignature)
	_, err = s.Record(t.Context(), sample(t, r.Seq+1, 1, "t", .5))
	want(t, err, ErrNoRound)
	if rows, err := s.Scores(t.Context(), Query{}); err != nil || len(rows) != 0 {
		t.Fatalf("%d rows got in, %v", len(rows), err)
	}
}

// Whoever tries, and however many at once, a response ends once.
func TestAResponseEndsOnce(t *testing.T) {
	s, clk := fresh(t)
	other := open(t, pathOf(t, s), clk) // as another process would
	r := openRoundNamed(t, s, "one")
	var wg sync.WaitGroup
	var mu sync.Mutex
	wins := 0
	for i := range 16 {
		wg.Go(func() {
			db := []*sqliteStore{s, other}[i%2]
			var err error
			if i%4 < 2 {
				_, err = db.Record(t.Context(), sample(t, r.Seq, 1, "t", .5))
			} else {
				_, err = db.Skip(t.Context(), Skip{Round: r.Seq, UID: 1, Hotkey: hotkey(1), Task: "t", Kind: "x", Reason: "disk"})
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				wins++
			} else if !errors.Is(err, ErrDuplicate) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	scores, _ := s.Scores(t.Context(), Query{})
	skips, _ := s.Skips(t.Context(), Query{})
	if wins != 1 || len(scores)+len(skips) != 1 {
		t.Fatalf("%d wins, %d scores, %d skips", wins, len(scores), len(skips))
	}
}

func pathOf(t *testing.T, s *sqliteStore) string {
	t.Helper()
	var seq int
	var name, file string
	if err := s.read.QueryRow(`PRAGMA database_list`).Scan(&seq, &name, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSkipLeavesNoScore(t *testing.T) {
	s, clk := fresh(t)
	r := openRoundNamed(t, s, "one")
	_, err := s.Skip(t.Context(), Skip{Round: r.Seq, UID: 1, Hotkey: hotkey(1), Task: "t", Kind: "compression",
		Reason: "disk", Error: "no space\x00 left \xff" + strings.Repeat("ä", 2000)})
	if err != nil {
		t.Fatal(err)
	}
	skips, err := s.Skips(t.Context(), Query{Hotkey: hotkey(1)})
	if err != nil || len(skips) != 1 || skips[0].Reason != "disk" || !skips[0].At.Equal(clk.Now().Truncate(time.Microsecond)) {
		t.Fatalf("%+v, %v", skips, err)
	}
	if states := closeRound(t, s, r.Seq, sum); len(states) != 0 {
		t.Fatalf("a skip made a record: %+v", states)
	}
	_, err = s.Skip(t.Context(), Skip{Round: r.Seq, UID: 2, Hotkey: hotkey(2), Task: "t", Kind: "x"})
	want(t, err, ErrRoundClosed)
}

func TestQueries(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	for i := range 6 {
		record(t, s, sample(t, r.Seq, i%3, fmt.Sprint(i), .5, func(s *Score) {
			if i >= 3 {
				s.Kind = "upscaling"
			}
		}))
	}
	one := 1
	ids := func(q Query) (out []int64) {
		rows, err := s.Scores(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out = append(out, r.ID)
		}
		return out
	}
	for _, c := range []struct {
		q    Query
		want []int64
	}{
		{Query{}, []int64{6, 5, 4, 3, 2, 1}},
		{Query{UID: &one}, []int64{5, 2}},
		{Query{Hotkey: hotkey(2)}, []int64{6, 3}},
		{Query{Kind: "upscaling", Limit: 2}, []int64{6, 5}},
		{Query{Before: 4, Limit: 2}, []int64{3, 2}},
		{Query{Round: 2}, nil},
		{Query{UID: &one, Kind: "upscaling", Round: 1}, []int64{5}},
	} {
		if got := ids(c.q); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
}

func TestRankings(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	// uid: score, responses, successes
	given := map[int][3]float64{0: {.5, 4, 3}, 1: {.9, 5, 1}, 2: {.5, 9, 9}, 3: {.5, 1, 0}, 4: {.7, 1, 1}, 5: {0, 0, 0}}
	for uid := range len(given) {
		record(t, s, sample(t, r.Seq, uid, "t", .1))
	}
	closeRound(t, s, r.Seq, func(h History) ([]MinerState, error) {
		var out []MinerState
		for _, m := range h.Miners {
			g := given[m.UID]
			kind := "compression"
			if m.UID == 4 {
				kind = "upscaling"
			}
			out = append(out, MinerState{UID: m.UID, Hotkey: m.Hotkey, Kind: kind, Accumulated: g[0], Responses: int(g[1]), Successes: int(g[2]), Tier: "Average"})
		}
		return out, nil
	})
	for kind, want := range map[string][]int{"compression": {1, 2, 0, 3, 5}, "upscaling": {4}, "": {1, 4, 2, 0, 3, 5}, "other": {}} {
		rows, err := s.Rankings(t.Context(), kind, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := []int{}
		for i, row := range rows {
			got = append(got, row.UID)
			if row.Rank != i+1 || row.Tier != "Average" {
				t.Errorf("%+v", row)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", kind, got, want)
		}
	}
	if rows, _ := s.Rankings(t.Context(), "", 2); len(rows) != 2 || rows[1].SuccessRate != 1 || rows[0].SuccessRate != .2 {
		t.Errorf("%+v", rows)
	}
}

func TestPruneKeepsWhatTheNextRoundNeeds(t *testing.T) {
	s, clk := fresh(t)
	s.window = 3
	round := func(uids ...int) (h History) {
		t.Helper()
		clk.Add(time.Hour)
		r := openRoundNamed(t, s, clk.Now().String())
		for _, uid := range uids {
			if err := s.Enqueue(t.Context(), Job{Round: r.Seq, UID: uid, Hotkey: hotkey(uid), Task: "t", Kind: "x"}); err != nil {
				t.Fatal(err)
			}
			record(t, s, sample(t, r.Seq, uid, "t", .5))
		}
		closeRound(t, s, r.Seq, func(seen History) ([]MinerState, error) {
			h = seen
			states, err := sum(seen)
			if len(states) > 0 && states[len(states)-1].UID == 9 {
				states = states[:len(states)-1] // uid 9 leaves again
			}
			return states, err
		})
		return h
	}
	round(1, 9)
	round(1, 2)
	for range 5 {
		round(1)
	}
	before := round(1)
	pruned, err := s.Prune(t.Context(), clk.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	// 10 rows were there: uid 1 keeps 3, uid 2 keeps its only one, uid 9 is gone.
	if pruned.Scores != 6 || pruned.Jobs != 9 || pruned.States == 0 || pruned.Rounds != 4 {
		t.Fatalf("%+v", pruned)
	}
	after := round(1)
	if len(after.Miners) != 2 || len(after.Miners[0].Past) != 3 || len(after.Miners[1].Past) != 1 ||
		after.Miners[0].Previous.Accumulated != before.Miners[0].Previous.Accumulated+.5 {
		t.Fatalf("%+v", after.Miners)
	}
	if again, err := s.Prune(t.Context(), time.Unix(0, 0)); err != nil || again != (Pruned{}) {
		t.Fatalf("%+v, %v", again, err)
	}
	var broken sql.NullString
	if err := s.read.QueryRow(`PRAGMA foreign_key_check`).Scan(&broken); !errors.Is(err, sql.ErrNoRows) {
		t.Fatalf("dangling rows: %v, %v", broken, err)
	}
}
