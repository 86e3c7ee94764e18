package video

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/objectstore/server/servertest"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
	"github.com/ergon-network/ergon/subnets/video/strategy"
)

func TestMain(m *testing.M) {
	servertest.Child()
	if os.Getenv(crashEnv) != "" {
		crashChild()
	}
	os.Exit(m.Run())
}

// tiny keeps tests quick: the smallest clip that VMAF and the rules accept.
var tiny = clips.Format{Width: 128, Height: 128, Rate: 10, Frames: 10}

// pair is the key of a name, always the same.
func pair(name string) *keys.Pair {
	seed := sha256.Sum256([]byte(name))
	p, err := keys.FromSeed(seed[:])
	if err != nil {
		panic(err)
	}
	return p
}

func findTool(t testing.TB) *media.Tool {
	t.Helper()
	tool, err := media.Find()
	if err != nil {
		t.Fatal(err) // names the remedy
	}
	return tool
}

func openStore(t testing.TB, url string) *objectstore.Store {
	t.Helper()
	s, err := objectstore.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newFetcher(t testing.TB, o objectstore.FetcherOptions) *objectstore.Fetcher {
	t.Helper()
	o.AllowLoopback = true
	f, err := objectstore.NewFetcher(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func testLog(t testing.TB) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// world is a subnet in one process: a validator, axons that are miners, and a snapshot of them.
type world struct {
	t       testing.TB
	dir     string
	s3      *servertest.Server
	tool    *media.Tool
	neurons []metagraph.Neuron
	rounds  int
}

const validatorName = "validator"

func newWorld(t testing.TB, miners ...string) *world {
	w := &world{t: t, dir: t.TempDir(), tool: findTool(t)}
	w.s3 = servertest.Start(t, append([]string{validatorName}, miners...)...)
	w.neurons = []metagraph.Neuron{{UID: 0, Hotkey: pair(validatorName).Address(), ValidatorPermit: true}}
	return w
}

// join serves handlers as a neuron of the subnet.
func (w *world) join(name string, attach func(*axon.Axon) error) int {
	w.t.Helper()
	a, err := axon.New(axon.Options{Key: pair(name), Log: testLog(w.t), Drain: time.Second})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := attach(a); err != nil {
		w.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = a.Run(ctx, ln) }()
	w.t.Cleanup(func() { stop(); <-done })
	return w.enter(name, ln.Addr().(*net.TCPAddr).AddrPort())
}

// enter gives a neuron the next uid.
func (w *world) enter(name string, at netip.AddrPort) int {
	uid := len(w.neurons)
	w.neurons = append(w.neurons, metagraph.Neuron{UID: uint16(uid), Hotkey: pair(name).Address(), Axon: metagraph.Axon{Address: at}})
	return uid
}

func (w *world) snapshot() *metagraph.Snapshot {
	w.t.Helper()
	s, err := metagraph.NewSnapshot(1, 100, w.neurons)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// miner joins a real miner of a strategy, with a bucket and a folder of its name.
func (w *world) miner(name, strategyName string, change ...func(*MinerConfig)) int {
	w.t.Helper()
	s, err := strategy.Named(strategyName)
	if err != nil {
		w.t.Fatal(err)
	}
	c := MinerConfig{
		Strategy: s, Tool: w.tool, Bucket: openStore(w.t, w.s3.URL(name)), Fetcher: newFetcher(w.t, objectstore.FetcherOptions{}),
		Dir: filepath.Join(w.dir, "miners", name), Log: testLog(w.t).With("miner", name),
	}
	for _, f := range change {
		f(&c)
	}
	m, err := NewMiner(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.join(name, m.Attach)
}

// validator makes one over the world's folder; made anew it finds what the last one left.
func (w *world) validator(change ...func(*Config)) *Validator {
	w.t.Helper()
	dir := filepath.Join(w.dir, validatorName)
	if _, err := openFiles(dir); err != nil {
		w.t.Fatal(err)
	}
	p, err := reward.Named("")
	if err != nil {
		w.t.Fatal(err)
	}
	db, err := scoredb.Open(context.Background(), "sqlite:"+filepath.Join(dir, databaseName), scoredb.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { db.Close() })
	d, err := dendrite.New(dendrite.Options{Key: pair(validatorName), AllowPrivate: true, RequireSigned: true})
	if err != nil {
		w.t.Fatal(err)
	}
	c := Config{
		Key: pair(validatorName), Netuid: 1, Profile: p, DB: db, Dendrite: d, Bucket: openStore(w.t, w.s3.URL(validatorName)),
		Fetcher: newFetcher(w.t, objectstore.FetcherOptions{Own: []string{w.s3.Addr.String()}}), Tool: w.tool, Dir: dir, Format: tiny,
		Reveal: time.Nanosecond, Log: testLog(w.t).With("neuron", validatorName),
	}
	for _, f := range change {
		f(&c)
	}
	v, err := New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	v.draw = func() string { // known clips
		w.rounds++
		sum := sha256.Sum256(fmt.Append(nil, "round ", w.rounds))
		return hex.EncodeToString(sum[:])
	}
	return v
}

// round runs one and returns its rows by uid.
func (w *world) round(v *Validator) (scoredb.Round, map[int]scoredb.Score) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	round, _, err := v.Round(ctx, w.snapshot())
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := v.DB.Scores(ctx, scoredb.Query{Round: round.Seq})
	if err != nil {
		w.t.Fatal(err)
	}
	byUID := map[int]scoredb.Score{}
	for _, r := range rows {
		if r.ContentType != synthetic {
			continue
		}
		if _, twice := byUID[r.UID]; twice {
			w.t.Fatalf("uid %d has two rows in round %d", r.UID, round.Seq)
		}
		byUID[r.UID] = r
	}
	return round, byUID
}

func within(d time.Duration) func(*Config) {
	return func(c *Config) { c.Deadline = func(clips.Task) time.Duration { return d } }
}

func describe(s scoredb.Score) string {
	number := func(p *float64) string {
		if p == nil {
			return "-"
		}
		return fmt.Sprintf("%.2f", *p)
	}
	return fmt.Sprintf("%-11s paid %.4f  S_F %.4f  base %.4f  VMAF %s NEG %s C %.3f T %g  %s %s", s.Kind, s.Paid, s.SF, s.BaseSF,
		number(s.VMAF), number(s.NEG), s.Rate, s.Threshold, s.Gate, s.Error)
}
