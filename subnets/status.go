package subnets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Status is what a validator says of its work; its read API serves it as JSON at /status.
type Status struct {
	Netuid  uint16  `json:"netuid"`
	Hotkey  string  `json:"hotkey"`
	Profile string  `json:"profile,omitempty"`
	Round   uint64  `json:"round"` // rounds closed
	Note    string  `json:"note,omitempty"`
	Scores  []Score `json:"scores"`
}

// Score is a validator's present opinion of one miner.
type Score struct {
	UID    uint16  `json:"uid"`
	Hotkey string  `json:"hotkey"`
	Tasks  uint64  `json:"tasks"` // responses scored
	Score  float64 `json:"score"` // 0..1 unless the market says otherwise
	Note   string  `json:"note,omitempty"`
}

// maxStatus bounds what a reader accepts, bytes.
const maxStatus = 4 << 20

// StatusHandler serves a status function at /status and keeps anything else the market mounts.
func StatusHandler(status func() Status) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(status())
	})
	return mux
}

// Serve runs a read API until ctx ends. An empty address serves nothing.
func Serve(ctx context.Context, address string, h http.Handler) error {
	if address == "" {
		<-ctx.Done()
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("read API: %w; choose another address", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("read API: %w", err)
	}
	return nil
}

// FetchStatus reads a validator's status.
func FetchStatus(ctx context.Context, address string) (Status, error) {
	var s Status
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/status", nil)
	if err != nil {
		return s, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return s, fmt.Errorf("status of %s: %s", address, res.Status)
	}
	return s, json.NewDecoder(io.LimitReader(res.Body, maxStatus)).Decode(&s)
}
