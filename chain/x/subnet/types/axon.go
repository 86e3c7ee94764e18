package types

import "net/netip"

// maxIP bounds the text before it is parsed: the longest IPv6 address has 39 characters.
const maxIP = 45

var allOnes6 = netip.AddrFrom16([16]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255})

// Validate tests a record to be served (chain §4.1), in this order: ip type, address, port,
// and the fields that are a byte on the wire. Loopback passes only where the network allows it.
func (a Axon) Validate(allowLoopback bool) error {
	if a.IpType != 4 && a.IpType != 6 {
		return ErrInvalidIPType.Wrapf("ip_type is %d; use 4 or 6", a.IpType)
	}
	if err := validIP(a.Ip, a.IpType, allowLoopback); err != nil {
		return err
	}
	if a.Port == 0 || a.Port > maxU16 {
		return ErrInvalidPort.Wrapf("port is %d; use 1..65535", a.Port)
	}
	for _, field := range []struct {
		name  string
		value uint32
	}{{"protocol", a.Protocol}, {"placeholder1", a.Placeholder1}, {"placeholder2", a.Placeholder2}} {
		if field.value > 255 {
			return ErrInvalidAxon.Wrapf("%s is %d; use 0..255", field.name, field.value)
		}
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
