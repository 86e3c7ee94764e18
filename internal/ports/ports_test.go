package ports

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// occupy listens on a port until the returned function is called.
func occupy(t *testing.T, port int) (release func()) {
	t.Helper()
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	return func() { l.Close() }
}

func TestPortsAreRememberedWhileFree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ports.json")
	get := func(name string) int {
		t.Helper()
		p, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		port, err := p.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	rpc, grpc := get("rpc"), get("grpc")
	if rpc == grpc || rpc < portFirst || rpc >= portFirst+portCount {
		t.Fatalf("ports %d and %d", rpc, grpc)
	}
	if got := get("rpc"); got != rpc {
		t.Errorf("rpc moved from %d to %d", rpc, got)
	}
	release := occupy(t, rpc)
	moved := get("rpc")
	release()
	if moved == rpc || moved == grpc {
		t.Errorf("rpc is %d although that port is taken", moved)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Errorf("broken file: %v, want a remedy", err)
	}
}

// TestTwoDirectoriesNeverShareAPort asks for all ports of two directories whose search begins at the same place, before anything
// listens on them.
func TestTwoDirectoriesNeverShareAPort(t *testing.T) {
	t.Parallel()
	leases := t.TempDir()
	lease := func(dir string, remembered string) *Ports {
		t.Helper()
		path := filepath.Join(dir, "ports.json")
		if err := os.WriteFile(path, []byte(remembered), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := open(path, leases)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a, b := lease(t.TempDir(), `{"rpc":20210}`), lease(t.TempDir(), `{"rpc":20210}`)
	defer b.Close()
	used := make(map[int]bool)
	for i := range 100 {
		for _, p := range []*Ports{a, b} {
			port, err := p.Get("p" + strings.Repeat("x", i))
			if err != nil {
				t.Fatal(err)
			}
			if used[port] {
				t.Fatalf("port %d was given out twice", port)
			}
			used[port] = true
		}
	}
	if port, err := b.Get("rpc"); err != nil || port == 20210 {
		t.Errorf("the port of another's block was handed out: %d, %v", port, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	c := lease(t.TempDir(), `{"rpc":20210}`)
	defer c.Close()
	if port, err := c.Get("rpc"); err != nil || port != 20210 {
		t.Errorf("after the lease ended: %d, %v", port, err)
	}
}
