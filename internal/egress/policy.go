package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/semantest/semantest/internal/apperr"
)

// Mode says which addresses may be reached.
type Mode string

// The modes. Cloud metadata addresses are denied in both.
const (
	// Public allows globally routable addresses only: the default of a server.
	Public Mode = "public"
	// Dev adds loopback and private networks: the default of demo and run.
	Dev Mode = "dev"
)

// metadata are addresses at which clouds answer with credentials.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("fd00:ec2::254"),
}

// Policy decides on each dial, so a redirect or a second DNS answer cannot go
// round it.
type Policy struct {
	mode   Mode
	public *ssrf.Guardian
	denied []netip.AddrPort
}

// New returns the policy of a mode. The denied endpoints (our own listener,
// Postgres and Redis) are refused in every mode.
func New(mode Mode, denied ...netip.AddrPort) (*Policy, error) {
	if mode != Public && mode != Dev {
		return nil, apperr.Invalid("egress", "egress mode %q is not known: use public or dev", mode)
	}
	return &Policy{mode: mode, public: ssrf.New(ssrf.WithAnyPort()), denied: denied}, nil
}

// Deny adds endpoints that are refused in every mode. It is called before the
// first dial.
func (p *Policy) Deny(endpoints ...netip.AddrPort) { p.denied = append(p.denied, endpoints...) }

// Dialer returns a dialer that asks the policy about every address.
func (p *Policy) Dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, ControlContext: p.control}
}

// ErrDenied is the cause of every refused dial.
var ErrDenied = errors.New("egress policy denies this address")

func (p *Policy) control(_ context.Context, network, address string, conn syscall.RawConn) error {
	if err := p.check(network, address, conn); err != nil {
		return apperr.Wrap(fmt.Errorf("%w: %w", ErrDenied, err), apperr.Forbidden,
			"the egress policy (%s) does not allow %s; an administrator can start the server with --egress dev to reach local addresses", p.mode, address)
	}
	return nil
}

func (p *Policy) check(network, address string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return fmt.Errorf("network %s", network)
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	addr := ap.Addr().Unmap().WithZone("")
	if slices.Contains(metadata, addr) || addr.IsLinkLocalUnicast() {
		return errors.New("cloud metadata or link-local")
	}
	for _, d := range p.denied {
		if d.Port() == ap.Port() && sameHost(d.Addr().Unmap().WithZone(""), addr) {
			return errors.New("an endpoint of this server itself")
		}
	}
	if p.mode == Dev {
		return nil
	}
	return p.public.Safe(network, address, conn)
}

// sameHost reports whether dialling addr can reach the host of a denied
// endpoint. A machine has many addresses (all of 127.0.0.0/8, 0.0.0.0, those of
// its interfaces), and a server that is known by one often listens on all.
func sameHost(denied, addr netip.Addr) bool {
	return denied == addr || (isOwn(denied) && isOwn(addr))
}

// isOwn reports whether an address is one of this machine. It is asked only for
// the few ports of denied endpoints, so interfaces that come and go are seen.
func isOwn(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	nets, err := net.InterfaceAddrs()
	if err != nil {
		return true // rather refuse than reach ourselves
	}
	for _, n := range nets {
		if prefix, err := netip.ParsePrefix(n.String()); err == nil && prefix.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}
