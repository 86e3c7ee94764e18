package supervise

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStopEndsStagesInOrder(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	order := filepath.Join(dir, "order")
	s := open(t, dir, Config{})
	for stage, name := range []string{"miner", "store", "producer"} {
		sp := spec(dir, name, "serve", order, name)
		sp.Stage = stage
		if err := s.Start(t.Context(), sp); err != nil {
			t.Fatal(err)
		}
	}
	var who []recorded
	for _, p := range s.Status() {
		if p.State != Running {
			t.Errorf("%s is %s, want %s", p.Name, p.State, Running)
		}
		if group, err := syscall.Getpgid(p.PID); err != nil || group != p.PID {
			t.Errorf("%s is in group %d, want its own, %d", p.Name, group, p.PID)
		}
		who = append(who, identified(t, p.Name, p.PID))
	}
	begin := time.Now()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped in %v", time.Since(begin).Round(time.Millisecond))
	got, err := os.ReadFile(order)
	if err != nil || string(got) != "miner\nstore\nproducer\n" {
		t.Errorf("stopped in order %q (%v)", got, err)
	}
	for _, w := range who {
		if w.lives() {
			t.Errorf("%s lives after Stop", w.Name)
		}
	}
	if err := s.Start(t.Context(), spec(dir, "late", "serve")); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Stop: %v, want %v", err, ErrClosed)
	}
}

func TestStopKillsTheGroupOfAStubbornChild(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := open(t, dir, Config{})
	if err := s.Start(t.Context(), spec(dir, "stubborn", "stubborn")); err != nil {
		t.Fatal(err)
	}
	pid := s.Status()[0].PID
	var who []recorded
	for _, member := range groupOf(pid) {
		who = append(who, identified(t, "member", member))
	}
	if len(who) != 2 {
		t.Fatalf("group of %d processes, want the child and its tool", len(who))
	}
	hurry, cancel := context.WithCancel(t.Context())
	cancel() // a second Ctrl-C
	if err := s.Stop(hurry); err != nil {
		t.Fatal(err)
	}
	for _, w := range who {
		awaitGone(t, w)
	}
}

func TestStopIsBoundedWhenEveryStageHangs(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := open(t, dir, Config{})
	for stage, name := range []string{"a", "b"} {
		sp := spec(dir, name, "stubborn")
		sp.Stage = stage
		if err := s.Start(t.Context(), sp); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("two stubborn stages stopped in %v", time.Since(begin).Round(time.Millisecond))
	for _, p := range s.Status() {
		if p.State != Stopped {
			t.Errorf("%s is %s, want %s", p.Name, p.State, Stopped)
		}
	}
}

func TestKilledSupervisorLeavesNothingAndTheNextOneWaits(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	cmd := exec.Command(os.Args[0], "child-supervisor", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Fatalf("supervisor said %q (%v)", line, err)
	}
	if _, err := Open(t.Context(), dir, Config{}); !errors.Is(err, ErrRunning) {
		t.Fatalf("second supervisor: %v, want %v", err, ErrRunning)
	}
	var rec record
	if err := readJSON(filepath.Join(dir, recordFile), &rec); err != nil {
		t.Fatal(err)
	}
	if len(rec.Children) != 2 {
		t.Fatalf("%d children are recorded, want 2", len(rec.Children))
	}
	tools := groupOf(rec.Children[1].PID)

	begin := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	s := open(t, dir, Config{}) // waits for what is left
	t.Logf("everything gone %v after SIGKILL of the supervisor", time.Since(begin).Round(10*time.Millisecond))
	for _, c := range rec.Children {
		if c.lives() {
			t.Errorf("%s lives beside the next supervisor", c.Name)
		}
	}
	for _, pid := range tools {
		if id, ok := identify(pid); ok {
			awaitGone(t, recorded{"tool", pid, id})
		}
	}
	if err := s.Start(t.Context(), spec(dir, "again", "serve")); err != nil {
		t.Errorf("the next supervisor cannot start: %v", err)
	}
}

func TestLeftoversAreRecognisedByMoreThanTheirPid(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	bystander := exec.Command("sleep", "600")
	bystander.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer bystander.Wait()
	defer bystander.Process.Kill()
	who := identified(t, "bystander", bystander.Process.Pid)
	stale := who
	stale.Identity += "0"
	if err := writeJSON(filepath.Join(dir, recordFile), record{Children: []recorded{stale, {PID: -1}, {PID: 0}}}); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Config{})
	if !who.lives() {
		t.Error("a process that only shares a recorded pid was killed")
	}
}

