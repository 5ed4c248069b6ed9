package egress

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/apperr"
)

// Allowed are the addresses that an operator adds to the public ones.
type Allowed []AllowedRange

// AllowedRange is a network with one port, or with all of them where Port is 0.
type AllowedRange struct {
	Prefix netip.Prefix
	Port   uint16
}

// maxAllowed bounds the list, which is walked on every dial.
const maxAllowed = 1000

// ParseAllowed reads a list of addresses and networks, each with a port or
// without, such as 10.1.0.0/16:8080, 192.168.1.5, fd00::/8:443 or [fd00::1]:443.
func ParseAllowed(list []string) (Allowed, error) {
	if len(list) > maxAllowed {
		return nil, apperr.Invalid("egressAllow", "the list of what may be reached has %d entries; at most %d are possible", len(list), maxAllowed)
	}
	out := make(Allowed, 0, len(list))
	for _, text := range list {
		r, why := parseRange(strings.TrimSpace(text))
		if why != "" {
			return nil, apperr.Invalid("egressAllow", "%q in the list of what may be reached %s; write it as 10.1.0.0/16:8080, 192.168.1.5 or [fd00::1]:443", text, why)
		}
		out = append(out, r)
	}
	return out, nil
}

// Contain reports whether an address and port are listed.
func (l Allowed) Contain(addr netip.Addr, port uint16) bool {
	for _, r := range l {
		if (r.Port == 0 || r.Port == port) && r.Prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// String returns the range as ParseAllowed reads it.
func (r AllowedRange) String() string {
	switch {
	case r.Port == 0:
		return r.Prefix.String()
	case r.Prefix.Addr().Is6():
		return "[" + r.Prefix.String() + "]:" + strconv.Itoa(int(r.Port))
	}
	return r.Prefix.String() + ":" + strconv.Itoa(int(r.Port))
}

// parseRange returns what is wrong with a text, as the end of a sentence.
func parseRange(text string) (r AllowedRange, why string) {
	host, port, why := splitPort(text)
	if why != "" {
		return r, why
	}
	r.Port = port
	if strings.Contains(host, "/") {
		prefix, err := netip.ParsePrefix(host)
		if err != nil {
			return r, "is no network"
		}
		if prefix != prefix.Masked() {
			return r, "is an address within a network; the network is " + prefix.Masked().String()
		}
		if prefix.Addr().Is4In6() {
			return r, "is an IPv4 network in IPv6 form"
		}
		r.Prefix = prefix
		return r, ""
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil && strings.ContainsFunc(host, isLetter) && !strings.Contains(host, ":"):
		return r, "is a name, and only addresses can be listed, since a name can lead anywhere"
	case err != nil:
		return r, "is no address"
	case addr.Zone() != "":
		return r, "has a zone, which link-local addresses have, and these are never allowed"
	}
	addr = addr.Unmap()
	r.Prefix = netip.PrefixFrom(addr, addr.BitLen())
	return r, ""
}

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

// splitPort takes the port off. After a bare IPv6 address there is none: its
// colons are its own.
func splitPort(text string) (host string, port uint16, why string) {
	host = text
	var digits string
	if inner, rest, ok := strings.Cut(text, "]"); ok && strings.HasPrefix(inner, "[") {
		host = inner[1:]
		if rest == "" {
			return host, 0, ""
		}
		if !strings.HasPrefix(rest, ":") {
			return "", 0, "has something else than a port after its bracket"
		}
		digits = rest[1:]
	} else if slash := strings.LastIndexByte(text, '/'); slash >= 0 {
		bits, after, found := strings.Cut(text[slash:], ":")
		if !found {
			return host, 0, ""
		}
		host, digits = text[:slash]+bits, after
	} else if strings.Count(text, ":") == 1 {
		host, digits, _ = strings.Cut(text, ":")
	} else {
		return host, 0, ""
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 {
		return "", 0, "has no port from 1 to 65535 after its colon"
	}
	return host, uint16(n), ""
}
