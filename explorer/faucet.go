package explorer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ergon-network/ergon/internal/webpage"
	"github.com/ergon-network/ergon/keys"
)

const (
	// maxWaiting bounds the addresses remembered, and so the gifts in one period.
	maxWaiting = 256
	// giftTime bounds one gift: a few blocks.
	giftTime = 8 * time.Second
)

// faucet gives coins to an address once in a period.
type faucet struct {
	send  func(ctx context.Context, address string) (rao uint64, err error)
	every time.Duration
	now   func() time.Time

	mu    sync.Mutex
	given map[string]time.Time
}

func newFaucet(cfg Config) *faucet {
	return &faucet{send: cfg.Faucet, every: cfg.FaucetEvery, now: cfg.Now, given: make(map[string]time.Time)}
}

// reserve takes the address's turn and returns how long to wait instead if it has none.
func (f *faucet) reserve(address string) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	soonest := f.every
	for a, at := range f.given {
		left := f.every - now.Sub(at)
		if left <= 0 {
			delete(f.given, a)
			continue
		}
		soonest = min(soonest, left)
	}
	if at, ok := f.given[address]; ok {
		return f.every - now.Sub(at)
	}
	if len(f.given) >= maxWaiting {
		return soonest
	}
	f.given[address] = now
	return 0
}

func (f *faucet) release(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.given, address)
}

// outcome is the answer to a request for coins.
type outcome struct {
	status  int
	Address string `json:"address,omitempty"`
	Rao     uint64 `json:"rao,omitempty"`
	Message string `json:"message"`
}

func (s *Server) give(w http.ResponseWriter, r *http.Request) {
	o := s.faucet.serve(r, w.Header())
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.show(w, o.status, "faucet-answer", o)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(o.status)
	_ = json.NewEncoder(w).Encode(o)
}

func (f *faucet) serve(r *http.Request, h http.Header) outcome {
	if !webpage.IsLoopback(r.RemoteAddr) {
		return outcome{status: http.StatusForbidden, Message: "The faucet gives to users of this machine only."}
	}
	address := strings.TrimSpace(r.FormValue("address"))
	if _, err := keys.ParseSS58(address); err != nil {
		return outcome{status: http.StatusBadRequest, Message: "Give an address: " + err.Error() + "."}
	}
	if wait := f.reserve(address); wait > 0 {
		seconds := int(wait/time.Second) + 1
		h.Set("Retry-After", fmt.Sprint(seconds))
		return outcome{status: http.StatusTooManyRequests, Address: address, Message: fmt.Sprintf("Come back in %d s.", seconds)}
	}
	ctx, cancel := context.WithTimeout(r.Context(), giftTime)
	defer cancel()
	rao, err := f.send(ctx, address)
	if err != nil {
		f.release(address)
		return outcome{status: http.StatusBadGateway, Address: address, Message: "The coins were not sent: " + clean(err.Error())}
	}
	return outcome{status: http.StatusOK, Address: address, Rao: rao, Message: fmt.Sprintf("Sent %s TAO to %s.", TAO(rao), ShortKey(address))}
}
