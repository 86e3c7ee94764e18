package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ergon-network/ergon/internal/ports"
	"github.com/ergon-network/ergon/keys"
)

// peer is the Python side.
//
//go:embed peer.py
var peer string

// kind of a child: this program again, or peer under the interpreter of the plan.
type kind string

const (
	inGo     kind = "Go"
	inPython kind = "Python"
)

// ticks of /proc/PID/stat per second; Linux gives all programs this number.
const ticks = 100

// child is a process that this one started, with its standard output.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

// start runs a child in one of its roles.
func (p plan) start(ctx context.Context, k kind, role ...string) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arguments := role
	if k == inPython {
		program, arguments = p.python, append([]string{"-c", peer}, role...)
	}
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Env = append(os.Environ(), "HOME="+p.dir)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	return &child{cmd, stdin, lines}, cmd.Start()
}

// stop ends the child by the end of its standard input, and kills it if that does not help.
func (c *child) stop() error {
	_ = c.stdin.Close()
	defer time.AfterFunc(20*time.Second, func() { _ = c.cmd.Process.Kill() }).Stop()
	for c.lines.Scan() { // until it closes its output
	}
	return c.cmd.Wait()
}

// say reads lines until one is JSON that fits into.
func (c *child) say(into any) error {
	for c.lines.Scan() {
		if json.Unmarshal(c.lines.Bytes(), into) == nil {
			return nil
		}
	}
	return fmt.Errorf("%s ended without a result", filepath.Base(c.cmd.Path))
}

func (p plan) sdkVersion(ctx context.Context) (string, error) {
	c, err := p.start(ctx, inPython, "version")
	if err != nil {
		return "", err
	}
	var version string
	err = c.say(&version)
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	return version, err
}

// served is what one axon cost.
type served struct {
	cpu      float64 // µs per question
	rss      float64 // MB
	rate     float64 // questions per second
	p50, p99 time.Duration
}

func (p plan) measureAxon(ctx context.Context, k kind) (m served, err error) {
	server, err := hotkeyOf(p.dir, serverWallet)
	if err != nil {
		return m, err
	}
	client, err := hotkeyOf(p.dir, clientWallet)
	if err != nil {
		return m, err
	}
	leased, err := ports.Open(filepath.Join(p.dir, "ports.json"))
	if err != nil {
		return m, err
	}
	defer func() { _ = leased.Close() }()
	port, err := leased.Get(string(k))
	if err != nil {
		return m, err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	c, err := p.start(ctx, k, "axon", p.dir, strconv.Itoa(port))
	if err != nil {
		return m, err
	}
	defer func() {
		if stopErr := c.stop(); err == nil {
			err = stopErr
		}
	}()
	if err := await(ctx, address); err != nil {
		return m, err
	}
	warm, err := p.questions(client, server.Address(), address, 50)
	if err == nil {
		_, err = drive(address, warm)
	}
	if err != nil {
		return m, fmt.Errorf("warm-up: %w", err)
	}
	lists, err := p.questions(client, server.Address(), address, p.requests/p.connections)
	if err != nil {
		return m, err
	}
	return load(c.cmd.Process.Pid, address, lists)
}

func (p plan) questions(client *keys.Pair, hotkey, address string, each int) ([][][]byte, error) {
	lists := make([][][]byte, p.connections)
	for i := range lists {
		var err error
		if lists[i], err = presign(client, hotkey, address, each); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// load drives the server whose process is pid.
func load(pid int, address string, lists [][][]byte) (m served, err error) {
	before, err := cpuOf(pid)
	if err != nil {
		return m, err
	}
	began := time.Now()
	took, err := drive(address, lists)
	if err != nil {
		return m, err
	}
	lasted := time.Since(began)
	after, err := cpuOf(pid)
	if err != nil {
		return m, err
	}
	count := float64(len(took))
	m.cpu, m.rate = float64((after-before).Microseconds())/count, count/lasted.Seconds()
	m.p50, m.p99 = quantile(took, 0.5), quantile(took, 0.99)
	m.rss, err = rssOf(pid)
	return m, err
}

// await waits until somebody listens.
func await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", address, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// cpuOf is the user and system time of a process, all its threads included.
func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name before may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	sum := 0
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks, nil
}

// rssOf is a process's resident memory in MB.
func rssOf(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kib); err != nil {
		return 0, fmt.Errorf("VmRSS of %d: %w", pid, err)
	}
	return kib / 1024, nil
}

// measureDendrites has dendrites of the given kinds ask the same axons, one after the other, and
// returns the milliseconds of the rounds of each.
func (p plan) measureDendrites(ctx context.Context, kinds ...kind) (rounds [][]float64, err error) {
	axons, err := p.start(ctx, inGo, "axons", strconv.Itoa(p.axons))
	if err != nil {
		return nil, err
	}
	defer func() {
		if stopErr := axons.stop(); err == nil {
			err = stopErr
		}
	}()
	var targets []target
	if err := axons.say(&targets); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(targets)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(p.dir, "targets.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return nil, err
	}
	for _, k := range kinds {
		took, err := p.ask(ctx, k, file)
		if err != nil {
			return nil, fmt.Errorf("dendrite in %s: %w", k, err)
		}
		rounds = append(rounds, took)
	}
	return rounds, nil
}

// ask runs a dendrite and reads the milliseconds of its rounds.
func (p plan) ask(ctx context.Context, k kind, file string) (took []float64, err error) {
	c, err := p.start(ctx, k, "dendrite", p.dir, file, strconv.Itoa(p.rounds))
	if err != nil {
		return nil, err
	}
	err = c.say(&took)
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	if err == nil && len(took) != p.rounds {
		err = fmt.Errorf("%d rounds, want %d", len(took), p.rounds)
	}
	return took, err
}
