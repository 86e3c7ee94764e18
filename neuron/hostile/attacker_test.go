package hostile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// attacker is the other process.
type attacker struct {
	order
	target string       // the axon's hotkey
	keys   []*keys.Pair // of all who signed for this attack
	end    time.Time
	nonces atomic.Int64

	mu  sync.Mutex
	got outcome
}

func beAttacker() error {
	raiseFiles()
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return err
	}
	target, err := seed(1)
	if err != nil {
		return err
	}
	a := &attacker{order: o, target: target.Address(), got: outcome{}}
	for range 64 { // one key alone would soon have its share of everything
		key, err := freshKey()
		if err != nil {
			return err
		}
		a.keys = append(a.keys, key)
	}
	act := attacks[o.Attack].act
	if act == nil {
		return fmt.Errorf("there is no attack %q", o.Attack)
	}
	act(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	return json.NewEncoder(os.Stdout).Encode(a.got)
}

func freshKey() (*keys.Pair, error) {
	var seed [keys.SeedSize]byte
	for i := range seed {
		seed[i] = byte(rand.Uint32())
	}
	return keys.FromSeed(seed[:])
}

func (a *attacker) over() bool { return time.Now().After(a.end) }

// begin starts the clock: what an attack prepares does not shorten it.
func (a *attacker) begin() { a.end = time.Now().Add(a.Lasting) }

// each runs act on n goroutines, again and again until the attack is over.
func (a *attacker) each(n int, act func(i int)) {
	a.begin()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			for !a.over() {
				act(i)
			}
		})
	}
	all.Wait()
}

// crowd is each for every connection the attack has.
func (a *attacker) crowd(act func(i int)) { a.each(a.Connections, act) }

// dial connects from one of many loopback addresses, each of which has a hundred connections; nil is
// no connection, after a pause as a retry would make.
func (a *attacker) dial(i int) net.Conn {
	d := net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(2+i/100))}}
	conn, err := d.Dial("tcp", a.Address)
	if err != nil {
		a.count(0)
		time.Sleep(10 * time.Millisecond)
		return nil
	}
	a.count(opened)
	_ = conn.(*net.TCPConn).SetLinger(0) // or ports that wait would end the attack
	_ = conn.SetDeadline(a.end)
	return conn
}

func (a *attacker) count(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got[status]++
}

// send writes a request on a connection of its own and counts the answer.
func (a *attacker) send(i int, raw []byte) {
	conn := a.dial(i)
	if conn == nil {
		return
	}
	defer conn.Close()
	go func() { _, _ = conn.Write(raw) }() // the axon may answer before it has all
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		a.count(0)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	a.count(r.StatusCode)
}

// hold writes what looks like the beginning of something, then a drop now and then until the axon
// hangs up.
func (a *attacker) hold(i int, beginning, drop string) {
	conn := a.dial(i)
	if conn == nil {
		return
	}
	defer conn.Close()
	text := beginning
	for !a.over() {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if n, err := conn.Read(make([]byte, 512)); n > 0 || err != nil && !os.IsTimeout(err) {
			return
		}
		text = drop
	}
}

// raw is a request in bytes.
type raw struct {
	key      *keys.Pair
	path     string
	nonce    int64
	body     string
	length   int // stated; the body's own when 0
	unsigned bool
	forged   bool
	headers  string // further lines, each with its end
	open     bool   // the header block does not end
}

// request signs and writes down a request to Loose unless r says otherwise.
func (a *attacker) request(r raw) []byte {
	if r.key == nil {
		r.key = a.keys[rand.N(len(a.keys))]
	}
	if r.path == "" {
		r.path = "/Loose"
	}
	if r.nonce == 0 {
		r.nonce = time.Now().UnixNano() + a.nonces.Add(1)
	}
	if r.length == 0 {
		r.length = len(r.body)
	}
	const uuid = "5ecbd69c-1cec-11ee-b0dc-e29ce36fec1a"
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: axon\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", r.path, r.length)
	fmt.Fprintf(&b, "name: Loose\r\ntimeout: 60.0\r\nbt_header_dendrite_nonce: %d\r\nbt_header_dendrite_uuid: %s\r\n", r.nonce, uuid)
	fmt.Fprintf(&b, "bt_header_dendrite_version: %d\r\nbt_header_dendrite_hotkey: %s\r\ncomputed_body_hash: %s\r\n", synapse.WireVersion, r.key.Address(), synapse.EmptyBodyHash)
	signature := "0x" + strings.Repeat("5a", 64)
	if !r.forged {
		signature, _ = synapse.Sign(r.key, synapse.SignedText(r.nonce, r.key.Address(), a.target, uuid, synapse.EmptyBodyHash))
	}
	if !r.unsigned {
		fmt.Fprintf(&b, "bt_header_dendrite_signature: %s\r\n", signature)
	}
	b.WriteString(r.headers)
	if !r.open {
		b.WriteString("\r\n")
	}
	b.WriteString(r.body)
	return []byte(b.String())
}
