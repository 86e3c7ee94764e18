// Package server is the embedded S3: Versity's gateway over plain files, one bucket and one
// access key for each miner. It makes a laptop network, or a miner without a cloud account,
// complete; anything that speaks S3 can take its place by changing the store URL.
//
//	accounts, err := server.LoadAccounts("accounts.json")
//	err = server.Run(ctx, server.Options{Dir: "s3", Listen: "127.0.0.1:9000", Accounts: accounts})
//
// Run blocks until ctx ends. It changes the working directory of the process and uses
// package-wide variables of the gateway, so it has a process of its own: `ergon s3`. Calling it
// twice in a process is an error.
//
// Under Dir it keeps objects/ (bucket/key, the files themselves) and, where the file system has
// no extended attributes, attributes/. It listens on loopback only; to serve other machines put
// a TLS proxy before it and name that with public= in the store URL, or set Public and give a
// certificate. GET /healthz answers 200 without a key.
//
// An access key sees its own bucket and nothing else: no other bucket, no administration, no
// new buckets. The administrator's key exists because the gateway wants one; it is drawn at
// random at each start and told to nobody.
package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"github.com/ergon-network/ergon/objectstore"
)

// HealthPath answers 200 while the server serves.
const HealthPath = "/healthz"

// Bounds on what clients can hold open.
const (
	maxConnections = 4096
	maxRequests    = 1024
	maxParts       = 10000 // of a multipart upload, S3's own
	startLimit     = 30 * time.Second
	startPoll      = 5 * time.Millisecond
)

// ErrRunning is returned by a second Run in one process.
var ErrRunning = errors.New("an embedded S3 already ran in this process; start another process")

// Options configure Run.
type Options struct {
	Dir      string    // data folder, created with mode 0700
	Listen   string    // host:port, a loopback address unless Public; port 0 picks a free one
	Accounts []Account // at least one
	Region   string    // default objectstore.DefaultRegion

	// Public permits an address other than loopback. Then CertFile and KeyFile are required.
	Public            bool
	CertFile, KeyFile string

	// Sidecar keeps attributes in files even where the file system could hold them.
	Sidecar bool

	Log   *slog.Logger              // nil: slog.Default()
	Ready func(addr netip.AddrPort) // called once when the health check answers
}

var ran atomic.Bool

// Run serves until ctx ends and then returns nil, with every connection closed.
func Run(ctx context.Context, opts Options) error {
	if err := opts.complete(); err != nil {
		return fmt.Errorf("start embedded S3: %w", err)
	}
	addr, err := opts.address()
	if err != nil {
		return fmt.Errorf("start embedded S3: %w", err)
	}
	if !ran.CompareAndSwap(false, true) {
		return fmt.Errorf("start embedded S3: %w", ErrRunning)
	}
	backend, err := openBackend(opts)
	if err != nil {
		return fmt.Errorf("start embedded S3 in %s: %w", opts.Dir, err)
	}
	if err := createBuckets(ctx, backend, opts.Accounts); err != nil {
		backend.Shutdown()
		return fmt.Errorf("start embedded S3 in %s: %w", opts.Dir, err)
	}
	return serve(ctx, backend, addr, opts)
}

func (o *Options) complete() error {
	if o.Region == "" {
		o.Region = objectstore.DefaultRegion
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Dir == "" {
		return errors.New("no data folder; name one with --dir")
	}
	if o.Public && (o.CertFile == "" || o.KeyFile == "") {
		return errors.New("an address others can reach needs TLS; give a certificate and its key")
	}
	if err := checkAccounts(o.Accounts); err != nil {
		return err
	}
	// The gateway changes the working directory, so every path must be absolute before it.
	for _, path := range []*string{&o.Dir, &o.CertFile, &o.KeyFile} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	return nil
}

// address resolves Listen. The gateway binds by itself and does not tell its port, so a free
// port is found by binding and letting go; losing it in between fails the start, no worse.
func (o *Options) address() (netip.AddrPort, error) {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: %w", o.Listen, err)
	}
	defer listener.Close()
	addr := listener.Addr().(*net.TCPAddr).AddrPort()
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	if !o.Public && !addr.Addr().IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: not a loopback address; use 127.0.0.1 behind a TLS proxy, or allow it with a certificate", o.Listen)
	}
	return addr, nil
}

// serve runs the gateway and reports when it is ready.
func serve(ctx context.Context, backend *posix.Posix, addr netip.AddrPort, opts Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("draw the administrator's key: %w", err)
	}
	root := Account{Key: "root-" + hex.EncodeToString(secret[:8]), Secret: hex.EncodeToString(secret[8:])}
	done := make(chan error, 1)
	go func() {
		done <- embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
			RootUserAccess: root.Key, RootUserSecret: root.Secret,
			IAMService: newAccountBook(root, opts.Accounts),
			Region:     opts.Region, Ports: []string{addr.String()},
			CertFile: opts.CertFile, KeyFile: opts.KeyFile,
			MaxConnections: maxConnections, MaxRequests: maxRequests, MultipartMaxParts: maxParts,
			DisableACLs: true, // nobody but a bucket's owner
			Quiet:       true, KeepAlive: true, HealthPath: HealthPath,
		})
	}()
	if err := awaitHealthy(ctx, addr, opts, done); err != nil {
		stop()
		return err
	}
	if ctx.Err() == nil {
		opts.Log.Info("embedded S3 serves", "listen", addr, "dir", opts.Dir, "buckets", len(opts.Accounts))
		if opts.Ready != nil {
			opts.Ready(addr)
		}
	}
	if err := <-done; err != nil {
		return fmt.Errorf("embedded S3 on %s: %w", addr, err)
	}
	opts.Log.Info("embedded S3 stopped", "listen", addr)
	return nil
}

// awaitHealthy waits until the health check answers, the gateway ends, or ctx does.
func awaitHealthy(ctx context.Context, addr netip.AddrPort, opts Options, done chan error) error {
	limit, stop := context.WithTimeout(ctx, startLimit)
	defer stop()
	ticker := time.NewTicker(startPoll)
	defer ticker.Stop()
	for {
		if Healthy(limit, addr, opts.CertFile != "") == nil {
			return nil
		}
		select {
		case err := <-done:
			if err == nil && ctx.Err() != nil {
				done <- nil // ended by its caller while starting
				return nil
			}
			return fmt.Errorf("embedded S3 on %s ended while starting: %w", addr, err)
		case <-limit.Done():
			if ctx.Err() != nil {
				return nil // the gateway's own end is awaited by the caller
			}
			return fmt.Errorf("embedded S3 on %s did not answer within %s", addr, startLimit)
		case <-ticker.C:
		}
	}
}

// Healthy asks the health check of an embedded server once; nil means that it serves. Only
// loopback servers and one's own are asked, so a TLS certificate is not judged.
func Healthy(ctx context.Context, addr netip.AddrPort, useTLS bool) error {
	scheme, transport := "http", &http.Transport{DisableKeepAlives: true}
	if useTLS {
		scheme, transport.TLSClientConfig = "https", anyCertificate()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+addr.String()+HealthPath, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("ask the health of the embedded S3: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the health of the embedded S3: status %d", response.StatusCode)
	}
	return nil
}

// makeDirs creates the data folders, readable by the owner only.
func makeDirs(paths ...string) error {
	for _, path := range paths {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	return nil
}
