package explorer

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// policy allows what this origin serves and nothing else. Media and images may also be blobs, which a panel makes of a file that the
// user chose.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard answers requests for a known host only, so that a name rebound to 127.0.0.1 does not reach the page from a stranger's
// site, refuses what other origins post, and sets the security headers.
func guard(hosts []string, next http.Handler) http.Handler {
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
		if name != "localhost" && !isLoopback(name) && !known[name] {
			http.Error(w, "this page is served for localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limited bounds a handler's request in size and time.
func limited(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		deadline := time.Now().Add(requestTime)
		_ = control.SetReadDeadline(deadline) // a server without deadlines, as in tests, has no slow clients either
		_ = control.SetWriteDeadline(deadline)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
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

// isLoopback reports whether an address, with or without port, is one of this machine's own.
func isLoopback(address string) bool {
	ip, err := netip.ParseAddr(hostname(address))
	return err == nil && ip.Unmap().IsLoopback()
}
