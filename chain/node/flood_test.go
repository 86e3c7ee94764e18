package node_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/node"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// TestMain runs the ledger instead of the tests in a process that TestFlood starts.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ERGON_TEST_NODE"); dir != "" {
		if err := node.Run(context.Background(), dir, slog.New(slog.DiscardHandler)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// The flood: who takes part, and how fast.
const (
	strangers  = 1000 // funded, no neurons
	nuisances  = 10   // registered hotkeys that send weights all the time
	validators = 64   // honest
	honestGap  = 4 * time.Second
	floodRate  = 800 // transactions a second, all together; this machine signs them too
	senders    = 8
	blockTime  = time.Second
)

// flood is a ledger in a process of its own, and what is known about it from outside.
type flood struct {
	t     *testing.T
	ctx   context.Context
	enc   app.Encoding
	rpc   *rpchttp.HTTP
	chain *client.Client
	owner *keys.Pair

	mu      sync.Mutex
	sent    map[string]uint64 // honest transactions: the height when they were sent
	delays  []int             // blocks until they were in one
	refused map[string]int
	head    atomic.Uint64
	offered atomic.Uint64
}

func (f *flood) key(name string) *keys.Pair {
	seed := sha256.Sum256([]byte("flood " + name))
	pair, err := keys.FromSeed(seed[:])
	require.NoError(f.t, err)
	return pair
}

// startFlood makes the ledger and its process, which ends with the test.
func startFlood(t *testing.T) *flood {
	f := &flood{t: t, ctx: t.Context(), sent: map[string]uint64{}, refused: map[string]int{}}
	f.owner = f.key("owner")
	dir := t.TempDir()
	id, err := node.Prepare(dir, "solo")
	require.NoError(t, err)
	o := genesis.Options{
		ChainID: "flood-test", Time: time.Now(), Profile: genesis.Localnet, Producers: []authoritytypes.Producer{id.Producer},
		Balances: []genesis.Balance{{Address: f.owner.Address(), Rao: 100_000 * tao}, {Address: f.key("nuisance").Address(), Rao: 10_000 * tao}},
		Tune: func(p *subnettypes.Params) {
			p.Defaults.TargetRegsPerInterval, p.Defaults.MaxRegsPerBlock, p.Defaults.MaxBurn = 1000, 1000, tao
		},
	}
	for i := range strangers {
		o.Balances = append(o.Balances, genesis.Balance{Address: f.key(fmt.Sprint("stranger ", i)).Address(), Rao: 100 * tao})
	}
	doc, err := genesis.New(o)
	require.NoError(t, err)
	c := freshConfig(t)
	c.REST, c.GRPC, c.BlockTime = "", "", node.Duration(blockTime)
	require.NoError(t, node.Init(dir, doc, c))
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), "ERGON_TEST_NODE="+dir)
	process.Stderr = os.Stderr
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGKILL)
		_ = process.Wait()
	})
	f.chain, err = client.Dial(f.ctx, c.RPC)
	require.NoError(t, err)
	f.enc, err = app.MakeEncoding()
	require.NoError(t, err)
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}
	f.rpc, err = rpchttp.NewWithClient("http://"+c.RPC, "/websocket", web)
	require.NoError(t, err)
	return f
}

// writer signs one key's transactions without asking the ledger each time.
type writer struct {
	f        *flood
	key      *keys.Pair
	number   uint64
	sequence uint64
}

func (f *flood) writer(key *keys.Pair) *writer {
	w := &writer{f: f, key: key}
	w.refresh()
	return w
}

func (w *writer) refresh() {
	number, sequence, err := w.f.chain.Account(w.f.ctx, w.key.Address())
	if err == nil {
		w.number, w.sequence = number, sequence
	}
}

// send signs and broadcasts; a refusal is counted by its reason. With a height the transaction's way
// into a block is followed from there.
func (w *writer) send(msg sdk.Msg, at *uint64) bool {
	d := app.Draft{Msgs: []sdk.Msg{msg}, ChainID: "flood-test", Number: w.number, Sequence: w.sequence}
	raw, err := d.Sign(w.f.ctx, w.f.enc, w.key)
	require.NoError(w.f.t, err)
	w.f.offered.Add(1)
	hash := string(cmttypes.Tx(raw).Hash())
	w.f.follows(hash, at)
	res, err := w.f.rpc.BroadcastTxSync(w.f.ctx, raw)
	switch {
	case err != nil:
		w.f.refuse(hash, "not answered")
		return false
	case res.Code != 0:
		w.f.refuse(hash, fmt.Sprintf("%s %d", res.Codespace, res.Code))
		return false
	}
	w.sequence++
	return true
}

