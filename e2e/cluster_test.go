package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/internal/ports"
	"github.com/ergon-network/ergon/keys"
)

// blockTime of the networks here.
const blockTime = 300 * time.Millisecond

// member is one node of a cluster: a directory, addresses, and a process while it runs.
type member struct {
	dir  string
	id   string
	conf node.Config
	*process
}

// cluster is a network of nodes, all of them producers at first, whose connections run through
// relays.
type cluster struct {
	t       *testing.T
	dir     string
	rich    *keys.Pair
	nodes   []*member
	relays  map[[2]int]*relay // from, to
	genesis string
	ports   *ports.Ports
}

// leased takes a block of ports that no other test, and no relay, is given.
func leased(t testing.TB) *ports.Ports {
	t.Helper()
	lease, err := ports.Open(filepath.Join(t.TempDir(), "ports.json"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = lease.Close() })
	return lease
}

func address(t testing.TB, lease *ports.Ports, name string) string {
	t.Helper()
	port, err := lease.Get(name)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// newCluster makes n producers and starts them.
func newCluster(t *testing.T, n int, tune func(*node.Config)) *cluster {
	t.Helper()
	rich, err := keys.Generate()
	require.NoError(t, err)
	c := &cluster{t: t, dir: t.TempDir(), rich: rich, relays: map[[2]int]*relay{}, ports: leased(t)}
	var producers []authoritytypes.Producer
	for i := range n {
		dir := filepath.Join(c.dir, fmt.Sprintf("node-%d", i+1))
		id, err := node.Prepare(dir, fmt.Sprintf("producer-%d", i+1))
		require.NoError(t, err)
		producers = append(producers, id.Producer)
		c.add(dir, id.ID, tune)
	}
	doc, err := genesis.New(genesis.Options{
		ChainID: "cluster", Time: time.Now(), Profile: genesis.Localnet, Producers: producers,
		Balances: []genesis.Balance{{Address: rich.Address(), Rao: 1_000_000_000_000}},
	})
	require.NoError(t, err)
	c.genesis = filepath.Join(c.dir, "genesis.json")
	require.NoError(t, doc.SaveAs(c.genesis))
	for i, m := range c.nodes {
		m.conf.Peers = c.peers(i)
		require.NoError(t, node.Init(m.dir, doc, m.conf))
		c.start(i)
	}
	return c
}

// add plans a node and the ways between it and all others.
func (c *cluster) add(dir, id string, tune func(*node.Config)) int {
	c.t.Helper()
	k := len(c.nodes)
	conf := node.Config{
		RPC: address(c.t, c.ports, fmt.Sprint("rpc-", k)), P2P: address(c.t, c.ports, fmt.Sprint("p2p-", k)), BlockTime: node.Duration(blockTime),
	}
	if tune != nil {
		tune(&conf)
	}
	c.nodes = append(c.nodes, &member{dir: dir, id: id, conf: conf})
	for i := range k {
		c.relays[[2]int{i, k}] = newRelay(c.t, conf.P2P)
		c.relays[[2]int{k, i}] = newRelay(c.t, c.nodes[i].conf.P2P)
	}
	return k
}

// peers are the others as a node dials them.
func (c *cluster) peers(i int) (peers []string) {
	for j, m := range c.nodes {
		if j != i {
			peers = append(peers, m.id+"@"+c.relays[[2]int{i, j}].address())
		}
	}
	return peers
}

func (c *cluster) start(i int) {
	c.t.Helper()
	c.nodes[i].process = start(c.t, nil, ergon, "node", "start", "--dir", c.nodes[i].dir, "--log-level", "warn", "--json")
}

// kill ends a node as a power cut does.
func (c *cluster) kill(i int) {
	c.t.Helper()
	c.nodes[i].signal(syscall.SIGKILL)
	c.nodes[i].exit(gone)
}

// cut parts the nodes of one side from all others.
func (c *cluster) cut(side ...int) { c.ways((*relay).cut, side) }
func (c *cluster) heal()           { c.ways((*relay).heal, nil) }

func (c *cluster) ways(do func(*relay), side []int) {
	in := map[int]bool{}
	for _, i := range side {
		in[i] = true
	}
	for way, r := range c.relays {
		if len(side) == 0 || in[way[0]] != in[way[1]] {
			do(r)
		}
	}
}

// height is a node's last block, 0 while it does not answer.
func (c *cluster) height(i int) int64 {
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Second)
	defer cancel()
	rpc, err := rpchttp.New("http://"+c.nodes[i].conf.RPC, "/websocket")
	if err != nil {
		return 0
	}
	s, err := rpc.Status(ctx)
	if err != nil {
		return 0
	}
	return s.SyncInfo.LatestBlockHeight
}

