package axon

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeCertificate makes a self-signed pair for 127.0.0.1 with a serial number.
func writeCertificate(t *testing.T, certificate, key string, serial int64) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

// Over TLS an axon answers as without it, from files that a renewal may replace while it runs.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	trusted := writeCertificate(t, certificate, key, 1)
	config, err := CertificateFiles(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	a := newDoubler(t, Options{TLS: config})
	address, _ := serve(t, a)
	shake := func(trusted *x509.CertPool) tls.ConnectionState {
		t.Helper()
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: trusted, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		q := ask(t, a, hashed{}, func(q *question) {
			q.message.Dendrite.Nonce = start + conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
		})
		if _, err := conn.Write(q.raw(address)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 15)
		if _, err := conn.Read(answer); err != nil || string(answer) != "HTTP/1.1 200 OK" {
			t.Errorf("%q, %v", answer, err)
		}
		return conn.ConnectionState()
	}
	if state := shake(trusted); state.NegotiatedProtocol == "h2" {
		t.Error("HTTP/2 is spoken, whose limits are not the axon's")
	}
	until(t, "the connection is known to come from a caller", func() bool {
		a.connections.mu.Lock()
		defer a.connections.mu.Unlock()
		return a.connections.strangers.Len() == 0
	})

	renewed := writeCertificate(t, certificate, key, 2)
	if err := os.Chtimes(certificate, time.Time{}, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if serial := shake(renewed).PeerCertificates[0].SerialNumber.Int64(); serial != 2 {
		t.Errorf("certificate %d after the renewal", serial)
	}
	if err := os.WriteFile(certificate, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if serial := shakeOnly(t, address, renewed); serial != 2 {
		t.Errorf("certificate %d while the files are broken", serial)
	}
	if _, err := CertificateFiles(filepath.Join(dir, "none"), key); err == nil {
		t.Error("missing files are no error")
	}
}

func shakeOnly(t *testing.T, address string, trusted *x509.CertPool) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: trusted})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}
