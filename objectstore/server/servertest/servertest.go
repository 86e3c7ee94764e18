// Package servertest runs the embedded S3 for tests, in a child process as it must be: the test
// binary starts itself again.
//
//	func TestMain(m *testing.M) { servertest.Child(); os.Exit(m.Run()) }
//
//	func TestUpload(t *testing.T) {
//		s3 := servertest.Start(t, "miner-1", "miner-2")
//		store, err := objectstore.Open(ctx, s3.URL("miner-1"))
//
// The child ends with the test, and by itself when the test binary dies.
package servertest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"testing"

	"github.com/ergon-network/ergon/objectstore/server"
)

const childEnv = "ERGON_SERVERTEST_OPTIONS"

// childOptions is what the parent tells the child.
type childOptions struct {
	Dir, Listen string
	Accounts    []server.Account
	Sidecar     bool
}

// Child serves and exits if this process is a child of Start; otherwise it returns at once.
// Call it first in TestMain.
func Child() {
	raw := os.Getenv(childEnv)
	if raw == "" {
		return
	}
	if err := child([]byte(raw)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(raw []byte) error {
	var opts childOptions
	if err := json.Unmarshal(raw, &opts); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() { // the parent closes our input to stop us, and so does its death
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return server.Run(ctx, server.Options{
		Dir: opts.Dir, Listen: opts.Listen, Accounts: opts.Accounts, Sidecar: opts.Sidecar,
		Ready: func(addr netip.AddrPort) { fmt.Println("ready", addr) },
	})
}

// Server is a running child.
type Server struct {
	Addr     netip.AddrPort
	Accounts []server.Account

	t     testing.TB
	cmd   *exec.Cmd
	stdin io.Closer
	ended bool
}

// Start serves one bucket for each name, with accounts drawn from a fixed seed, and waits until
// the server is healthy. Data lives in the test's temporary folder.
func Start(t testing.TB, buckets ...string) *Server {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	accounts := make([]server.Account, len(buckets))
	for i, bucket := range buckets {
		account, err := server.NewAccount(bucket, random)
		if err != nil {
			t.Fatal(err)
		}
		accounts[i] = account
	}
	return StartIn(t, t.TempDir(), "127.0.0.1:0", false, accounts)
}

// StartIn is Start with everything chosen by the caller; sidecar as in server.Options.
func StartIn(t testing.TB, dir, listen string, sidecar bool, accounts []server.Account) *Server {
	t.Helper()
	raw, err := json.Marshal(childOptions{dir, listen, accounts, sidecar})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(raw))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &Server{Accounts: accounts, t: t, cmd: cmd, stdin: stdin}
	t.Cleanup(func() { s.Stop() })
	if s.Addr, err = readAddress(stdout); err != nil {
		t.Fatalf("embedded S3 did not start: %v", err)
	}
	return s
}

func readAddress(r io.Reader) (netip.AddrPort, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var text string
		if n, _ := fmt.Sscanf(lines.Text(), "ready %s", &text); n == 1 {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return netip.ParseAddrPort(text)
		}
	}
	return netip.AddrPort{}, fmt.Errorf("it ended first: %w", io.ErrUnexpectedEOF)
}

// URL is the store URL of a bucket's owner.
func (s *Server) URL(bucket string) string {
	s.t.Helper()
	for _, a := range s.Accounts {
		if a.Bucket == bucket {
			return a.URL(s.Addr)
		}
	}
	s.t.Fatalf("no bucket %q", bucket)
	return ""
}

// Stop ends the server the clean way and fails the test unless it exits with 0. A second call
// does nothing.
func (s *Server) Stop() {
	s.t.Helper()
	if s.ended {
		return
	}
	s.ended = true
	s.stdin.Close()
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("embedded S3 ended badly: %v", err)
	}
}
