package axon

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// pipe is a connection of a table without a socket.
func pipe(t *testing.T, table *connections, host string) *connection {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return &connection{Conn: near, table: table, host: host}
}

// A newcomer takes the place of the oldest stranger, of its own address when that has its share; of
// known callers only an idle connection goes, and where all are busy the newcomer is turned away.
func TestStrangersGiveWay(t *testing.T) {
	table := newConnections(3, 2)
	join := func(host string) (*connection, *connection) {
		c := pipe(t, table, host)
		return c, table.take(c)
	}
	a1, _ := join("a")
	b1, _ := join("b")
	b2, loser := join("b")
	if loser != nil || table.size() != 3 {
		t.Fatalf("there was room, but %v had to go", loser)
	}
	b3, loser := join("b")
	if loser != b1 {
		t.Error("the oldest of the crowded address stays")
	}
	c1, loser := join("c")
	if loser != a1 {
		t.Error("the oldest of all stays")
	}
	b2.proven([32]byte{2})
	c2, loser := join("c")
	if loser != b3 {
		t.Error("not the oldest stranger went")
	}
	for _, c := range []*connection{b2, c1, c2} {
		c.proven([32]byte{3})
		c.exchanging(true)
	}
	if d, loser := join("d"); loser != d || d.place != nil || table.size() != 3 {
		t.Error("a newcomer found room among busy known callers")
	}
	b2.exchanging(false)
	if d, loser := join("d"); loser != b2 || d.place == nil {
		t.Error("an idle connection stays, a newcomer is turned away")
	}
	for range 2 {
		_ = c2.Close() // twice is once
	}
	if table.size() != 2 || table.open["c"] != 1 || table.ofKey[[32]byte{3}] != 1 || len(table.ofKey) != 1 {
		t.Errorf("%d open, %v, %v", table.size(), table.open, table.ofKey)
	}
	if table.turnedAway(turnedFull) != 4 || table.turnedAway(turnedAddress) != 1 {
		t.Errorf("counted %v", table.turned)
	}
}

// One hotkey cannot make all connections known ones.
func TestOneKeyHasItsShareOfKnownConnections(t *testing.T) {
	table := newConnections(10, 2)
	for i := range 3 {
		c := pipe(t, table, fmt.Sprint(i))
		table.take(c)
		c.proven([32]byte{1})
		c.proven([32]byte{1})
	}
	if table.strangers.Len() != 1 || table.ofKey[[32]byte{1}] != 2 {
		t.Errorf("%d strangers, %v", table.strangers.Len(), table.ofKey)
	}
}

// A connection that sends nothing but what is refused has to wait ever longer; one that once sends
// something good, no more.
func TestRefusalsPause(t *testing.T) {
	table := newConnections(1, 1)
	c := pipe(t, table, "a")
	var total time.Duration
	for range 100 {
		total += c.refused(true)
	}
	if total < 80*longestPause || total > 100*longestPause {
		t.Errorf("a hundred refusals in a row take %v", total)
	}
	c.refused(false)
	for range 4 {
		if pause := c.refused(true); pause != 0 {
			t.Errorf("an honest mistake costs %v", pause)
		}
	}
	a := newDoubler(t, Options{})
	address, stop := serve(t, a)
	conn := dial(t, address)
	reader := bufio.NewReader(conn)
	for range 14 {
		q := &question{method: http.MethodPost, path: "/nope"}
		if _, err := conn.Write(q.raw(address)); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(reader, nil)
		if err != nil || r.StatusCode != 404 {
			t.Fatal(r, err)
		}
		if _, err := reader.Discard(int(r.ContentLength)); err != nil {
			t.Fatal(err)
		}
	}
	if err := stop(); err != nil { // a pause does not hold up the end
		t.Error(err)
	}
}

// Header bytes in flight are bounded; whoever has sent the most is cut, whatever its standing.
func TestHeaderBytesAreBounded(t *testing.T) {
	table := newConnections(1000, 1000)
	var all []*connection
	for range 8 {
		c := pipe(t, table, "a")
		table.take(c)
		all = append(all, c)
	}
	all[0].proven([32]byte{1})
	table.count(all[0], make([]byte, maxPending/2))
	for _, c := range all[1:] {
		if loser := table.count(c, make([]byte, maxPending/16)); loser != nil {
			t.Fatalf("%d bytes are too many already", table.pending.Load())
		}
	}
	if loser := table.count(all[1], make([]byte, maxPending/8)); loser != all[0] {
		t.Error("not the largest was cut")
	}
	before := table.pending.Load()
	all[1].exchanging(true) // its headers are complete: what comes now is a body
	if loser := table.count(all[1], make([]byte, maxPending)); loser != nil || table.pending.Load() != before-3*maxPending/16 {
		t.Errorf("body bytes count as header bytes: %d of %d", table.pending.Load(), before)
	}
	for _, c := range all {
		_ = c.Close()
	}
	if table.pending.Load() != 0 || table.size() != 0 || table.turnedAway(turnedHeaders) != 1 {
		t.Errorf("%d bytes and %d connections are left, %v", table.pending.Load(), table.size(), table.turned)
	}
}

