package scoredb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

const crashEnv = "ERGON_SCOREDB_CRASH"

// What the child does in each round, and the parent checks.
const (
	crashUIDs  = 3
	crashTasks = 4
)

// crashChild works rounds for ever and prints a line for every write that was acknowledged. It
// is killed in the middle of it.
func crashChild() {
	life, err := strconv.Atoi(os.Getenv(crashEnv + "_LIFE"))
	if err == nil {
		err = crashWork(os.Getenv(crashEnv), life)
	}
	fmt.Fprintln(os.Stderr, "child:", err)
	os.Exit(1)
}

func crashWork(path string, life int) error {
	// Each life is an hour later, so that the leases of the killed one have run out.
	clk := newClock()
	clk.Add(time.Duration(life) * time.Hour)
	ctx := context.Background()
	db, err := Open(ctx, "sqlite:"+path, Options{Clock: clk.Now})
	if err != nil {
		return err
	}
	for {
		if err := crashRound(ctx, db, fmt.Sprint("life ", life)); err != nil {
			return err
		}
	}
}

func crashRound(ctx context.Context, db Store, worker string) error {
	resumed, err := db.Resume(ctx)
	round := resumed.Round
	if errors.Is(err, ErrNoRound) {
		last, _, lastErr := db.LastClosed(ctx)
		if lastErr != nil && !errors.Is(lastErr, ErrNoRound) {
			return lastErr
		}
		round, err = db.OpenRound(ctx, Round{Label: fmt.Sprint("round ", last.Seq+1)})
	}
	if err != nil {
		return err
	}
	var jobs []Job
	for uid := range crashUIDs {
		for task := range crashTasks {
			jobs = append(jobs, Job{Round: round.Seq, UID: uid, Hotkey: hotkey(uid), Task: fmt.Sprint(task), Kind: "compression"})
		}
	}
	if err := db.Enqueue(ctx, jobs...); err != nil { // the ones before a crash are left as they are
		return err
	}
	for {
		job, err := db.Lease(ctx, worker, time.Minute)
		if errors.Is(err, ErrNoJob) {
			break
		}
		if err != nil {
			return err
		}
		s := Score{Round: job.Round, UID: job.UID, Hotkey: job.Hotkey, Task: job.Task, Kind: job.Kind, SF: .5, ScoredAt: time.Unix(1, 0)}
		if err := s.Sign(validator); err != nil {
			return err
		}
		id, err := db.Record(ctx, s)
		if err != nil {
			return err
		}
		fmt.Println("score", id, job.Round, job.UID, job.Task)
	}
	if _, err := db.CloseRound(ctx, round.Seq, sum); err != nil {
		return err
	}
	fmt.Println("closed", round.Seq)
	return nil
}

// acknowledged is what children reported as safe.
type acknowledged struct {
	scores map[int64]string // id: round uid task
	closed []int64
}

// TestKillNine kills a working process again and again at drawn moments. Whatever it had
// reported must be there, once; no round may be half closed; and the next life must go on.
func TestKillNine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crash.db")
	random := rand.New(rand.NewPCG(1, 2))
	acked := acknowledged{scores: map[int64]string{}}
	const lives = 12
	for life := range lives {
		crashOnce(t, path, life, 1+random.IntN(40), random.IntN(3000), &acked)
		checkAfterCrash(t, path, life+1, acked)
	}
	if len(acked.closed) == 0 || len(acked.scores) < lives {
		t.Fatalf("the test did too little: %d scores, %d rounds", len(acked.scores), len(acked.closed))
	}
	t.Logf("%d lives, %d acknowledged scores, %d acknowledged rounds", lives, len(acked.scores), len(acked.closed))
}

// crashOnce runs a child until it has reported some lines, lets it run on for a drawn number of
// loops, kills it, and reads what it managed to report.
func crashOnce(t *testing.T, path string, life, lines, spin int, acked *acknowledged) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), crashEnv+"="+path, crashEnv+"_LIFE="+strconv.Itoa(life))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		acked.note(t, line)
		if n == lines {
			for range spin {
				runtime.Gosched() // some microseconds, so that the kill falls anywhere in a transaction
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("life %d ended by itself: %v", life, err)
	}
}

func (a *acknowledged) note(t *testing.T, line string) {
	var id, round int64
	var uid int
	var task string
	if n, _ := fmt.Sscanf(line, "score %d %d %d %s", &id, &round, &uid, &task); n == 4 {
		if old, ok := a.scores[id]; ok {
			t.Fatalf("id %d was given to %q and to %q", id, old, line)
		}
		a.scores[id] = fmt.Sprint(round, " ", uid, " ", task)
		return
	}
	if n, _ := fmt.Sscanf(line, "closed %d", &round); n != 1 {
		t.Fatalf("child said %q", line)
	}
	a.closed = append(a.closed, round)
}

func checkAfterCrash(t *testing.T, path string, killed int, acked acknowledged) {
	t.Helper()
	db := open(t, path, newClock())
	defer db.Close()
	var verdict string
	if err := db.read.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity: %s, %v", verdict, err)
	}
	rows, err := selectRows[Score](t.Context(), db.read, "scores", "ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	seen, found := map[string]bool{}, 0
	sums := map[int64]int{}
	for _, r := range rows {
		response := fmt.Sprint(r.Round, " ", r.UID, " ", r.Task)
		if seen[response] {
			t.Fatalf("response %q is there twice", response)
		}
		seen[response] = true
		sums[r.Round]++
		if want, ok := acked.scores[r.ID]; ok {
			found++
			if want != response || r.Verify() != nil {
				t.Fatalf("id %d was acknowledged for %q and holds %q", r.ID, want, response)
			}
		}
	}
	if found != len(acked.scores) {
		t.Fatalf("%d of %d acknowledged scores are there", found, len(acked.scores))
	}
	if extra := len(rows) - found; extra > killed {
		t.Fatalf("%d rows nobody was told of, at most one for each of %d kills", extra, killed)
	}
	checkRounds(t, db, sums, acked)
}

func checkRounds(t *testing.T, db *sqliteStore, scores map[int64]int, acked acknowledged) {
	t.Helper()
	rounds, err := selectRows[Round](t.Context(), db.read, "rounds", "ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	closed := map[int64]bool{}
	for i, r := range rounds {
		states, err := db.States(t.Context(), r.Seq)
		if err != nil {
			t.Fatal(err)
		}
		if r.ClosedAt.IsZero() {
			if len(states) != 0 || i != len(rounds)-1 {
				t.Fatalf("open round %d of %d has %d states", r.Seq, len(rounds), len(states))
			}
			continue
		}
		closed[r.Seq] = true
		if len(states) != crashUIDs || scores[r.Seq] != crashUIDs*crashTasks {
			t.Fatalf("closed round %d has %d states, %d scores", r.Seq, len(states), scores[r.Seq])
		}
		for _, s := range states { // every row counted once, in every round
			if want := .5 * crashTasks * float64(i+1); s.Accumulated != want || s.Rounds != i+1 {
				t.Fatalf("round %d, uid %d: %g in %d rounds, want %g", r.Seq, s.UID, s.Accumulated, s.Rounds, want)
			}
		}
	}
	for _, seq := range acked.closed {
		if !closed[seq] {
			t.Fatalf("round %d was reported closed and is not", seq)
		}
	}
}
