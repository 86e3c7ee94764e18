package interop

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/internal/ports/porttest"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// Keys of the tests, by name: anybody can make them. The axons of both sides have the same, so that a
// client cannot tell them apart by it.
const (
	clientKey   = "interop client"
	strangerKey = "interop stranger"
)

var axonKeys = []string{"interop axon 0", "interop axon 1", "interop axon 2"}

func seedOf(name string) []byte {
	seed := sha256.Sum256([]byte(name))
	return seed[:]
}

func keyOf(t *testing.T, name string) *keys.Pair {
	t.Helper()
	pair, err := keys.FromSeed(seedOf(name))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// seeds are for peer.py.
func seeds(names ...string) (out []string) {
	for _, name := range names {
		out = append(out, "0x"+hex.EncodeToString(seedOf(name)))
	}
	return out
}

// interpreter is the Python that has the SDK.
func interpreter(t *testing.T) string {
	t.Helper()
	python := os.Getenv("ERGON_BITTENSOR_PYTHON")
	if python == "" {
		t.Skip("ERGON_BITTENSOR_PYTHON names no Python interpreter with the bittensor SDK; `make test-python` makes two")
	}
	return python
}

// peerPatience bounds the wait for a line of a peer, its start included.
const peerPatience = time.Minute

// peer is a process of testdata/peer.py, spoken to in lines of JSON.
type peer struct {
	t       *testing.T
	stdin   io.WriteCloser
	process *os.Process
	lines   chan []byte
	Version string
}

func startPeer(t *testing.T, mode string, told map[string]any) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	c := exec.CommandContext(ctx, interpreter(t), "testdata/peer.py", mode)
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "BT_LOGGING_OFF=1", "BT_NO_PARSE_CLI_ARGS=1")
	log := &strings.Builder{}
	c.Stderr = log
	p := &peer{t: t}
	p.stdin, _ = c.StdinPipe()
	stdout, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p.process, p.lines = c.Process, make(chan []byte)
	go func() {
		defer close(p.lines)
		for s := bufio.NewReader(stdout); ; {
			line, err := s.ReadBytes('\n')
			if err != nil {
				return
			}
			p.lines <- line
		}
	}()
	t.Cleanup(func() {
		p.stdin.Close()
		for range p.lines { // the rest of what it says, so that it can end
		}
		err := c.Wait()
		cancel()
		if t.Failed() {
			text := log.String()
			t.Logf("peer.py %s: %v\n%s", mode, err, text[max(0, len(text)-3000):])
		}
	})
	var ready struct{ Version string }
	p.send(told)
	p.receive(&ready)
	p.Version = ready.Version
	return p
}

func (p *peer) send(v any) {
	p.t.Helper()
	line, err := json.Marshal(v)
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// receive reads the next line that is JSON; the SDK prints lines of its own.
func (p *peer) receive(into any) {
	p.t.Helper()
	late := time.After(peerPatience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatal("peer.py ended early")
			}
			if json.Unmarshal(line, into) == nil {
				return
			}
		case <-late:
			_ = p.process.Kill()
			p.t.Fatalf("peer.py says nothing for %v", peerPatience)
		}
	}
}

// table describes the messages to peer.py.
func table() []map[string]any {
	var out []map[string]any
	for _, k := range kinds() {
		out = append(out, map[string]any{"name": k.name, "python": k.python, "hashed": k.hashed, "stream": k.stream})
	}
	return out
}

// theirAxons are axons of the SDK, by address.
func theirAxons(t *testing.T) (addresses []string, version string) {
	t.Helper()
	var numbers []uint16
	for range axonKeys {
		address := porttest.Address(t)
		numbers = append(numbers, netip.MustParseAddrPort(address).Port())
		addresses = append(addresses, address)
	}
	p := startPeer(t, "serve", map[string]any{"keys": seeds(axonKeys...), "ports": numbers, "messages": table()})
	for _, address := range addresses {
		reached(t, address)
	}
	return addresses, p.Version
}

// reached waits until somebody listens.
func reached(t *testing.T, address string) {
	t.Helper()
	for range 200 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nobody listens on %s", address)
}

// lenient has every strict rule off that an SDK has not; the newest one wants signatures too.
func lenient(version string) axon.Compat {
	return axon.Compat{
		Unsigned: strings.HasPrefix(version, "9."), ForeignAddresses: true, MonotonicNonces: true, OldVersions: true, FutureNonces: true, NoncesBeforeStart: true,
		UnclampedTimeouts: true, BlacklistFirst: true, UpstreamStatus: true, DuplicateHeaders: true, BodyTerminals: true, UnsignedAnswers: true,
	}
}

func newAxon(t *testing.T, name string, o axon.Options) *axon.Axon {
	t.Helper()
	o.Key = keyOf(t, name)
	a, err := axon.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds() {
		if err := k.attach(a); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func ourAxons(t *testing.T, compat axon.Compat) (addresses []string) {
	t.Helper()
	for _, name := range axonKeys {
		a := newAxon(t, name, axon.Options{Compat: compat})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx, ln) }()
		t.Cleanup(func() { cancel(); <-done })
		addresses = append(addresses, ln.Addr().String())
	}
	return addresses
}

// outcome is what a client makes of a question.
type outcome struct {
	Status  int    `json:"status"`
	Message string `json:"message"` // what varies from call to call replaced; see normal
	Value   string `json:"value"`   // of the message as the client has it afterwards, in Python's form
	Answer  string `json:"answer"`
}

// client asks a question and tells what became of it at each target.
type client func(q question, targets []dendrite.Target) []outcome

func ourClient(t *testing.T) client {
	t.Helper()
	key := keyOf(t, clientKey)
	return func(q question, targets []dendrite.Target) []outcome {
		d, err := dendrite.New(dendrite.Options{
			Key: key, IP: "127.0.0.1", AllowPrivate: true, Now: func() time.Time { return time.Now().Add(q.fault.skew) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		out, err := kindNamed(q.kind).ask(context.Background(), d, targets, q.value, q.fault.wait())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func theirClient(t *testing.T) client {
	t.Helper()
	p := startPeer(t, "ask", map[string]any{"keys": seeds(clientKey), "messages": table()})
	return func(q question, targets []dendrite.Target) []outcome {
		value, err := synapse.AppendJSON(nil, q.value, synapse.RequestStyle)
		if err != nil {
			t.Fatal(err)
		}
		ask := map[string]any{"name": q.kind, "value": json.RawMessage(value), "timeout": q.fault.wait().Seconds(), "skews": skews(q.fault)}
		var named []map[string]any
		for _, target := range targets {
			named = append(named, map[string]any{"hotkey": target.Hotkey, "port": target.Address.Port()})
		}
		ask["targets"] = named
		p.send(ask)
		var out []outcome
		p.receive(&out)
		for i := range out {
			v, err := synapse.ParseJSON([]byte(out[i].Value))
			if err != nil {
				t.Fatal(err)
			}
			out[i].Value = synapse.PyRepr(v)
		}
		return out
	}
}

// skews are the client's clock at each question of a case, in seconds.
func skews(f fault) []float64 {
	if f.after == 0 {
		return []float64{f.skew.Seconds()}
	}
	return []float64{(f.skew + f.after).Seconds(), f.skew.Seconds()}
}

func targetAt(hotkey string, port int) dendrite.Target {
	return dendrite.Target{Hotkey: hotkey, Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))}
}
