package explorer

import (
	"bytes"
	"net/http"
	"time"

	"github.com/ergon-network/ergon/internal/webpage"
)

const (
	// maxStreams bounds the open pages; a page beyond it still loads and does not update.
	maxStreams = 64
	// beatEvery is the pause after which a silent stream carries a comment, so that a dead connection is noticed.
	beatEvery = 15 * time.Second
)

// events sends the live part as server-sent events: once at the start and whenever it changes. A slow reader misses states in between, never
// the newest.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many open pages", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	live, changed := s.current()
	message := append([]byte("retry: 1000\n"), event(live)...)
	for {
		_ = control.SetWriteDeadline(time.Now().Add(webpage.RequestTime))
		if _, err := w.Write(message); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			message = []byte(": still here\n\n")
		case <-changed:
			live, changed = s.current()
			message = event(live)
		}
	}
}

// event frames a text of several lines.
func event(text []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}
