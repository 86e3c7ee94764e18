package axon

import (
	"errors"
	"hash/maphash"
	"sync"
)

var (
	errReplay  = errors.New("Nonce was used before")
	errCrowded = errors.New("too many requests are remembered; try later")
)

// replaySet remembers the (hotkey, uuid, nonce) of requests for as long as their nonce would pass
// the freshness check, so that none is served twice while honest requests may arrive out of order
// (wire §4.4). Memory is bounded per hotkey and in hotkeys. Only verified, not blacklisted requests
// get here, so strangers cannot fill it where a blacklist is set.
type replaySet struct {
	window int64 // nanoseconds a nonce stays acceptable
	perKey int
	keys   int
	seed   maphash.Seed

	mu     sync.Mutex
	oldest int64 // generations below this one are forgotten
	seen   map[string]*seenNonces
}

// seenNonces holds one hotkey's nonces by generation, a generation being one window of time.
type seenNonces struct {
	count       int
	generations map[int64]map[seenNonce]struct{}
}

type seenNonce struct {
	nonce int64
	uuid  uint64 // hashed: a collision refuses an honest request once in 2^64
}

func newReplaySet(window int64, perKey, keys int) *replaySet {
	return &replaySet{window: window, perKey: perKey, keys: keys, seed: maphash.MakeSeed(), seen: map[string]*seenNonces{}}
}

// add remembers a request, or says errReplay, or errCrowded. nonce is within the window of now.
func (s *replaySet) add(hotkey, uuid string, nonce, now int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(now)
	entry := seenNonce{nonce, maphash.String(s.seed, uuid)}
	k := s.seen[hotkey]
	if k == nil {
		if len(s.seen) >= s.keys {
			return errCrowded
		}
		k = &seenNonces{generations: map[int64]map[seenNonce]struct{}{}}
		s.seen[hotkey] = k
	}
	g := k.generations[nonce/s.window]
	if _, ok := g[entry]; ok {
		return errReplay
	}
	if k.count >= s.perKey {
		return errCrowded
	}
	if g == nil {
		g = map[seenNonce]struct{}{}
		k.generations[nonce/s.window] = g
	}
	g[entry] = struct{}{}
	k.count++
	return nil
}

// prune forgets generations that lie wholly before the window, once per window.
func (s *replaySet) prune(now int64) {
	oldest := now/s.window - 1
	if oldest <= s.oldest {
		return
	}
	s.oldest = oldest
	for hotkey, k := range s.seen {
		for g, nonces := range k.generations {
			if g < oldest {
				k.count -= len(nonces)
				delete(k.generations, g)
			}
		}
		if k.count == 0 {
			delete(s.seen, hotkey)
		}
	}
}

// size is the number of remembered requests.
func (s *replaySet) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, k := range s.seen {
		n += k.count
	}
	return n
}

// lastNonces is the original's memory: the newest nonce of each (hotkey, uuid).
type lastNonces struct {
	max  int
	mu   sync.Mutex
	last map[string]int64
}

func (l *lastNonces) get(hotkey, uuid string) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.last[hotkey+":"+uuid]
	return n, ok
}

// advance stores nonce unless one at least as new is stored.
func (l *lastNonces) advance(hotkey, uuid string, nonce int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := hotkey + ":" + uuid
	last, ok := l.last[key]
	if ok && nonce <= last {
		return errReplay
	}
	if !ok && len(l.last) >= l.max {
		return errCrowded
	}
	l.last[key] = nonce
	return nil
}
