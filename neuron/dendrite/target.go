package dendrite

import (
	"fmt"
	"net/netip"

	"github.com/ergon-network/ergon/keys"
)

// Target is the axon to ask.
type Target struct {
	Hotkey  string // SS58; the question is signed for it
	Address netip.AddrPort
}

// notPublic are ranges that lead into somebody's own network, beyond what net/netip names: shared
// address space, benchmarks, reserved, and IPv6 forms that carry an IPv4 address.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
}

// checkTarget keeps a ledger full of strangers' addresses from steering requests into our network.
func (d *Dendrite) checkTarget(target Target) error {
	if _, err := keys.ParseSS58(target.Hotkey); err != nil {
		return fmt.Errorf("%w: %w", ErrAddress, err)
	}
	ip := target.Address.Addr().Unmap()
	if !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || target.Address.Port() == 0 {
		return fmt.Errorf("%w %s: the axon is not serving", ErrAddress, target.Address)
	}
	if d.options.AllowPrivate {
		return nil
	}
	private := ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	for _, p := range notPublic {
		private = private || p.Contains(ip)
	}
	if private {
		return fmt.Errorf("%w %s is private; set Options.AllowPrivate on a test network", ErrAddress, target.Address)
	}
	return nil
}