// On the socket: with all places taken by strangers a signed request gets through, and its connection
// is not the one to go afterwards.
func TestNewcomersAreServedInACrowd(t *testing.T) {
	a := newDoubler(t, Options{MaxConns: 4})
	address, _ := serve(t, a)
	crowd := func() {
		for range 8 {
			conn := dial(t, address)
			if _, err := conn.Write([]byte("POST / HT")); err != nil {
				t.Fatal(err)
			}
		}
	}
	crowd()
	conn := dial(t, address)
	reader := bufio.NewReader(conn)
	for i := range 3 {
		if _, err := conn.Write(ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += int64(i) }).raw(address)); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(reader, nil)
		if err != nil || r.StatusCode != 200 {
			t.Fatalf("request %d: %v, %v", i, r, err)
		}
		if _, err := reader.Discard(int(r.ContentLength)); err != nil {
			t.Fatal(err)
		}
		crowd()
	}
}

// Whoever holds the most bytes gives way; small bodies pass.
func TestTheLargestBodyGivesWay(t *testing.T) {
	b := newBodies(100)
	var gone []string
	hold := func(name string) *heldBody { return b.hold(func() { gone = append(gone, name) }) }
	large, middle, small := hold("large"), hold("middle"), hold("small")
	large.grow(60)
	middle.grow(30)
	small.grow(5)
	if len(gone) > 0 {
		t.Fatalf("%v gave way within the bound", gone)
	}
	small.grow(10)
	if fmt.Sprint(gone) != "[large]" || b.size() != 45 {
		t.Errorf("%v gave way, %d bytes are held", gone, b.size())
	}
	large.grow(1000) // what still arrives of it counts no more
	small.release()
	small.release()
	if b.size() != 30 {
		t.Errorf("%d bytes are held", b.size())
	}
	middle.grow(90)
	if fmt.Sprint(gone) != "[large middle]" || b.size() != 0 {
		t.Errorf("%v gave way, %d bytes are held", gone, b.size())
	}
	b.atLeast(500)
	if whole := hold("whole"); true {
		whole.grow(500)
	}
	if len(gone) != 2 {
		t.Error("a body that a route allows does not fit")
	}
}

// On the socket: many slow uploads hold no more than the bound, and a small question is answered.
func TestUploadsMakeRoom(t *testing.T) {
	a := newDoubler(t, Options{MaxBody: 1 << 20, MaxBodies: 1 << 20})
	address, _ := serve(t, a)
	var statuses sync.Map
	for i := range 8 {
		conn := dial(t, address)
		q := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += int64(i) })
		q.body = make([]byte, 1<<20)
		raw := q.raw(address)
		if _, err := conn.Write(raw[:len(raw)-512<<10]); err != nil {
			t.Fatal(err)
		}
		go func() {
			if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				statuses.Store(i, r.StatusCode)
			}
		}()
	}
	rejected := func() (n int) {
		statuses.Range(func(_, status any) bool {
			if status == 503 {
				n++
			}
			return true
		})
		return n
	}
	until(t, "six of eight uploads give way", func() bool { return rejected() >= 6 })
	if size := a.bodies.size(); size > 1<<20 {
		t.Errorf("%d bytes are held", size)
	}
	q := ask(t, a, hashed{}, func(q *question) { q.message.Dendrite.Nonce += 100 })
	if r := q.open(t, address); r.StatusCode != 200 {
		t.Errorf("a small question: %d", r.StatusCode)
	}
}

// A refused request's body is not waited for as long as a good one's.
func TestHalfARefusedBodyHoldsNothing(t *testing.T) {
	a := newDoubler(t, Options{})
	address, _ := serve(t, a)
	conn := dial(t, address)
	q := ask(t, a, hashed{}, func(q *question) { q.target = "x" })
	raw := q.raw(address)
	if _, err := conn.Write(raw[:len(raw)-10]); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // a good body has 12 s
	if lines := head(t, bufio.NewReader(conn)); !strings.Contains(lines[0], "401") {
		t.Errorf("%s", lines[0])
	}
}

// Very many headers are refused by whoever serves the axon, and on its own sockets not even read.
func TestTooManyHeadersAreRefused(t *testing.T) {
	a := newDoubler(t, Options{})
	q := ask(t, a, hashed{})
	for i := range maxHeaders {
		q.set(fmt.Sprintf("x-%d", i), "")
	}
	if r := q.send(a); r.status != 431 || !strings.Contains(r.message, "at most 512") {
		t.Errorf("%d %s", r.status, r.message)
	}
	address, _ := serve(t, a)
	conn := dial(t, address)
	if _, err := conn.Write(q.raw(address)); err != nil {
		t.Fatal(err)
	}
	if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		t.Errorf("%d on the socket", r.StatusCode)
	}
	if a.connections.turnedAway(turnedHeaders) != 1 {
		t.Errorf("counted %v", a.connections.turned)
	}
	q = ask(t, a, loose{})
	q.body = []byte(`{"a":` + strings.Repeat("\n", maxHeaders) + `1}`) // lines of a body are no headers
	if r := q.open(t, address); r.StatusCode != 200 {
		t.Errorf("a body of many lines: %d", r.StatusCode)
	}
}

// Bodies that are packed are not unpacked.
func TestPackedBodiesStayPacked(t *testing.T) {
	a := newDoubler(t, Options{})
	q := ask(t, a, loose{})
	q.body = []byte("\x78\x9c\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\x0b\x0a\x02\x50") // {"a":1}, deflated
	q.set("Content-Encoding", "deflate")
	if r := q.send(a); r.status != 400 {
		t.Errorf("%d %s", r.status, r.body)
	}
}
