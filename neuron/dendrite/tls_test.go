package dendrite

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reply(w, 14) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	target := Target{pair(t, 1).Address(), netip.MustParseAddrPort(s.Listener.Addr().String())}
	trusted := x509.NewCertPool()
	trusted.AddCert(s.Certificate())
	if r := Call(context.Background(), newDendrite(t, Options{TLS: &tls.Config{RootCAs: trusted}}), target, &Dummy{}); !r.OK() {
		t.Error(r.Err)
	}
	stranger := newDendrite(t, Options{TLS: &tls.Config{RootCAs: x509.NewCertPool()}})
	if r := Call(context.Background(), stranger, target, &Dummy{}); r.Status != 503 || !errors.Is(r.Err, ErrUnavailable) {
		t.Errorf("unknown certificate: %+v", r)
	}
	if r := Call(context.Background(), newDendrite(t, Options{}), target, &Dummy{}); r.OK() {
		t.Error("plain HTTP passes")
	}
}
