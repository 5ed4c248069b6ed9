package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/semantest/semantest/internal/apperr"
)

// Mode says which addresses may be reached.
type Mode string

// The modes. Cloud metadata addresses are denied in both.
const (
	// Public allows globally routable addresses, and what Allow adds: the default
	// of a server.
	Public Mode = "public"
	// Dev adds loopback and private networks: the default of demo and run.
	Dev Mode = "dev"
)

// Policy decides on each dial, so a redirect or a second DNS answer cannot go
// round it. It is safe for concurrent use.
type Policy struct {
	mode     Mode
	public   *ssrf.Guardian
	resolver *net.Resolver

	mu      sync.RWMutex
	allowed Allowed
	own     []netip.AddrPort
	names   []*ownName
}

// New returns the policy of a mode. The denied endpoints (our own listener,
// Postgres and Redis) are refused in every mode.
func New(mode Mode, denied ...netip.AddrPort) (*Policy, error) {
	if mode != Public && mode != Dev {
		return nil, apperr.Invalid("egress", "egress mode %q is not known: use public or dev", mode)
	}
	return &Policy{mode: mode, public: ssrf.New(ssrf.WithAnyPort()), resolver: net.DefaultResolver, own: denied}, nil
}

// Mode returns the mode of the policy.
func (p *Policy) Mode() Mode { return p.mode }

// ResolveWith lets another resolver look names up. It is called before the first
// dial.
func (p *Policy) ResolveWith(r *net.Resolver) { p.resolver = r }

// Allow adds what an operator has listed. Cloud metadata, link-local addresses
// and our own endpoints stay denied whatever is listed.
func (p *Policy) Allow(list Allowed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(slices.Clip(p.allowed), list...)
}

// Deny adds endpoints of our own, which are refused in every mode and by every
// address of their host.
func (p *Policy) Deny(endpoints ...netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own = append(slices.Clip(p.own), endpoints...)
}

// Release takes an endpoint back that Deny has added, once nothing of ours listens
// there any more.
func (p *Policy) Release(endpoint netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.own, endpoint); i >= 0 {
		p.own = slices.Delete(slices.Clone(p.own), i, i+1)
	}
}

// DenyName adds an endpoint of our own that is known by a name. The name is
// looked up when somebody dials its port, so it is denied also after it moved.
func (p *Policy) DenyName(host string, port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names = append(slices.Clip(p.names), &ownName{host: host, port: port})
}

// Dialer returns a dialer that asks the policy about every address. The timeout
// is that of one connection.
func (p *Policy) Dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, Resolver: p.resolver, ControlContext: p.control}
}

// ErrDenied is the cause of every refused dial.
var ErrDenied = errors.New("egress policy denies this address")

func (p *Policy) control(ctx context.Context, network, address string, _ syscall.RawConn) error {
	err := p.check(ctx, network, address)
	if err == nil {
		return nil
	}
	advice := err.Error()
	if !errors.Is(err, errNever) {
		advice = "an administrator can list it in --egress-allow, or start the server with --egress dev to reach local addresses"
	}
	return apperr.Wrap(fmt.Errorf("%w: %w", ErrDenied, err), apperr.Forbidden,
		"the egress policy (%s) does not allow %s; %s", p.mode, address, advice)
}

// errNever marks what no configuration allows.
var errNever = errors.New("it is never allowed")

func never(what string) error { return fmt.Errorf("%s: %w", what, errNever) }

func (p *Policy) check(ctx context.Context, network, address string) error {
	if !strings.HasPrefix(network, "tcp") {
		return never("only TCP goes out, and this is " + network)
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return never("it is no address with a port")
	}
	addr := ap.Addr().Unmap().WithZone("")
	for _, a := range append(inside(addr), addr) {
		if slices.Contains(metadata, a) || a.IsLinkLocalUnicast() {
			return never("it is an address of cloud metadata, or link-local")
		}
		if p.isOurs(ctx, a, ap.Port()) {
			return never("it is an endpoint of this server itself")
		}
	}
	if p.mode == Dev || p.lists(addr, ap.Port()) {
		return nil
	}
	return p.public.SafeAddrPort(netip.AddrPortFrom(addr, ap.Port()))
}

func (p *Policy) lists(addr netip.Addr, port uint16) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.allowed.Contain(addr, port)
}

// metadata are addresses at which clouds answer with credentials.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("fd00:ec2::254"),
}

// inside returns the IPv4 addresses to which a gateway may translate an IPv6
// address: NAT64, 6to4, Teredo, and what once was IPv4-compatible.
func inside(addr netip.Addr) []netip.Addr {
	if !addr.Is6() {
		return nil
	}
	b := addr.As16()
	var out []netip.Addr
	last := netip.AddrFrom4([4]byte(b[12:16]))
	switch {
	case nat64.Contains(addr), localNAT64.Contains(addr):
		out = append(out, last)
	case sixToFour.Contains(addr):
		out = append(out, netip.AddrFrom4([4]byte(b[2:6])))
	case teredo.Contains(addr):
		out = append(out, netip.AddrFrom4([4]byte(b[4:8])), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	case compatible.Contains(addr) && !addr.IsLoopback() && !addr.IsUnspecified():
		out = append(out, last)
	}
	return out
}

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
	compatible = netip.MustParsePrefix("::/96")
)
