package axon

import (
	"container/list"
	"errors"
	"hash/fnv"
	"sync"

	"golang.org/x/crypto/blake2b"
)

var (
	errReplay    = errors.New("Nonce was used before")
	errForgotten = errors.New("Nonce is too old: it is from a time this server has forgotten; its clock was set back")
	errCrowded   = errors.New("too many requests are remembered; try later")
)

// maxRemembered bounds the requests remembered of all hotkeys together; one takes some 40 bytes.
const maxRemembered = 1 << 20

// replaySet remembers the (hotkey, uuid, nonce) of requests for as long as their nonce would pass
// the freshness check, so that none is served twice while honest requests may arrive out of order
// (wire §4.4). Memory is bounded per hotkey, in hotkeys and in all. Only verified, not blacklisted
// requests get here, so strangers cannot fill it where a blacklist is set.
type replaySet struct {
	window int64 // nanoseconds a nonce stays acceptable
	perKey int
	keys   int
	anyAge bool // nonces are accepted at any age, so one from a forgotten time is no sign of danger

	mu          sync.Mutex
	oldest      int64 // generations below this one are forgotten
	total       int
	generations map[int64]*generation // by nonce/window
	disk        *journal              // nil without Options.Replay
}

// generation holds the requests whose nonces lie in one window of time.
type generation struct {
	seen map[[16]byte]struct{} // digests of seenNonce
	of   map[[32]byte]int      // how many of each hotkey
}

// seenNonce is what makes a request one of its kind.
type seenNonce struct {
	key   [32]byte // of the hotkey
	nonce int64
	uuid  uint64 // hashed: a hotkey whose uuids collide refuses its own request once in 2^64
}

func (e seenNonce) digest() [16]byte {
	var raw [journalEntry]byte
	e.put(&raw)
	sum := blake2b.Sum256(raw[:])
	return [16]byte(sum[:16])
}

func newReplaySet(window int64, perKey, keys int) *replaySet {
	return &replaySet{window: window, perKey: perKey, keys: keys, generations: map[int64]*generation{}}
}

func hashUUID(uuid string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(uuid))
	return h.Sum64()
}

// add remembers a request, or says errReplay, errForgotten or errCrowded. nonce is within the window
// of now. When it returns nil the request is also in the journal, if there is one.
func (s *replaySet) add(key [32]byte, uuid string, nonce, now int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(now)
	entry := seenNonce{key, nonce, hashUUID(uuid)}
	if err := s.insert(entry); err != nil {
		return err
	}
	s.disk.append(entry, now)
	return nil
}

func (s *replaySet) insert(e seenNonce) error {
	n := e.nonce / s.window
	if n < s.oldest && !s.anyAge {
		return errForgotten
	}
	g, digest := s.generations[n], e.digest()
	if g != nil {
		if _, ok := g.seen[digest]; ok {
			return errReplay
		}
	}
	of, keys := 0, 0
	for _, g := range s.generations {
		of += g.of[e.key]
		keys += len(g.of)
	}
	if s.total >= maxRemembered || of >= s.perKey || of == 0 && keys >= s.keys {
		return errCrowded
	}
	if g == nil {
		g = &generation{map[[16]byte]struct{}{}, map[[32]byte]int{}}
		s.generations[n] = g
	}
	g.seen[digest] = struct{}{}
	g.of[e.key]++
	s.total++
	return nil
}

// prune forgets generations that lie wholly before the window, once per window.
func (s *replaySet) prune(now int64) {
	oldest := now/s.window - 1
	if oldest <= s.oldest {
		return
	}
	s.oldest = oldest
	for n, g := range s.generations {
		if n < oldest {
			s.total -= len(g.seen)
			delete(s.generations, n)
		}
	}
}

// size is the number of remembered requests.
func (s *replaySet) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// close ends the journal.
func (s *replaySet) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.disk.Close()
}

// maxLastNonces bounds the original's memory, which has none; one takes some 300 bytes.
const maxLastNonces = 1 << 16

// lastNonces is the original's memory: the newest nonce of each (hotkey, uuid). The one used longest
// ago is forgotten when there are too many.
type lastNonces struct {
	max  int
	mu   sync.Mutex
	last map[string]*list.Element
	used list.List // of lastNonce, most recent in front
}

type lastNonce struct {
	key   string
	nonce int64
}

func newLastNonces(limit int) *lastNonces {
	return &lastNonces{max: limit, last: map[string]*list.Element{}}
}

func (l *lastNonces) get(hotkey, uuid string) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.last[hotkey+":"+uuid]; e != nil {
		return e.Value.(lastNonce).nonce, true
	}
	return 0, false
}

// advance stores nonce unless one at least as new is stored.
func (l *lastNonces) advance(hotkey, uuid string, nonce int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := hotkey + ":" + uuid
	if e := l.last[key]; e != nil {
		if nonce <= e.Value.(lastNonce).nonce {
			return errReplay
		}
		e.Value = lastNonce{key, nonce}
		l.used.MoveToFront(e)
		return nil
	}
	if l.used.Len() >= l.max {
		delete(l.last, l.used.Remove(l.used.Back()).(lastNonce).key)
	}
	l.last[key] = l.used.PushFront(lastNonce{key, nonce})
	return nil
}
