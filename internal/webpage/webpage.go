// Package webpage is what the program's own web pages share: their look, the checks in front of every
// request, and serving until told to stop.
package webpage

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Base is the style sheet that a page's own rules come after.
//
//go:embed base.css
var Base string

// Mark is the program's sign, for the head of a page; its colours are in Base.
const Mark template.HTML = `<svg viewBox="0 0 16 16" width="24" height="24" aria-hidden="true"><rect width="16" height="16" rx="4"/><path d="M4.5 4h7M4.5 8h5M4.5 12h7"/></svg>`

// Icon is the same as the address of a picture.
const Icon template.URL = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%230f766e'/%3E%3Cpath d='M4.5 4h7M4.5 8h5M4.5 12h7' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E`

const (
	// RequestTime bounds the reading of a request, and the writing of an answer that is ready.
	RequestTime = 10 * time.Second
	// closeTime is what open requests get to finish when the server stops.
	closeTime = time.Second
)

// Serve answers on l until ctx ends, then closes l and lets open requests finish for a second. A page has
// no password, so l must be on a loopback address unless hosts names where else it is meant to be reached.
func Serve(ctx context.Context, l net.Listener, handler http.Handler, hosts []string, log *slog.Logger) error {
	if !IsLoopback(l.Addr().String()) && len(hosts) == 0 {
		l.Close()
		return fmt.Errorf("serve the page on %s: it has no password; listen on 127.0.0.1 or name the hosts it is for", l.Addr())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: RequestTime, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends requests that last
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		grace, done := context.WithTimeout(context.Background(), closeTime)
		defer done()
		if srv.Shutdown(grace) != nil {
			_ = srv.Close()
		}
	}()
	err := srv.Serve(l)
	cancel()
	<-closed
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the page on %s: %w", l.Addr(), err)
}
