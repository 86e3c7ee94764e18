package axon

import (
	"bytes"
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// maxPending bounds the header bytes of all requests whose headers are not complete. A header of a
// few bytes takes some 30 times its size in memory, so this stands for about 60 MiB. Honest headers
// have 2 KiB and are complete within a round trip.
const maxPending = 2 << 20

// connections is a listener that bounds open connections, in all and per address, and the header
// bytes in flight. A connection is a stranger's until a request on it was verified and not
// blacklisted; of one hotkey no more become known than of one address are open. Where a bound is met
// the oldest stranger gives way to the newcomer, or else the oldest known connection that is idle. So
// a crowd of strangers can neither lock out newcomers nor end a known caller's exchange. When header
// bytes run out, whoever has sent the most is cut.
type connections struct {
	net.Listener
	max, perIP int
	pending    atomic.Int64 // header bytes in flight

	mu        sync.Mutex
	open      map[string]int
	ofKey     map[[32]byte]int  // known connections by the hotkey that made them so
	all       list.List         // of *connection, by age
	strangers list.List         // those of them that are strangers'
	turned    map[string]uint64 // by reason, for the metrics
}

// connection is one of them. What every read and request touches needs no lock: with thousands of
// connections a common lock would be what they all wait for.
type connection struct {
	net.Conn
	table *connections
	host  string

	inExchange atomic.Bool  // headers are complete: bytes belong to a body
	pending    atomic.Int64 // bytes of headers that are not complete
	lines      int          // of them; touched by whoever reads
	refusals   int          // of strangers' requests, one after another; touched by the exchange
	known      atomic.Bool  // no stranger's

	// Guarded by the table's lock.
	place, stranger *list.Element
	key             [32]byte // whose it is, once it is no stranger's
}

// The reasons why a connection was turned away or cut.
const (
	turnedFull    = "full"
	turnedAddress = "address"
	turnedHeaders = "headers"
)

func newConnections(maxOpen, perIP int) *connections {
	return &connections{max: maxOpen, perIP: perIP, open: map[string]int{}, ofKey: map[[32]byte]int{}, turned: map[string]uint64{}}
}

// Accept implements net.Listener.
func (t *connections) Accept() (net.Conn, error) {
	for {
		conn, err := t.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err != nil {
			host = conn.RemoteAddr().String()
		}
		c := &connection{Conn: conn, table: t, host: host}
		switch loser := t.take(c); loser {
		case nil:
			return c, nil
		case c:
			_ = conn.Close()
		default:
			go loser.abandon() // takes longer than accepting the next
			return c, nil
		}
	}
}

// take gives c a place and returns the connection that has to be closed for it: a stranger's, or c
// itself.
func (t *connections) take(c *connection) (loser *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.open[c.host] >= t.perIP:
		loser = t.oldest(c.host)
		t.turned[turnedAddress]++
	case t.all.Len() >= t.max:
		loser = t.oldest("")
		t.turned[turnedFull]++
	default:
		t.put(c)
		return nil
	}
	if loser == nil {
		return c
	}
	t.drop(loser)
	t.put(c)
	return loser
}

// oldest is the connection to close for a newcomer, of one address unless that is ""; nil when all are
// known and busy.
func (t *connections) oldest(host string) *connection {
	for e := t.strangers.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*connection); host == "" || c.host == host {
			return c
		}
	}
	for e := t.all.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*connection); !c.inExchange.Load() && (host == "" || c.host == host) {
			return c
		}
	}
	return nil
}

func (t *connections) put(c *connection) {
	c.place = t.all.PushBack(c)
	c.stranger = t.strangers.PushBack(c)
	t.open[c.host]++
}

// drop takes c out of the books, once.
func (t *connections) drop(c *connection) {
	if c.place == nil {
		return
	}
	t.settle(c)
	if c.stranger != nil {
		t.strangers.Remove(c.stranger)
		c.stranger = nil
	} else if t.ofKey[c.key]--; t.ofKey[c.key] == 0 {
		delete(t.ofKey, c.key)
	}
	t.all.Remove(c.place)
	c.place = nil
	if t.open[c.host]--; t.open[c.host] == 0 {
		delete(t.open, c.host)
	}
}

func (t *connections) settle(c *connection) { t.pending.Add(-c.pending.Swap(0)) }

// count adds header bytes that arrived, and returns whoever has to go for them.
func (t *connections) count(c *connection, arrived []byte) (loser *connection) {
	if c.inExchange.Load() {
		return nil
	}
	if end := bytes.Index(arrived, []byte("\r\n\r\n")); end >= 0 {
		arrived = arrived[:end]
	}
	c.pending.Add(int64(len(arrived)))
	total := t.pending.Add(int64(len(arrived)))
	if c.lines += bytes.Count(arrived, []byte("\n")); c.lines > maxHeaders {
		loser = c // reading very many headers takes long
	}
	if loser == nil && total <= maxPending {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if loser == nil {
		loser = c
		for e := t.all.Front(); e != nil; e = e.Next() {
			if o := e.Value.(*connection); o.pending.Load() > loser.pending.Load() {
				loser = o
			}
		}
	}
	t.turned[turnedHeaders]++
	t.drop(loser)
	return loser
}

// size is the number of open connections.
func (t *connections) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.Len()
}

// turnedAway counts the connections turned away or cut for a reason.
func (t *connections) turnedAway(reason string) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return float64(t.turned[reason])
}

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		if loser := c.table.count(c, p[:n]); loser != nil {
			loser.abandon()
		}
	}
	return n, err
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.table.mu.Lock()
	c.table.drop(c)
	c.table.mu.Unlock()
	return c.Conn.Close()
}

// abandon closes without ceremony: what is still to be sent is thrown away.
func (c *connection) abandon() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// exchanging says whether the headers of a request are complete; nil is a connection of no table.
func (c *connection) exchanging(now bool) {
	if c == nil {
		return
	}
	c.inExchange.Store(now)
	c.lines = 0
	c.table.settle(c)
}

// longestPause is what a connection waits, in the end, between requests that are refused.
const longestPause = time.Second

// refused counts requests of strangers that were refused one after another, and tells how long the
// connection should pause: not after the first few, then twice as long each time. Refusing is cheap,
// but thousands a second on one connection are not.
func (c *connection) refused(yes bool) time.Duration {
	if c == nil {
		return 0
	}
	if !yes {
		c.refusals = 0
		return 0
	}
	const free = 4
	if c.refusals++; c.refusals <= free {
		return 0
	}
	return min(time.Millisecond<<min(c.refusals-free-1, 20), longestPause)
}

// proven makes the connection a hotkey's, unless that has its share already.
func (c *connection) proven(key [32]byte) {
	if c == nil || c.known.Load() {
		return
	}
	t := c.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.stranger == nil || t.ofKey[key] >= t.perIP {
		return
	}
	t.strangers.Remove(c.stranger)
	c.stranger, c.key = nil, key
	c.known.Store(true)
	t.ofKey[key]++
}

type connectionKey struct{}

// withConnection lets an exchange find its connection; it is an http.Server's ConnContext.
func withConnection(ctx context.Context, conn net.Conn) context.Context {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, conn)
}

func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}
