package objectstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"syscall"
)

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// redact leaves out what makes a presigned URL a secret.
func redact(text string) string {
	if len(text) > maxURL {
		return "(over-long URL)"
	}
	u, err := url.Parse(text)
	if err != nil {
		return "(unreadable URL)"
	}
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return fmt.Sprintf("%.200q", bare.String())
}

// localErrnos are failures of this machine: no URL causes them.
var localErrnos = []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM}

// routeErrnos are failures of this machine's network, but for IPv6 only where it has IPv6 at
// all: a miner with nothing but an IPv6 address must not be able to buy skips with it.
var routeErrnos = []error{syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL}

func localFailure(err error) bool {
	is := func(e error) bool { return errors.Is(err, e) }
	if slices.ContainsFunc(localErrnos, is) {
		return true
	}
	op := (*net.OpError)(nil)
	if !slices.ContainsFunc(routeErrnos, is) || !errors.As(err, &op) {
		return false
	}
	addr, ok := op.Addr.(*net.TCPAddr)
	return ok && addr.IP.To4() != nil
}

// connectFault says whose fault it is that no response came.
func (d *download) connectFault(ctx context.Context, err error) error {
	// url.Error repeats the URL with its signature: keep what is inside.
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if d.parent.Err() != nil {
		return &OurFault{Cancelled, "fetch " + d.name, d.parent.Err()}
	}
	switch {
	case errors.Is(err, errRefused):
		return &PeerFault{RefusedHost, d.name, err}
	case errors.Is(err, errRedirect):
		return &PeerFault{Redirected, d.name, err}
	case localFailure(err):
		return &OurFault{Network, "fetch " + d.name, err}
	}
	reason := Unreachable
	if cause := context.Cause(ctx); errors.Is(cause, errTooSlow) {
		reason, err = TooSlow, cause
	} else if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		reason = TooSlow
	}
	return d.ownOr(reason, d.offline(err))
}

// bodyFault says whose fault it is that the body broke off after got bytes.
func (d *download) bodyFault(ctx context.Context, got int64, err error) error {
	if d.parent.Err() != nil {
		return &OurFault{Cancelled, "fetch " + d.name, d.parent.Err()}
	}
	if cause := context.Cause(ctx); errors.Is(cause, errTooSlow) {
		return d.ownOr(TooSlow, d.offline(cause))
	}
	return d.ownOr(Truncated, fmt.Errorf("after %d bytes: %w", got, err))
}

// errOffline marks a failure for which the caller's Online check blamed our own network.
var errOffline = errors.New("our network is down")

// offline asks Online, where there is one, about a failure that may be our network's.
func (d *download) offline(err error) error {
	if d.opts.Online == nil || d.own() {
		return err
	}
	ctx, stop := context.WithTimeout(d.parent, d.opts.Limits.Connect)
	defer stop()
	if down := d.opts.Online(ctx); down != nil {
		return fmt.Errorf("%w (%w): %w", errOffline, down, err)
	}
	return err
}

// ownOr turns a fault of the far side into ours where the far side is our own store or our
// network was found down.
func (d *download) ownOr(reason Reason, err error) error {
	if d.own() {
		return &OurFault{StoreDown, "fetch " + d.name, err}
	}
	if errors.Is(err, errOffline) {
		return &OurFault{Network, "fetch " + d.name, err}
	}
	return &PeerFault{reason, d.name, err}
}

func (d *download) own() bool { return slices.Contains(d.opts.Own, d.url.Host) }