// reach waits until nodes have a block, and returns how long that took.
func (c *cluster) reach(height int64, within time.Duration, nodes ...int) time.Duration {
	c.t.Helper()
	began := time.Now()
	for _, i := range nodes {
		eventually(c.t, within-time.Since(began), fmt.Sprintf("node %d reaches block %d", i+1, height), func() bool { return c.height(i) >= height })
	}
	return time.Since(began)
}

// still wants that nodes make no block for ten block times.
func (c *cluster) still(nodes ...int) {
	c.t.Helper()
	before := map[int]int64{}
	for _, i := range nodes { // a block that is under way may still come
		eventually(c.t, soon, "votes under way are over", func() bool {
			last := before[i]
			before[i] = c.height(i)
			return last != 0 && last == before[i]
		})
	}
	timer := time.NewTimer(10 * blockTime)
	defer timer.Stop()
	<-timer.C // nothing to wait for: the absence is what is looked at
	for _, i := range nodes {
		require.Equal(c.t, before[i], c.height(i), "node %d makes blocks without a quorum", i+1)
	}
}

// same wants one history on all nodes, up to the lowest head, and no acknowledged transaction lost.
func (c *cluster) same(acks []client.Receipt, nodes ...int) {
	c.t.Helper()
	ctx := c.t.Context()
	var last int64
	for _, a := range acks {
		last = max(last, int64(a.Height))
	}
	c.reach(last, awhile, nodes...)
	rpcs := map[int]*rpchttp.HTTP{}
	low, first := int64(1)<<62, int64(1)
	for _, i := range nodes {
		rpc, err := rpchttp.New("http://"+c.nodes[i].conf.RPC, "/websocket")
		require.NoError(c.t, err)
		s, err := rpc.Status(ctx)
		require.NoError(c.t, err)
		rpcs[i] = rpc
		low, first = min(low, s.SyncInfo.LatestBlockHeight), max(first, s.SyncInfo.EarliestBlockHeight)
	}
	hashes := map[string]int64{} // transaction -> block
	for h := first; h <= low; h++ {
		want := ""
		for _, i := range nodes {
			b, err := rpcs[i].Block(ctx, &h)
			require.NoError(c.t, err)
			if want == "" {
				want = b.BlockID.Hash.String()
			}
			require.Equal(c.t, want, b.BlockID.Hash.String(), "fork: block %d on node %d", h, i+1)
			for _, tx := range b.Block.Txs {
				hashes[fmt.Sprintf("%X", tx.Hash())] = h
			}
		}
	}
	for _, a := range acks {
		if int64(a.Height) >= first {
			require.EqualValues(c.t, a.Height, hashes[a.Hash], "transaction %s was acknowledged in block %d", a.Hash, a.Height)
		}
	}
}

// sender pays all the time and remembers what was acknowledged.
type sender struct {
	stop context.CancelFunc
	done sync.WaitGroup
	acks []client.Receipt
}

// send pays through one node until it is asked for what was acknowledged.
func (c *cluster) send(through int) *sender {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	s := &sender{stop: cancel}
	chain, err := client.Dial(ctx, c.nodes[through].conf.RPC)
	require.NoError(c.t, err)
	s.done.Go(func() {
		for ctx.Err() == nil {
			r, err := chain.Transfer(ctx, c.rich, c.rich.Address(), 1)
			if err == nil {
				s.acks = append(s.acks, *r)
			}
		}
	})
	c.t.Cleanup(s.end)
	return s
}

func (s *sender) end() {
	s.stop()
	s.done.Wait()
}

func (s *sender) acknowledged() []client.Receipt {
	s.end()
	return s.acks
}
