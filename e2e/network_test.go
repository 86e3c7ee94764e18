package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/ergon-network/ergon/chain/node"
)

// resume is within which time blocks go on once a quorum is back, and the least a cut may take to heal.
const resume = 10 * time.Second

// soaking: the long form of a test, `make soak`.
func soaking(t *testing.T) {
	t.Helper()
	long(t)
	if os.Getenv("ERGON_SOAK") == "" {
		t.Skip("set ERGON_SOAK=1 (make soak)")
	}
}

// TestNetworkOutlivesCrashesAndCuts: four producers. One is killed, blocks go on; a second, they halt;
// one is back, they resume. One is cut off, three go on, and it catches up.
func TestNetworkOutlivesCrashesAndCuts(t *testing.T) {
	long(t)
	t.Parallel()
	c := newCluster(t, 4, nil)
	c.reach(3, soon, 0, 1, 2, 3)
	pay := c.send(0)

	c.kill(3)
	c.reach(c.height(0)+5, soon, 0, 1, 2)
	c.kill(2)
	c.still(0, 1)
	halted := c.height(0)
	c.start(2)
	eventually(t, soon, "a quorum runs", func() bool { return c.height(2) > 0 })
	t.Logf("blocks after a quorum: %v", c.reach(halted+1, resume, 0))
	c.start(3)
	c.reach(c.height(0), awhile, 3)

	began := time.Now()
	c.cut(3)
	alone := c.height(3)
	c.reach(c.height(0)+10, soon, 0, 1, 2)
	require.LessOrEqual(t, c.height(3), alone+1)
	lasted := time.Since(began)
	c.heal()
	t.Logf("a cut of %v healed in %v", lasted, c.reach(c.height(0), max(resume, lasted), 3))
	acks := pay.acknowledged()
	require.NotEmpty(t, acks)
	t.Logf("%d transactions acknowledged", len(acks))
	c.same(acks, 0, 1, 2, 3)
}

// TestAProducerRejoinsByStateSync: a producer lost its disk. It begins at the state that two others
// agree on, and votes again under its key.
func TestAProducerRejoinsByStateSync(t *testing.T) {
	long(t)
	t.Parallel()
	c := newCluster(t, 4, func(n *node.Config) {
		n.Snapshots = node.Snapshots{Interval: 5, Keep: 3}
		n.Pruning = node.Pruning{Mode: "custom", Keep: 100, Interval: 10}
	})
	c.reach(3, soon, 0)
	pay := c.send(0)
	c.reach(12, soon, 0, 1, 2)
	c.kill(3)
	key := []string{filepath.Join("config", "priv_validator_key.json"), filepath.Join("data", "priv_validator_state.json")}
	var saved [][]byte
	for _, name := range key {
		raw, err := os.ReadFile(filepath.Join(c.nodes[3].dir, name))
		require.NoError(t, err)
		saved = append(saved, raw)
	}
	require.NoError(t, os.RemoveAll(c.nodes[3].dir))

	digest := digestOf(t, c.genesis)
	args := []string{
		"node", "join", "--json", "--dir", c.nodes[3].dir, "--genesis", c.nodes[0].conf.RPC, "--digest", digest, "--block-time", blockTime.String(),
		"--sync", c.nodes[0].conf.RPC, "--sync", c.nodes[1].conf.RPC, "--rpc", c.nodes[3].conf.RPC, "--p2p", c.nodes[3].conf.P2P, "--rest", "", "--grpc", "",
	}
	for _, p := range c.peers(3) {
		args = append(args, "--peer", p)
	}
	tell(t, nil, 0, args...)
	for i, name := range key {
		require.NoError(t, os.WriteFile(filepath.Join(c.nodes[3].dir, name), saved[i], 0o600))
	}
	c.start(3)
	c.reach(c.height(0), awhile, 3)
	rpc, err := rpchttp.New("http://"+c.nodes[3].conf.RPC, "/websocket")
	require.NoError(t, err)
	status, err := rpc.Status(t.Context())
	require.NoError(t, err)
	require.Greater(t, status.SyncInfo.EarliestBlockHeight, int64(1), "it replayed everything instead")
	own := status.ValidatorInfo.Address
	eventually(t, awhile, "the fourth votes again", func() bool {
		commit, err := rpc.Commit(t.Context(), nil)
		return err == nil && slices.ContainsFunc(commit.Commit.Signatures, func(s cmttypes.CommitSig) bool {
			return s.BlockIDFlag == cmttypes.BlockIDFlagCommit && slices.Equal(s.ValidatorAddress, own)
		})
	})
	c.same(pay.acknowledged(), 0, 1, 2, 3)
}

