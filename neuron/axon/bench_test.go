package axon

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// prompt is a question whose body is 1 KiB in full form.
type prompt struct {
	Text string `wire:"text"`
	Out  string `wire:"out,output"`
}

const benchBody = 1024

// BenchmarkAxonRequest measures what one signed and verified request of 1 KiB costs the server in
// CPU: sockets, HTTP, signature, hash, handler, signed answer. The client is another process that
// has signed everything before the clock starts, so the process's own CPU time is the server's.
func BenchmarkAxonRequest(b *testing.B) {
	for _, mode := range []struct {
		name    string
		options Options
	}{
		{"SignedAnswer", Options{}}, {"PlainAnswer", Options{Compat: Compat{UnsignedAnswers: true}}},
		{"SignedAnswerAndJournal", Options{Replay: filepath.Join(b.TempDir(), "replay"), Access: io.Discard}},
	} {
		b.Run(mode.name, func(b *testing.B) { benchmarkAxon(b, mode.options) })
	}
}

func benchmarkAxon(b *testing.B, options Options) {
	options.Key, options.MaxNonces = pair(b, 1), 1<<24
	a, err := New(options)
	if err != nil {
		b.Fatal(err)
	}
	if err := Handle(a, func(_ context.Context, _ Call, req *prompt) error { req.Out = "ok"; return nil }); err != nil {
		b.Fatal(err)
	}
	address, _ := serve(b, a)
	client := exec.Command(os.Args[0], "-test.run=^TestBenchClient$", "-test.v")
	client.Env = append(os.Environ(), "ERGON_BENCH_ADDRESS="+address, "ERGON_BENCH_COUNT="+strconv.Itoa(b.N))
	stdin, err := client.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := client.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	await(b, lines, "ready")
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	fmt.Fprintln(stdin, "go")
	await(b, lines, "done")
	spent := cpu(b) - before
	b.StopTimer()
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "us-CPU/req")
	if err := client.Wait(); err != nil {
		b.Fatal(err)
	}
}

func await(b *testing.B, lines *bufio.Scanner, want string) {
	for lines.Scan() {
		if lines.Text() == want {
			return
		}
		if strings.Contains(lines.Text(), "FAIL") {
			break
		}
	}
	b.Fatalf("the client did not say %q", want)
}

// cpu is the process's user and system time.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// TestBenchClient is the benchmark's client process; alone it does nothing.
func TestBenchClient(t *testing.T) {
	address := os.Getenv("ERGON_BENCH_ADDRESS")
	if address == "" {
		t.Skip("runs as the client of BenchmarkAxonRequest")
	}
	count, err := strconv.Atoi(os.Getenv("ERGON_BENCH_COUNT"))
	if err != nil {
		t.Fatal(err)
	}
	requests := presign(t, count, address)
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	const connections = 8
	var wg sync.WaitGroup
	for c := range connections {
		wg.Go(func() {
			conn := dial(t, address)
			_ = conn.SetDeadline(time.Now().Add(time.Hour))
			reader := bufio.NewReader(conn)
			for i := c; i < len(requests); i += connections {
				if _, err := conn.Write(requests[i]); err != nil {
					t.Error(err)
					return
				}
				r, err := http.ReadResponse(reader, nil)
				if err == nil && r.StatusCode != http.StatusOK {
					err = fmt.Errorf("status %s", r.Status)
				}
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
			}
		})
	}
	wg.Wait()
	fmt.Println("done")
}

func presign(t *testing.T, count int, address string) [][]byte {
	schema, err := synapse.For[prompt]()
	if err != nil {
		t.Fatal(err)
	}
	key, target := pair(t, 2), pair(t, 1).Address()
	base := time.Now().UnixNano()
	out := make([][]byte, count)
	for i := range out {
		out[i] = presignOne(t, schema, key, target, base+int64(i), address)
	}
	return out
}

func presignOne(t *testing.T, schema *synapse.Schema, key *keys.Pair, target string, nonce int64, address string) []byte {
	m, err := schema.Dump(prompt{Text: strings.Repeat("x", 280)})
	if err != nil {
		t.Fatal(err)
	}
	m.Timeout = 60
	m.Dendrite = synapse.Terminal{IP: "127.0.0.1", Version: synapse.WireVersion, Nonce: nonce, UUID: "5ecbd69c-1cec-11ee-b0dc-e29ce36fec1a", Hotkey: key.Address()}
	m.Axon = synapse.Terminal{IP: "127.0.0.1", Port: 8091, Hotkey: target}
	m.BodyHash = m.HashBody()
	m.Dendrite.Signature, err = synapse.Sign(key, synapse.SignedText(nonce, key.Address(), target, m.Dendrite.UUID, m.BodyHash))
	if err != nil {
		t.Fatal(err)
	}
	q := &question{method: http.MethodPost, path: "/" + m.Name, header: http.Header{}}
	m.SetHeaders(q.header)
	if q.body, err = m.Body(synapse.RequestStyle); err != nil {
		t.Fatal(err)
	}
	for len(q.body) < benchBody { // JSON allows trailing spaces
		q.body = append(q.body, ' ')
	}
	return q.raw(address)
}
