package axon

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// CertificateFiles is a configuration for Options.TLS that serves the certificate and key of two PEM
// files. It reads them again when the certificate's file has changed, so that a renewal needs no
// restart; while the new pair does not load, the old one stays.
func CertificateFiles(certificate, key string) (*tls.Config, error) {
	f := &certificateFiles{certificate: certificate, key: key}
	if _, err := f.get(nil); err != nil {
		return nil, fmt.Errorf("axon: certificate %s with key %s: %w", certificate, key, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: f.get}, nil
}

type certificateFiles struct {
	certificate, key string

	mu      sync.Mutex
	changed time.Time
	pair    *tls.Certificate
}

func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.certificate)
	if err == nil && !info.ModTime().Equal(f.changed) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(f.certificate, f.key); err == nil {
			f.pair, f.changed = &pair, info.ModTime()
		}
	}
	if f.pair == nil {
		return nil, err
	}
	return f.pair, nil
}