func (f *flood) follows(hash string, at *uint64) {
	if at != nil {
		f.mu.Lock()
		f.sent[hash] = *at
		f.mu.Unlock()
	}
}

func (f *flood) refuse(hash, reason string) {
	f.mu.Lock()
	delete(f.sent, hash)
	f.refused[reason]++
	f.mu.Unlock()
}

// follow reads every block from a height on, and notes which honest transactions are in it.
func (f *flood) follow(ctx context.Context, from uint64) {
	for height := int64(from); ctx.Err() == nil; {
		b, err := f.rpc.Block(ctx, &height)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		f.head.Store(uint64(height))
		f.mu.Lock()
		for _, tx := range b.Block.Txs {
			if at, ours := f.sent[string(tx.Hash())]; ours {
				f.delays = append(f.delays, int(uint64(height)-at))
				delete(f.sent, string(tx.Hash()))
			}
		}
		f.mu.Unlock()
		height++
	}
}

// blockTimes is the mean distance of the blocks between two heights.
func (f *flood) blockTimes(from, to uint64) time.Duration {
	at := func(height uint64) time.Time {
		h := int64(height)
		b, err := f.rpc.Block(f.ctx, &h)
		require.NoError(f.t, err)
		return b.Block.Time
	}
	return at(to).Sub(at(from)) / time.Duration(to-from)
}

func (f *flood) height() uint64 {
	h, err := f.chain.Height(f.ctx)
	require.NoError(f.t, err)
	return h
}

// register gives hotkeys uids, as many in a transaction as one may carry.
func (f *flood) register(coldkey *keys.Pair, netuid uint16, hotkeys []*keys.Pair) {
	for part := range slices.Chunk(hotkeys, 32) {
		var msgs []sdk.Msg
		for _, h := range part {
			msgs = append(msgs, &subnettypes.MsgRegister{Coldkey: coldkey.Address(), Hotkey: h.Address(), Netuid: uint32(netuid)})
		}
		_, err := f.chain.Submit(f.ctx, coldkey, msgs...)
		require.NoError(f.t, err)
	}
}

func (f *flood) keys(name string, n int) (out []*keys.Pair) {
	for i := range n {
		out = append(out, f.key(fmt.Sprint(name, " ", i)))
	}
	return out
}

func TestFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a node, and seconds")
	}
	// The short run shares the machine with other tests, so its limits are wide: it is there to see the
	// flood held off. The long one is alone and holds the limits of docs/status.md.
	length, idle, limit := 10*time.Second, 6*time.Second, bounds{blocks: 4, slower: 3}
	if os.Getenv("ERGON_SOAK") != "" {
		length, idle, limit = 60*time.Second, 20*time.Second, bounds{blocks: 2, slower: 1.5}
	}
	f := startFlood(t)
	netuid, _, err := f.chain.CreateSubnet(f.ctx, f.owner, "flooded", 0)
	require.NoError(t, err)
	honest, bad := f.keys("validator", validators), f.keys("nuisance", nuisances)
	f.register(f.owner, netuid, honest) // the owner's hotkeys weigh without a permit
	f.register(f.key("nuisance"), netuid, bad)

	start := f.height()
	time.Sleep(idle)
	end := f.height()
	quiet := f.blockTimes(start, end)

	ctx, stop := context.WithCancel(f.ctx)
	var all sync.WaitGroup
	all.Go(func() { f.follow(ctx, end) })
	f.flood(ctx, &all, netuid, bad)
	f.weigh(ctx, &all, netuid, honest)
	start = f.height()
	time.Sleep(length)
	end = f.height()
	stop()
	all.Wait()
	busy := f.blockTimes(start, end)
	f.judge(quiet, busy, end-start, length, limit)
}

