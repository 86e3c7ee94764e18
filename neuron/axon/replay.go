package axon

import (
	"container/list"
	"errors"
	"hash/fnv"
	"sync"
)

var (
	errReplay    = errors.New("Nonce was used before")
	errForgotten = errors.New("Nonce is too old: it is from a time this server has forgotten; its clock was set back")
	errCrowded   = errors.New("too many requests are remembered; try later")
)

// maxRemembered bounds the requests remembered of all hotkeys together; one takes some 50 bytes.
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

	mu     sync.Mutex
	oldest int64 // generations below this one are forgotten
	total  int
	seen   map[[32]byte]*seenNonces // by public key
	disk   *journal                 // nil without Options.Replay
}

// seenNonces holds one hotkey's nonces by generation, a generation being one window of time.
type seenNonces struct {
	count       int
	generations map[int64]map[seenNonce]struct{}
}

type seenNonce struct {
	nonce int64
	uuid  uint64 // hashed: a hotkey whose uuids collide refuses its own request once in 2^64
}

func newReplaySet(window int64, perKey, keys int) *replaySet {
	return &replaySet{window: window, perKey: perKey, keys: keys, seen: map[[32]byte]*seenNonces{}}
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
	entry := seenNonce{nonce, hashUUID(uuid)}
	if err := s.insert(key, entry); err != nil {
		return err
	}
	s.disk.append(key, entry, now)
	return nil
}

func (s *replaySet) insert(key [32]byte, entry seenNonce) error {
	generation := entry.nonce / s.window
	if generation < s.oldest && !s.anyAge {
		return errForgotten
	}
	k := s.seen[key]
	if k != nil {
		if _, ok := k.generations[generation][entry]; ok {
			return errReplay
		}
		if k.count >= s.perKey {
			return errCrowded
		}
	}
	if s.total >= maxRemembered || k == nil && len(s.seen) >= s.keys {
		return errCrowded
	}
	if k == nil {
		k = &seenNonces{generations: map[int64]map[seenNonce]struct{}{}}
		s.seen[key] = k
	}
	if k.generations[generation] == nil {
		k.generations[generation] = map[seenNonce]struct{}{}
	}
	k.generations[generation][entry] = struct{}{}
	k.count++
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
	for key, k := range s.seen {
		for g, nonces := range k.generations {
			if g < oldest {
				k.count -= len(nonces)
				s.total -= len(nonces)
				delete(k.generations, g)
			}
		}
		if k.count == 0 {
			delete(s.seen, key)
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
