package webpage

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGuardAnswersKnownHostsOnly(t *testing.T) {
	h := Guard("default-src 'none'", []string{"Ergon.example"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	for host, want := range map[string]int{
		"localhost:1": 200, "127.0.0.1": 200, "[::1]:5": 200, "[::ffff:127.0.0.1]": 200, "ergon.example:80": 200,
		"example": 421, "0.0.0.0": 421, "127.0.0.1.example": 421, "[::2]": 421, "": 421, "2130706433": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, "host %q", host)
		require.Equal(t, "default-src 'none'", w.Header().Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	}
}

func TestLimitedBoundsTheBody(t *testing.T) {
	read := func(body string) error {
		var err error
		h := Limited(4, time.Second, func(_ http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) })
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(body)))
		return err
	}
	require.NoError(t, read("four"))
	var large *http.MaxBytesError
	require.ErrorAs(t, read("five!"), &large)
}
