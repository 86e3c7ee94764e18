// Package porttest gives tests that start real processes addresses that nobody else is given.
package porttest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ergon-network/ergon/internal/ports"
)

// perLease is how many ports are taken from one lease; some of its block may be in use.
const perLease = 100

// The leases of this process. They are held until it ends: a port is given out once.
var (
	mu     sync.Mutex
	leases []*ports.Ports
	given  int
)

// Address is a loopback address that nothing listens on, and that no other caller is given while
// this process lives.
func Address(t testing.TB) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if given%perLease == 0 {
		dir, err := os.MkdirTemp("", "ergon-ports-of-a-test")
		if err != nil {
			t.Fatal(err)
		}
		lease, err := ports.Open(filepath.Join(dir, "ports.json"))
		if err != nil {
			t.Fatal(err)
		}
		leases = append(leases, lease)
	}
	given++
	port, err := leases[len(leases)-1].Get(fmt.Sprint(given))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}
