package egress

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Of the names of our own endpoints.
const (
	lookUpWithin = 2 * time.Second
	lookUpEvery  = time.Second
	maxSeen      = 256 // addresses of one name that are remembered
)

// isOurs reports whether an address is an endpoint of this server.
func (p *Policy) isOurs(ctx context.Context, addr netip.Addr, port uint16) bool {
	p.mu.RLock()
	own, names := p.own, p.names
	p.mu.RUnlock()
	for _, o := range own {
		if o.Port() == port && sameHost(o.Addr().Unmap().WithZone(""), addr) {
			return true
		}
	}
	for _, n := range names {
		if n.port == port && n.is(ctx, p.resolver, addr) {
			return true
		}
	}
	return false
}

// ownName is an endpoint of ours whose addresses may change.
type ownName struct {
	host string
	port uint16

	mu   sync.Mutex
	at   time.Time    // of the last look-up
	seen []netip.Addr // newest last
}

// is looks the name up and reports whether an address is, or was, one of its
// host. Where the name has never been found it might be any.
func (n *ownName) is(ctx context.Context, r *net.Resolver, addr netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.at) >= lookUpEvery || len(n.seen) == 0 {
		// Others wait for the answer too, so it does not end with one of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpWithin)
		defer cancel()
		n.at = time.Now()
		n.remember(r.LookupNetIP(ctx, "ip", n.host))
	}
	if len(n.seen) == 0 {
		return true
	}
	return slices.ContainsFunc(n.seen, func(own netip.Addr) bool { return sameHost(own, addr) })
}

func (n *ownName) remember(found []netip.Addr, err error) {
	if err != nil { // what was found before still holds
		return
	}
	for _, a := range found {
		if a = a.Unmap().WithZone(""); !slices.Contains(n.seen, a) {
			n.seen = append(n.seen, a)
		}
	}
	if over := len(n.seen) - maxSeen; over > 0 {
		n.seen = slices.Delete(n.seen, 0, over)
	}
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
