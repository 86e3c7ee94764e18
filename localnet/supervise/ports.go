package supervise

import (
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"strconv"
	"sync"
)

const (
	// Ports are handed out from [portFirst, portFirst+portCount): above the well-known services, below the range from which the
	// kernel takes the local ends of connections, so a remembered port is still free after a restart.
	portFirst = 20000
	portCount = 10000
)

// Ports gives each name a free loopback port and remembers it in a file, so that a market comes back at the same addresses.
type Ports struct {
	mu    sync.Mutex
	path  string
	start int
	byKey map[string]int
}

// OpenPorts reads the ports remembered at path, a JSON file that need not exist. Where the search for a free port begins follows
// from path, so that two markets on one machine seldom meet.
func OpenPorts(path string) (*Ports, error) {
	p := &Ports{path: path, byKey: make(map[string]int)}
	if err := readJSON(path, &p.byKey); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("remembered ports: %w; remove the file to choose new ones", err)
	}
	if p.byKey == nil {
		p.byKey = make(map[string]int)
	}
	h := fnv.New32a()
	h.Write([]byte(path))
	p.start = int(h.Sum32() % portCount)
	return p, nil
}

// Get returns the port of name: the remembered one if it can be listened on now, else a free one, which is remembered.
func (p *Ports) Get(name string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if port, ok := p.byKey[name]; ok && free(port) {
		return port, nil
	}
	taken := make(map[int]bool, len(p.byKey))
	for _, port := range p.byKey {
		taken[port] = true
	}
	for i := range portCount {
		port := portFirst + (p.start+i)%portCount
		if taken[port] || !free(port) {
			continue
		}
		p.byKey[name] = port
		if err := writeJSON(p.path, p.byKey); err != nil {
			return 0, fmt.Errorf("remember port %d of %s: %w", port, name, err)
		}
		return port, nil
	}
	return 0, fmt.Errorf("no free port for %s in %d to %d: stop other listeners", name, portFirst, portFirst+portCount-1)
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
