package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/chain/testnode"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// BenchmarkNodeStart measures from the start of the process to the first block of 1 s blocks.
func BenchmarkNodeStart(b *testing.B) {
	ports := leased(b)
	rpc, p2p, rest, grpc := address(b, ports, "rpc"), address(b, ports, "p2p"), address(b, ports, "rest"), address(b, ports, "grpc")
	var sum time.Duration
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "node")
		run := start(b, nil, ergon, "node", "init", "--dir", dir, "--profile", "localnet", "--block-time", "1s", "--rpc", rpc, "--p2p", p2p,
			"--rest", rest, "--grpc", grpc)
		<-run.done
		began := time.Now()
		p := start(b, nil, ergon, "node", "start", "--dir", dir)
		waitBlock(b, rpc, 1)
		sum += time.Since(began)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	b.ReportMetric(sum.Seconds()/float64(b.N), "s/first-block")
}

// BenchmarkNodeMemory measures a node with 32 subnets of 256 uids, 64 of which have set weights for
// all, after each has settled and been read.
func BenchmarkNodeMemory(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "node")
	id, err := node.Prepare(dir, "solo")
	require.NoError(b, err)
	rows, doc := full(b, id.Producer, 32, 256, 64)
	ports := leased(b)
	conf := node.Config{
		RPC: address(b, ports, "rpc"), P2P: address(b, ports, "p2p"), REST: address(b, ports, "rest"), GRPC: address(b, ports, "grpc"),
		BlockTime: node.Duration(200 * time.Millisecond),
	}
	require.NoError(b, doc.write(dir, conf))
	first := start(b, nil, ergon, "node", "start", "--dir", dir) // reads the large genesis, which other ledgers do not have
	waitBlock(b, conf.RPC, uint64(doc.height)+2)
	first.signal(os.Interrupt)
	<-first.done
	for b.Loop() {
		p := start(b, nil, ergon, "node", "start", "--dir", dir)
		c := waitBlock(b, conf.RPC, uint64(doc.height)+60)
		for netuid := range 32 {
			_, err := c.Metagraph(b.Context(), uint16(netuid+1), true)
			require.NoError(b, err)
		}
		now, most := memory(b, p.cmd.Process.Pid)
		b.ReportMetric(now, "MB/RSS")
		b.ReportMetric(most, "MB/peak")
		b.ReportMetric(float64(rows), "rows")
		_ = p.cmd.Process.Signal(os.Interrupt)
		<-p.done
	}
}

type exported struct {
	world  *testnode.World
	height int64
}

func (e exported) write(dir string, conf node.Config) error {
	doc, err := e.world.App.Export()
	if err != nil {
		return err
	}
	return node.Init(dir, doc, conf)
}

// full makes a ledger of full subnets, block by block without a clock, and returns how many rows of
// weights it holds.
func full(b *testing.B, p authoritytypes.Producer, subnets, uids, voters int) (rows int, e exported) {
	b.Helper()
	o := genesis.Options{Tempo: 50, Producers: []authoritytypes.Producer{p}, Tune: func(p *subnettypes.Params) {
		p.Defaults.TargetRegsPerInterval, p.Defaults.MaxRegsPerBlock = 1000, 1000
		p.Defaults.MaxBurn = testnode.TAO
		p.SubnetLimit, p.LockReductionInterval = 128, 1
	}}
	w, err := testnode.NewTunedWorld(nil, o, []string{"a"})
	require.NoError(b, err)
	all, values := make([]uint32, uids), make([]uint32, uids)
	for i := range all {
		all[i], values[i] = uint32(i), uint32(i*7919%65536)
	}
	for s := range subnets {
		netuid, err := w.Subnet(fmt.Sprintf("market-%d", s))
		require.NoError(b, err)
		var txs, weights [][]byte
		for i := range uids {
			hot := testnode.Key(fmt.Sprintf("hot-%d", i))
			tx, err := w.Sign(w.Owner, &subnettypes.MsgRegister{Coldkey: w.Owner.Address(), Hotkey: hot.Address(), Netuid: netuid})
			require.NoError(b, err)
			txs = append(txs, tx)
		}
		res, err := w.Block(txs...)
		require.NoError(b, err)
		for _, r := range res.TxResults {
			require.Zero(b, r.Code, r.Log)
		}
		for i := range voters {
			hot := testnode.Key(fmt.Sprintf("hot-%d", i))
			tx, err := w.Sign(hot, &incentivetypes.MsgSetWeights{Hotkey: hot.Address(), Netuid: netuid, Uids: all, Values: values})
			require.NoError(b, err)
			weights = append(weights, tx)
		}
		res, err = w.Block(weights...)
		require.NoError(b, err)
		for _, r := range res.TxResults {
			if r.Code == 0 {
				rows++
			}
		}
	}
	return rows, exported{w, w.Height}
}

func waitBlock(b *testing.B, rpc string, height uint64) *client.Client {
	b.Helper()
	c, err := client.Dial(b.Context(), rpc)
	require.NoError(b, err)
	for {
		h, err := c.Height(b.Context())
		require.NoError(b, err)
		if h >= height {
			return c
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// memory reads what a process holds now and held at most, MB.
func memory(b *testing.B, pid int) (now, most float64) {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(b, err)
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmRSS:":
			now = kb * 1024 / 1e6
		case "VmHWM:":
			most = kb * 1024 / 1e6
		}
	}
	return now, most
}
