package types

import "net/netip"

// maxIP bounds the text before it is parsed: the longest IPv6 address has 39 characters.
const maxIP = 45

var allOnes6 = netip.AddrFrom16([16]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255})

// MaxCertificate is the longest certificate: an algorithm byte and a public key of 64 bytes.
const MaxCertificate = 65

// Validate tests a record to be served (chain §4.1), in this order: ip type, address, port,
// the fields that are a byte on the wire, the certificate. Loopback passes only where the
// network allows it.
func (a Axon) Validate(allowLoopback bool) error {
	if err := validEndpoint(a.Ip, a.IpType, a.Port, allowLoopback); err != nil {
		return err
	}
	for _, field := range []struct {
		name  string
		value uint32
	}{{"protocol", a.Protocol}, {"placeholder1", a.Placeholder1}, {"placeholder2", a.Placeholder2}} {
		if field.value > 255 {
			return ErrInvalidAxon.Wrapf("%s is %d; use 0..255", field.name, field.value)
		}
	}
	if n := len(a.Certificate); n == 1 || n > MaxCertificate {
		return ErrInvalidCertificate.Wrapf("%d bytes; give an algorithm byte and a public key of 1..%d bytes, or nothing", n, MaxCertificate-1)
	}
	return nil
}

// Same tells whether two records say the same, whenever they were served.
func (a Axon) Same(b Axon) bool {
	a.Block, b.Block = 0, 0
	return a.Equal(b)
}

// Validate tests a record to be served, as the axon's.
func (p Prometheus) Validate(allowLoopback bool) error {
	return validEndpoint(p.Ip, p.IpType, p.Port, allowLoopback)
}

// Same tells whether two records say the same, whenever they were served.
func (p Prometheus) Same(q Prometheus) bool {
	p.Block, q.Block = 0, 0
	return p == q
}

func validEndpoint(ip string, kind, port uint32, allowLoopback bool) error {
	if kind != 4 && kind != 6 {
		return ErrInvalidIPType.Wrapf("ip_type is %d; use 4 or 6", kind)
	}
	if err := validIP(ip, kind, allowLoopback); err != nil {
		return err
	}
	if port == 0 || port > maxU16 {
		return ErrInvalidPort.Wrapf("port is %d; use 1..65535", port)
	}
	return nil
}

func validIP(text string, kind uint32, allowLoopback bool) error {
	if len(text) > maxIP {
		return ErrInvalidIPAddress.Wrapf("%d characters; an address has at most %d", len(text), maxIP)
	}
	ip, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return ErrInvalidIPAddress.Wrapf("%q is no IP address; give digits, not a host name", text)
	case ip.String() != text:
		return ErrInvalidIPAddress.Wrapf("%q is not written the usual way; write %q", text, ip)
	case ip.Zone() != "" || ip.Is4In6():
		return ErrInvalidIPAddress.Wrapf("%q has a zone or wraps an IPv4 address; give the plain address", text)
	case ip.Is4() != (kind == 4):
		return ErrInvalidIPAddress.Wrapf("%q is not of ip_type %d", text, kind)
	case ip.IsLoopback() && !allowLoopback:
		return ErrInvalidIPAddress.Wrapf("%q is the machine itself; give the address other machines reach", text)
	case ip.IsUnspecified() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || ip == allOnes6:
		return ErrInvalidIPAddress.Wrapf("%q is nobody's address; give the address other machines reach", text)
	}
	return nil
}