func TestFailingChildIsRestartedThenGivenUp(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	ch, cfg := observe()
	s := open(t, dir, cfg)
	sp := Spec{Name: "crash", Args: []string{"child-fail"}, Restart: Restart{Max: 2, First: time.Millisecond}}
	if err := s.Start(t.Context(), sp); err != nil {
		t.Fatal(err)
	}
	e := ch.until(t, "crash", Failed)
	if e.Restarts != 2 || e.Err == nil {
		t.Errorf("failed after %d restarts with %v, want 2 and the exit status", e.Restarts, e.Err)
	}
	err := <-s.Failed()
	if !errors.Is(err, ErrGaveUp) || !strings.Contains(err.Error(), "--frobnicate is unknown") {
		t.Errorf("reported %v, want %v with the log's end", err, ErrGaveUp)
	}
	if err := s.StopChild(t.Context(), "crash"); err != nil {
		t.Errorf("stop a failed child: %v", err)
	}
}

func TestRestartedChildServesAgain(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	ch, cfg := observe()
	s := open(t, dir, cfg)
	sp := spec(dir, "once", "once")
	sp.Restart = Restart{Max: 1, First: time.Millisecond}
	if err := s.Start(t.Context(), sp); err != nil {
		t.Fatal(err)
	}
	first := ch.until(t, "once", Running)
	ch.until(t, "once", Waiting)
	second := ch.until(t, "once", Running)
	if first.PID == second.PID || second.Restarts != 1 {
		t.Errorf("restarted from process %d as %d with %d restarts", first.PID, second.PID, second.Restarts)
	}
}

func TestStartReportsWhyAChildIsNotReady(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := open(t, dir, Config{})
	never := func(context.Context) error { return errNever }

	sp := Spec{Name: "wrong", Args: []string{"child-fail"}, Ready: never, Restart: Restart{Max: 5}}
	err := s.Start(t.Context(), sp)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "--frobnicate is unknown") {
		t.Errorf("child that exits: %v, want its status and its log", err)
	}
	if p := s.Status()[0]; p.State != Failed || p.Restarts != 0 {
		t.Errorf("child that exits before it is ready is %s after %d restarts", p.State, p.Restarts)
	}

	ctx, cancel := context.WithCancel(t.Context())
	sp = spec(dir, "slow", "serve")
	sp.Ready = func(context.Context) error { cancel(); return errNever }
	err = s.Start(ctx, sp)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), errNever.Error()) {
		t.Errorf("child that is never ready: %v, want the last check's error", err)
	}
	if p := s.Status()[0]; p.State != Stopped {
		t.Errorf("child that is never ready is %s, want %s", p.State, Stopped)
	}

	if err := s.Start(t.Context(), Spec{Name: "nowhere", Path: filepath.Join(dir, "missing")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing program: %v", err)
	}
	for _, name := range []string{"", "../up", "Capital", strings.Repeat("x", 65)} {
		if err := s.Start(t.Context(), Spec{Name: name}); err == nil {
			t.Errorf("name %q is taken", name)
		}
	}
}

func TestAChildMayBeStoppedAndStartedAgain(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	s := open(t, dir, Config{})
	sp := spec(dir, "miner", "serve")
	sp.Nice = 5
	if err := s.Start(t.Context(), sp); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), sp); err == nil {
		t.Error("a second child of the same name was started")
	}
	before := s.Status()[0].PID
	if err := s.StopChild(t.Context(), "miner"); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), sp); err != nil {
		t.Fatal(err)
	}
	if after := s.Status()[0]; after.PID == before || after.State != Running {
		t.Errorf("started again as %+v", after)
	}
	if err := s.StopChild(t.Context(), "nobody"); err == nil {
		t.Error("a child that does not exist was stopped")
	}
	if tail := Tail(s.Status()[0].LogFile); !strings.Contains(tail, "serving with nice 5") {
		t.Errorf("log says %q, want the niceness", tail)
	}
}

func TestAChildThatExitsWellIsDone(t *testing.T) {
	t.Parallel()
	ch, cfg := observe()
	s := open(t, shortDir(t), cfg)
	if err := s.Start(t.Context(), Spec{Name: "job", Args: []string{"child-done"}, Restart: DefaultRestart}); err != nil {
		t.Fatal(err)
	}
	if e := ch.until(t, "job", Done); e.Err != nil || e.Restarts != 0 {
		t.Errorf("done with %v after %d restarts", e.Err, e.Restarts)
	}
}
