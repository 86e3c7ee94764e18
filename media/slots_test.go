package media_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/ergon-network/ergon/media"
)

func slots(t *testing.T, dir string, n int) *media.Slots {
	t.Helper()
	s, err := media.NewSlots(dir, n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSlotsAreBounded(t *testing.T) {
	dir := t.TempDir()
	a, b := slots(t, dir, 2), slots(t, dir, 2) // two users of one folder share its slots
	one, err := a.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	full, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Acquire(full); !errors.Is(err, context.Canceled) {
		t.Fatalf("a third got %v", err)
	}
	waiting := make(chan error, 1)
	go func() {
		release, err := a.Acquire(t.Context())
		if err == nil {
			release()
		}
		waiting <- err
	}()
	one()
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	two()
}

// A slot comes back when its holder is killed. The test runs itself as that holder.
func TestSlotOfADeadProcessIsFree(t *testing.T) {
	if dir := os.Getenv("SLOT_TEST_DIR"); dir != "" {
		if _, err := slots(t, dir, 1).Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		fmt.Println("holding")
		select {}
	}
	dir := t.TempDir()
	holder := exec.Command(os.Args[0], "-test.run=^TestSlotOfADeadProcessIsFree$")
	holder.Env = append(os.Environ(), "SLOT_TEST_DIR="+dir)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "holding\n" {
		t.Fatalf("%q %v", line, err)
	}
	busy, cancel := context.WithCancel(t.Context())
	cancel()
	s := slots(t, dir, 1)
	if _, err := s.Acquire(busy); err == nil {
		t.Fatal("the slot of a living process was given away")
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	release, err := s.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestHeldSlotIsNotTakenTwice(t *testing.T) {
	s := slots(t, t.TempDir(), 1)
	if _, err := s.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Setenv(media.SlotHeldEnv, "1")
	if _, err := s.Acquire(t.Context()); err != nil {
		t.Errorf("a program under a slot waits for a second one: %v", err)
	}
}

func TestSlotsNeedAtLeastOne(t *testing.T) {
	if _, err := media.NewSlots(t.TempDir(), 0); err == nil {
		t.Error("no slots were accepted")
	}
}
