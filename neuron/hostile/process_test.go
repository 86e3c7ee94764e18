package hostile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/miner"
)

// roleVariable makes the test binary one of the processes of the suite.
const roleVariable = "ERGON_HOSTILE_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "axon":
		err = beAxon()
	case "attacker":
		err = beAttacker()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Question is what honest callers ask.
type Question struct {
	A   int  `wire:"a"`
	Out *int `wire:"out,output"`
}

// Loose takes any body: nothing is hashed, as by default in the SDK.
type Loose struct {
	Any any  `wire:"any"`
	Out *int `wire:"out,output"`
}

// HashFields is the SDK's default.
func (Loose) HashFields() []string { return nil }

func seed(b byte) (*keys.Pair, error) { return keys.FromSeed(bytes.Repeat([]byte{b}, keys.SeedSize)) }

// beAxon serves with default bounds and no blacklist, so that the attacker's signatures count as much
// as anybody's. It says its address, and ends with its standard input.
func beAxon() error {
	raiseFiles()
	key, err := seed(1)
	if err != nil {
		return err
	}
	miner.BoundMemory()
	a, err := axon.New(axon.Options{Key: key, Replay: os.Getenv("ERGON_HOSTILE_REPLAY"), Access: io.Discard})
	if err != nil {
		return err
	}
	err = axon.Handle(a, func(_ context.Context, _ axon.Call, q *Question) error {
		out := 2 * q.A
		q.Out = &out
		return nil
	})
	if err == nil {
		err = axon.Handle(a, func(context.Context, axon.Call, *Loose) error { return nil })
	}
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", os.Getenv("ERGON_HOSTILE_ADDRESS"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println(ln.Addr())
	return a.Run(ctx, ln)
}

// raiseFiles takes all the open files the process may have.
func raiseFiles() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

// server is an axon in a process of its own.
type server struct {
	address string
	process *exec.Cmd
	stdin   io.Closer
}

func startServer(t *testing.T, address, replay string) *server {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"=axon", "ERGON_HOSTILE_ADDRESS="+address, "ERGON_HOSTILE_REPLAY="+replay)
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the axon does not start: %v", err)
	}
	return &server{strings.TrimSpace(line), c, stdin}
}

// kill ends the axon as a crash would.
func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.process.Wait()
}

// peak is the most memory the process has had, in bytes.
func (s *server) peak(t *testing.T) int64 {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		t.Fatalf("the axon is gone: %v", err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Skip("the system does not tell a process's peak memory")
	return 0
}

// order tells the attacker what to do.
type order struct {
	Attack      string
	Address     string
	Connections int
	Lasting     time.Duration
	Captured    [][]byte // for replay: whole requests
}

// outcome counts the answers the attacker got, by status; 0 is none, opened a connection.
type outcome map[int]int

const opened = -1

func (o outcome) answers() outcome {
	out := maps.Clone(o)
	delete(out, opened)
	return out
}

// attack runs one attack in a process of its own to its end.
func attack(t *testing.T, o order) outcome {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.Lasting+time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0])
	if nice, err := exec.LookPath("nice"); err == nil {
		// The attacker's own work is done on other machines in the wild: here it must not take the
		// axon's share of this one.
		c = exec.CommandContext(ctx, nice, "-n", "19", os.Args[0])
	}
	c.Env = append(os.Environ(), roleVariable+"=attacker")
	c.Stdin, c.Stderr = bytes.NewReader(raw), os.Stderr
	stdout, err := c.Output()
	if err != nil {
		t.Errorf("attacker: %v", err)
	}
	got := outcome{}
	if err := json.Unmarshal(stdout, &got); err != nil {
		t.Errorf("attacker says %q: %v", stdout, err)
	}
	return got
}
