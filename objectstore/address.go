package objectstore

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// errRefused marks a dial that our own policy stopped.
var errRefused = errors.New("address refused")

// special lists the ranges that netip's own predicates do not name but that must not be
// dialled for a stranger (IANA special-purpose registries), and the metadata services that
// live on otherwise public addresses.
var special = prefixes(
	"0.0.0.0/8",        // this network
	"100.64.0.0/10",    // carrier NAT; one cloud's metadata service is 100.100.100.200
	"192.0.0.0/24",     // IETF protocol assignments; another's is 192.0.0.192
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"240.0.0.0/4",      // reserved and broadcast
	"168.63.129.16/32", // a cloud's host agent
	"::/96",            // IPv4-compatible
	"64:ff9b::/96",     // NAT64 hides an IPv4 address
	"64:ff9b:1::/48",   // local NAT64
	"100::/64",         // discard
	"2001::/23",        // IETF protocol assignments, Teredo
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4 hides an IPv4 address
	"3fff::/20",        // documentation
	"5f00::/16",        // segment routing
	"fec0::/10",        // old site-local
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// Public reports whether an address belongs to the public internet: not loopback, private,
// link-local, multicast, unspecified, or reserved. IPv4-mapped addresses are judged as IPv4.
func Public(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false // IsGlobalUnicast leaves out loopback, link-local, multicast, unspecified
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

// dialPolicy says which addresses one fetch may connect to.
type dialPolicy struct {
	public   bool
	loopback bool
}

// control is a net.Dialer hook: it sees the resolved address of every attempt just before the
// connection, which is the only place where a name that changes its answer cannot cheat.
func (p dialPolicy) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q", errRefused, address)
	}
	addr := ap.Addr()
	if p.public && Public(addr) || p.loopback && addr.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("%w: %s is not public", errRefused, addr)
}
