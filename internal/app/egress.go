package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/egress"
)

// openEgress denies plans the way to our own servers, and lets them go where the
// operator has listed.
func (a *App) openEgress(context.Context) error {
	policy, err := a.newPolicy()
	a.policy = policy
	return err
}

// newPolicy returns a policy as the configuration has it, for whoever adds to it.
func (a *App) newPolicy() (*egress.Policy, error) {
	policy, err := egress.New(a.cfg.Egress)
	if err != nil {
		return nil, err
	}
	allowed, err := egress.ParseAllowed(a.cfg.EgressAllow)
	if err != nil {
		return nil, err
	}
	policy.Allow(allowed)
	return policy, a.denyOwn(policy)
}

// denyOwn denies our own servers.
func (a *App) denyOwn(policy *egress.Policy) error {
	for _, l := range []net.Listener{a.listener, a.metricsListener} {
		if l == nil {
			continue
		}
		ap, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			return fmt.Errorf("read our own address: %w", err)
		}
		policy.Deny(ap)
	}
	for _, address := range []string{a.cfg.DatabaseURL, a.cfg.OwnerURL} {
		if err := denyPostgres(policy, address); err != nil {
			return err
		}
	}
	return denyRedis(policy, a.cfg.RedisURL)
}

// denyPostgres denies every host that an address names, as the driver reads it.
func denyPostgres(policy *egress.Policy, address string) error {
	if address == "" {
		return nil
	}
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("read the address of Postgres: %w", err)
	}
	deny(policy, config.Host, config.Port)
	for _, f := range config.Fallbacks {
		deny(policy, f.Host, f.Port)
	}
	return nil
}

func denyRedis(policy *egress.Policy, address string) error {
	o, err := redis.ParseURL(address)
	if err != nil {
		return fmt.Errorf("read the address of Redis: %w", err)
	}
	if o.Network == "unix" {
		deny(policy, o.Addr, 6379)
		return nil
	}
	host, port, found := strings.Cut(o.Addr, ":")
	if ap, err := netip.ParseAddrPort(o.Addr); err == nil {
		policy.Deny(ap)
		return nil
	}
	number := uint16(6379)
	if found {
		if _, err := fmt.Sscan(port, &number); err != nil {
			return fmt.Errorf("read the port of Redis: %w", err)
		}
	}
	deny(policy, host, number)
	return nil
}

// deny denies a host by address, by name, or by the folder of its socket: a
// server with a socket on this machine may listen on its port too.
func deny(policy *egress.Policy, host string, port uint16) {
	if filepath.IsAbs(host) || strings.HasPrefix(host, "@") {
		policy.Deny(netip.AddrPortFrom(netip.IPv6Loopback(), port))
		return
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		policy.Deny(netip.AddrPortFrom(addr, port))
		return
	}
	policy.DenyName(host, port)
}