// flood starts the senders: strangers, who try everything, and hotkeys that never stop weighing.
func (f *flood) flood(ctx context.Context, all *sync.WaitGroup, netuid uint16, bad []*keys.Pair) {
	crowd := f.keys("stranger", strangers)
	for s := range senders {
		all.Go(func() {
			var mine []*writer
			for i := s; i < strangers; i += senders {
				mine = append(mine, f.writer(crowd[i]))
			}
			for i := s; i < nuisances; i += senders {
				mine = append(mine, f.writer(bad[i]))
			}
			pace := time.NewTicker(time.Second * senders / floodRate)
			defer pace.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				<-pace.C
				w := mine[n%len(mine)]
				if n%5 == 0 && s < nuisances {
					w = mine[len(mine)-1]
				}
				if !w.send(f.mischief(w.key, netuid, n, slices.Contains(bad, w.key)), nil) && n%3 == 0 {
					w.refresh()
				}
			}
		})
	}
}

// mischief is what a flooder sends next.
func (f *flood) mischief(from *keys.Pair, netuid uint16, n int, neuron bool) sdk.Msg {
	weights := &incentivetypes.MsgSetWeights{Hotkey: from.Address(), Netuid: uint32(netuid), Uids: []uint32{uint32(n % validators)}, Values: []uint32{1}}
	if neuron {
		return weights
	}
	switch n % 4 {
	case 0:
		return weights // a stranger's: refused at the door
	case 1:
		return &subnettypes.MsgRegister{Coldkey: from.Address(), Hotkey: f.owner.Address(), Netuid: uint32(netuid), MaxCost: 1}
	case 2:
		return &staketypes.MsgAddStake{Coldkey: from.Address(), Hotkey: from.Address(), Amount: 1000} // fails: no such hotkey
	}
	return client.TransferCall(from.Address(), f.owner.Address(), 1)
}

// weigh lets the honest validators set their weights, each every few seconds.
func (f *flood) weigh(ctx context.Context, all *sync.WaitGroup, netuid uint16, honest []*keys.Pair) {
	uids, values := make([]uint32, validators), make([]uint32, validators)
	for i := range uids {
		uids[i], values[i] = uint32(i), uint32(i+1)
	}
	for i, key := range honest {
		all.Go(func() {
			w := f.writer(key)
			time.Sleep(honestGap * time.Duration(i) / validators)
			for ctx.Err() == nil {
				at := f.head.Load()
				msg := &incentivetypes.MsgSetWeights{Hotkey: key.Address(), Netuid: uint32(netuid), Uids: uids, Values: values}
				if !w.send(msg, &at) {
					w.refresh()
				}
				select {
				case <-ctx.Done():
				case <-time.After(honestGap):
				}
			}
		})
	}
}

// bounds are how late honest weights may be in a block, and how much slower blocks may come.
type bounds struct {
	blocks int     // for 99 of 100
	slower float64 // times the idle block time
}

// judge holds what was measured against the limits.
func (f *flood) judge(quiet, busy time.Duration, blocks uint64, length time.Duration, limit bounds) {
	t := f.t
	slices.Sort(f.delays)
	require.NotEmpty(t, f.delays)
	p99 := f.delays[len(f.delays)*99/100]
	var reasons []string
	for reason, n := range f.refused {
		reasons = append(reasons, fmt.Sprintf("%s: %d", reason, n))
	}
	slices.Sort(reasons)
	late := 0
	for _, at := range f.sent {
		if f.head.Load() > at+uint64(limit.blocks) {
			late++
		}
	}
	t.Logf("block time %v idle, %v in the flood (%.2f times) over %d blocks", quiet, busy, float64(busy)/float64(quiet), blocks)
	t.Logf("%d transactions offered in %v (%.0f a second); refused: %s", f.offered.Load(), length, float64(f.offered.Load())/length.Seconds(), strings.Join(reasons, ", "))
	t.Logf("%d honest weights in a block after %d (median), %d (p99), %d (most) blocks; %d not yet", len(f.delays), f.delays[len(f.delays)/2], p99, f.delays[len(f.delays)-1], late)
	require.LessOrEqual(t, p99, limit.blocks)
	require.LessOrEqual(t, late, len(f.delays)/100)
	require.LessOrEqual(t, float64(busy), limit.slower*float64(quiet))
}
