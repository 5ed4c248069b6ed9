package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/semantest/semantest/internal/apperr"
)

// Permit judges a host and port that somebody else is going to dial for us, such
// as a proxy: every address that its name has must be allowed. In mode Public a
// name that cannot be looked up is denied, since nobody could say where it leads;
// in mode Dev it is left to the other side, which may know names of its own.
//
// The other side looks the name up once more, so unlike a dial by the policy this
// does not hold against a name that changes in between: it is for those whom an
// operator or the owner of the machine has allowed.
func (p *Policy) Permit(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return p.control(ctx, "tcp", address, nil)
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return p.control(ctx, "tcp", address, nil)
	}
	addrs, err := p.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if len(addrs) == 0 && p.mode == Public {
		return apperr.Wrap(fmt.Errorf("%w: %w", ErrDenied, err), apperr.Forbidden,
			"the egress policy (%s) does not allow %s through a proxy: the name cannot be looked up here, so it is not known where it leads", p.mode, address)
	}
	for _, a := range addrs {
		if err := p.control(ctx, "tcp", net.JoinHostPort(a.Unmap().String(), port), nil); err != nil {
			return err
		}
	}
	return nil
}