func digestOf(t *testing.T, file string) string {
	t.Helper()
	doc, err := cmttypes.GenesisDocFromFile(file)
	require.NoError(t, err)
	digest, err := node.Digest(doc)
	require.NoError(t, err)
	return digest
}

// TestAnEvenCutHaltsAndHeals: two against two. Neither side makes a block, whatever it lasts.
func TestAnEvenCutHaltsAndHeals(t *testing.T) {
	soaking(t)
	for _, lasts := range []time.Duration{2 * time.Second, 15 * time.Second, 40 * time.Second} {
		t.Run(lasts.String(), func(t *testing.T) {
			c := newCluster(t, 4, nil)
			c.reach(3, soon, 0, 1, 2, 3)
			pay := c.send(0)
			began := time.Now()
			c.cut(2, 3)
			c.still(0, 1, 2, 3)
			time.Sleep(max(0, lasts-time.Since(began))) // the cut is what is tested
			halted := max(c.height(0), c.height(2))
			lasted := time.Since(began)
			c.heal()
			t.Logf("a cut of %v healed in %v", lasted, c.reach(halted+1, max(resume, lasted), 0, 1, 2, 3))
			c.same(pay.acknowledged(), 0, 1, 2, 3)
		})
	}
}

// TestADoubleSignerOnBothSidesIsRemoved: two against two, and the fourth producer's key signs on both
// sides. The side with three signatures goes on, the other halts: no fork. Healed, the network has the
// proof, removes the producer, and tells the operators what is left.
func TestADoubleSignerOnBothSidesIsRemoved(t *testing.T) {
	soaking(t)
	c := newCluster(t, 4, nil)
	c.reach(3, soon, 0, 1, 2, 3)
	pay := c.send(0)
	c.cut(2, 3)
	c.still(0, 1, 2, 3)

	dir := filepath.Join(c.dir, "twin")
	id, err := node.Prepare(dir, "twin")
	require.NoError(t, err)
	twin := c.add(dir, id.ID, nil)
	c.cut(2, 3) // the twin is on the side of the first two
	c.nodes[twin].conf.Peers = c.peers(twin)
	doc, err := cmttypes.GenesisDocFromFile(c.genesis)
	require.NoError(t, err)
	require.NoError(t, node.Init(dir, doc, c.nodes[twin].conf))
	key, err := os.ReadFile(filepath.Join(c.nodes[3].dir, "config", "priv_validator_key.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config", "priv_validator_key.json"), key, 0o600))
	halted := c.height(0)
	c.start(twin)
	c.reach(halted+10, awhile, 0, 1, twin)
	require.LessOrEqual(t, c.height(2), halted+1, "the side of two makes blocks")
	c.heal()
	c.reach(c.height(0), awhile, 2, 3)

	rpc, err := rpchttp.New("http://"+c.nodes[0].conf.RPC, "/websocket")
	require.NoError(t, err)
	eventually(t, awhile, "the double signer is removed", func() bool {
		v, err := rpc.Validators(t.Context(), nil, nil, nil)
		return err == nil && v.Total == 3
	})
	for _, i := range []int{0, 1, 2} {
		eventually(t, soon, "the operator is told", func() bool { return told(c.nodes[i].err.String()) })
	}
	c.reach(c.height(0)+5, awhile, 0, 1, 2)
	c.same(pay.acknowledged(), 0, 1, 2)
	c.kill(2)
	c.still(0, 1) // as they were told
}

// told looks in a node's log for who was removed, and what that leaves.
func told(log string) bool {
	for line := range strings.Lines(log) {
		var l struct{ Msg, Producer, Reason string }
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "producer removed: three producers tolerate no crash" {
			return l.Producer == "producer-4" && l.Reason == "double signing"
		}
	}
	return false
}
