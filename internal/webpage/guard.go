package webpage

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Guard answers requests for a known host only, so that a name rebound to 127.0.0.1 does not reach the page from a stranger's
// site, refuses what other origins post, and sets the security headers. Besides localhost and loopback addresses the page may be
// asked for by the names in hosts. The policy is the Content-Security-Policy of every answer that sets no other.
func Guard(policy string, hosts []string, next http.Handler) http.Handler {
	known := make(map[string]bool)
	for _, h := range hosts {
		known[strings.ToLower(h)] = true
	}
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		name := hostname(r.Host)
		if name != "localhost" && !IsLoopback(name) && !known[name] {
			http.Error(w, "this page is served for localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Limited bounds a handler's request in bytes, and reading and answering it in time.
func Limited(body int64, within time.Duration, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		deadline := time.Now().Add(within)
		_ = control.SetReadDeadline(deadline) // a server without deadlines, as in tests, has no slow clients either
		_ = control.SetWriteDeadline(deadline)
		r.Body = http.MaxBytesReader(w, r.Body, body)
		next(w, r)
	})
}

// hostname takes the port from a Host header.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// IsLoopback reports whether an address, with or without port, is one of this machine's own.
func IsLoopback(address string) bool {
	ip, err := netip.ParseAddr(hostname(address))
	return err == nil && ip.Unmap().IsLoopback()
}
