package scoredb

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func enqueue(t *testing.T, s Store, round int64, n int) {
	t.Helper()
	var jobs []Job
	for i := range n {
		jobs = append(jobs, Job{Round: round, UID: i, Hotkey: hotkey(i), Task: "t", Kind: "compression", Seed: "s",
			Payload: []byte{byte(i)}, Deadline: time.Unix(1_800_000_000, 0)})
	}
	if err := s.Enqueue(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
}

func lease(t *testing.T, s Store, worker string) Job {
	t.Helper()
	job, err := s.Lease(t.Context(), worker, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func TestLeasesExpireByTheClock(t *testing.T) {
	s, clk := fresh(t)
	r := openRoundNamed(t, s, "one")
	enqueue(t, s, r.Seq, 1)
	first := lease(t, s, "anna")
	if first.State != Leased || first.Attempts != 1 || first.Payload[0] != 0 || first.Deadline.Unix() != 1_800_000_000 {
		t.Fatalf("%+v", first)
	}
	_, err := s.Lease(t.Context(), "bert", time.Minute)
	want(t, err, ErrNoJob)
	clk.Add(time.Minute - time.Microsecond)
	_, err = s.Lease(t.Context(), "bert", time.Minute)
	want(t, err, ErrNoJob)
	clk.Add(time.Microsecond)
	want(t, s.Done(t.Context(), first.ID, "anna"), ErrLeaseLost) // too late, though nobody took it
	second := lease(t, s, "bert")
	if second.ID != first.ID || second.Attempts != 2 {
		t.Fatalf("%+v", second)
	}
	want(t, s.Done(t.Context(), first.ID, "anna"), ErrLeaseLost)
	for range 2 {
		if err := s.Done(t.Context(), first.ID, "bert"); err != nil {
			t.Fatal(err)
		}
	}
	clk.Add(time.Hour)
	_, err = s.Lease(t.Context(), "anna", time.Minute)
	want(t, err, ErrNoJob)
	want(t, s.Done(t.Context(), 99, "anna"), ErrNotFound)
}

// Record and Skip end the job in the same transaction, whoever holds the lease.
func TestOutcomesEndJobs(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	enqueue(t, s, r.Seq, 4)
	enqueue(t, s, r.Seq, 4) // again: no second set
	lease(t, s, "anna")
	record(t, s, sample(t, r.Seq, 0, "t", .5))
	record(t, s, sample(t, r.Seq, 1, "t", .5)) // never leased
	if _, err := s.Skip(t.Context(), Skip{Round: r.Seq, UID: 2, Hotkey: hotkey(2), Task: "t", Kind: "x", Reason: "disk"}); err != nil {
		t.Fatal(err)
	}
	enqueue(t, s, r.Seq, 4) // does not wake what has ended
	resumed, err := s.Resume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var states []JobState
	for _, job := range resumed.Jobs {
		states = append(states, job.State)
	}
	if fmt.Sprint(states) != "[done done skipped queued]" || len(resumed.Scores) != 2 || resumed.Round.Label != "one" {
		t.Fatalf("%v, %d scores", states, len(resumed.Scores))
	}
	if job := lease(t, s, "anna"); job.UID != 3 {
		t.Fatalf("%+v", job)
	}
}

func TestJobsOfAClosedRoundRest(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	enqueue(t, s, r.Seq, 2)
	closeRound(t, s, r.Seq, sum)
	_, err := s.Lease(t.Context(), "anna", time.Minute)
	want(t, err, ErrNoJob)
}

func TestEnqueueIsAllOrNothing(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	good := Job{Round: r.Seq, UID: 1, Hotkey: hotkey(1), Task: "t", Kind: "x"}
	big, nameless, lost := good, good, good
	big.Task, big.Payload = "big", make([]byte, MaxPayload+1)
	nameless.Task = ""
	lost.Task, lost.Round = "lost", 5
	for bad, wanted := range map[*Job]error{&big: ErrInvalid, &nameless: ErrInvalid, &lost: ErrNoRound} {
		want(t, s.Enqueue(t.Context(), good, *bad), wanted)
		_, err := s.Lease(t.Context(), "anna", time.Minute)
		want(t, err, ErrNoJob)
	}
	_, err := s.Lease(t.Context(), "", time.Minute)
	want(t, err, ErrInvalid)
	_, err = s.Lease(t.Context(), "anna", 0)
	want(t, err, ErrInvalid)
}

// Many workers in two processes share the table: every job is taken once.
func TestWorkersShareTheTable(t *testing.T) {
	s, clk := fresh(t)
	other := open(t, pathOf(t, s), clk)
	r := openRoundNamed(t, s, "one")
	enqueue(t, s, r.Seq, 40)
	var mu sync.Mutex
	taken := map[int64]int{}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			db := []*sqliteStore{s, other}[i%2]
			for {
				job, err := db.Lease(t.Context(), fmt.Sprint("worker ", i), time.Minute)
				if errors.Is(err, ErrNoJob) {
					return
				}
				if err == nil {
					_, err = db.Record(t.Context(), sample(t, job.Round, job.UID, job.Task, .5))
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				taken[job.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(taken) != 40 {
		t.Fatalf("%d of 40 jobs taken", len(taken))
	}
	for id, n := range taken {
		if n != 1 {
			t.Errorf("job %d was taken %d times", id, n)
		}
	}
}
