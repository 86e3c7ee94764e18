package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/localnet"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// bech32 begins every address that only plumbing may see.
const bech32 = "ergon1"

// market is a running localnet.
type market struct {
	*process
	dir string
}

// run starts a localnet in dir.
func run(t *testing.T, dir string, args ...string) *market {
	t.Helper()
	m := &market{start(t, nil, ergon, append([]string{"localnet", "--dir", dir}, args...)...), dir}
	t.Cleanup(func() {
		if t.Failed() {
			m.logs(func(name, text string) { t.Logf("--- %s\n%s", name, ending(text)) })
		}
	})
	return m
}

func (m *market) logs(f func(name, text string)) {
	m.t.Helper()
	require.NoError(m.t, filepath.WalkDir(filepath.Join(m.dir, "logs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		f(e.Name(), string(raw))
		return err
	}))
}

func (m *market) read(name string) string {
	raw, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		return ""
	}
	return string(raw)
}

// get reads from one of the localnet's web services.
func get(url string) (body string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error(), false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error(), false
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	return string(raw), err == nil && res.StatusCode == http.StatusOK
}

// await waits until the page shows a state.
func (m *market) await(what string, within time.Duration, is func(explorer.State) bool) (s explorer.State) {
	m.t.Helper()
	eventually(m.t, within, what, func() bool {
		if !m.running() {
			m.t.Fatalf("%s: the localnet ended", what)
		}
		body, ok := get(strings.TrimSpace(m.read("page.url")) + "/api/state")
		s = explorer.State{}
		return ok && json.Unmarshal([]byte(body), &s) == nil && is(s)
	})
	return s
}

// ready waits until every process runs and returns the state then.
func (m *market) ready() explorer.State {
	m.t.Helper()
	return m.await("the market runs", soon*2, func(s explorer.State) bool { return s.Notice == "" && len(s.Subnets) > 0 })
}

func running(s explorer.State, name string) explorer.Process {
	for _, p := range s.Processes {
		if p.Name == name {
			return p
		}
	}
	return explorer.Process{}
}

func neuron(t *testing.T, s explorer.State, name string) explorer.Neuron {
	t.Helper()
	for _, n := range s.Subnets[0].Neurons {
		if n.Name == name {
			return n
		}
	}
	t.Fatalf("there is no neuron %s", name)
	return explorer.Neuron{}
}

// port is the address the localnet gave to a service.
func (m *market) port(name string) string {
	m.t.Helper()
	ports := map[string]int{}
	require.NoError(m.t, json.Unmarshal([]byte(m.read("ports.json")), &ports))
	require.NotZero(m.t, ports[name], name)
	return fmt.Sprintf("127.0.0.1:%d", ports[name])
}

// coldkey opens one of the localnet's wallets.
func (m *market) coldkey(name string) *keys.Pair {
	m.t.Helper()
	w, err := wallet.Open(filepath.Join(m.dir, "wallets"), name)
	require.NoError(m.t, err)
	pair, err := w.Coldkey()
	require.NoError(m.t, err)
	return pair
}

// audit recomputes the money, up to a height or until now, and wants it clean.
func auditAt(t *testing.T, node string, height uint64) audit.Report {
	t.Helper()
	r := one[audit.Report](t, tell(t, nil, 0, "audit", "--json", "--node", node, "--height", fmt.Sprint(height)))
	require.True(t, r.Equal)
	require.Empty(t, r.Differences)
	return r
}

// chain follows a localnet's ledger block by block.
type chain struct {
	*client.Client
	t       *testing.T
	ctx     context.Context
	blocks  <-chan client.Block
	ledger  *localnet.Ledger
	payouts []localnet.Payout
	weighed map[string]uint64 // hotkey -> block of its last weights
	served  map[string]uint64 // hotkey -> block of its last address
}

func follow(t *testing.T, node string) *chain {
	t.Helper()
	c, err := client.Dial(t.Context(), node)
	require.NoError(t, err)
	return &chain{
		Client: c, t: t, ctx: t.Context(), blocks: c.Follow(t.Context(), 1), ledger: localnet.NewLedger(),
		weighed: map[string]uint64{}, served: map[string]uint64{},
	}
}

// until reads blocks until something is so.
func (c *chain) until(what string, within time.Duration, is func() bool) {
	c.t.Helper()
	deadline := time.After(within)
	for !is() {
		select {
		case b := <-c.blocks:
			paid, err := c.ledger.Apply(b)
			require.NoError(c.t, err)
			c.payouts = append(c.payouts, paid...)
			for _, tx := range b.Txs {
				if hotkey := client.Attribute(tx.Events, "WeightsSet", "hotkey"); hotkey != "" {
					c.weighed[hotkey] = b.Height
				}
				if hotkey := client.Attribute(tx.Events, "AxonServed", "hotkey"); hotkey != "" {
					c.served[hotkey] = b.Height
				}
			}
		case <-deadline:
			c.t.Fatalf("%s: not within %v; the last block is %d, payouts %+v", what, within, c.ledger.Height(), c.payouts)
		}
	}
}

// head reads what there is of the ledger and returns its height.
func (c *chain) head() uint64 {
	c.t.Helper()
	h, err := c.Height(c.ctx)
	require.NoError(c.t, err)
	c.until("reading the ledger", soon, func() bool { return c.ledger.Height() >= h })
	return h
}

// paid waits for a payout of fresh weights whose whole tempo began after a height.
func (c *chain) paid(after uint64) (last localnet.Payout) {
	c.t.Helper()
	sub, err := c.Subnet(c.ctx, 1)
	require.NoError(c.t, err)
	c.until(fmt.Sprintf("a tempo that began after block %d is paid for fresh weights", after), awhile, func() bool {
		if len(c.payouts) == 0 {
			return false
		}
		last = c.payouts[len(c.payouts)-1]
		return last.Fresh && last.SettledAt > after+uint64(sub.Hyper.Tempo)
	})
	return last
}
