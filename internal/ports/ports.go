// Package ports leases loopback ports: to the processes of a localnet and to tests that start real
// ones, so that a port that is named before anything listens on it stays its owner's.
package ports

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/ergon-network/ergon/internal/durable"
)

const (
	// Ports are handed out from [portFirst, portFirst+portCount): above the well-known services, below the range from which the
	// kernel takes the local ends of connections, so a remembered port is still free after a restart.
	portFirst = 20000
	portCount = 10000
	// portBlock ports are leased together: more than a market of 16 producers, 64 validators and all strategies names.
	portBlock = 200
	maxFile   = 1 << 20 // bytes
)

// Ports gives each name a free loopback port and remembers it in a file, so that a market comes back at the same addresses.
//
// A name may be given out long before anything listens on its port. So the ports of one directory come from a block that is
// leased from all others of this user on this machine; the kernel ends the lease when the process dies.
type Ports struct {
	mu     sync.Mutex
	path   string
	leases string
	block  int
	lease  *os.File
	byKey  map[string]int
}

// Open reads the ports remembered at path, a JSON file that need not exist, and leases a block of ports: the remembered one
// if nobody else took it meanwhile. Close ends the lease.
func Open(path string) (*Ports, error) {
	return open(path, filepath.Join(os.TempDir(), fmt.Sprintf("ergon-ports-%d", os.Getuid())))
}

func open(path, leases string) (*Ports, error) {
	p := &Ports{path: path, leases: leases, byKey: make(map[string]int)}
	if err := p.read(); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remembered ports: %w; remove the file to choose new ones", err)
	}
	if p.byKey == nil {
		p.byKey = make(map[string]int)
	}
	return p, p.take(p.preferred())
}

// preferred is the block in which the remembered ports lie; without any it follows from the path, so that two markets on one
// machine seldom meet.
func (p *Ports) preferred() int {
	lowest := portFirst + portCount
	for _, port := range p.byKey {
		lowest = min(lowest, port)
	}
	if lowest >= portFirst && lowest < portFirst+portCount {
		return (lowest - portFirst) / portBlock
	}
	h := fnv.New32a()
	h.Write([]byte(p.path))
	return int(h.Sum32() % (portCount / portBlock))
}

// take leases the first block from preferred on that nobody holds.
func (p *Ports) take(preferred int) error {
	if err := os.MkdirAll(p.leases, 0o700); err != nil {
		return fmt.Errorf("lease ports: %w", err)
	}
	for i := range portCount / portBlock {
		p.block = (preferred + i) % (portCount / portBlock)
		path := filepath.Join(p.leases, strconv.Itoa(portFirst+p.block*portBlock))
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return fmt.Errorf("lease ports: %w; remove %s", err, p.leases)
		}
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			p.lease = f
			return nil
		}
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lease ports: lock %s: %w", path, err)
		}
	}
	return fmt.Errorf("all %d blocks of ports in %s are in use: stop another localnet", portCount/portBlock, p.leases)
}

// Close ends the lease.
func (p *Ports) Close() error { return p.lease.Close() }

// Get returns the port of name: the remembered one if it lies in the leased block and can be listened on now, else a free one,
// which is remembered.
func (p *Ports) Get(name string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := portFirst + p.block*portBlock
	if port, ok := p.byKey[name]; ok && port >= first && port < first+portBlock && free(port) {
		return port, nil
	}
	taken := make(map[int]bool, len(p.byKey))
	for _, port := range p.byKey {
		taken[port] = true
	}
	for port := first; port < first+portBlock; port++ {
		if taken[port] || !free(port) {
			continue
		}
		p.byKey[name] = port
		if err := p.write(); err != nil {
			return 0, fmt.Errorf("remember port %d of %s: %w", port, name, err)
		}
		return port, nil
	}
	return 0, fmt.Errorf("no free port for %s in %d to %d: stop other listeners", name, first, first+portBlock-1)
}

// read takes the remembered ports from the file, whose size is bounded.
func (p *Ports) read() error {
	f, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return json.NewDecoder(io.LimitReader(f, maxFile)).Decode(&p.byKey)
}

func (p *Ports) write() error {
	body, err := json.MarshalIndent(p.byKey, "", "  ")
	if err != nil {
		return err
	}
	return durable.Write(p.path, append(body, '\n'))
}

func free(port int) bool {
	if port <= 0 || port > 65535 {
		return false
	}
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
